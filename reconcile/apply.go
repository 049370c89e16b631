package reconcile

import (
	"context"

	"enid/plan"
	"enid/reconcile/store"
	"enid/schema"
)

// ApplyOptions are how a person applies a topology once.
type ApplyOptions struct {
	// Only restricts it to some resources; nil: all. The revision is then not
	// noted as applied.
	Only func(schema.Ref) bool
	// Expect is asked about the plan, and the state that it was made from, before
	// anything is done; its error refuses. Nil: any plan will do.
	Expect func(store.Meta, *plan.Plan) error
	// AllowShrink lets the topology delete as much as it wants, all included.
	AllowShrink bool
}

// Plan answers the checked plan that Apply would do for the topology now. Nothing
// is changed. rev.ID may be empty.
func (c *Controller) Plan(ctx context.Context, rev Revision, t *schema.Topology, only func(schema.Ref) bool) (*plan.Plan, error) {
	c.busy.Lock()
	defer c.busy.Unlock()
	if err := c.reload(ctx); err != nil {
		return nil, err
	}
	turn := c.byHand(rev, t, only, &Report{})
	turn.world = c.state
	if err := turn.locate(); err != nil {
		return nil, err
	}
	return turn.plan(ctx)
}

// Meta answers where the state stands.
func (c *Controller) Meta() store.Meta { return c.ledger.now() }

// byHand begins a turn of a person's, for a topology of theirs.
func (c *Controller) byHand(rev Revision, t *schema.Topology, only func(schema.Ref) bool, report *Report) *turn {
	if t == nil {
		t = schema.NewTopology(nil)
	}
	turn := c.begin(newGoal(rev, t), report)
	turn.only, turn.byHand = only, true
	return turn
}

// Apply does one turn for a topology that was loaded and found valid, by the
// same code as Turn. The Report is never nil. The shrink guard and the state's
// source hold as they do for the daemon: the error wraps ErrHeld or
// ErrOtherSource.
func (c *Controller) Apply(ctx context.Context, rev Revision, t *schema.Topology, o ApplyOptions) (*Report, error) {
	c.busy.Lock()
	defer c.busy.Unlock()
	report := &Report{Revision: rev.ID}
	err := c.applyOnce(ctx, rev, t, o, report)
	report.Serial = c.ledger.now().Serial
	c.status.turned(c.Now(), c.ledger, report, err)
	if err == nil {
		err = c.hostTurn(ctx, report, true)
	}
	return report, err
}

func (c *Controller) applyOnce(ctx context.Context, rev Revision, t *schema.Topology, o ApplyOptions, report *Report) error {
	if err := c.reload(ctx); err != nil {
		return err
	}
	turn := c.byHand(rev, t, o.Only, report)
	turn.expect, turn.shrink = o.Expect, o.AllowShrink
	if err := c.mayApply(); err != nil {
		return err
	}
	return turn.run(ctx)
}

// State answers the world as it is stored, for queries between turns.
func (c *Controller) State() *plan.World {
	c.busy.Lock()
	defer c.busy.Unlock()
	return c.state.Flatten()
}
