package query

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"enid/schema"
)

// merge tells crossings that are the same together: the parts that reach the same
// parts are one From, so that a change is a line however many it is about. Together
// the changes name each pair of the crossings, and no other.
func merge(found []crossing) (out []ReachChange) {
	alike := map[string][]*crossing{}
	for i := range found {
		x := &found[i]
		alike[x.text()] = append(alike[x.text()], x)
	}
	for _, all := range alike {
		for _, rows := range rectangles(all) {
			out = append(out, told(rows))
		}
	}
	slices.SortFunc(out, compareReach)
	return out
}

// rectangles groups the crossings by from, and those by the set of to. A part of one
// instance stands in the set of its own row where that lets rows be told together:
// nobody reaches itself.
func rectangles(all []*crossing) (groups [][]*crossing) {
	ids := map[*part]int{nil: 0}
	id := func(p *part) int {
		if _, ok := ids[p]; !ok {
			ids[p] = len(ids)
		}
		return ids[p]
	}
	rows, order := map[*part][]*crossing{}, []*part{}
	for _, x := range all {
		if rows[x.from] == nil {
			order = append(order, x.from)
		}
		rows[x.from] = append(rows[x.from], x)
	}
	plain, closed := map[*part]string{}, map[*part]string{}
	count := map[string]int{}
	for _, from := range order {
		var to []int
		for _, x := range rows[from] {
			to = append(to, id(x.to))
		}
		plain[from] = setText(to)
		if from != nil && len(from.members) == 1 {
			closed[from] = setText(append(to, id(from)))
			count[closed[from]]++
		}
		count[plain[from]]++
	}
	byKey := map[string]int{}
	for _, from := range order {
		key := plain[from]
		if c := closed[from]; c != "" && count[c] > count[key] {
			key = c
		}
		at, ok := byKey[key]
		if !ok {
			at = len(groups)
			byKey[key], groups = at, append(groups, nil)
		}
		groups[at] = append(groups[at], rows[from]...)
	}
	return groups
}

func setText(ids []int) string {
	slices.Sort(ids)
	return fmt.Sprint(slices.Compact(ids))
}

// told answers one change for all the crossings.
func told(all []*crossing) ReachChange {
	first := slices.MinFunc(all, func(a, b *crossing) int { return strings.Compare(a.Reason, b.Reason) })
	c := first.ReachChange
	var by []schema.Ref
	from, to := map[*part]bool{}, map[*part]bool{}
	for _, x := range all {
		by = append(by, x.groups...)
		from[x.from], to[x.to] = true, true
	}
	outside := from[nil] || to[nil]
	name := func(parts map[*part]bool) (names []string) {
		for p := range parts {
			if p == nil {
				return []string{Internet}
			}
			for _, m := range p.members {
				names = append(names, m.name)
				if by = append(by, m.inside...); outside {
					by = append(by, m.outside...)
				}
			}
		}
		slices.Sort(names)
		return names
	}
	c.From, c.To = name(from), name(to)
	c.By = refs(by)
	return c
}

// compareReach puts what comes from the internet first, then what opens.
func compareReach(a, b ReachChange) int {
	last := func(is bool) int {
		if is {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(last(a.From[0] != Internet), last(b.From[0] != Internet)),
		cmp.Compare(last(len(a.Opens) == 0), last(len(b.Opens) == 0)),
		slices.Compare(a.From, b.From), slices.Compare(a.To, b.To),
		strings.Compare(fmt.Sprint(a.Opens, a.Closes, a.CIDRs), fmt.Sprint(b.Opens, b.Closes, b.CIDRs)), slices.Compare(a.By, b.By))
}
