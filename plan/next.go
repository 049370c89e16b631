package plan

import (
	"fmt"
	"slices"
	"time"
)

// Options are what the loop knows beyond the worlds.
type Options struct {
	// Held are operations that are not tried for now, with the reason: they
	// failed, and nothing that would help has changed since.
	Held map[Call]Block
	// Only restricts the plan to differences of these objects; nil: all.
	Only func(Ref) bool
	// Self is View.Self.
	Self Ref
}

// Make answers the plan from world to want at the given time: Next unfolded on
// the model until nothing is left that can be done. Neither world is changed.
func Make(d *Domain, world, want *World, at time.Time, opts Options) (*Plan, error) {
	u := newUnfolding(d, world, want, at, opts)
	p := &Plan{Format: Format, AsOf: at.UTC(), Steps: []*Step{}, Advice: []Advice{}}
	limit := 16*len(u.q.entries) + 1000
	for {
		step := u.next()
		if step == nil {
			break
		}
		p.Steps = append(p.Steps, step)
		if len(p.Steps) > limit {
			return nil, fmt.Errorf("plan does not end: %d steps, the last of them %s %s", limit, step.Operation, step.Target)
		}
	}
	p.Steps = append(p.Steps, u.blocked(len(p.Steps))...)
	markReplacements(p.Steps)
	p.Count()
	return p, nil
}

// markReplacements marks every step of a target that is deleted to be created
// anew: a person reads them as one.
func markReplacements(steps []*Step) {
	replaced := map[Ref]bool{}
	for _, s := range steps {
		if s.PartOf != "" {
			replaced[s.Target] = true
		}
	}
	for _, s := range steps {
		if replaced[s.Target] && (s.Action == Create || s.Action == Attach || s.Action == Detach) {
			s.PartOf = "replace"
		}
	}
}

// Next answers the one step to take now, or nil at rest: what is left then, if
// anything, is blocked.
func Next(d *Domain, world, want *World, at time.Time, opts Options) *Step {
	return newUnfolding(d, world, want, at, opts).next()
}

// unfolding is a plan in the making.
type unfolding struct {
	d     *Domain
	world *World // the model, an overlay over what was observed
	view  *View
	opts  Options
	q     *queue
	note  reads
	steps int
	// stuck is what was found to be left when nothing could be done any more.
	stuck []blockedCall
	plain bool // untie no knots: this is the trial of one
	// writer and flip say which step last wrote an object, or flipped a question.
	writer map[Ref]string
	flip   map[threshold]string
}

func newUnfolding(d *Domain, world, want *World, at time.Time, opts Options) *unfolding {
	u := rest(d, world, want, at, opts)
	spare := &entry{}
	eachOf(world, want, func(ref Ref) {
		if opts.Only != nil && !opts.Only(ref) {
			return
		}
		spare.ref = ref
		u.look(spare)
		if u.q.settle(spare, &u.note) || spare.differ {
			u.q.entries[ref], spare = spare, &entry{}
		}
	})
	return u
}

// rest answers an unfolding that has looked at nothing yet.
func rest(d *Domain, world, want *World, at time.Time, opts Options) *unfolding {
	u := &unfolding{d: d, world: world.Fork(), opts: opts, q: newQueue(d),
		writer: map[Ref]string{}, flip: map[threshold]string{}}
	u.view = &View{Want: want, At: at, Self: opts.Self, now: u.world, base: u.world, note: &u.note}
	return u
}

// next does one step on the model and answers it; nil at rest.
func (u *unfolding) next() *Step {
	for len(u.q.dirty) > 0 {
		dirty := u.q.dirty
		u.q.dirty = nil
		for _, e := range dirty {
			u.look(e)
			u.q.settle(e, &u.note)
		}
	}
	if e := u.q.pop(); e != nil {
		return u.do(e.first, e.serves)
	}
	if u.plain {
		return nil
	}
	return u.untie()
}

