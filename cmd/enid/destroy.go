package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"enid/plan"
	"enid/plan/render"
	"enid/reconcile"
	"enid/schema"
)

func (a *app) destroyCommand() *cobra.Command {
	var flags applyFlags
	c := &cobra.Command{
		Use:   "destroy [PATH]",
		Short: "Delete what enid manages: all of it, or --target and what refers to it",
		Long: `destroy plans the deletes, shows them and what stays, asks, and does them as apply
does. The topology below PATH is read for its Policies and Approvals: deleting an
instance or a volume wants an Approval, prune: false keeps what it selects, and
termination protection holds. Resources that enid only observes stay.

With --target it deletes that resource and whatever refers to it, in the files or in
the state, and nothing else.

The files stay as they are: applied again they make everything anew, and so does a
daemon that is started on this state. Take them out of git as well.

State only: the cloud's half is recorded in the state; no cloud API is called.

It exits 0 where all is gone, 3 where something stayed blocked, 1 where a step failed
or the answer was no.`,
		Example: `  enid destroy
  enid destroy topology --target ENI/web-1-b
  enid destroy topology --yes`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return a.destroy(c.Context(), args, flags) },
	}
	f := c.Flags()
	f.BoolVarP(&flags.yes, "yes", "y", false, "do not ask")
	f.StringVar(&flags.host, "host", "", "converge this machine too, as that Host (auto: the one whose match fits it)")
	f.StringVar(&flags.certificate, "expect", "", "do only a plan with that certificate, sha256:...")
	f.BoolVar(&flags.adopt, "adopt-source", false, "take over a state that was applied from elsewhere")
	f.StringVar(&flags.policyPath, "policy-path", "", "the only folder, below PATH, in which Policies and Approvals may stand")
	f.StringArrayVar(&flags.targets, "target", nil, "delete only KIND/NAME and what refers to it (repeatable)")
	return c
}

func (a *app) destroy(ctx context.Context, args []string, flags applyFlags) error {
	targets, j, err := a.jobAsked(ctx, args, flags)
	if err != nil {
		return err
	}
	state, err := a.readState(ctx)
	if err != nil {
		return err
	}
	for ref := range targets {
		if err := destroyable(state.Resources, ref); err != nil {
			return err
		}
	}
	left, goes := reconcile.Destroying(j.t, state.Resources, targets)
	// No commit: a source that is asked what came after this one starts anew.
	j.rev, j.t = reconcile.Revision{ID: "dir:empty", Subject: "enid destroy"}, left
	j.stays = func(p *plan.Plan) { a.showStays(state.Resources, goes, targets == nil, p) }
	opts := reconcile.ApplyOptions{AllowShrink: true}
	if targets != nil {
		opts.Only = func(ref schema.Ref) bool { return goes[ref] }
	}
	return a.carryOut(ctx, j, flags, reconcile.DefaultLimit(), opts)
}

// destroyable refuses a target that destroy has nothing to do with.
func destroyable(state []*schema.Resource, ref schema.Ref) error {
	for _, r := range state {
		switch {
		case r.Ref != ref:
		case r.Observed():
			return fmt.Errorf("--target %s: it is a fact, which enid observes and never deletes", ref)
		default:
			return nil
		}
	}
	return fmt.Errorf("--target %s: it is not in the state; `enid get %s` lists what is", ref, ref.Kind)
}

// showStays says what a plan leaves of the state: of all of it, or of what is to go.
func (a *app) showStays(state []*schema.Resource, goes map[schema.Ref]bool, all bool, p *plan.Plan) {
	deleted, blocked := map[schema.Ref]bool{}, map[schema.Ref]bool{}
	for _, s := range p.Steps {
		switch {
		case len(s.BlockedBy) > 0:
			blocked[s.Target] = true
		case s.Action == plan.Delete && s.PartOf == "":
			deleted[s.Target] = true
		}
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	defer w.Flush()
	n := 0
	for _, r := range state {
		why := ""
		switch {
		case deleted[r.Ref] || !all && !goes[r.Ref]:
			continue
		case r.Observed():
			why = "a fact, which enid only observes"
		case blocked[r.Ref]:
			why = "blocked, see above"
		case goes[r.Ref]:
			why = "not enid's to delete"
		default:
			why = "recorded from the files, not in a cloud"
		}
		if n++; n == 1 {
			fmt.Fprintln(w, "\nStays:")
		}
		if n <= maxFindings {
			fmt.Fprintf(w, "  %s\t%s\n", render.Inert(r.Ref.String()), why)
		}
	}
	if n > maxFindings {
		fmt.Fprintf(w, "  ... and %d more\n", n-maxFindings)
	}
}
