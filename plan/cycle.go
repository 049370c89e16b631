package plan

import "slices"

// nameCycles adds RuleCycle to steps whose objects wait for one another, naming
// the shortest way round with file and line of each.
func (u *unfolding) nameCycles(left []blockedCall, byTarget map[Ref][]int) {
	for i := range left {
		round := shortestCycle(left, byTarget, i)
		if round == nil {
			continue
		}
		left[i].step.BlockedBy = append(left[i].step.BlockedBy, Block{
			Rule:   RuleCycle,
			Detail: "each waits for the next: " + u.named(round),
			Remedy: "make the change in two commits, the first of which frees what another one needs",
		})
	}
}

// shortestCycle answers the objects of the shortest way from the step's object
// over what it waits for back to it, nil where there is none. That an object
// waits for itself is no cycle: its steps stand in their own order.
func shortestCycle(left []blockedCall, byTarget map[Ref][]int, i int) []Ref {
	start := left[i].call.Target
	from := map[Ref]Ref{}
	var queue []Ref
	see := func(at Ref, waits []Ref) (closed bool) {
		for _, next := range waits {
			if _, seen := from[next]; seen || next == at || len(byTarget[next]) == 0 {
				continue
			}
			if next == start {
				return true
			}
			from[next] = at
			queue = append(queue, next)
		}
		return false
	}
	see(start, left[i].waits)
	for ; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		for _, j := range byTarget[at] {
			if !see(at, left[j].waits) {
				continue
			}
			var round []Ref
			for ; at != start; at = from[at] {
				round = append(round, at)
			}
			slices.Reverse(round)
			return append([]Ref{start}, round...)
		}
	}
	return nil
}
