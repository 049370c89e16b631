package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"enid/plan"
	plancloud "enid/plan/cloud"
	"enid/reconcile/cloud"
	"enid/reconcile/store"
	"enid/schema"
)

// turn is one turn under way.
type turn struct {
	*Controller
	goal
	report  *Report
	started time.Time
	byHand  bool                  // a person runs it, once
	shrink  bool                  // it may delete as much as it wants
	only    func(schema.Ref) bool // nil: everything
	// expect refuses the first plan by an error; nil: any will do.
	expect func(store.Meta, *plan.Plan) error

	reviewer string // who reviewed the first plan; empty: nobody was asked

	origin  *plancloud.Origin // of the plan: the state under the names that the files have
	renamed bool              // the origin's moves are in the batch, or recorded
	world   *plan.World       // the state with what the files decide about the plan; changes as steps are done
	touched map[schema.Ref]bool
	next    time.Time    // when a phase ends by itself
	begun   bool         // the revision is in the history
	tried   int          // steps, for their ids in the history
	early   []store.Step // failed before the revision was begun

	batch batch
	since time.Time // of the oldest step in the batch
}

// Turn does one turn of the loop. The Report is never nil. An error says why the
// newest revision is not applied; a *SourceError where the source or its content
// is the reason. The machine was converged all the same. While a person has
// suspended the loop, nothing is done.
func (c *Controller) Turn(ctx context.Context) (*Report, error) { return c.turn(ctx, c.fetch) }

// fetching answers the newest revision, as Source.Fetch does.
type fetching func(ctx context.Context) (Revision, error)

func (c *Controller) turn(ctx context.Context, fetch fetching) (*Report, error) {
	c.busy.Lock()
	defer c.busy.Unlock()
	c.renewed()
	report, began := &Report{}, c.Now()
	if rests, err := c.rests(ctx, report); rests || err != nil {
		c.tell(ctx, Turned{Report: report, Err: err}, began)
		return report, err
	}
	err := c.cloudTurn(ctx, report, fetch)
	report.Serial = c.ledger.now().Serial
	c.status.turned(c.Now(), c.ledger, report, err)
	if hostErr := c.hostTurn(ctx, report, false); hostErr != nil {
		err = errors.Join(err, hostErr)
	}
	c.tell(ctx, Turned{Report: report, Err: err}, began)
	return report, err
}

func (c *Controller) cloudTurn(ctx context.Context, report *Report, fetch fetching) error {
	if err := c.reload(ctx); err != nil {
		return err
	}
	rev, err := fetch(ctx)
	report.spent.add(PhaseFetch, c.fetched)
	c.fetched = 0
	if err != nil {
		return err
	}
	report.spent.enter(PhaseLoad, c.Now())
	report.Revision, report.Time = rev.ID, rev.Time
	if err := c.aim(ctx, rev); err != nil {
		return err
	}
	if err := c.mayApply(); err != nil {
		return err
	}
	return c.begin(c.goal, report).run(ctx)
}

func (c *Controller) begin(g goal, report *Report) *turn {
	c.status.beats(c.Now())
	return &turn{Controller: c, goal: g, report: report, started: c.Now().UTC(), touched: map[schema.Ref]bool{}, batch: newBatch()}
}

// run does the cloud's part of a turn, from the observation to the record.
func (t *turn) run(ctx context.Context) error {
	t.report.spent.enter(PhasePlan, t.Now())
	seen, err := t.Target.Observe(ctx)
	if err != nil {
		return fmt.Errorf("observe: %w", err)
	}
	if seen.Empty() && t.isCalm() {
		t.report.Outcome = store.Done
		return nil
	}
	if err := t.open.look(ctx, t.Store); err != nil {
		return err
	}
	t.last = t.topology
	observed := t.Controller.state.Fork()
	t.world = observed
	t.absorb(seen)
	err = t.work(ctx)
	t.report.spent.enter(PhaseRecord, t.Now())
	switch {
	case err == nil:
		t.conclude()
	case t.begun:
		t.batch.change.End = &store.End{Outcome: store.Interrupted, At: t.Now().UTC()}
	case !t.renamed:
		t.world = observed // what was refused has no new names
	}
	// What was done is recorded, also where something went wrong after it.
	if flushed := t.flush(ctx); flushed != nil {
		return errors.Join(err, flushed)
	}
	t.store()
	t.relax(err)
	if source, ok := t.Source.(applier); ok && err == nil && t.only == nil {
		source.SetApplied(t.rev.ID)
	}
	return err
}

// work plans and does, from the names to the rounds, unless a guard holds it.
func (t *turn) work(ctx context.Context) error {
	if err := t.locate(); err != nil {
		return err
	}
	if err := t.mayShrink(); err != nil {
		return err
	}
	if t.HostOnly {
		t.presume()
		return nil
	}
	err := t.rounds(ctx)
	t.report.conclude()
	return err
}

// isCalm reports whether nothing can have changed since there was nothing to do.
func (t *turn) isCalm() bool {
	now := t.ledger.now()
	return !t.byHand && t.calm.revision == t.rev.ID && t.calm.epoch == now.Epoch && now.Source == t.from() && t.Now().Before(t.calm.until)
}

// relax notes that there was nothing left to do.
func (t *turn) relax(err error) {
	t.calm = calm{}
	if err == nil && t.report.Outcome == store.Done && t.only == nil {
		t.calm = calm{t.rev.ID, t.ledger.now().Epoch, t.Now().Add(t.FullCheck)}
	}
}

// absorb takes changes into the world and the batch.
func (t *turn) absorb(c cloud.Changes) {
	t.next = c.Next
	refs := make([]schema.Ref, 0, len(c.Put)+len(c.Delete))
	for _, r := range c.Put {
		t.world.Put(r.Ref, r)
		refs = append(refs, r.Ref)
	}
	for _, ref := range c.Delete {
		t.world.Put(ref, nil)
		refs = append(refs, ref)
	}
	t.touch(refs...)
}

func (t *turn) touch(refs ...schema.Ref) {
	for _, ref := range refs {
		t.touched[ref] = true
	}
	t.batch.take(t.world, refs)
}

// forget adds to the batch that holds and intents are settled.
func (t *turn) forget(c store.Change) {
	t.batch.change.Release = append(t.batch.change.Release, c.Release...)
	t.batch.change.Resolve = append(t.batch.change.Resolve, c.Resolve...)
}

// store makes the turn's changes part of the state as it is stored. Many at once
// are cheaper read anew than put one by one.
func (t *turn) store() {
	state := t.stored()
	if len(t.touched) > 2000 {
		t.Controller.state = state.Flatten()
		return
	}
	for ref := range t.touched {
		t.Controller.state.Put(ref, state.Get(ref))
	}
}

// stored answers the state with this turn's changes.
func (t *turn) stored() *plan.World {
	state := t.Controller.state.Fork()
	for ref := range t.touched {
		state.Put(ref, t.world.Get(ref))
	}
	return state
}
