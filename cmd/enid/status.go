package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"enid/plan"
	"enid/plan/render"
	"enid/reconcile"
	"enid/reconcile/store"
	"enid/reconcile/store/bolt"
	"enid/reconcile/web"
)

func (a *app) statusCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "status",
		Short: "Say what is applied, what is blocked or drifted, and why",
		Long: `status asks the daemon of this state; where none runs it says what the state
knows. It exits 0 where everything is in sync, 2 where it is not.`,
		Example: "  enid status\n  enid status -o json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := oneOf("format", format, "text", "json"); err != nil {
				return err
			}
			return a.status(c.Context(), format)
		},
	}
	c.Flags().StringVarP(&format, "format", "o", "text", "text or json")
	return c
}

func (a *app) status(ctx context.Context, format string) error {
	s, inSync, err := a.statusNow(ctx)
	if err != nil {
		return err
	}
	if format == "json" {
		if err := render.JSON(a.out, s); err != nil {
			return err
		}
	} else {
		a.showStatus(s)
	}
	if !inSync {
		return exit(exitChanges)
	}
	return nil
}

// statusNow answers the daemon's status; where none runs, what the state knows.
func (a *app) statusNow(ctx context.Context) (s reconcile.Status, inSync bool, err error) {
	s, err = query(a,
		func(c *web.Client) (s reconcile.Status, err error) {
			s, err = daemonStatus(ctx, c)
			inSync = err == nil && s.InSync()
			return s, err
		},
		func(db *bolt.DB) (s reconcile.Status, err error) {
			s, inSync, err = restingStatus(ctx, db)
			return s, err
		})
	return s, inSync, err
}

// daemonStatus answers the status of a daemon.
func daemonStatus(ctx context.Context, c *web.Client) (s reconcile.Status, err error) {
	raw, err := c.Status(ctx)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, fmt.Errorf("daemon: %w", err)
	}
	return s, nil
}

// sayHeld says what keeps the daemon from what it was asked for: a person, or of a
// commit (empty: it was not about one) what no person's word ends.
func (a *app) sayHeld(ctx context.Context, commit string) {
	s, _, err := a.statusNow(ctx)
	if err != nil {
		return // what was asked for is noted all the same
	}
	if how := suspension(s); how != "" {
		fmt.Fprintf(a.out, "It waits, for the daemon is suspended %s\n", render.Inert(how))
	}
	held := s.Source.Condition
	if commit != "" && strings.HasPrefix(s.Source.Revision, commit) && (held == reconcile.Invalid || held == reconcile.NotVerified) {
		fmt.Fprintf(a.out, "It is held as %s all the same, which that does not end. To do: %s.\n", held, s.Source.Remedy)
	}
}

// suspension answers who has suspended the daemon and until when, or "".
func suspension(s reconcile.Status) string {
	for _, c := range s.Conditions {
		if c.Type == "Suspended" && c.Status == "True" {
			return c.Message
		}
	}
	return ""
}

// restingStatus answers what the state knows where no daemon runs.
func restingStatus(ctx context.Context, db *bolt.DB) (s reconcile.Status, inSync bool, err error) {
	state, err := load(ctx, db)
	if err != nil {
		return s, false, err
	}
	var newest []store.Revision
	if db != nil {
		if newest, err = db.History(ctx, 0, 1); err != nil {
			return s, false, fmt.Errorf("state: %w", err)
		}
	}
	m := state.Meta
	s = reconcile.Status{Format: reconcile.StatusFormat, Conditions: []reconcile.StatusCondition{},
		Source: reconcile.SourceStatus{Kind: "none", URL: m.Source, Revision: m.Applied.Revision, Condition: reconcile.Unreachable,
			Reason: "NoDaemon", Message: "no daemon is running on this state", Since: m.Applied.At},
		Applied: reconcile.AppliedStatus{Revision: m.Applied.Revision, Lineage: m.Lineage, Serial: m.Serial, At: m.Applied.At,
			Author: m.Applied.Author, Subject: m.Applied.Subject},
		Blocked: len(state.Holds) + len(state.Intents)}
	if len(state.Intents) > 0 {
		s.Certain(state.Intents[0].At, state.Intents)
	}
	now := time.Now()
	s.Suspended(now, m.Suspended)
	for _, c := range state.Confirmed {
		if c.Failed != "" && c.Failed == m.Applied.Revision {
			s.Unconfirmed(c)
		}
	}
	inSync = len(newest) > 0 && newest[0].Outcome == store.Done && s.Blocked == 0 && !m.Suspended.Active(now)
	return s, inSync, nil
}

func (a *app) showStatus(s reconcile.Status) {
	row := func(name, format string, args ...any) {
		fmt.Fprintf(a.out, "%-9s %s\n", name, render.Inert(fmt.Sprintf(format, args...)))
	}
	if s.Source.Kind == "none" && s.Source.URL != "" { // none follows it now; the state knows it
		row("Source", "%s", s.Source.URL)
	} else {
		row("Source", "%s", strings.TrimRight(s.Source.Kind+" "+s.Source.URL+" "+s.Source.Ref, " "))
	}
	message := ""
	if s.Source.Message != "" {
		message = ": " + s.Source.Message
	}
	row("", "%s%s", s.Source.Condition, message)
	if s.Source.Remedy != "" {
		stays := "What was applied stays in force. "
		if s.Applied.Revision == "" {
			stays = ""
		}
		row("", "%sTo do: %s.", stays, s.Source.Remedy)
	}
	if s.Source.Revision != "" {
		row("", "seen last %s", render.Short(s.Source.Revision))
	}
	if s.Applied.Revision == "" {
		row("Applied", "nothing yet")
	} else {
		row("Applied", "%s at %s, serial %d", render.Short(s.Applied.Revision), s.Applied.At.UTC().Format(time.RFC3339), s.Applied.Serial)
		if s.Applied.Author != "" {
			row("", "%s, by %s", s.Applied.Subject, s.Applied.Author)
		}
	}
	row("Steps", "%d pending, %d blocked, %d drifted", s.Pending, s.Blocked, s.Drifted)
	if p := s.Progress; p != nil {
		row("", "%s of %s are done", plan.Comma(p.Done), plan.Count(p.Total, "step"))
	}
	if h := s.Host; h != nil {
		message := ""
		if h.Message != "" {
			message = ": " + h.Message
		}
		row("Host", "%s is %s%s", h.Name, h.Condition, message)
	}
	for _, c := range s.Conditions {
		if (c.Status == "True") == (c.Type == "Suspended") { // all others are good news where they are true
			message := c.Message
			if s.Source.Message != "" && strings.HasSuffix(message, s.Source.Message) {
				message = "see Source" // which has it above
			}
			row(c.Type, "%s: %s: %s", c.Status, c.Reason, message)
		}
	}
}
