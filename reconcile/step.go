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

// step does one step and records it. ok is whether it was done; an error says
// that the record cannot be kept, and nothing more is to be done.
func (t *turn) step(ctx context.Context, s *plan.Step, event Progress) (ok bool, err error) {
	event.State = StepStarted
	t.Progress(event)
	call := store.Call(s.Call())
	if s.Irreversible {
		// A crash before this commit has done nothing. One after it, and before the
		// step's record, leaves the intent: the step is shown as uncertain, and not
		// tried again by itself.
		if err := t.intend(ctx, s, call); err != nil {
			return false, err
		}
	}
	start := t.Now()
	if len(t.batch.change.Steps) == 0 {
		t.since = start
	}
	changes, failure := t.do(ctx, s, event)
	record := t.record(s, start, failure)
	if failure != nil {
		t.fail(s, call, record, failure)
	} else {
		t.absorb(changes)
		t.done(s, call, record)
	}
	event.Took, event.Err, event.State = record.Took, failure, StepDone
	if failure != nil {
		event.State = StepFailed
	}
	if err := t.flushIfDue(ctx, s); err != nil {
		return false, err
	}
	t.Progress(event)
	return failure == nil, nil
}

// do makes the step's call, which is not cut short: what was begun is ended and
// recorded. Where the cloud refuses it for a phase while one is under way that
// ends by itself, it waits for that, as ready does for what the rules say.
func (t *turn) do(ctx context.Context, s *plan.Step, event Progress) (cloud.Changes, error) {
	patience := t.Now().Add(t.Patience)
	for {
		changes, failure := t.Target.Do(context.WithoutCancel(ctx), t.call(s))
		var refused *cloud.APIError
		if !errors.As(failure, &refused) || Classify(failure) != Wait || t.next.IsZero() || t.next.After(patience) {
			return changes, failure
		}
		event.State, event.Err = StepWaits, failure
		t.Progress(event)
		if t.pause(ctx) != nil {
			return changes, failure
		}
	}
}

// record answers the step's entry in the history.
func (t *turn) record(s *plan.Step, start time.Time, failure error) store.Step {
	t.tried++
	r := store.Step{Call: store.Call(s.Call()), ID: fmt.Sprintf("s%d", t.tried), Operation: s.Operation, Action: string(s.Action),
		At: start.UTC(), Took: t.Now().Sub(start)}
	if failure != nil {
		r.Failed, r.Message = true, failure.Error()
		var api *cloud.APIError
		if errors.As(failure, &api) {
			r.Code, r.Message = api.Code, api.Message
		}
		return r
	}
	r.Approvals = s.Spends
	return r
}

// done adds a step that was done to the batch, with the approvals it used up.
func (t *turn) done(s *plan.Step, call store.Call, record store.Step) {
	t.opened()
	t.report.Done++
	if t.inForce() {
		t.report.Healed++
	}
	for _, approval := range s.Spends {
		plancloud.Domain().Spend(t.world, approval, fmt.Sprintf("%d/%s", t.serial(), record.ID))
		t.touch(approval)
	}
	c := &t.batch.change
	c.Steps = append(c.Steps, record)
	if s.Irreversible {
		c.Resolve = append(c.Resolve, call)
	}
	if t.ledger.hold(call).Attempts > 0 {
		c.Release = append(c.Release, call)
	}
	t.Log.Info("step done", "operation", s.Operation, "target", s.Target.String(), "took", record.Took)
}

// fail adds a step that failed to the batch, with the hold that keeps it from
// being tried again at once. An intent stays where nobody knows what was done.
func (t *turn) fail(s *plan.Step, call store.Call, record store.Step, failure error) {
	t.report.Failed++
	h := holdFor(call, t.ledger.hold(call), failure, downFor(s, t.world, t.want, t.Now()), digest(t.topology, s.Target), t.Interval, t.Now())
	c := &t.batch.change
	c.Hold = append(c.Hold, h)
	var refused *cloud.APIError
	if s.Irreversible && errors.As(failure, &refused) && refused.Status < 500 {
		c.Resolve = append(c.Resolve, call)
	}
	if t.begun {
		c.Steps = append(c.Steps, record)
	} else {
		t.early = append(t.early, record)
	}
	t.Log.Warn("step failed", "operation", s.Operation, "target", s.Target.String(), "err", failure, "class", string(Classify(failure)), "notBefore", h.NotBefore)
}

// serial answers the serial under which this turn's steps stand.
func (t *turn) serial() uint64 {
	serial := t.ledger.now().Serial
	if t.batch.change.Begin != nil || !t.begun {
		serial++
	}
	return serial
}

// opened begins the revision in the history, with the first step that is done. The
// accounts come with it: what is created says by them which cloud it is in.
func (t *turn) opened() {
	if t.begun {
		return
	}
	t.begun = true
	text, err := planText(t.report.Plan)
	if err != nil {
		t.Log.Error("the plan cannot be kept", "err", err)
	}
	accepted, _ := t.ledger.acceptance(t.rev.ID)
	t.batch.change.Begin = &store.Begin{Plan: text, Revision: store.Revision{
		Commit: t.rev.ID, Author: t.rev.Author, Subject: t.rev.Subject, Time: t.rev.Time.UTC(), At: t.Now().UTC(), AcceptedBy: accepted.By, ReviewedBy: t.reviewer}}
	t.batch.change.Source, t.batch.change.Steps, t.early = t.from(), t.early, nil
	for _, r := range t.topology.OfKind(schema.KindAccount) {
		t.touch(r.Ref)
	}
}
