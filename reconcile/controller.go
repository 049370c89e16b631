package reconcile

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"enid/plan"
	plancloud "enid/plan/cloud"
	"enid/reconcile/cloud"
	"enid/reconcile/store"
	"enid/schema"
)

// Controller is the loop. Turn, Apply, Plan and Run take turns: one at a time.
// The other methods may be called while one of them runs.
type Controller struct {
	Config
	ledger    *ledger
	stateOnly bool

	busy  sync.Mutex  // one turn at a time
	state *plan.World // as it is stored
	cache Cache
	ahead *reading // of the turn that follows; nil: it reads itself
	goal  goal

	fetched time.Duration // what the last fetch took, until a turn counts it

	last *schema.Topology // of the last turn: what it may have created
	calm calm

	open open

	hints  chan struct{} // brings the next poll forward
	renew  renewal
	status statusBoard
	pace   pace   // of repairs of the machine
	sore   string // what kept the machine from being repaired last, as it was logged

	converged converged
}

// calm is when there was nothing left to do: with the same revision at the same
// epoch there still is not, until the time of the next full check.
type calm struct {
	revision string
	epoch    uint64
	until    time.Time
}

// open is whether the newest revision of the history was left open by a crash, or
// is a person's change by hand after which nothing was compared.
type open struct{ known, yes, byHand bool }

// look finds out, once, and again after a change by hand.
func (o *open) look(ctx context.Context, s store.Store) error {
	if o.known {
		return nil
	}
	newest, err := s.History(ctx, 0, 1)
	if err != nil {
		return fmt.Errorf("read the history: %w", err)
	}
	o.known, o.yes, o.byHand = true, false, false
	if len(newest) > 0 {
		o.yes, o.byHand = newest[0].Outcome == store.Applying, newest[0].Outcome == store.Changed
	}
	return nil
}

// New answers a Controller for what was loaded from its store. The target has
// been made from the same resources. Without a target it serves Accept and Retry.
func New(c Config, state *store.State) *Controller {
	l := &Controller{Config: c.withDefaults(), ledger: newLedger(c.Store, state), hints: make(chan struct{}, 1)}
	if s, ok := c.Target.(stateOnly); ok {
		l.stateOnly = s.StateOnly()
	}
	l.state = plancloud.World(state.Resources)
	l.status.start(l.Now(), l.Config, state)
	return l
}

// reload reads the store again where a commit failed, and tells the target what
// is so after all. What the target did and was not recorded is observed later,
// or, state-only, never was.
func (c *Controller) reload(ctx context.Context) error {
	if !c.ledger.isLost() {
		return nil
	}
	state, err := c.Store.Load(ctx)
	if err != nil {
		return fmt.Errorf("read the state again: %w", err)
	}
	before := c.state.Refs()
	c.state = plancloud.World(state.Resources)
	known := cloud.Changes{Put: state.Resources}
	if c.stateOnly {
		for _, ref := range before {
			if c.state.Get(ref) == nil {
				known.Delete = append(known.Delete, ref)
			}
		}
		if c.last != nil {
			for _, r := range c.last.Resources() {
				if c.state.Get(r.Ref) == nil {
					known.Delete = append(known.Delete, r.Ref)
				}
			}
		}
		c.Target.Know(known)
	}
	c.ledger.reset(state)
	c.calm = calm{}
	return nil
}

// Hint brings the next poll of Run forward.
func (c *Controller) Hint() {
	select {
	case c.hints <- struct{}{}:
	default: // one is waiting already
	}
}

// whole is a Revision's ID in full.
var whole = regexp.MustCompile(`^(dir:)?[0-9a-f]{40}$`)

// Accept lets exactly that commit pass, once, whatever holds it. The first digits of
// the one that is seen last, seven or more, stand for it, as status prints them.
func (c *Controller) Accept(ctx context.Context, commit, by string) error {
	switch seen := c.Status().Source.Revision; {
	case commit != "" && commit == seen, whole.MatchString(commit):
	case len(commit) >= 7 && strings.HasPrefix(seen, commit):
		commit = seen
	case seen == "":
		return fmt.Errorf("%q is no whole commit: give its 40 digits", commit)
	default:
		return fmt.Errorf("%q is neither the commit that is seen last, %s, nor another's 40 digits", commit, seen)
	}
	err := c.ledger.commit(ctx, &store.Change{Accept: []store.Acceptance{{Commit: commit, By: by, At: c.Now().UTC()}}})
	if err == nil {
		c.Hint()
	}
	return err
}

// Retry forgets that steps on the target failed, and answers how many did. A
// target with an uncertain step is refused: trying that again might do it twice.
func (c *Controller) Retry(ctx context.Context, target schema.Ref) (int, error) {
	holds, intents := c.ledger.notes()
	for _, i := range intents {
		if i.Target == target {
			return 0, fmt.Errorf("whether %s of %s was done is not known; say so first: `enid state resolve %s --done`, or --not-done", i.Operation, target, target)
		}
	}
	var change store.Change
	for _, h := range holds {
		if h.Target == target {
			change.Release = append(change.Release, h.Call)
		}
	}
	n := len(change.Release)
	if target.Kind == schema.KindHost {
		if note, had := c.ledger.forgive(target.Name); had {
			change.Confirm, n = append(change.Confirm, note), n+1
		}
	}
	if n == 0 {
		return 0, nil
	}
	if err := c.ledger.commit(ctx, &change); err != nil {
		return 0, err
	}
	c.Hint()
	return n, nil
}

// settled forgets what no longer keeps anything back: holds of what has been
// changed since, and intents whose effect the world shows, whoever served it.
func (t *turn) settled() (change store.Change) {
	holds, intents := t.ledger.notes()
	for _, i := range intents {
		if isShown(i, t.world, t.want, t.Now()) {
			change.Resolve = append(change.Resolve, i.Call)
		}
	}
	for _, h := range holds {
		if h.Digest != digest(t.topology, h.Target) {
			change.Release = append(change.Release, h.Call)
		}
	}
	return change
}
