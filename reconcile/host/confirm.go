//go:build linux

package host

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"enid/plan/guest"
)

// Confirm is what a change of the machine has to be confirmed by.
type Confirm struct {
	Probes  []Probe
	Timeout time.Duration // until each has had its answer
	// Guard makes the process that undoes where this one does not come to it.
	Guard func() *exec.Cmd
}

// ConvergeConfirmed is Converge to something that has not proved itself: where it
// changes anything, all probes have to have their answer from each ENI in time, or
// everything is undone, and Result.Undone says why. What cannot be undone is done
// once the rest is confirmed.
func (m *Machine) ConvergeConfirmed(ctx context.Context, h *guest.Host, c Confirm) (Result, error) {
	trial, res, err := m.Try(ctx, h, c.Guard())
	if err != nil {
		return res, err
	}
	if !trial.Changed() {
		_, err := trial.Keep()
		return res, errors.Join(err, m.rest(ctx, h, &res))
	}
	// The guard's time is for a process that hangs; this one decides before.
	if err := trial.Within(c.Timeout + guardPatience); err != nil {
		m.opts.Log.Warn("nobody guards the change", "error", err)
	}
	why := m.probe(ctx, h, c.Probes, c.Timeout)
	if why == nil {
		if v, err := trial.Keep(); v.Kept {
			return res, errors.Join(err, m.rest(ctx, h, &res))
		}
		why = errors.New("its time was over before the answers came")
	}
	v, err := trial.Undo()
	if ctx.Err() != nil { // a stop proves nothing
		return res, errors.Join(ctx.Err(), err)
	}
	res.Done, res.Condition, res.RetryAfter = nil, Degraded, 0
	res.Undone = strings.ReplaceAll(why.Error(), "\n", "; ")
	if failed := append(v.Undone.Failed, v.Undone.Left...); len(failed) > 0 {
		res.Undone += "; the undo left " + strings.Join(failed, "; ")
	}
	res.Message = "the change was undone: " + res.Undone
	if err != nil {
		return res, fmt.Errorf("%s, and the undo was not finished: %w", res.Message, err)
	}
	return res, nil
}

// rest does what a turn that may have to be undone leaves out.
func (m *Machine) rest(ctx context.Context, h *guest.Host, res *Result) error {
	next, err := m.Converge(ctx, h, nil)
	next.Done = append(res.Done, next.Done...)
	next.Drifted = res.Drifted
	*res = next
	return err
}
