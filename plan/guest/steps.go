package guest

import (
	"fmt"

	"enid/plan"
)

// Step answers one step of the plan as a host plan shows it.
func (w *Wanted) Step(s *plan.Step, world *plan.World) *plan.HostStep {
	return &plan.HostStep{
		ID:        s.ID,
		Operation: s.Op.ID,
		Target:    Interface(s.Target, world, w.World),
		Command:   Command(s.Op.ID, s.Target, world, w.World),
		Changes:   s.Changes,
		BlockedBy: append([]plan.Block{}, s.BlockedBy...),
	}
}

// Steps answers the host's part of a plan: the plan's steps, then what cannot
// even be wanted.
func (w *Wanted) Steps(p *plan.Plan, world *plan.World) *plan.Host {
	out := &plan.Host{Name: w.Host.Name, Steps: []*plan.HostStep{}}
	for _, s := range p.Steps {
		out.Steps = append(out.Steps, w.Step(s, world))
	}
	for _, b := range w.Blocked {
		out.Steps = append(out.Steps, &plan.HostStep{ID: fmt.Sprintf("%s%d", domain.Prefix, len(out.Steps)+1), Operation: b.Operation,
			Target: b.Target, Changes: []plan.Change{}, BlockedBy: []plan.Block{b.Block}})
	}
	return out
}
