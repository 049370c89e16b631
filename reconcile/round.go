package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"enid/plan"
	plancloud "enid/plan/cloud"
)

// maxRounds bounds how often a turn plans again. Each round but the last does
// something; what is left then is the next turn's.
const maxRounds = 16

// rounds plans and does until nothing is left that can be done.
func (t *turn) rounds(ctx context.Context) error {
	for range maxRounds {
		p, err := t.plan(ctx)
		if err != nil {
			return err
		}
		if t.report.Plan == nil {
			t.report.Plan = p
			if err := t.mayDelete(p); err != nil {
				return err
			}
			if t.expect != nil {
				if err := t.expect(t.ledger.now(), p); err != nil {
					return err
				}
			}
			if err := t.mayPass(ctx, p); err != nil {
				return err
			}
			if err := t.rename(ctx); err != nil {
				return err
			}
			t.forget(t.settled())
		}
		t.report.Rest = p
		t.status.planned(p, t.ledger.now().Applied.Revision == t.rev.ID)
		if len(p.Runnable()) == 0 {
			return nil
		}
		before := t.report.Done + t.report.Failed
		if err := t.round(ctx, p); err != nil {
			return err
		}
		if t.report.Done+t.report.Failed == before {
			return nil // what is runnable in the model is not in reality, for now
		}
		if err := t.settle(ctx); err != nil {
			return err
		}
	}
	t.Log.Warn("the turn ends before everything is done", "rounds", maxRounds)
	return nil
}

// observe takes over what changed by itself.
func (t *turn) observe(ctx context.Context) error {
	c, err := t.Target.Observe(ctx)
	if err != nil {
		return fmt.Errorf("observe: %w", err)
	}
	t.absorb(c)
	return nil
}

// plan makes the checked plan: nothing else is ever acted on. The first of a turn
// begins with the renames, and is certified.
func (t *turn) plan(ctx context.Context) (*plan.Plan, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	var p *plan.Plan
	var err error
	if t.report.Plan == nil {
		p, err = t.origin.Plan(t.want, t.Now(), t.options())
	} else {
		p, err = plancloud.Plan(t.world, t.want, t.Now(), t.options())
	}
	if err != nil {
		return nil, err
	}
	return t.signed(p), nil
}

// signed answers the plan with what it was made from.
func (t *turn) signed(p *plan.Plan) *plan.Plan {
	meta := t.ledger.now()
	p.Revision, p.Base = t.rev.ID, plan.Base{Lineage: meta.Lineage, Serial: meta.Serial}
	return p
}

// round does a plan's steps in their order. A step that fails, and those that
// depend on it, are left; the others are done. It ends early, without an error of
// a step's own, where ctx ends or the record cannot be kept.
func (t *turn) round(ctx context.Context, p *plan.Plan) error {
	left := map[string]bool{}
	steps := p.Runnable()
	t.report.spent.enter(PhaseDo, t.Now())
	defer func() { t.report.spent.enter(PhasePlan, t.Now()) }()
	for i, s := range steps {
		t.status.does(t.Now(), i, len(steps))
		if err := t.mayGoOn(ctx); err != nil {
			return fmt.Errorf("stopped before %s %s: %w", s.Operation, s.Target, err)
		}
		event := Progress{Step: s, Done: i, Total: len(steps)}
		if on := firstOf(s.DependsOn, left); on != "" {
			left[s.ID] = true
			t.leave(event, fmt.Errorf("it depends on %s", on))
			continue
		}
		if err := t.ready(ctx, s, event); err != nil {
			var violation *plan.Violation
			if !errors.As(err, &violation) {
				return err
			}
			left[s.ID] = true
			t.leave(event, err)
			continue
		}
		ok, err := t.step(ctx, s, event)
		if err != nil {
			return err
		}
		left[s.ID] = !ok
	}
	return t.flush(ctx)
}

func (t *turn) leave(event Progress, err error) {
	t.report.Left++
	event.State, event.Err = StepLeft, err
	t.Progress(event)
	t.Log.Info("step left out", "operation", event.Step.Operation, "target", event.Step.Target.String(), "because", err.Error())
}

func firstOf(ids []string, set map[string]bool) string {
	for _, id := range ids {
		if set[id] {
			return id
		}
	}
	return ""
}

// ready looks at the step's requirements once more, on the world as it is now.
// Where a phase stands in the way that ends by itself, it waits for that.
func (t *turn) ready(ctx context.Context, s *plan.Step, event Progress) error {
	patience := t.Now().Add(t.Patience)
	for {
		err := plan.Holding(plancloud.Domain(), s, t.world, t.want, t.Now(), plan.Options{Self: t.self()})
		if err == nil || t.next.IsZero() || t.next.After(patience) {
			return err
		}
		event.State, event.Err = StepWaits, err
		t.Progress(event)
		if err := t.pause(ctx); err != nil {
			return fmt.Errorf("stopped before %s %s: %w", s.Operation, s.Target, err)
		}
	}
}

// settle waits until no phase is under way that ends by itself.
func (t *turn) settle(ctx context.Context) error {
	patience := t.Now().Add(t.Patience)
	for !t.next.IsZero() && !t.next.After(patience) {
		if err := t.pause(ctx); err != nil {
			return err
		}
	}
	return nil
}

// pause waits until the next phase ends. It takes long: what was done is
// recorded first.
func (t *turn) pause(ctx context.Context) error {
	if err := t.flush(ctx); err != nil {
		return err
	}
	timer := time.NewTimer(max(t.next.Sub(t.Now()), time.Millisecond))
	defer timer.Stop()
	alive := time.NewTicker(pulse)
	defer alive.Stop()
	for {
		t.status.beats(t.Now())
		select {
		case <-timer.C:
			return t.observe(ctx)
		case <-alive.C:
		case <-ctx.Done():
			return fmt.Errorf("wait: %w", ctx.Err())
		}
	}
}
