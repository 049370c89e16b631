package plan

import (
	"cmp"
	"fmt"
	"slices"
)

// blockedCall is a difference that cannot be served, and why.
type blockedCall struct {
	call  Call // no operation where none serves the difference
	rank  int
	fails []failure
	waits []Ref
	step  *Step // once it was put into words
}

// left answers what is left when nothing can be done any more, in the order in
// which it would be served.
func (u *unfolding) left() []blockedCall {
	var left []blockedCall
	for _, e := range u.q.entries {
		if e.differ {
			left = append(left, u.why(e)...)
		}
	}
	// Stable: those of one rank and target stand in the table's order.
	slices.SortStableFunc(left, func(a, b blockedCall) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), u.d.Compare(a.call.Target, b.call.Target))
	})
	return left
}

// why answers the blocked calls of one object, as of its last look.
func (u *unfolding) why(e *entry) []blockedCall {
	if e.whyRound == e.round && e.why != nil {
		return e.why
	}
	u.note.refs, u.note.terms = u.note.refs[:0], u.note.terms[:0]
	r := reacher{d: u.d, held: u.opts.Held, all: true}
	var out []blockedCall
	for _, op := range u.d.byKind[e.ref.Kind] {
		for _, call := range op.calls(u.view, e.ref) {
			_, _, fails := r.reach(u.view, call, 0)
			out = append(out, blockedCall{call: call, rank: op.Rank, fails: fails, waits: waits(fails)})
		}
	}
	if len(out) == 0 {
		out = []blockedCall{{call: Call{Target: e.ref}, rank: 1 << 30}}
	}
	u.q.watch(e, &u.note)
	e.why, e.whyRound = out, e.round
	return out
}

// blocked answers a step for each difference that is left when nothing can be
// done any more, every violated rule named. n is how many steps came before.
func (u *unfolding) blocked(n int) []*Step {
	u.view.note = nil // nobody looks again
	left := slices.DeleteFunc(u.stuck, func(b blockedCall) bool {
		return b.call.Op == "" && len(u.d.Differs(u.world, u.view.Want, b.call.Target)) == 0
	})
	byTarget := targets(left)
	for i := range left {
		left[i].step = u.explain(left[i])
		left[i].step.ID = fmt.Sprintf("%s%d", u.d.Prefix, n+i+1)
	}
	for i := range left {
		dependOnBlocked(left, i, byTarget)
	}
	u.nameCycles(left, byTarget)
	steps := make([]*Step, len(left))
	for i, b := range left {
		steps[i] = b.step
	}
	return steps
}

// targets answers where in the list each target stands.
func targets(left []blockedCall) map[Ref][]int {
	byTarget := map[Ref][]int{}
	for i, b := range left {
		byTarget[b.call.Target] = append(byTarget[b.call.Target], i)
	}
	return byTarget
}

// explain puts a blocked call into words.
func (u *unfolding) explain(b blockedCall) *Step {
	if b.call.Op == "" {
		return u.unserved(b.call.Target, u.d.Differs(u.world, u.view.Want, b.call.Target))
	}
	step := u.describe(b.call, b.call)
	step.BlockedBy = blocks(b.fails)
	if len(b.fails) == 0 { // it must never pass for one that can run
		step.BlockedBy = []Block{{Rule: RuleUnserved, Detail: "it could run, and was not planned", Remedy: "report this as a defect"}}
	}
	if t := notBefore(b.fails).UTC(); !t.IsZero() {
		step.NotBefore = &t
	}
	return step
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
func dependOnBlocked(left []blockedCall, i int, byTarget map[Ref][]int) {
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
