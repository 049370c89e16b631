package reconcile

import (
	"context"
	"time"
)

// Run is the daemon's loop: a turn at once, then one each interval, when the
// source hints at something new, or when a person asks. Failures back off. It
// answers nil when ctx has ended and the step under way is recorded.
func (c *Controller) Run(ctx context.Context) error {
	failures := 0
	for {
		report, err := c.Turn(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			failures++
			c.Log.Warn("the turn failed", "err", err, "class", string(Classify(err)), "failures", failures)
		} else {
			failures = 0
		}
		if !c.wait(ctx, c.Now().Add(c.delay(failures)), report) {
			return nil
		}
	}
}

// delay answers the time until the next poll: the interval, longer after
// failures, sooner where something that failed is to be tried again; a tenth more
// or less by chance, so that many daemons do not ask at once.
func (c *Controller) delay(failures int) time.Duration {
	d := backOff(c.Interval, failures+1)
	if failures == 0 {
		d = c.Interval
	}
	now := c.Now()
	holds, _ := c.ledger.notes()
	for _, h := range holds {
		if until := h.NotBefore.Sub(now); !h.NotBefore.IsZero() && until < d {
			d = max(until, c.Interval/10)
		}
	}
	return d + time.Duration((c.Chance()-0.5)*0.2*float64(d))
}

// wait waits for the next poll, or for a reason to poll earlier, and heals the
// machine meanwhile. It answers false when ctx has ended.
func (c *Controller) wait(ctx context.Context, until time.Time, report *Report) bool {
	var changed <-chan struct{}
	if c.Source != nil {
		changed = c.Source.Changed()
	}
	poll := time.NewTimer(until.Sub(c.Now()))
	defer poll.Stop()
	var resting <-chan time.Time
	for {
		host := c.HostChanged
		if resting != nil {
			host = nil // hints of the machine wait
		}
		retry := hostRetry(report)
		select {
		case <-ctx.Done():
			return false
		case <-poll.C:
			return true
		case <-c.hints:
			return true
		case _, open := <-changed:
			if open {
				return true
			}
			changed = nil // the source has no more hints; polling goes on
		case <-resting:
			resting = nil
		case event, open := <-host:
			if !open {
				c.HostChanged = nil
				continue
			}
			start := c.Now()
			report = c.heal(ctx, event)
			resting = time.After(c.pace.rest(start, c.Now()))
		case <-retry:
			report = c.heal(ctx, time.Time{})
		}
	}
}

// hostRetry answers when the machine's failed steps are tried again, nil for never.
func hostRetry(report *Report) <-chan time.Time {
	if report.Host == nil || report.Host.RetryAfter <= 0 {
		return nil
	}
	return time.After(report.Host.RetryAfter)
}

// heal converges the machine alone, after what happened then; zero: nothing did.
func (c *Controller) heal(ctx context.Context, event time.Time) *Report {
	c.busy.Lock()
	defer c.busy.Unlock()
	report, began := &Report{}, c.Now()
	err := c.hostTurn(ctx, report, false)
	if err != nil {
		c.Log.Warn("the machine was not converged", "err", err)
	}
	c.tell(ctx, Turned{Report: report, Err: err, Repair: true, Event: event}, began)
	return report
}
