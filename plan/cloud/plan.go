package cloud

import (
	"fmt"
	"slices"
	"time"

	"enid/plan"
)

// Plan answers the plan from world to want, with its advice. One that does
// anything has been judged by plan.Check: nothing else is shown or acted on.
func Plan(world, want *plan.World, at time.Time, opts plan.Options) (*plan.Plan, error) {
	p, err := plan.Make(domain, world, want, at, opts)
	if err != nil {
		return nil, err
	}
	if len(p.Runnable()) > 0 {
		if err := plan.Check(domain, p, world, want, at, opts); err != nil {
			return nil, fmt.Errorf("the plan breaks its own laws, which is a defect of enid, and nothing of it is done: %w", err)
		}
	}
	p.Advice = Advise(plan.NewView(world, want, at), targets(p))
	p.Count()
	return p, nil
}

// Afterwards answers the world that a plan's runnable steps lead to, with what is
// recorded from the files.
func Afterwards(p *plan.Plan, world, want *plan.World, at time.Time) *plan.World {
	after := world.Fork()
	for _, s := range p.Runnable() {
		plan.Apply(domain, s, after, want, at)
	}
	puts, gone := Record(after, want)
	for _, r := range puts {
		after.Put(r.Ref, r)
	}
	for _, ref := range gone {
		after.Put(ref, nil)
	}
	return after
}

// targets answers what the steps of a plan touch, each once, sorted.
func targets(p *plan.Plan) []plan.Ref {
	refs := make([]plan.Ref, 0, len(p.Steps))
	for _, s := range p.Steps {
		refs = append(refs, s.Target)
	}
	slices.SortFunc(refs, plan.Ref.Compare)
	return slices.Compact(refs)
}
