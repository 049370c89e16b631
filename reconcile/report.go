package reconcile

import (
	"enid/plan"
	"enid/reconcile/store"
)

// Report is how a turn went.
type Report struct {
	Revision string
	// Serial is of the state after the turn.
	Serial uint64
	// Plan is what was to be done, Rest what is left after it; nil where it was not
	// planned.
	Plan, Rest *plan.Plan
	// Done, Failed and Left count steps: done, refused, and left out because they
	// could no longer run.
	Done, Failed, Left int
	// Blocked counts the steps that are blocked in the end, held ones included.
	Blocked int
	// Outcome is that of the revision; empty where nothing was planned.
	Outcome store.Outcome
	Host    *HostResult // nil: there is no host
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
