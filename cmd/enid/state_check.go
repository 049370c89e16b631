package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"enid/plan"
	"enid/plan/render"
	"enid/reconcile/store"
	"enid/reconcile/store/bolt"
	"enid/reconcile/web"
)

func (a *app) stateCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Read everything in the state, and say whether it is as it was written",
		Long: `check reads every record of the state and of its history, with the plans and steps.
Each record has a digest, and so have all together: one that was damaged or lost is an
error (exit 1). Where a daemon runs, that reads them. With --state it looks at a backup,
before that is relied on. Nothing is changed.`,
		Example: "  enid state check\n  enid state check --state /mnt/backup/enid",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			found, err := a.checkState(c.Context())
			if err != nil {
				return err
			}
			fmt.Fprintf(a.out, "%s is whole: %s\n", render.Inert(a.state), found)
			return nil
		},
	}
}

// checkState reads everything, and answers what that was.
func (a *app) checkState(ctx context.Context) (string, error) {
	return query(a,
		func(c *web.Client) (string, error) { return readAll(ctx, c.Load, c.History, c.Revision) },
		func(db *bolt.DB) (string, error) {
			if db == nil {
				return "", fmt.Errorf("there is no state in %s, so there is nothing to check", a.state)
			}
			return readAll(ctx, db.Load, func(ctx context.Context) ([]store.Revision, error) { return db.History(ctx, 0, 0) }, db.Revision)
		})
}

func readAll(ctx context.Context, load func(context.Context) (*store.State, error), history func(context.Context) ([]store.Revision, error),
	revision func(context.Context, uint64) (*store.Detail, error),
) (string, error) {
	s, err := load(ctx)
	if err != nil {
		return "", err
	}
	list, err := history(ctx)
	if err != nil {
		return "", err
	}
	steps := 0
	for _, r := range list {
		d, err := revision(ctx, r.Serial)
		if err != nil {
			return "", err
		}
		steps += len(d.Tried)
	}
	return fmt.Sprintf("%s, %s with %s (format %d, serial %d, lineage %s)",
		plan.Count(len(s.Resources), "resource"), plan.Count(len(list), "revision"), plan.Count(steps, "step"),
		s.Meta.Format, s.Meta.Serial, s.Meta.Lineage), nil
}
