package reconcile

import (
	"context"
	"fmt"

	"enid/plan"
)

// passedAmong is among how many of the newest revisions of the history one is looked
// for that passed its review and was cut short: what came since are changes by hand.
const passedAmong = 50

// mayPass holds a revision of which nobody who counts has reviewed the plan. One that
// does and records nothing needs no review. One that passed is not asked again, for
// the steps that are left: it is in force, or the history says who reviewed it. A
// crash before its first step is recorded leaves it as it was, and the same plan is
// reviewed still.
func (t *turn) mayPass(ctx context.Context, p *plan.Plan) error {
	if t.Review == nil || t.byHand || t.inForce() || p.Idle() {
		return nil
	}
	passed, err := t.passed(ctx)
	if err != nil || passed != "" {
		t.reviewer = passed
		return err
	}
	if t.reviewer, err = t.Review(p.Certificate); err != nil {
		return &SourceError{Condition: NotVerified, Revision: t.rev.ID, Err: fmt.Errorf("%w: %w", ErrHeld, err),
			Message: fmt.Sprintf("%s is held: no review of its plan counts, whose certificate is %s: %s", t.rev.ID, p.Certificate, err)}
	}
	t.Log.Info("reviewed", "revision", t.rev.ID, "certificate", p.Certificate, "by", t.reviewer)
	return nil
}

// passed answers who reviewed the revision before it was cut short, empty for nobody.
func (t *turn) passed(ctx context.Context) (string, error) {
	newest, err := t.Store.History(ctx, 0, passedAmong)
	if err != nil {
		return "", fmt.Errorf("read the history: %w", err)
	}
	for _, r := range newest {
		if r.Commit == t.rev.ID && r.ReviewedBy != "" {
			return r.ReviewedBy, nil
		}
	}
	return "", nil
}
