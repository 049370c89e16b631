package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"enid/plan"
	"enid/plan/cloud"
	"enid/plan/render"
	"enid/reconcile"
	"enid/reconcile/store"
	"enid/schema"
)

// planFlags are the flags of plan.
type planFlags struct {
	format, at, host, save string
	shown                  render.Options
	targets                []string
}

func (a *app) planCommand() *cobra.Command {
	var flags planFlags
	c := &cobra.Command{
		Use:   "plan [PATH]",
		Short: "Show what would be done, in the cloud's state and on this host; change nothing",
		Long: `plan compares the topology below PATH with the state and shows the steps that
lead from one to the other, in an order in which the clouds allow them, and what
is blocked, with the rule, the reason and the remedy.

The certificate (--certificate, and in JSON) is a digest over the effects: the steps
in their order with the values that they touch, what blocks them, and what is recorded
without a step: Policies, Approvals, Hosts, labels, guest settings. It is the same
wherever the same would be done to the same values, so that what is applied can be
held to what was reviewed. Times, file names and this machine's part are not in it.

It exits 0 where there is nothing to do, 2 where there is, 3 where some of it is
blocked, and 1 where something is wrong.`,
		Example: `  enid plan
  enid plan topology --host web-1 --format json
  enid plan --at 2026-12-01T03:00:00Z      # would the window be open then?
  enid plan --out change.plan && enid apply --plan change.plan
  enid plan --certificate                  # then: enid apply --expect sha256:...`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return a.plan(c.Context(), args, flags) },
	}
	f := c.Flags()
	f.StringVarP(&flags.format, "format", "o", "text", "text, json or markdown")
	f.StringVar(&flags.at, "at", "", "judge rules of time at that RFC 3339 time (default: now)")
	f.StringVar(&flags.host, "host", "", "add what would be done on this machine as that Host (auto: the one whose match fits it)")
	f.StringVar(&flags.save, "out", "", "save the plan to that file, for apply --plan")
	f.BoolVar(&flags.shown.Certificate, "certificate", false, "show what is recorded without a step, and the digest of all effects, for apply --expect")
	f.BoolVar(&flags.shown.Checks, "checks", false, "show every requirement of each step as it was found")
	f.StringArrayVar(&flags.targets, "target", nil, "plan only for KIND/NAME (repeatable); the plan is partial then")
	return c
}

func (a *app) plan(ctx context.Context, args []string, flags planFlags) error {
	if err := oneOf("format", flags.format, "text", "json", "markdown"); err != nil {
		return err
	}
	when, err := parseAt(flags.at)
	if err != nil {
		return err
	}
	only, err := parseTargets(flags.targets)
	if err != nil {
		return err
	}
	read := a.validTopology
	if flags.save != "" {
		read = a.validRevision
	}
	t, err := read(ctx, args)
	if err != nil {
		return err
	}
	d, err := a.planFor(ctx, t, when, flags.host, only)
	if err != nil {
		return err
	}
	if flags.save != "" {
		if err := d.save(flags.save); err != nil {
			return err
		}
	}
	return a.showPlan(d, flags.format, flags.shown)
}

// parseAt reads --at; empty is now.
func parseAt(at string) (time.Time, error) {
	if at == "" {
		return time.Now().UTC().Truncate(time.Second), nil
	}
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return t, fmt.Errorf("--at %q: give an RFC 3339 time such as 2026-12-01T03:00:00Z", at)
	}
	return t.UTC(), nil
}

// parseTargets reads --target; none is everything.
func parseTargets(targets []string) (only map[plan.Ref]bool, err error) {
	for _, t := range targets {
		var ref schema.Ref
		if err := ref.UnmarshalText([]byte(t)); err != nil {
			return nil, fmt.Errorf("--target: %w", err)
		}
		kind, err := kindNamed(string(ref.Kind))
		if err != nil {
			return nil, fmt.Errorf("--target: %w", err)
		}
		if only == nil {
			only = map[plan.Ref]bool{}
		}
		only[plan.Ref{Kind: kind, Name: ref.Name}] = true
	}
	return only, nil
}

// dryRun is a plan and all it was made from.
type dryRun struct {
	plan     *plan.Plan
	topology *topology
	base     store.Meta
	at       time.Time
}

// dryRun plans from the state to the topology in a folder; it changes nothing.
func (a *app) dryRun(ctx context.Context, args []string, at time.Time, hostName string, only map[plan.Ref]bool) (*dryRun, error) {
	t, err := a.validTopology(ctx, args)
	if err != nil {
		return nil, err
	}
	return a.planFor(ctx, t, at, hostName, only)
}

// planFor is dryRun for a topology that was read.
func (a *app) planFor(ctx context.Context, t *topology, at time.Time, hostName string, only map[plan.Ref]bool) (*dryRun, error) {
	state, err := a.readState(ctx)
	if err != nil {
		return nil, err
	}
	origin, want, p, err := makePlan(state, t.Topology, at, only)
	if err != nil {
		return nil, err
	}
	if hostName != "" {
		if p.Host, err = a.planHost(ctx, cloud.Afterwards(p, origin.World, want, at), hostName, p); err != nil {
			return nil, err
		}
		p.Count()
	}
	return &dryRun{plan: p, topology: t, base: state.Meta, at: at}, nil
}

// makePlan answers a checked plan, where it begins, and the world it leads to.
func makePlan(state *store.State, t *schema.Topology, at time.Time, only map[plan.Ref]bool) (origin *cloud.Origin, want *plan.World, p *plan.Plan, err error) {
	want = cloud.World(t.Resources())
	origin, err = cloud.Begin(cloud.World(state.Resources), want)
	if err != nil {
		return nil, nil, nil, err
	}
	opts := heldBy(state, t, origin, at)
	if only != nil {
		opts.Only = func(ref plan.Ref) bool { return only[ref] }
	}
	if p, err = origin.Plan(want, at, opts); err != nil {
		return nil, nil, nil, err
	}
	p.Base = plan.Base{Lineage: state.Meta.Lineage, Serial: state.Meta.Serial}
	return origin, want, p, nil
}

// heldBy answers what of a plan waits by itself, as the state has noted.
func heldBy(state *store.State, t *schema.Topology, origin *cloud.Origin, at time.Time) plan.Options {
	holds, intents := reconcile.MovedNotes(reconcile.Lasting(state.Holds), state.Intents, t, origin.Moves)
	return plan.Options{Held: reconcile.Held(holds, intents, t, at)}
}

// showPlan writes the plan and answers the exit code of what it holds.
func (a *app) showPlan(d *dryRun, format string, o render.Options) error {
	o.Color = a.color()
	var err error
	switch format {
	case "json":
		err = render.JSON(a.out, d.plan)
	case "markdown":
		_, err = io.WriteString(a.out, render.Markdown(&render.Report{Plan: d.plan}, render.MarkdownOptions{}))
	default:
		err = render.Text(a.out, d.plan, o)
	}
	if err != nil {
		return fmt.Errorf("print the plan: %w", err)
	}
	return planExit(d.plan)
}

// planExit answers the exit code for what a plan holds, nil for nothing.
func planExit(p *plan.Plan) error {
	switch {
	case p.Summary.Blocked > 0:
		return exit(exitBlocked)
	case len(p.Steps) > 0 || p.Summary.Host > 0:
		return exit(exitChanges)
	}
	return nil
}
