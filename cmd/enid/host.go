package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"enid/plan"
	"enid/plan/cloud"
	"enid/plan/render"
	"enid/reconcile"
	"enid/reconcile/host"
	"enid/reconcile/store"
	"enid/reconcile/web"
)

func (a *app) hostCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "host",
		Short: "Look at, plan for and converge this machine alone",
		Long: `host works on this machine alone. What it should be like follows from the state
(or, with --path, from a folder as if it were applied) and its Host resource.`,
	}
	c.AddCommand(a.hostShowCommand(), a.hostPlanCommand(), a.hostApplyCommand(), a.hostDoctorCommand(), a.hostExportCommand(), a.hostImportCommand())
	return c
}

// hostFlags are what says which Host this machine is, and from what.
type hostFlags struct{ name, dir string }

func (h *hostFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&h.name, "host", "", "the Host that this machine is, or auto: the one whose match fits it (required)")
	c.Flags().StringVar(&h.dir, "path", "", "derive it from the topology in that folder, as if applied, not from the state")
	_ = c.MarkFlagRequired("host") // the flag is there
}

func (a *app) hostPlanCommand() *cobra.Command {
	var flags hostFlags
	var format string
	c := &cobra.Command{
		Use: "plan --host NAME", Short: "Show what would be done on this machine, with the equivalent commands", Args: cobra.NoArgs,
		Long: `plan shows what would be done on this machine, each step with the ip, ethtool or
shell command a person would type. Exit codes are those of enid plan.`,
		Example: "  enid host plan --host web-1\n  enid host plan --host web-1 --path topology",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := oneOf("format", format, "text", "json"); err != nil {
				return err
			}
			world, err := a.hostWorld(c.Context(), &flags)
			if err != nil {
				return err
			}
			at, _ := parseAt("")
			p := &plan.Plan{Format: plan.Format, AsOf: at, Steps: []*plan.Step{}, Advice: []plan.Advice{}}
			if p.Host, err = a.planHost(c.Context(), world, flags.name, p); err != nil {
				return err
			}
			p.Count()
			return a.showPlan(&dryRun{plan: p}, format, render.Options{})
		},
	}
	flags.add(c)
	c.Flags().StringVarP(&format, "format", "o", "text", "text or json")
	return c
}

func (a *app) hostApplyCommand() *cobra.Command {
	var flags hostFlags
	c := &cobra.Command{
		Use: "apply --host NAME", Short: "Converge this machine", Args: cobra.NoArgs,
		Long: `apply converges this machine once. An interface whose steps fail is put back as
it was; the others go on. It exits 0 where everything is as it should be, 3 where
something stayed blocked, 1 where something failed. With addressing: dhcp it asks and
waits for the answer, up to 15 seconds; the address then lasts as long as its lease,
which the daemon renews, or this command when it is run again.

Where a daemon keeps this machine it is refused, for that would put everything back at
once; under "enid suspend" it is not.`,
		Example: "  sudo enid host apply --host web-1\n  sudo enid host apply --host web-1 --path topology",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := a.unkept(c.Context()); err != nil {
				return err
			}
			world, err := a.hostWorld(c.Context(), &flags)
			if err != nil {
				return err
			}
			return a.convergeHost(c.Context(), world, flags.name)
		},
	}
	flags.add(c)
	return c
}

// unkept refuses where a daemon keeps this machine, and no person holds it.
func (a *app) unkept(ctx context.Context) error {
	s, err := ask(a, func(c *web.Client) (reconcile.Status, error) { return daemonStatus(ctx, c) })
	switch {
	case errors.Is(err, web.ErrNoDaemon):
		return nil
	case err != nil:
		return err
	case s.Host == nil || suspension(s) != "":
		return nil
	}
	return fmt.Errorf("a daemon keeps this machine as Host/%s, and would put back what is done here; `enid suspend` first, or stop it", s.Host.Name)
}

// machine opens this machine's network.
func (a *app) machine() (*host.Machine, error) {
	log, err := a.logger()
	if err != nil {
		return nil, err
	}
	m, err := host.Open(host.Options{Log: log, Patience: a.patience})
	if err != nil {
		return nil, fmt.Errorf("this machine: %w", err)
	}
	return m, nil
}

// hostWorld answers the cloud's world that the machine follows from, and sets the
// name of the Host where it is to be found out.
func (a *app) hostWorld(ctx context.Context, flags *hostFlags) (world *plan.World, err error) {
	if flags.dir != "" {
		_, world, err = a.applied(ctx, flags.dir)
	} else {
		var state *store.State
		if state, err = a.readState(ctx); err == nil {
			world = cloud.World(state.Resources)
		}
	}
	if err != nil {
		return nil, err
	}
	flags.name, err = thisHost(world, flags.name)
	return world, err
}

// planHost answers the host's part of a plan; its advice is added to p's.
func (a *app) planHost(ctx context.Context, world *plan.World, name string, p *plan.Plan) (*plan.Host, error) {
	m, err := a.machine()
	if err != nil {
		return nil, err
	}
	defer m.Close()
	if name, err = thisHost(world, name); err != nil {
		return nil, err
	}
	h, advice, err := m.Plan(ctx, world, name)
	if err != nil {
		return nil, err
	}
	p.Advice = append(p.Advice, advice...)
	return h, nil
}

// convergeHost converges this machine and says how it went.
func (a *app) convergeHost(ctx context.Context, world *plan.World, name string) error {
	m, err := a.machine()
	if err != nil {
		return err
	}
	defer m.Close()
	res, err := m.Turn(ctx, world, name)
	if err != nil {
		return err
	}
	return a.showHostResult(res)
}

func (a *app) showHostResult(res host.Result) error {
	for _, s := range res.Done {
		fmt.Fprintf(a.out, "  done     %s  %s\n", render.Inert(s.Target), render.Inert(s.Command))
	}
	for _, s := range res.Blocked {
		for _, b := range s.BlockedBy {
			fmt.Fprintf(a.out, "  blocked  %s  %s: %s [%s]\n           %s\n", render.Inert(s.Target), s.Operation, render.Inert(b.Detail), b.Rule, render.Inert(b.Remedy))
		}
	}
	for _, s := range res.Left {
		fmt.Fprintf(a.out, "  left     %s  %s cannot be undone: `enid apply` does it\n", render.Inert(s.Target), s.Operation)
	}
	for _, l := range res.Leases {
		if l.Lifetime > 0 {
			fmt.Fprintf(a.out, "  leased   %s  %s for %s: `enid run` renews it, or this command does before then\n",
				render.Inert(l.Link), l.Address, l.Lifetime.Round(time.Second))
		}
	}
	message := ""
	if res.Message != "" {
		message = ": " + render.Inert(res.Message)
	}
	fmt.Fprintf(a.out, "Host %s is %s%s\n", render.Inert(res.Host), res.Condition, message)
	switch {
	case res.RetryAfter > 0 || res.Condition == host.Converging:
		return exit(exitFailed)
	case len(res.Blocked) > 0 || len(res.WaitingFor) > 0:
		return exit(exitBlocked)
	}
	return nil
}
