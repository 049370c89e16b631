//go:build linux

package host

import (
	"slices"

	"enid/plan"
	"enid/plan/guest"
)

// Standing is how the machine stands to one of its declared ENIs.
type Standing struct {
	Name      string
	Interface string // empty: it has none that is configured
	Condition Condition
}

// stand answers how the machine stands to each ENI, in the order of their device
// indexes, from the last look and what was concluded of it.
func (s *sight) stand(res *Result) []Standing {
	links := map[string]string{}
	for _, nic := range s.wanted.NICs {
		links[nic.ENI.Ref.Name] = nic.Link.Name
	}
	out := make([]Standing, 0, len(s.wanted.Host.ENIs))
	for _, e := range s.wanted.Host.ENIs {
		link := links[e.Ref.Name]
		out = append(out, Standing{e.Ref.Name, link, s.standing(e, link, res)})
	}
	return out
}

func (s *sight) standing(e guest.ENI, link string, res *Result) Condition {
	about := func(target string) bool { return target != "" && (target == link || target == e.MAC) }
	waits := !e.Attached || slices.ContainsFunc(res.WaitingFor, about) || slices.ContainsFunc(res.Asking, about)
	blocked := func(rule string) bool {
		return rule != plan.RuleDependsOn && !(waits && slices.Contains(awaited, rule))
	}
	for _, b := range s.wanted.Blocked {
		if (b.ENI == e.Ref || about(b.Target)) && blocked(b.Rule) {
			return Degraded
		}
	}
	for _, step := range res.Blocked {
		if about(step.Target) && blocked(step.BlockedBy[0].Rule) {
			return Degraded
		}
	}
	if waits {
		return Waiting
	}
	for _, step := range s.plan.Runnable() {
		if about(guest.Interface(step.Target, s.world, s.wanted.World)) {
			return Converging
		}
	}
	return Converged
}
