package reconcile

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

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

// fetchPatience bounds one fetch: a server that hangs is one that cannot be reached.
// It is enough for a first clone over a bad line.
const fetchPatience = 10 * time.Minute

// fetch answers the newest revision. A held commit that a person accepted is
// named to the source as applied, so that it is answered the next time.
func (c *Controller) fetch(ctx context.Context) (Revision, error) {
	defer c.beating()()
	ctx, cancel := context.WithTimeout(ctx, fetchPatience)
	defer cancel()
	began := c.Now()
	defer func() { c.fetched = c.Now().Sub(began) }()
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

// reading is what a revision says.
type reading struct {
	id       string
	topology *schema.Topology
	findings []schema.Finding
}

// read answers what a revision says, or has been found to say ahead.
func (c *Controller) read(ctx context.Context, rev Revision) (r *reading, err error) {
	if r, c.ahead = c.ahead, nil; r != nil && r.id == rev.ID {
		return r, nil
	}
	r = &reading{id: rev.ID}
	r.topology, r.findings, err = Load(ctx, rev, &c.cache)
	return r, err
}

// readAhead reads a revision for the turn that follows: as long as somebody makes that
// take, the machine is healed meanwhile.
func (c *Controller) readAhead(ctx context.Context, rev Revision) {
	if c.isGoal(rev) {
		return
	}
	if r, err := c.read(ctx, rev); err == nil {
		c.ahead = r
	}
}

func (c *Controller) isGoal(rev Revision) bool { return c.goal.want != nil && c.goal.rev.ID == rev.ID }

// aim loads and judges a revision, unless it is the goal already.
func (c *Controller) aim(ctx context.Context, rev Revision) error {
	if !c.isGoal(rev) {
		r, err := c.read(ctx, rev)
		if err != nil {
			return err
		}
		topology, findings := r.topology, r.findings
		if c.PolicyPath != "" {
			findings = append(findings, Misplaced(topology, path.Join(rev.Root, c.PolicyPath))...)
		}
		if wrong := Errors(findings); len(wrong) > 0 {
			which := ""
			if len(wrong) > 1 {
				which = fmt.Sprintf("%d errors, the first of them ", len(wrong))
			}
			return &SourceError{Condition: Invalid, Revision: rev.ID, Message: fmt.Sprintf("%s does not validate: %s%s", rev.ID, which, wrong[0])}
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

// presumedFrom ends the source of a state that holds what was taken as applied.
const presumedFrom = " (--host-only)"

// from answers what the state records as its source.
func (c *Controller) from() string {
	if c.HostOnly {
		return c.From + presumedFrom
	}
	return c.From
}

// mayApply refuses a state that was applied from elsewhere. A cloud's state and one
// that was taken as applied are never made of each other: the one would be lost, the
// other believed.
func (c *Controller) mayApply() error {
	was, from := c.ledger.now().Source, c.from()
	switch presumed := strings.HasSuffix(was, presumedFrom); {
	case presumed && !c.HostOnly:
		return fmt.Errorf("%w: the state holds what %s took as applied, and says nothing of a cloud; give another --state, or --host-only again", ErrOtherSource, was)
	case c.HostOnly && !presumed && (was != "" || len(c.state.Refs()) > 0):
		return fmt.Errorf("%w: the state holds what is in a cloud, which --host-only would lose; give another --state", ErrOtherSource)
	case was != "" && was != from && !c.AdoptSource:
		return fmt.Errorf("%w: it was applied from %s, this is %s; --adopt-source takes it over", ErrOtherSource, was, from)
	}
	return nil
}
