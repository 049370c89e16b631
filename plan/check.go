package plan

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Check is an independent judge of a plan: it replays the steps on the observed
// world, with every requirement evaluated where the step runs (law 2), and
// compares the whole outcome with what is wanted, field by field (law 1). It
// shares only the operation table with the planner. It answers every violation.
func Check(d *Domain, p *Plan, observed, want *World, at time.Time, opts Options) error {
	world := observed.Fork()
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	blocked := map[Ref]bool{}
	for _, s := range p.Steps {
		if s.Blocked() {
			blocked[s.Target] = true
			continue
		}
		if len(blocked) > 0 {
			fail("%s: a step that can run stands behind a blocked one", s.ID)
		}
		if err := Holding(d, s, world, want, at, opts); err != nil {
			errs = append(errs, err)
		}
		Apply(d, s, world, want, at)
	}
	var differ []Ref
	eachOf(world, want, func(ref Ref) {
		if !blocked[ref] && (opts.Only == nil || opts.Only(ref)) && len(d.Differs(world, want, ref)) > 0 {
			differ = append(differ, ref)
		}
	})
	slices.SortFunc(differ, Ref.Compare)
	for _, ref := range differ {
		for _, c := range d.Differs(world, want, ref) {
			fail("the plan ends with %s: %s is %v, wanted %v, and no step is blocked for it", ref, c.Path, c.From, c.To)
		}
	}
	return errors.Join(errs...)
}

// AtRest reports whether nothing differs: then there is no plan to make.
func AtRest(d *Domain, world, want *World) bool {
	rest := true
	eachOf(world, want, func(ref Ref) { rest = rest && len(d.Differs(world, want, ref)) == 0 })
	return rest
}

// Holding answers an error that names every requirement of the step that does
// not hold in the world: the check that is made again just before a step is done.
func Holding(d *Domain, s *Step, world, want *World, at time.Time, opts Options) error {
	op := d.Operation(s.Op.ID)
	if op == nil {
		return fmt.Errorf("%s: no operation %s", s.ID, s.Op.ID)
	}
	v := NewView(world, want, at).For(s.Item)
	v.Self = opts.Self
	var errs []error
	for _, req := range op.Requires {
		if req.Foresight {
			continue // it judges plans, not steps
		}
		if verdict := req.Check(v, s.Target); !verdict.Holds {
			errs = append(errs, &Violation{Step: s, Rule: req.Rule, Detail: verdict.Detail()})
		}
	}
	return errors.Join(errs...)
}

// Violation is a requirement that does not hold where its step would run.
type Violation struct {
	Step   *Step
	Rule   string
	Detail string
}

// Error answers step, operation, target, what was found and the rule.
func (e *Violation) Error() string {
	return fmt.Sprintf("%s: %s %s: %s [%s]", e.Step.ID, e.Step.Operation, e.Step.Target, e.Detail, e.Rule)
}

// Apply changes the world as the step does, its approvals spent.
func Apply(d *Domain, s *Step, world, want *World, at time.Time) {
	e := &Effects{View: NewView(world, want, at).For(s.Item), world: world}
	s.Op.Effect(e, s.Target)
	for _, approval := range s.Spends {
		d.Spend(world, approval, s.ID)
	}
}
