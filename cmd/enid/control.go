package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"

	"github.com/spf13/cobra"

	"enid/plan"
	"enid/plan/render"
	"enid/reconcile"
	"enid/reconcile/store"
	"enid/reconcile/store/bolt"
	"enid/reconcile/web"
	"enid/schema"
)

func (a *app) acceptCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "accept COMMIT",
		Short: "Let exactly that held commit pass, once",
		Long: `accept lets one commit pass that the daemon holds: because it would delete too
much, or because the branch went backwards. The history records who accepted it. The
first digits of COMMIT, as "enid status" prints them, do where it is the one that is
seen last.`,
		Example: "  enid accept 69b34449a567c1d2e3f4a5b6c7d8e9f0a1b2c3d4",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			by := whoami()
			err := a.control(c.Context(), func(d *web.Client) error { return d.Accept(c.Context(), args[0], by) },
				func(l *reconcile.Controller) error { return l.Accept(c.Context(), args[0], by) })
			if err != nil {
				return err
			}
			fmt.Fprintf(a.out, "%s may pass, once.\n", render.Short(args[0]))
			a.sayHeld(c.Context(), args[0])
			return nil
		},
	}
}

func (a *app) retryCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "retry KIND/NAME",
		Short: "Try the failed steps of a resource again",
		Long: `retry forgets that steps on the resource failed, so that they are tried again: by
the daemon at once, else by the next apply. A step that cannot be undone and was
cut short is another matter: see "enid state resolve".`,
		Example: "  enid retry ENI/web-1-b",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var target schema.Ref
			if err := target.UnmarshalText([]byte(args[0])); err != nil {
				return err
			}
			n := 0
			err := a.control(c.Context(), func(d *web.Client) (err error) { n, err = d.Retry(c.Context(), target); return err },
				func(l *reconcile.Controller) (err error) { n, err = l.Retry(c.Context(), target); return err })
			if err != nil {
				return err
			}
			fmt.Fprintf(a.out, "%s of %s will be tried again.\n", plan.Count(n, "step"), target)
			a.sayHeld(c.Context(), "")
			return nil
		},
	}
}

func (a *app) syncCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "sync",
		Short: "Have the daemon poll its source now",
		Long: `sync brings the daemon's next poll forward, also where it backs off because its
source could not be reached. It returns at once: "enid status" tells what came of it. A daemon
that is suspended polls once it no longer is, and sync says so.
It exits 0, or 1 where no daemon runs on the state.`,
		Example: "  enid sync",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			where, err := store.ParseURL(a.state)
			if err != nil {
				return fmt.Errorf("--state: %w", err)
			}
			if err := web.Dial(where.Dir).Sync(c.Context()); err != nil {
				return err
			}
			a.sayHeld(c.Context(), "")
			return nil
		},
	}
}

// control asks the daemon of this state, or does it on the state itself where
// none runs.
func (a *app) control(ctx context.Context, asked func(*web.Client) error, done func(*reconcile.Controller) error) error {
	where, err := store.ParseURL(a.state)
	if err != nil {
		return fmt.Errorf("--state: %w", err)
	}
	if err := asked(web.Dial(where.Dir)); !errors.Is(err, web.ErrNoDaemon) {
		return err
	}
	db, err := bolt.Open(where.Dir, bolt.Options{Existing: true})
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	defer db.Close()
	state, err := db.Load(ctx)
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	return done(reconcile.New(reconcile.Config{Store: db}, state))
}

// whoami answers who runs the command, for the history.
func whoami() string {
	if name := os.Getenv("SUDO_USER"); name != "" {
		return name
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return fmt.Sprintf("uid %d", os.Getuid())
}
