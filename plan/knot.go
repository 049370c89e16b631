package plan

import (
	"fmt"
	"strings"
)

// maxTrial bounds the steps of a trial: a knot is what a few objects that wait
// for one another need.
const maxTrial = 256

// untie answers a step that breaks a cycle of differences that wait for one
// another, where the rules allow it: two ENIs that change places are served once
// one of them is detached. It is done only if the difference that it is done for
// is then served, and every other that something is taken apart for, in a trial of
// all that is connected with it, and nothing is stopped on the way: what had to be
// stopped for other changes is started by now, and would be stopped twice. Nil:
// nothing is left, or it is blocked for good.
func (u *unfolding) untie() *Step {
	u.stuck = u.left()
	byTarget := targets(u.stuck)
	for i, b := range u.stuck {
		if b.call.Op == "" || len(b.waits) == 0 {
			continue
		}
		round := shortestCycle(u.stuck, byTarget, i)
		if round == nil {
			continue
		}
		group := connected(u.stuck, byTarget, b.call.Target)
		e, state := u.q.entries[b.call.Target], u.state(group)
		if e.vain == state {
			continue
		}
		for _, do := range u.enablers(b.call) {
			if u.d.Operation(do.Op).Action == Stop || !u.unties(do, b.call, group) {
				continue
			}
			step := u.do(do, b.call)
			step.Unties = true
			step.Effects = append(step.Effects, Effect{Rule: RuleCycle, Detail: "it breaks the cycle " + u.named(round)})
			return step
		}
		e.vain = state
	}
	return nil
}

// state answers a number that changes when one of the group is looked at anew.
func (u *unfolding) state(group []Ref) (n uint64) {
	for _, ref := range group {
		n += uint64(u.q.entries[ref].round)
	}
	return n<<20 + uint64(len(group))
}

// enablers answers the operations that would make a failing requirement of the
// call hold, and can be done at once, foresight aside.
func (u *unfolding) enablers(call Call) (calls []Call) {
	u.view.note = nil
	defer func() { u.view.note = &u.note }()
	r := reacher{d: u.d, held: u.opts.Held, blind: true}
	v := u.view.For(call.Item)
	for _, req := range u.d.Operation(call.Op).Requires {
		verdict := req.Check(v, call.Target)
		if verdict.Holds || verdict.Enabler == nil {
			continue
		}
		if first, _, fails := r.reach(u.view, *verdict.Enabler, 0); len(fails) == 0 && first == *verdict.Enabler {
			calls = append(calls, first)
		}
	}
	return calls
}

// unties reports whether the call is served in the end when do is done first, and
// with it every other call that something is taken apart for on the way.
func (u *unfolding) unties(do, call Call, group []Ref) bool {
	trial := rest(u.d, u.world, u.view.Want, u.view.At, u.opts)
	trial.plain = true
	for _, ref := range group {
		trial.q.mark(ref)
	}
	trial.do(do, call)
	open := map[Call]bool{call: true}
	for range maxTrial {
		step := trial.next()
		if step == nil || step.Action == Stop {
			return false
		}
		delete(open, step.Call())
		if step.Serves != nil {
			open[*step.Serves] = true
		}
		if len(open) == 0 {
			return true
		}
	}
	return false
}

// connected answers the targets that wait for start, or that it waits for,
// directly or not.
func connected(left []blockedCall, byTarget map[Ref][]int, start Ref) []Ref {
	neighbours := map[Ref][]Ref{}
	for _, b := range left {
		for _, on := range b.waits {
			if len(byTarget[on]) > 0 {
				neighbours[on] = append(neighbours[on], b.call.Target)
				neighbours[b.call.Target] = append(neighbours[b.call.Target], on)
			}
		}
	}
	group, seen := []Ref{start}, map[Ref]bool{start: true}
	for i := 0; i < len(group); i++ {
		for _, next := range neighbours[group[i]] {
			if !seen[next] {
				seen[next] = true
				group = append(group, next)
			}
		}
	}
	return group
}

// named answers the objects of a cycle, each with file and line where they are known.
func (u *unfolding) named(round []Ref) string {
	names := make([]string, 0, len(round)+1)
	for _, ref := range append(round, round[0]) {
		name := ref.String()
		if u.d.Pos != nil {
			if at := source(u.d.Pos(u.view, ref)); at != nil {
				name += fmt.Sprintf(" (%s:%d)", at.File, at.Line)
			}
		}
		names = append(names, name)
	}
	return strings.Join(names, " → ")
}
