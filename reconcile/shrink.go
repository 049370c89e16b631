package reconcile

import (
	"fmt"
	"strconv"
	"strings"

	"enid/plan"
	"enid/schema"
)

// Limit bounds how many managed resources one revision may delete. Where both
// are set, the larger one counts.
type Limit struct {
	Deletes int // at least that many may go
	Percent int // of the managed resources
	given   bool
}

// DefaultLimit is a fifth, and three in a small topology.
func DefaultLimit() Limit { return Limit{Deletes: 3, Percent: 20} }

// ParseLimit reads a --max-deletes value: N or P%. 0 lets nothing go, unlike the
// zero Limit, which stands for the default.
func ParseLimit(s string) (Limit, error) {
	number, percent := strings.CutSuffix(s, "%")
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || percent && n > 100 {
		return Limit{}, fmt.Errorf("%q is no limit: give a number such as 10, or a share such as 20%%", s)
	}
	if percent {
		return Limit{Percent: n, given: true}, nil
	}
	return Limit{Deletes: n, given: true}, nil
}

// Shrink is how a topology would empty the state.
type Shrink struct {
	Managed int // resources in the state that enid may delete
	Gone    int // of them, those that the topology no longer has
	Most    int // how many may go
	Empty   bool
}

// Held reports whether a person has to accept it first.
func (s Shrink) Held() bool { return s.Gone > s.Most || s.Empty && s.Managed > 0 }

// String answers the sentence for a person.
func (s Shrink) String() string {
	if s.Empty {
		return fmt.Sprintf("the topology is empty, and %d resources would go", s.Managed)
	}
	return fmt.Sprintf("%d of %d managed resources would go, and %d may go at once", s.Gone, s.Managed, s.Most)
}

// Shrinks judges what a topology (nil: there is none) would delete of a state.
func (l Limit) Shrinks(state *plan.World, t *schema.Topology) Shrink {
	s := Shrink{Empty: t == nil || len(t.Resources()) == 0}
	for _, ref := range state.Refs() {
		if r, ok := state.Get(ref).(*schema.Resource); !ok || !managed(r) {
			continue
		}
		s.Managed++
		if t == nil || t.Get(ref) == nil {
			s.Gone++
		}
	}
	s.Most = max(l.Deletes, s.Managed*l.Percent/100)
	return s
}

// managed reports whether enid would delete the resource when it leaves the files.
func managed(r *schema.Resource) bool {
	switch r.Kind {
	case schema.KindAccount, schema.KindHost, schema.KindPolicy, schema.KindApproval:
		return false
	}
	return !r.Observed()
}

// mayShrink holds a topology that would delete too much, unless a person said
// otherwise. Of a revision that is in force already only what would really go
// counts: what a rule keeps was there when it was applied.
func (t *turn) mayShrink() error {
	if t.shrink || t.only != nil || t.inForce() {
		return nil
	}
	return t.held(t.Limit.Shrinks(t.origin.State, t.topology))
}

// mayDelete is mayShrink for the plan of a revision in force: what was imported
// since, or what a rule keeps no longer.
func (t *turn) mayDelete(p *plan.Plan) error {
	if t.shrink || t.only != nil || !t.inForce() {
		return nil
	}
	s := t.Limit.Shrinks(t.origin.State, t.topology)
	s.Gone, s.Empty = 0, false
	for _, step := range p.Runnable() {
		if step.Action == plan.Delete && step.PartOf == "" {
			s.Gone++
		}
	}
	return t.held(s)
}

func (t *turn) inForce() bool {
	return t.rev.ID != "" && t.rev.ID == t.ledger.now().Applied.Revision
}

func (t *turn) held(s Shrink) error {
	if _, accepted := t.ledger.acceptance(t.rev.ID); !s.Held() || accepted {
		return nil
	}
	return &SourceError{Condition: Shrunk, Revision: t.rev.ID, Err: ErrHeld, Message: fmt.Sprintf("%s is held: %s", t.rev.ID, s)}
}
