//go:build linux

package host

import (
	"context"
	"errors"
	"maps"
	"slices"

	"enid/plan"
	"enid/plan/guest"
)

// errStopped ends a turn as a crash would; tests only.
var errStopped = errors.New("stopped")

// run is the doing of one plan.
type run struct {
	m       *Machine
	world   *plan.World
	want    *plan.World
	primary string // the primary's default route, byte for byte
	before  *Snapshot

	done    []finished
	chains  map[string][]deed // done this turn, by chain, in order
	failed  map[string]error  // chains that failed
	stale   map[string]bool   // chains whose link is not what it was in the look
	missed  map[string]bool   // steps that were not done, by id
	learned []*Learnt         // what others have put in the way
}

// finished is a step that was done, and its chain.
type finished struct {
	step  *plan.Step
	chain string
}

// steps does a plan's steps in their order, those of one operation together. A
// chain that fails is undone, as far as this turn did it, newest first; the others
// go on. One whose link was changed meanwhile stops where it is, until the next look.
func (r *run) steps(ctx context.Context, steps []*plan.Step) error {
	for len(steps) > 0 {
		n := together(steps)
		if limit := r.m.opts.limit; limit > 0 {
			n = min(n, limit-len(r.done))
			if n <= 0 {
				return errStopped
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.batch(ctx, steps[:n]); err != nil {
			return err
		}
		steps = steps[n:]
	}
	return nil
}

// together answers how many of the first steps are of one operation and do not
// depend on one another.
func together(steps []*plan.Step) (n int) {
	ids := map[string]bool{}
	for _, s := range steps {
		if s.Op != steps[0].Op || slices.ContainsFunc(s.DependsOn, func(id string) bool { return ids[id] }) {
			break
		}
		ids[s.ID] = true
		n++
	}
	return n
}

func (r *run) batch(ctx context.Context, steps []*plan.Step) error {
	var now []*plan.Step
	var deeds []deed
	var chains []string
	for _, s := range steps {
		chain := guest.Chain(s.Target, r.world, r.want)
		if r.failed[chain] != nil || r.stale[chain] || slices.ContainsFunc(s.DependsOn, func(id string) bool { return r.missed[id] }) {
			r.missed[s.ID] = true
			continue
		}
		now, chains = append(now, s), append(chains, chain)
		deeds = append(deeds, resolve(s.Op.ID, s.Target, r.world, r.want))
	}
	for i, err := range r.m.do(ctx, deeds) {
		r.settle(now[i], chains[i], deeds[i], err)
	}
	var err error
	if steps[0].Op.ID == guest.SetLinkUp {
		err = r.verifyPrimary(ctx, chains)
	}
	r.undo()
	return err
}

// settle records how a step went.
func (r *run) settle(s *plan.Step, chain string, d deed, err error) {
	var learnt *Learnt
	switch {
	case err == nil:
		r.done = append(r.done, finished{s, chain})
		r.chains[chain] = append(r.chains[chain], d)
		return
	case errors.As(err, &learnt):
		r.learned = append(r.learned, learnt)
	case r.overtaken(chain, d, err):
		r.m.opts.Log.Debug("the link changed since the look", "chain", chain, "step", s.Op.ID, "target", s.Target.Name, "error", err)
		r.stale[chain] = true
	case r.failed[chain] == nil:
		r.failed[chain] = err
		r.m.opts.Log.Warn("step failed", "chain", chain, "step", s.Op.ID, "target", s.Target.Name, "error", err)
	}
	r.missed[s.ID] = true
}

// undo brings the chains that have failed back to what they were. A crash in
// between leaves a part of them, which is enid's own: the next turn completes or
// removes it.
func (r *run) undo() {
	for _, chain := range slices.Sorted(maps.Keys(r.failed)) {
		if len(r.chains[chain]) == 0 {
			continue
		}
		delete(r.chains, chain)
		back, err := r.m.restore(context.Background(), r.before.only(chain))
		if err != nil || len(back.Failed) > 0 {
			r.m.opts.Log.Warn("undo failed", "chain", chain, "failed", back.Failed, "error", err)
		}
	}
}
