package plan

import "time"

// View is what a requirement sees: the world in which its step would run, what
// people want, and the time. Reads are noted, so that the planner looks again at
// exactly those differences whose answer may have changed.
type View struct {
	Want *World
	At   time.Time
	Item string // the part of the target in question; see Operation.Items
	// Self is the instance on which the executing process runs; zero: unknown, or
	// nothing that is done reaches it.
	Self Ref
	now  *World
	note *reads // nil: nobody asks
	// base is the world that really is, where now is one that enablers would
	// leave behind: a question is noted as it stands in base.
	base *World
	// subject is what a decision is about, looked up once: each operation of its kind
	// asks for it. Zero: there is none, as in a world that enablers would leave behind.
	subject  Ref
	is, want Object
}

// about answers the same view, which knows that object already. It holds until
// either world changes.
func (v *View) about(ref Ref) *View {
	c := *v
	c.subject, c.is, c.want = ref, v.now.Get(ref), v.Want.Get(ref)
	return &c
}

// NewView answers a view of the world for use outside a plan.
func NewView(world, want *World, at time.Time) *View {
	return &View{Want: want, At: at, now: world}
}

// reads is what a decision was made from.
type reads struct {
	refs  []Ref
	terms []threshold
}

// threshold is the question "has the term at least n members?"; n = 0 asks who
// the members are.
type threshold struct {
	term Term
	n    int
}

// Get answers the object as it is in the world, or nil.
func (v *View) Get(ref Ref) Object {
	if v.note != nil {
		v.note.refs = append(v.note.refs, ref)
	}
	if ref == v.subject {
		return v.is
	}
	return v.now.Get(ref)
}

// Wanted answers the object as people want it, or nil.
func (v *View) Wanted(ref Ref) Object {
	if ref == v.subject {
		return v.want
	}
	return v.Want.Get(ref)
}

// AtLeast reports whether n or more objects have the term. It is the cheap
// question: a decision made from it is looked at again only when the answer flips.
func (v *View) AtLeast(t Term, n int) bool {
	if n <= 0 {
		return true
	}
	count := v.now.Count(t)
	if v.note != nil {
		real := n
		if v.base != nil && v.base != v.now {
			real += v.base.Count(t) - count
		}
		if real > 0 { // otherwise the answer never flips
			v.note.terms = append(v.note.terms, threshold{t, real})
		}
	}
	return count >= n
}

// Members answers the objects that have the term, sorted. Meant for small sets.
func (v *View) Members(t Term) []Ref {
	if v.note != nil {
		v.note.terms = append(v.note.terms, threshold{term: t})
	}
	return v.now.Members(t)
}

// Count answers how many objects have the term, for messages: it is not noted.
func (v *View) Count(t Term) int { return v.now.Count(t) }

// World answers the world itself; reading from it is not noted.
func (v *View) World() *World { return v.now }

// Presumed reports whether nobody observed the world: see World.Presume.
func (v *View) Presumed() bool { return v.now.presumed }

// For answers the same view about a part of the target.
func (v *View) For(item string) *View {
	if v.Item == item {
		return v
	}
	c := *v
	c.Item = item
	return &c
}

// in answers the same view of another world.
func (v *View) in(w *World) *View {
	c := *v
	c.now, c.subject = w, Ref{}
	return &c
}
