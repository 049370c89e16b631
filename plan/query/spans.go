package query

import (
	"cmp"
	"slices"
)

// span is the whole numbers from first to last, both included: ports, addresses.
type span struct{ first, last int64 }

// spans are sorted, and no two overlap or touch: equal sets are equal slices.
type spans []span

// join answers the numbers that lie in any of all; it sorts all.
func join(all []span) spans {
	slices.SortFunc(all, func(a, b span) int { return cmp.Compare(a.first, b.first) })
	var out spans
	for _, s := range all {
		if s.last < s.first {
			continue
		}
		if n := len(out); n > 0 && s.first <= out[n-1].last+1 {
			out[n-1].last = max(out[n-1].last, s.last)
			continue
		}
		out = append(out, s)
	}
	return out
}

func (s spans) or(o spans) spans { return join(slices.Concat(s, o)) }

func (s spans) and(o spans) (out spans) {
	for i, j := 0, 0; i < len(s) && j < len(o); {
		both := span{max(s[i].first, o[j].first), min(s[i].last, o[j].last)}
		if both.first <= both.last {
			out = append(out, both)
		}
		if s[i].last < o[j].last {
			i++
		} else {
			j++
		}
	}
	return out
}

func (s spans) without(o spans) (out spans) {
	j := 0
	for _, keep := range s {
		for j < len(o) && o[j].last < keep.first {
			j++
		}
		for k := j; k < len(o) && o[k].first <= keep.last; k++ {
			if keep.first < o[k].first {
				out = append(out, span{keep.first, o[k].first - 1})
			}
			keep.first = o[k].last + 1
		}
		if keep.first <= keep.last {
			out = append(out, keep)
		}
	}
	return out
}

func (s spans) empty() bool { return len(s) == 0 }

// count answers how many numbers there are.
func (s spans) count() (n int64) {
	for _, one := range s {
		n += one.last - one.first + 1
	}
	return n
}
