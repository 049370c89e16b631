package guest

import (
	"fmt"
	"regexp"
	"strings"

	"enid/plan"
)

// Step answers one step of the plan as a host plan shows it.
func (w *Wanted) Step(s *plan.Step, world *plan.World) *plan.HostStep {
	return &plan.HostStep{
		ID:        "h" + strings.TrimPrefix(s.ID, "s"),
		Operation: s.Op.ID,
		Target:    Interface(s.Target, world, w.World),
		Command:   Command(s.Op.ID, s.Target, world, w.World),
		Changes:   s.Changes,
		BlockedBy: renamed(s.BlockedBy),
	}
}

// ofPlan finds the ids of the plan's steps in what blocks another.
var ofPlan = regexp.MustCompile(`\(s(\d+)\)`)

// renamed answers blocks that name other steps as a host plan does.
func renamed(blocks []plan.Block) []plan.Block {
	out := append([]plan.Block{}, blocks...)
	for i, b := range out {
		out[i].Detail = ofPlan.ReplaceAllString(b.Detail, "(h$1)")
	}
	return out
}

// Steps answers the host's part of a plan: the plan's steps, then what cannot
// even be wanted.
func (w *Wanted) Steps(p *plan.Plan, world *plan.World) *plan.Host {
	out := &plan.Host{Name: w.Host.Name, Steps: []*plan.HostStep{}}
	for _, s := range p.Steps {
		out.Steps = append(out.Steps, w.Step(s, world))
	}
	for _, b := range w.Blocked {
		out.Steps = append(out.Steps, &plan.HostStep{ID: fmt.Sprintf("h%d", len(out.Steps)+1), Operation: b.Operation,
			Target: b.Target, Changes: []plan.Change{}, BlockedBy: []plan.Block{b.Block}})
	}
	return out
}