// look decides what can be done about one object: the first of its differences,
// by rank, that can be served.
func (u *unfolding) look(e *entry) {
	u.note.refs, u.note.terms = u.note.refs[:0], u.note.terms[:0]
	e.ready, e.differ = false, false
	r, view := reacher{d: u.d, held: u.opts.Held}, u.view.about(e.ref)
	for _, op := range u.d.byKind[e.ref.Kind] {
		for _, call := range op.calls(view, e.ref) {
			e.differ = true
			if first, _, fails := r.reach(view, call, 0); len(fails) == 0 {
				e.ready, e.rank, e.first, e.serves = true, op.rank(view.For(call.Item), e.ref), first, call
				return
			}
		}
	}
	if !e.differ {
		e.differ = len(u.d.Differs(u.world, u.view.Want, e.ref)) > 0
	}
}

// do applies a step to the model, and answers it.
func (u *unfolding) do(first, serves Call) *Step {
	u.steps++
	step := u.describe(first, serves)
	step.ID = fmt.Sprintf("%s%d", u.d.Prefix, u.steps)
	u.check(step)
	effects := &Effects{View: u.view.For(step.Item), world: u.world}
	effects.touch = func(ref Ref, flips []threshold) {
		u.writer[ref] = step.ID
		for _, f := range u.q.touched(ref, flips) {
			u.flip[f] = step.ID
		}
	}
	step.Op.Effect(effects, step.Target)
	for _, approval := range step.Spends {
		u.d.Spend(u.world, approval, step.ID)
		effects.touch(approval, nil) // its terms stay
	}
	step.Effects = effects.notes
	return step
}

// describe answers the step as it stands in the present world, without its effect.
func (u *unfolding) describe(call, serves Call) *Step {
	op := u.d.Operation(call.Op)
	v := u.view.For(call.Item)
	step := &Step{Operation: op.Name(v, call.Target), Target: call.Target, Item: call.Item, Action: op.Action, Op: op, Changes: []Change{}}
	if call != serves {
		step.Serves = &serves
	}
	if op.Changes != nil {
		step.Changes = op.Changes(v, call.Target)
	}
	if op.Nature != nil {
		n := op.Nature(v, call.Target)
		step.Irreversible, step.Downtime, step.DataLoss, step.PartOf = n.Irreversible, n.Downtime, n.DataLoss, n.PartOf
	}
	if u.d.Pos != nil {
		step.Source = source(u.d.Pos(u.view, serves.Target))
	}
	return step
}

// check notes the step's requirements as they were found, and what it depends on.
func (u *unfolding) check(step *Step) {
	u.note.refs, u.note.terms = u.note.refs[:0], u.note.terms[:0]
	view := u.view.For(step.Item)
	for _, req := range step.Op.Requires {
		v := req.Check(view, step.Target)
		if v.Skip {
			continue
		}
		if v.format != "" {
			step.Checks = append(step.Checks, Checked{Rule: req.Rule, Holds: v.Holds, Unknown: v.Unknown, Detail: v.Detail()})
		}
		step.Deadline = earlier(step.Deadline, v.Deadline)
		if !v.Spends.IsZero() && !slices.Contains(step.Spends, v.Spends) {
			step.Spends = append(step.Spends, v.Spends)
		}
	}
	after := map[string]bool{}
	for _, ref := range append(u.note.refs, step.Target) {
		after[u.writer[ref]] = true
	}
	for _, t := range u.note.terms {
		after[u.flip[t]] = true
	}
	delete(after, "")
	step.DependsOn = sortedIDs(after)
}

func earlier(a *time.Time, b time.Time) *time.Time {
	if b.IsZero() || a != nil && a.Before(b) {
		return a
	}
	b = b.UTC()
	return &b
}

// sortedIDs answers step ids in the order of the steps: s2 before s10.
func sortedIDs(ids map[string]bool) []string {
	out := make([]string, 0, len(ids))
	for id := range ids {
		out = append(out, id)
	}
	slices.SortFunc(out, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		if a < b {
			return -1
		}
		return 1
	})
	if len(out) == 0 {
		return nil
	}
	return out
}
