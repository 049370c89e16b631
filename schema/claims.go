package schema

import "fmt"

// claim is a field that takes something for itself: an address, a MAC, a place.
type claim struct {
	r    *Resource
	path string
}

// claims are what is taken, by what is taken and where.
type claims[K comparable] map[K]claim

// take takes key for a field, or reports that another has it already. Of two,
// the one further down in the files is reported, unless it is a fact, which
// nobody can change.
// what says it as a sentence.
func (c claims[K]) take(j *joined, key K, r *Resource, path, what, allowed string) {
	earlier, taken := c[key]
	if !taken {
		c[key] = claim{r, path}
		return
	}
	j.conflict(earlier, claim{r, path}, what, allowed)
}

// conflict reports that two fields take the same.
func (j *joined) conflict(a, b claim, what, allowed string) {
	if at, bt := a.r.FieldPos(a.path), b.r.FieldPos(b.path); b.r.Observed() && !a.r.Observed() ||
		a.r.Observed() == b.r.Observed() && comparePos(bt, at) < 0 {
		a, b = b, a
	}
	j.find(b.r, b.path, fmt.Sprintf("%s: the other is %s (%s, %s)", what, a.r.Ref, a.path, a.r.FieldPos(a.path)), allowed)
}
