package reconcile

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"enid/plan"
	plancloud "enid/plan/cloud"
	"enid/reconcile/cloud"
	"enid/reconcile/store"
)

func planText(p *plan.Plan) ([]byte, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("write the plan: %w", err)
	}
	return text, nil
}

// flushIfDue commits after each step; a state-only target's steps that can be
// undone wait for one another for a moment.
func (t *turn) flushIfDue(ctx context.Context, s *plan.Step) error {
	c := &t.batch.change
	if t.stateOnly && !s.Irreversible && len(c.Steps) < batchSteps && t.Now().Sub(t.since) < batchTime {
		return nil
	}
	return t.flush(ctx)
}

// flush commits the batch. A crash before it loses what a state-only target did
// since the last one, and with it that it did; a crash after it loses nothing.
func (t *turn) flush(ctx context.Context) error {
	c := t.batch.whole()
	if c.Empty() {
		return nil
	}
	phase := t.report.spent.enter(PhaseRecord, t.Now())
	err := t.ledger.commit(ctx, c)
	t.report.spent.enter(phase, t.Now())
	if err != nil {
		return err
	}
	t.batch, t.since = newBatch(), time.Time{}
	return nil
}

// conclude adds to the batch what the files say that is no operation, and that
// the revision is in force: every step that could run has run.
func (t *turn) conclude() {
	state := t.stored()
	puts, gone := plancloud.Record(state, t.want)
	known := cloud.Changes{}
	for _, r := range puts {
		if t.only != nil && managed(r) && !t.only(r.Ref) {
			continue
		}
		t.world.Put(r.Ref, r)
		t.touch(r.Ref)
		known.Put = append(known.Put, r)
	}
	for _, ref := range gone {
		t.world.Put(ref, nil)
		t.touch(ref)
		known.Delete = append(known.Delete, ref)
	}
	t.Target.Know(known)
	c := &t.batch.change
	now := t.Now().UTC()
	switch {
	case t.begun:
		c.End = &store.End{Outcome: t.report.Outcome, At: now}
	case t.open.yes:
		c.End = &store.End{Outcome: store.Interrupted, At: now}
	case t.open.byHand && t.only == nil:
		c.End = &store.End{Outcome: t.report.Outcome, At: now}
	}
	t.open.yes, t.open.byHand = false, t.open.byHand && t.only != nil && !t.begun
	meta := t.ledger.now()
	if t.only == nil && meta.Source != "" && meta.Source != t.from() { // taken over, though the revision be the same
		c.Source = t.from()
	}
	if t.only == nil && (t.begun || meta.Applied.Revision != t.rev.ID) {
		c.Applied, c.Source = &store.Applied{Revision: t.rev.ID, At: now, Author: t.rev.Author, Subject: t.rev.Subject}, t.from()
		if _, ok := t.ledger.acceptance(t.rev.ID); ok {
			c.Spend = append(c.Spend, t.rev.ID)
		}
	}
}
