package reconcile

import (
	"context"
	"time"

	"enid/plan"
	"enid/reconcile/store"
)

// Report is how a turn went.
type Report struct {
	Revision string
	// Time is the revision's: when it was committed, or its folder read.
	Time time.Time
	// Serial is of the state after the turn.
	Serial uint64
	// Plan is what was to be done, Rest what is left after it; nil where it was not
	// planned.
	Plan, Rest *plan.Plan
	// Done, Failed and Left count steps: done, refused, and left out because they
	// could no longer run.
	Done, Failed, Left int
	// Healed counts the steps done for a revision that was in force before: what others
	// changed, or what had been blocked.
	Healed int
	// Blocked counts the steps that are blocked in the end, held ones included.
	Blocked int
	// Outcome is that of the revision; empty where nothing was planned.
	Outcome store.Outcome
	Host    *HostResult // nil: there is no host
	// Suspended says that a person holds the loop, so that nothing was done.
	Suspended bool

	spent spent
}

// Spent answers how long each phase took; what was not entered is not there. It is
// whole once the turn has ended.
func (r *Report) Spent() map[Phase]time.Duration { return r.spent.took }

// Turned is a turn that has ended, for those who count and tell.
type Turned struct {
	*Report
	Status Status
	// Err is why the newest revision is not applied, or the machine could not be
	// converged.
	Err  error
	Took time.Duration
	// Repair says that only the machine had its turn, between two polls; Event is when
	// it changed, zero where what failed is tried again.
	Repair bool
	Event  time.Time
}

// tell tells of a turn, unless it was cut short by the end.
func (c *Controller) tell(ctx context.Context, t Turned, began time.Time) {
	if ctx.Err() != nil {
		return
	}
	t.spent.enter("", c.Now())
	t.Took, t.Status = c.Now().Sub(began), c.Status()
	c.Turned(t)
}

// CountBlocks counts a step that these block under each of their rules, once.
func CountBlocks(byRule map[string]int, blocks []plan.Block) {
	seen := map[string]bool{}
	for _, b := range blocks {
		if !seen[b.Rule] {
			seen[b.Rule] = true
			byRule[b.Rule]++
		}
	}
}

func (r *Report) conclude() {
	if r.Rest != nil {
		r.Blocked = r.Rest.Summary.Blocked
	}
	switch {
	case r.Failed > 0:
		r.Outcome = store.Failed
	case r.Blocked > 0 || r.Rest != nil && len(r.Rest.Runnable()) > 0:
		r.Outcome = store.Blocked
	default:
		r.Outcome = store.Done
	}
}
