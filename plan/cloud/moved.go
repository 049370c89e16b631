package cloud

import (
	"cmp"
	"fmt"
	"slices"

	"enid/plan"
	"enid/schema"
)

// movedRules are the rows of the catalogue that this file is about.
var movedRules = []schema.Rule{
	{ID: schema.RuleMoved, Class: schema.ClassPolicy, Cloud: "any",
		Text:   "A document annotated enid/moved-from: OLD is the resource that the state calls OLD: it is renamed, with every reference to it, neither deleted nor created.",
		Source: "enid"},
	{ID: "plan.uncertain", Class: schema.ClassPolicy, Cloud: "any",
		Text:   "A step that cannot be undone and was cut short is not repeated: nobody knows whether the cloud did it, until a person says so (enid state resolve).",
		Source: "enid"},
}

// RuleUncertain is the rule of steps that were cut short and cannot be undone.
const RuleUncertain = "plan.uncertain"

// Move is a resource of the state that is called otherwise from now on.
type Move struct {
	From, To plan.Ref
	Pos      schema.Pos // of the document that says so; zero: a person does
}

// Moves are renames of one state at once: no To is the From of another.
type Moves []Move

// To answers what a name is after the moves.
func (m Moves) To(ref plan.Ref) plan.Ref {
	for _, x := range m {
		if x.From == ref {
			return x.To
		}
	}
	return ref
}

// From answers what a name was before the moves.
func (m Moves) From(ref plan.Ref) plan.Ref {
	for _, x := range m {
		if x.To == ref {
			return x.From
		}
	}
	return ref
}

// MoveError is a rename that two resources of the state stand against.
type MoveError struct{ Move }

// Error answers file, line, what is wrong and what can be done.
func (e *MoveError) Error() string {
	return fmt.Sprintf("%s: %s: metadata.annotations.%s: says that it was %s, and the state holds both; "+
		"drop the annotation to have %s deleted, or `enid state forget` the one that is not it [%s]",
		e.Pos, e.To, schema.MovedFrom, e.From, e.From, schema.RuleMoved)
}

// Moved answers the renames that the files ask for and the state has not seen,
// sorted by their new names. Errors are *MoveError, all of them joined by the
// first in order: that the files agree with themselves is the schema's matter.
func Moved(observed, want *plan.World) (moves Moves, err error) {
	for _, ref := range want.Members(plan.Term{Index: indexMoved}) {
		w := want.Get(ref).(*schema.Resource)
		m := Move{From: w.Was(), To: ref, Pos: w.FieldPos("metadata.annotations." + schema.MovedFrom)}
		switch {
		case observed.Get(m.From) == nil || want.Get(m.From) != nil:
		case observed.Get(m.To) != nil:
			return nil, &MoveError{m}
		default:
			moves = append(moves, m)
		}
	}
	slices.SortFunc(moves, func(a, b Move) int { return compare(a.To, b.To) })
	return moves, nil
}

// Rename answers the world after the moves, every reference following, and the
// resources that changed with them, sorted. The world itself is not changed.
func Rename(world *plan.World, moves Moves) (*plan.World, []plan.Ref, error) {
	if len(moves) == 0 {
		return world, nil, nil
	}
	after := world.Fork()
	var changed []plan.Ref
	for _, ref := range world.Refs() {
		was := world.Get(ref).(*schema.Resource)
		is, err := schema.Renamed(was, moves.To)
		if err != nil {
			return nil, nil, err
		}
		if is == was {
			continue
		}
		if is.Ref != ref {
			after.Put(ref, nil)
			changed = append(changed, ref)
		}
		after.Put(is.Ref, is)
		changed = append(changed, is.Ref)
	}
	slices.SortFunc(changed, plan.Ref.Compare)
	return after, slices.Compact(changed), nil
}

// Origin is where a plan begins: what was observed, under the names that the
// files have for it.
type Origin struct {
	// State is what was observed, renamed; World is State with what the files add
	// that is no operation: see Prepare.
	State, World *plan.World
	Moves        Moves
	Renamed      []plan.Ref // what the moves changed in State
}

// Begin answers the world to plan from. Every plan begins with it, so that a
// dry run, an apply and the daemon take the same resources for the same.
func Begin(observed, want *plan.World) (*Origin, error) {
	moves, err := Moved(observed, want)
	if err != nil {
		return nil, err
	}
	o := &Origin{Moves: moves}
	if o.State, o.Renamed, err = Rename(observed, moves); err != nil {
		return nil, err
	}
	o.keepApprovals(observed, want)
	o.World = Prepare(o.State, want)
	return o, nil
}

// keepApprovals leaves an Approval with the old name where the files still have
// it so: it stays spent for that.
func (o *Origin) keepApprovals(observed, want *plan.World) {
	for _, m := range o.Moves {
		for _, ref := range want.Members(plan.Term{Index: indexApprovals, Ref: m.From}) {
			if was := observed.Get(ref); was != nil {
				o.State.Put(ref, was)
			}
		}
	}
}

// Advise adds to a plan's advice what the moves do.
func (m Moves) Advise(p *plan.Plan) {
	for _, x := range m {
		p.Advice = append(p.Advice, plan.Advice{Rule: schema.RuleMoved, Target: x.To,
			Detail: fmt.Sprintf("it was %s, and is the same resource: nothing is deleted or created for its new name", x.From)})
	}
	slices.SortStableFunc(p.Advice, func(x, y plan.Advice) int {
		return cmp.Or(compare(x.Target, y.Target), cmp.Compare(x.Rule, y.Rule))
	})
	p.Count()
}
