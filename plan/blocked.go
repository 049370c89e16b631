package plan

import (
	"cmp"
	"fmt"
	"slices"
)

// blockedStep is a difference that cannot be served, with what it waits for.
type blockedStep struct {
	step  *Step
	rank  int
	waits []Ref
}

// blocked answers a step for each difference that is left when nothing can be
// done any more, every violated rule named. n is how many steps came before.
func (u *unfolding) blocked(n int) []*Step {
	u.view.note = nil // nobody looks again
	var left []blockedStep
	for _, e := range u.q.entries {
		if e.differ {
			left = append(left, u.explain(e.ref)...)
		}
	}
	// Stable: those of one rank and target stand in the table's order.
	slices.SortStableFunc(left, func(a, b blockedStep) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), u.d.Compare(a.step.Target, b.step.Target))
	})
	byTarget := map[Ref][]int{}
	for i, b := range left {
		b.step.ID = fmt.Sprintf("s%d", n+i+1)
		byTarget[b.step.Target] = append(byTarget[b.step.Target], i)
	}
	for i := range left {
		dependOnBlocked(left, i, byTarget)
	}
	nameCycles(left, byTarget)
	steps := make([]*Step, len(left))
	for i, b := range left {
		steps[i] = b.step
	}
	return steps
}

// explain answers the blocked steps of one object.
func (u *unfolding) explain(ref Ref) (out []blockedStep) {
	r := reacher{d: u.d, held: u.opts.Held, all: true}
	for _, op := range u.d.byKind[ref.Kind] {
		for _, call := range op.calls(u.view, ref) {
			step := u.describe(call, call)
			_, _, fails := r.reach(u.view, call, 0)
			step.BlockedBy = blocks(fails)
			if len(fails) == 0 { // it must never pass for one that can run
				step.BlockedBy = []Block{{Rule: RuleUnserved, Detail: "it could run, and was not planned", Remedy: "report this as a defect"}}
			}
			if t := notBefore(fails).UTC(); !t.IsZero() {
				step.NotBefore = &t
			}
			out = append(out, blockedStep{step, op.Rank, waits(fails)})
		}
	}
	if len(out) > 0 {
		return out
	}
	changes := u.d.Differs(u.world, u.view.Want, ref)
	if len(changes) == 0 {
		return nil
	}
	return []blockedStep{{step: u.unserved(ref, changes), rank: 1 << 30}}
}

// unserved answers the blocked step for a difference that no operation serves.
func (u *unfolding) unserved(ref Ref, changes []Change) *Step {
	step := &Step{Operation: "none", Target: ref, Action: Update, Changes: changes,
		Op: &Operation{ID: "none", Kind: ref.Kind}}
	if u.d.Pos != nil {
		step.Source = source(u.d.Pos(u.view, ref))
	}
	why := u.d.Unserved
	if why == nil {
		why = Unserved
	}
	for _, c := range changes {
		step.BlockedBy = append(step.BlockedBy, why(ref, c))
	}
	return step
}

// Unserved answers the block of a difference that no operation serves.
func Unserved(ref Ref, c Change) Block {
	return Block{
		Rule:   RuleUnserved,
		Detail: fmt.Sprintf("no operation changes %s of an existing %s", c.Path, ref.Kind),
		Remedy: "take the change back, or remove the resource and declare it anew under another name",
	}
}

// dependOnBlocked adds the plan's own rule where a step waits for a blocked one.
func dependOnBlocked(left []blockedStep, i int, byTarget map[Ref][]int) {
	b := left[i]
	for _, ref := range b.waits {
		for _, j := range byTarget[ref] {
			if i == j {
				continue
			}
			on := left[j].step
			b.step.DependsOn = append(b.step.DependsOn, on.ID)
			block := Block{Rule: RuleDependsOn,
				Detail: fmt.Sprintf("%s of %s (%s) is blocked", on.Operation, on.Target, on.ID),
				Remedy: "settle that step first"}
			if !slices.ContainsFunc(b.step.BlockedBy, func(x Block) bool { return x.Rule == block.Rule && x.Detail == block.Detail }) {
				b.step.BlockedBy = append(b.step.BlockedBy, block)
			}
		}
	}
}
