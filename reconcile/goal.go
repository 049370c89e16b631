package reconcile

import (
	"context"
	"errors"
	"fmt"
	"path"

	"enid/plan"
	plancloud "enid/plan/cloud"
	"enid/schema"
)

// goal is the newest revision that may be applied.
type goal struct {
	rev      Revision
	topology *schema.Topology
	want     *plan.World
	kept     *kept
}

// applier is a Source that wants to know what is applied, to tell a rewound
// branch from one that went on.
type applier interface{ SetApplied(commit string) }

// fetch answers the newest revision. A held commit that a person accepted is
// named to the source as applied, so that it is answered the next time.
func (c *Controller) fetch(ctx context.Context) (Revision, error) {
	rev, err := c.Source.Fetch(ctx)
	var held *SourceError
	if errors.As(err, &held) && held.Revision != "" && held.Condition != NotVerified { // no person stands in for a signature
		source, ok := c.Source.(applier)
		if _, accepted := c.ledger.acceptance(held.Revision); ok && accepted {
			source.SetApplied(held.Revision)
			rev, err = c.Source.Fetch(ctx)
		}
	}
	if err != nil {
		return rev, fmt.Errorf("fetch: %w", err)
	}
	return rev, nil
}

// aim loads and judges a revision, unless it is the goal already.
func (c *Controller) aim(ctx context.Context, rev Revision) error {
	if c.goal.want == nil || c.goal.rev.ID != rev.ID {
		topology, findings, err := Load(ctx, rev, &c.cache)
		if err != nil {
			return err
		}
		if c.PolicyPath != "" {
			findings = append(findings, Misplaced(topology, path.Join(rev.Root, c.PolicyPath))...)
		}
		if wrong := Errors(findings); len(wrong) > 0 {
			return &SourceError{Condition: Invalid, Revision: rev.ID,
				Message: fmt.Sprintf("%s does not validate: %d errors, the first of them %s", rev.ID, len(wrong), wrong[0])}
		}
		if topology == nil {
			topology = schema.NewTopology(nil)
		}
		c.goal = newGoal(rev, topology)
	}
	return nil
}

func newGoal(rev Revision, t *schema.Topology) goal {
	return goal{rev: rev, topology: t, want: plancloud.World(t.Resources()), kept: newKept(t)}
}

// mayApply refuses a state that was applied from elsewhere.
func (c *Controller) mayApply() error {
	if was := c.ledger.now().Source; was != "" && was != c.From && !c.AdoptSource {
		return fmt.Errorf("%w: it was applied from %s, this is %s; --adopt-source takes it over", ErrOtherSource, was, c.From)
	}
	return nil
}
