package cloud

import (
	"time"

	"enid/plan"
	"enid/schema"
)

// Comparison is a change between two revisions of the files, without any state.
type Comparison struct {
	Plan *plan.Plan
	// Before is the first revision taken as applied, under the second one's names and
	// without what Prepare adds: a Host that changes is the old one there. After is what
	// the plan leads to. Both are presumed.
	Before, After *plan.World
	// Want is what the second revision asks for.
	Want *plan.World
}

// Between answers what applying head would do where base was applied, under the
// Policies and Approvals of head; its steps name those by which alone they can run.
// Errors are *MoveError, or defects.
func Between(base, head []*schema.Resource, at time.Time, opts plan.Options) (*Comparison, error) {
	want := World(head)
	origin, err := Begin(Presume(World(base)), want)
	if err != nil {
		return nil, err
	}
	p, err := origin.Plan(want, at, opts)
	if err != nil {
		return nil, err
	}
	if err := Granted(p, origin, want, at, opts); err != nil {
		return nil, err
	}
	return &Comparison{Plan: p, Before: origin.State, After: Afterwards(p, origin.World, want, at), Want: want}, nil
}
