package reconcile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"enid/reconcile/store"
)

// hostTurn converges the machine, where there is one, to the state as it is stored.
// What a person asked for is tried although it failed before.
func (c *Controller) hostTurn(ctx context.Context, report *Report, byHand bool) error {
	if c.Host == nil {
		return nil
	}
	if !byHand && c.isSuspended() {
		return c.sustain(ctx)
	}
	if !byHand && c.isBlank() {
		c.status.awaits(c.Now())
		return nil
	}
	report.spent.enter(PhaseHost, c.Now())
	var r HostResult
	err := c.findHost()
	if err != nil {
		r = HostResult{Condition: HostDegraded, Message: err.Error()}
	} else if h, ok := c.Host.(Confirming); ok {
		r, err = c.confirmedTurn(ctx, h, byHand)
	} else {
		if note, had := c.ledger.forgive(c.HostName); had { // nobody asks for probes any more
			err = c.ledger.commit(ctx, &store.Change{Confirm: []store.Confirmation{note}})
		}
		if err == nil {
			r, err = c.Host.Turn(ctx, c.state, c.HostName)
		}
	}
	c.converged.note(&r, c.ledger.now(), err)
	c.status.host(c.Now(), r, err)
	report.Host = &r
	if err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("host %s: %w", c.HostName, err)
	}
	return nil
}

// isBlank reports whether nothing was ever applied: then nothing is known of the
// machine, and it is left as it is.
func (c *Controller) isBlank() bool {
	return c.ledger.now().Applied.Revision == "" && len(c.state.Refs()) == 0
}

// findHost finds out which Host the machine is, where that is not given: the state
// decides, and may decide otherwise later.
func (c *Controller) findHost() (err error) {
	if c.FindHost == nil {
		return nil
	}
	name, err := c.FindHost(c.state)
	if err == nil {
		c.HostName = name
		c.status.named(name)
	}
	return err
}

// converged is the state of the store that the machine was last as asked by; what
// has to be done to it then is to put back what others changed.
type converged struct {
	known    bool
	serial   uint64
	revision string
}

func (c *converged) note(r *HostResult, m store.Meta, err error) {
	now := converged{true, m.Serial, m.Applied.Revision}
	if *c == now {
		r.Healed = r.Done
	}
	if err == nil && r.Condition == HostConverged {
		*c = now
	}
}

// confirmedTurn is a turn of a machine whose changes have to be confirmed. What has
// passed its probes is converged to as ever: undoing a repair would bring back what
// it repaired. Something new is tried. Where it fails, the revision is noted as
// failed on this machine until another one is in force or a person says retry, and
// the machine is kept as what passed last.
//
// A crash before the note: the guard has undone the change, and it is tried once
// more. A crash after it: it is not.
func (c *Controller) confirmedTurn(ctx context.Context, h Confirming, byHand bool) (HostResult, error) {
	asked, err := h.Asked(c.state, c.HostName)
	if err != nil {
		return HostResult{}, err
	}
	note, revision := c.ledger.confirmation(c.HostName), c.ledger.now().Applied.Revision
	c.status.confirmed(c.Now(), note, revision)
	if note.Failed != "" && note.Failed == revision && !byHand {
		return c.insteadOf(ctx, h, note, asked)
	}
	passed := bytes.Equal(note.Passed, asked)
	r, err := h.TurnTo(ctx, asked, !passed)
	switch {
	case err != nil || passed && note.Failed == "":
		return r, err
	case r.Undone != "":
		note.Failed, note.Message = revision, r.Undone
	case r.Condition == HostConverged:
		note.Passed, note.Failed, note.Message = asked, "", ""
	default: // what is still to come has to prove itself too
		return r, nil
	}
	note.At = c.Now().UTC()
	if err := c.ledger.commit(ctx, &store.Change{Confirm: []store.Confirmation{note}}); err != nil {
		return r, err
	}
	c.status.confirmed(c.Now(), note, revision)
	if r.Undone != "" {
		c.Log.Warn("the host's change was undone", "host", c.HostName, "revision", revision, "because", r.Undone)
		return c.insteadOf(ctx, h, note, asked)
	}
	return r, nil
}

// insteadOf keeps the machine as what passed last, in place of a revision that failed.
// Where nothing has passed it is left alone, but for leases: what it runs on must not
// run out.
func (c *Controller) insteadOf(ctx context.Context, h Confirming, note store.Confirmation, asked json.RawMessage) (r HostResult, err error) {
	stays := "nothing has passed before, so that the machine is left alone"
	if note.Passed == nil {
		if err = h.Sustain(ctx, asked); err != nil {
			return r, err
		}
	} else {
		if r, err = h.TurnTo(ctx, note.Passed, false); err != nil {
			return r, err
		}
		stays = "the machine is kept as it was before"
		if r.Condition != HostConverged {
			stays += ": " + r.Message
		}
	}
	r.Condition = HostDegraded
	r.Message = fmt.Sprintf("revision %s was undone here: %s; %s, until git changes or `enid retry Host/%s`", note.Failed, note.Message, stays, c.HostName)
	return r, nil
}

// forgive answers how a host stands to its probes once it is forgotten that a
// revision failed there, and whether one had.
func (l *ledger) forgive(host string) (c store.Confirmation, had bool) {
	c = l.confirmation(host)
	had = c.Failed != ""
	c.Failed, c.Message = "", ""
	return c, had
}
