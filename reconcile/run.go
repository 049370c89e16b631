package reconcile

import (
	"context"
	"time"
)

// pulse is how often a loop that rests says that it lives.
const pulse = 10 * time.Second

// atStart is when the machine is converged for the first time where the first fetch
// takes longer: a server that hangs must not keep a host from its addresses.
const atStart = time.Second

// Run is the daemon's loop: a turn at once, then one each interval, when the
// source hints at something new, or when a person asks. Failures back off. It
// answers nil when ctx has ended and the step under way is recorded.
func (c *Controller) Run(ctx context.Context) error {
	failures, next := 0, c.Now()
	report := &Report{Host: &HostResult{RetryAfter: atStart}}
	for {
		fetch := c.fetch // where it was suspended a moment ago
		c.attend(ctx, report, func() {
			if c.due(ctx, next) && !c.isSuspended() {
				rev, err := c.fetch(ctx)
				if err == nil {
					c.readAhead(ctx, rev)
				}
				fetch = func(context.Context) (Revision, error) { return rev, err }
			}
		})
		if ctx.Err() != nil {
			return nil
		}
		var err error
		report, err = c.turn(ctx, fetch)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			failures++
			c.Log.Warn("the turn failed", "err", err, "class", string(Classify(err)), "failures", failures)
		} else {
			failures = 0
		}
		next = c.Now().Add(c.delay(failures))
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
	d += time.Duration((c.Chance() - 0.5) * 0.2 * float64(d))
	if s := c.ledger.now().Suspended; s.Active(now) && !s.Until.IsZero() {
		d = min(d, max(s.Until.Sub(now), time.Millisecond)) // on time, whatever chance says
	}
	return d
}

// due waits until it is time to poll, or for a reason to poll earlier. It answers
// false when ctx has ended.
func (c *Controller) due(ctx context.Context, until time.Time) bool {
	var changed <-chan struct{}
	if c.Source != nil {
		changed = c.Source.Changed()
	}
	poll := time.NewTimer(until.Sub(c.Now()))
	defer poll.Stop()
	for {
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
		}
	}
}

// attend heals the machine while something is waited for that changes nothing.
func (c *Controller) attend(ctx context.Context, report *Report, waiting func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		waiting()
	}()
	alive := time.NewTicker(pulse)
	defer alive.Stop()
	var resting <-chan time.Time
	retry := hostRetry(report)
	for {
		c.status.beats(c.Now())
		host := c.HostChanged
		if resting != nil {
			host = nil // hints of the machine wait
		}
		select {
		case <-done:
			return
		case <-alive.C:
		case <-resting:
			resting = nil
		case event, open := <-host:
			if !open {
				c.HostChanged = nil
				continue
			}
			start := c.Now()
			retry = hostRetry(c.heal(ctx, event))
			resting = time.After(c.pace.rest(start, c.Now()))
		case <-retry:
			retry = hostRetry(c.heal(ctx, time.Time{}))
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
	if err != nil && err.Error() != c.sore { // each change of the machine says it anew, thousands a day
		c.Log.Warn("the machine was not converged", "err", err)
	}
	c.sore = ""
	if err != nil {
		c.sore = err.Error()
	}
	c.tell(ctx, Turned{Report: report, Err: err, Repair: true, Event: event}, began)
	return report
}
