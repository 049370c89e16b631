package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"enid/reconcile/store"
)

// errSuspended ends a turn between two steps.
var errSuspended = errors.New("a person has suspended the daemon")

const conditionSuspended = "Suspended"

// Suspend has the loop do nothing until s.Until, or until Resume where that is zero:
// it neither fetches nor applies, and the machine is left alone but for its leases. A
// turn that is under way ends with its present step. It holds across starts.
//
// A crash before the commit: nothing is suspended. One after it: it is.
func (c *Controller) Suspend(ctx context.Context, s store.Suspension) error {
	now := c.Now().UTC()
	if s.By == "" {
		return errors.New("suspend: say who")
	}
	if !s.Until.IsZero() && !s.Until.After(now) {
		return fmt.Errorf("suspend until %s: that is past, it is %s", s.Until.Format(time.RFC3339), now.Format(time.RFC3339))
	}
	s.At = now
	if err := c.ledger.commit(ctx, &store.Change{Suspend: &s}); err != nil {
		return err
	}
	c.Log.Warn("suspended", "by", s.By, "until", untilText(s), "reason", s.Reason)
	c.status.suspended(now, s)
	c.Hint()
	return nil
}

// Resume ends a suspension, and answers whether there was one.
func (c *Controller) Resume(ctx context.Context, by string) (bool, error) {
	was := c.ledger.now().Suspended.Active(c.Now())
	if !was {
		return false, nil
	}
	return true, c.resume(ctx, by)
}

func (c *Controller) resume(ctx context.Context, by string) error {
	if err := c.ledger.commit(ctx, &store.Change{Suspend: &store.Suspension{}}); err != nil {
		return err
	}
	c.Log.Info("resumed", "by", by)
	c.status.suspended(c.Now(), store.Suspension{})
	c.Hint()
	return nil
}

func (c *Controller) isSuspended() bool { return c.ledger.now().Suspended.Active(c.Now()) }

// rests keeps the loop still while it is suspended. A suspension whose time is over
// is forgotten; a crash before that finds it over again.
func (c *Controller) rests(ctx context.Context, report *Report) (bool, error) {
	s := c.ledger.now().Suspended
	if s == (store.Suspension{}) {
		return false, nil
	}
	report.Serial = c.ledger.now().Serial
	if !s.Active(c.Now()) {
		if err := c.reload(ctx); err != nil {
			return false, err
		}
		return false, c.resume(ctx, "its time is over")
	}
	report.Suspended = true
	c.status.suspended(c.Now(), s)
	return true, c.sustain(ctx)
}

// sustain keeps the machine's leases, which would run out, and changes nothing else.
func (c *Controller) sustain(ctx context.Context) error {
	h, ok := c.Host.(Sustaining)
	if !ok || c.isBlank() {
		return nil
	}
	err := c.findHost()
	var asked json.RawMessage
	if err == nil {
		asked, err = h.Asked(c.state, c.HostName)
	}
	if err == nil {
		err = h.Sustain(ctx, asked)
	}
	if err != nil {
		return fmt.Errorf("host %s: keep its leases: %w", c.HostName, err)
	}
	return nil
}

// mayGoOn answers why a turn ends before its next step.
func (t *turn) mayGoOn(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !t.byHand && t.isSuspended() {
		return errSuspended
	}
	return nil
}

// Suspended notes how a person holds the daemon.
func (s *Status) Suspended(at time.Time, by store.Suspension) {
	if by.Active(at) {
		message := fmt.Sprintf("by %s since %s, until %s", by.By, by.At.UTC().Format(time.RFC3339), untilText(by))
		if by.Reason != "" {
			message += ": " + by.Reason
		}
		s.condition(by.At, conditionSuspended, "True", "ByPerson", message)
		return
	}
	for i, c := range s.Conditions {
		if c.Type == conditionSuspended {
			s.Conditions = append(s.Conditions[:i], s.Conditions[i+1:]...)
			return
		}
	}
}

func (b *statusBoard) suspended(at time.Time, s store.Suspension) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.beat = at
	b.now.Suspended(at, s)
	if h := b.now.Host; h != nil && h.Message == "" && s.Active(at) {
		h.Message = "as it was seen last: it is left alone"
	}
}

func untilText(s store.Suspension) string {
	if s.Until.IsZero() {
		return "`enid resume`"
	}
	return s.Until.UTC().Format(time.RFC3339)
}
