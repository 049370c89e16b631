package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"enid/plan"
	"enid/plan/cloud"
	"enid/plan/render"
	"enid/reconcile"
	"enid/reconcile/store"
	"enid/reconcile/web"
	"enid/schema"
)

func (a *app) stateResolveCommand() *cobra.Command {
	var done, notDone bool
	var operation string
	c := &cobra.Command{
		Use:   "resolve KIND/NAME --done | --not-done",
		Short: "Say whether a step that was cut short was done",
		Long: `A step that cannot be undone is noted before it is done. Where the program ended
between the two, or the cloud's answer was lost, nobody knows whether it was done:
"enid status" shows it, and it is not repeated. Look at the cloud, then say so.

--done records what the step would have recorded, its Approval used up.
--not-done drops the note: the step may be planned again.`,
		Example: "  enid state resolve EIP/web --done\n  enid state resolve EIP/web --not-done",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			target, err := refNamed(args[0])
			if err != nil {
				return err
			}
			return a.stateResolve(c.Context(), target, operation, done)
		},
	}
	f := c.Flags()
	f.BoolVar(&done, "done", false, "it was done")
	f.BoolVar(&notDone, "not-done", false, "it was not done")
	f.StringVar(&operation, "operation", "", "the cloud API's name of the step, where several are uncertain")
	c.MarkFlagsOneRequired("done", "not-done")
	c.MarkFlagsMutuallyExclusive("done", "not-done")
	return c
}

func (a *app) stateResolve(ctx context.Context, target schema.Ref, operation string, done bool) error {
	by := whoami()
	var settled []store.Intent
	err := a.control(ctx,
		func(d *web.Client) (err error) {
			settled, err = d.Resolve(ctx, target, operation, done, by)
			return err
		},
		func(l *reconcile.Controller) (err error) {
			settled, err = l.Resolve(ctx, target, operation, done, by)
			return err
		})
	if err != nil {
		return err
	}
	for _, i := range settled {
		if done {
			fmt.Fprintf(a.out, "%s of %s is recorded as done.\n", i.Operation, target)
			continue
		}
		fmt.Fprintf(a.out, "%s of %s was not done; the next plan may have it again.\n", i.Operation, target)
	}
	return nil
}

func (a *app) stateMvCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "mv KIND/OLD NEW",
		Short: "Rename a resource in the state; references to it follow",
		Long: `mv renames a resource in the state alone, and everything in the state that refers
to it. The files have to call it NEW too, or the next plan deletes NEW and creates
OLD. To have a commit rename it, annotate the document instead: metadata:
{name: NEW, annotations: {enid/moved-from: OLD}}.`,
		Example: "  enid state mv Instance/web-1 web-a",
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			from, err := refNamed(args[0])
			if err != nil {
				return err
			}
			to := schema.Ref{Kind: from.Kind, Name: args[1]}
			if strings.Contains(args[1], "/") {
				if to, err = refNamed(args[1]); err != nil {
					return err
				}
			}
			return a.stateMv(c.Context(), from, to)
		},
	}
}

func (a *app) stateMv(ctx context.Context, from, to schema.Ref) error {
	by := whoami()
	var changed []schema.Ref
	err := a.control(ctx,
		func(d *web.Client) (err error) { changed, err = d.Move(ctx, from, to, by); return err },
		func(l *reconcile.Controller) (err error) { changed, err = l.Move(ctx, from, to, by); return err })
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s is %s now, and %s that referred to it %s.\n", from, to, plan.Count(len(changed), "resource"), followed(len(changed)))
	fmt.Fprintf(a.out, "Until the files say so too, the next plan deletes %s and creates %s.\n", to, from)
	return nil
}

func followed(n int) string {
	if n == 1 {
		return "follows"
	}
	return "follow"
}

func (a *app) stateForgetCommand() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use:   "forget KIND/NAME",
		Short: "Drop a resource from the state; in the cloud it stays as it is",
		Long: `forget drops a record from the state, without touching the cloud. What the state
still refers to is refused. Where the files declare the resource, the next plan
creates it anew; where they do not, enid no longer knows of it.`,
		Example: "  enid state forget ENI/web-1-b\n  enid state forget ENI/web-1-b --yes",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			ref, err := refNamed(args[0])
			if err != nil {
				return err
			}
			return a.stateForget(c.Context(), ref, yes)
		},
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

func (a *app) stateForget(ctx context.Context, ref schema.Ref, yes bool) error {
	state, err := a.readState(ctx)
	if err != nil {
		return err
	}
	if err := reconcile.MayForget(cloud.World(state.Resources), state.Intents, ref); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s goes from the state and stays in the cloud. Where the files declare it, the next plan\n"+
		"creates it anew; else enid no longer knows of it (enid import takes it back).\n", ref)
	if !yes {
		if !terminal(a.in) {
			return errors.New("nothing was forgotten: there is no terminal to ask on; --yes forgets without asking")
		}
		if !a.agrees(ctx, "Forget "+render.Inert(ref.String())+"?") {
			return errors.New("nothing was forgotten")
		}
	}
	by := whoami()
	err = a.control(ctx,
		func(d *web.Client) error { return d.Forget(ctx, ref, by) },
		func(l *reconcile.Controller) error { return l.Forget(ctx, ref, by) })
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s is forgotten.\n", ref)
	return nil
}
