package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"enid/plan/render"
	"enid/reconcile"
	"enid/reconcile/store"
	"enid/reconcile/web"
)

func (a *app) suspendCommand() *cobra.Command {
	var until, reason string
	c := &cobra.Command{
		Use:   "suspend",
		Short: "Have the daemon do nothing, until a time or until resume",
		Long: `suspend holds the daemon of this state: it neither fetches nor applies, and leaves
the machine alone, whatever becomes of it. It does not heal. Only DHCP leases are
kept, so that no address runs out. A revision under way ends with its present step.

It holds across restarts, also where no daemon runs now, until --until or until
"enid resume"; then the daemon takes up git and the machine as they are. "enid
status" shows who suspended it, until when and why. "enid sync", "enid accept", "enid
retry" and webhooks are noted and wait. What a person does by hand with
"enid apply" or "enid host apply" is not held, and so needs no daemon to run.`,
		Example: `  enid suspend --until 2h --reason maintenance
  enid suspend --until 2030-01-02T18:00:00Z
  enid suspend`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s := store.Suspension{By: whoami(), Reason: reason}
			var err error
			if s.Until, err = moment(until, time.Now()); err != nil {
				return fmt.Errorf("--until %w", err)
			}
			return a.suspend(c.Context(), s)
		},
	}
	c.Flags().StringVar(&until, "until", "", "when it ends by itself: a time (2030-01-02T18:00:00Z) or a duration (2h); without it, at enid resume")
	c.Flags().StringVar(&reason, "reason", "", "why, for those who look at the status")
	return c
}

func (a *app) suspend(ctx context.Context, s store.Suspension) error {
	err := a.control(ctx, func(d *web.Client) error { return d.Suspend(ctx, s) },
		func(l *reconcile.Controller) error { return l.Suspend(ctx, s) })
	if err != nil {
		return err
	}
	until := "until `enid resume`"
	if !s.Until.IsZero() {
		until = "until " + s.Until.Format(time.RFC3339)
	}
	fmt.Fprintf(a.out, "Suspended by %s %s: nothing is applied, and this host is not healed.\n", render.Inert(s.By), until)
	return nil
}

func (a *app) resumeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "resume",
		Short: "Let a suspended daemon go on, at once",
		Long: `resume ends what "enid suspend" began: the daemon fetches, applies and heals again,
at once. Where nothing is suspended it says so, and exits 0.`,
		Example: "  enid resume",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			by, was := whoami(), false
			err := a.control(c.Context(), func(d *web.Client) (err error) { was, err = d.Resume(c.Context(), by); return err },
				func(l *reconcile.Controller) (err error) { was, err = l.Resume(c.Context(), by); return err })
			if err != nil {
				return err
			}
			if was {
				fmt.Fprintln(a.out, "Resumed.")
			} else {
				fmt.Fprintln(a.out, "Nothing was suspended.")
			}
			return nil
		},
	}
}

// moment reads a time, or a duration from now on. Empty is the zero time.
func moment(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(text); err == nil {
		if d < time.Second {
			return time.Time{}, fmt.Errorf("%s: give at least 1s", text)
		}
		return now.Add(d + time.Second - 1).UTC().Truncate(time.Second), nil // the wire has whole seconds
	}
	at, err := time.Parse(time.RFC3339, text)
	switch {
	case err != nil:
		return at, fmt.Errorf("%q: give a duration such as 2h, or a time such as %s", text, now.Add(2*time.Hour).UTC().Format(time.RFC3339))
	case !at.After(now):
		return at, fmt.Errorf("%s: that is past", text)
	}
	return at.UTC(), nil
}
