package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"enid/plan"
	"enid/plan/cloud"
	"enid/plan/guest"
	"enid/plan/render"
	"enid/reconcile/host"
	"enid/reconcile/store"
)

// tryFlags are the flags of try.
type tryFlags struct {
	host    string
	timeout time.Duration
	accept  bool
}

func (a *app) tryCommand() *cobra.Command {
	var flags tryFlags
	c := &cobra.Command{
		Use:   "try [PATH] --host NAME",
		Short: "Apply this host's part of the plan, and undo it unless it is confirmed",
		Long: `try does what a plan says of this machine, and undoes it after --timeout unless a
person confirms: by Enter, by "enid try --accept" on another terminal (with the
same --state), or by SIGUSR1 to the process. Ctrl-C undoes at once, and so does a
terminal that closes. The end of the input neither confirms nor undoes; text before
Enter does not either.

The undo brings back what the change removed or replaced and what the kernel took
along with it, other programs' addresses and routes too, as they were. What somebody
else has changed meanwhile stays as they left it, and is named.

A guard process holds what is needed for the undo, and nothing is changed before it
does. Where enid is killed, or the connection is lost, the guard undoes at once;
where the guard is killed, enid does.

The cloud's half is neither done nor recorded: the machine is made as it would be
after "enid apply". What cannot be undone, such as files for the boot and the growing
of a file system, is left out and named. The state is held meanwhile: a daemon that
runs on it is named by its pid.

It exits 0 where the change was kept or there was nothing to do, 1 where it was
undone.`,
		Example: `  sudo enid try topology --host web-1
  sudo enid try --host web-1 --timeout 5m
  sudo enid try --accept`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case flags.accept:
				return a.acceptTry(c.Context())
			case flags.host == "":
				return errors.New("give --host NAME, the Host that this machine is, or --accept")
			case flags.timeout < time.Second:
				return fmt.Errorf("--timeout %s: give at least 1s", flags.timeout)
			}
			return a.try(c.Context(), args, flags)
		},
	}
	f := c.Flags()
	f.StringVar(&flags.host, "host", "", "the Host that this machine is")
	f.DurationVar(&flags.timeout, "timeout", 120*time.Second, "undo after that time unless confirmed")
	f.BoolVar(&flags.accept, "accept", false, "confirm the try that runs on this state, and do nothing else")
	c.MarkFlagsMutuallyExclusive("host", "accept")
	return c
}

// guardCommand is the hidden half of try: the process that undoes.
func (a *app) guardCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "guard",
		Short:  "Undo what the parent process has changed, unless it says otherwise",
		Hidden: true,
		Long: `guard is started by enid itself. It reads from standard input what to undo, and
undoes it when it is told to, when the time is over, or when its parent is no more.`,
		Example: "  enid guard",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			// What ends the parent is the very moment for which this process is there.
			signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
			m, err := a.machine()
			if err != nil {
				return err
			}
			defer m.Close()
			v, err := m.Guard(context.WithoutCancel(c.Context()), a.in, a.out)
			if v.Orphaned && (v.Undone.Changed > 0 || err != nil) {
				fmt.Fprintln(a.err, "enid ended without a word: this machine is as it was before")
				a.showUndone(a.err, v.Undone)
			}
			return err
		},
	}
}

// guardProcess answers the process that guards a change of this one. It is the very
// program that runs, also where its file was replaced meanwhile.
func (a *app) guardProcess() *exec.Cmd {
	return &exec.Cmd{Path: "/proc/self/exe", Args: []string{"enid", "guard", "--log-level", a.logLevel}, Stderr: os.Stderr}
}

func (a *app) try(ctx context.Context, args []string, flags tryFlags) error {
	t, err := a.validTopology(ctx, args)
	if err != nil {
		return err
	}
	db, err := a.openState() // held to the end: nobody else converges this machine meanwhile
	if err != nil {
		return err
	}
	defer db.Close()
	state, err := db.Load(ctx)
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	world, err := afterwards(state, t)
	if err != nil {
		return err
	}
	if flags.host, err = thisHost(world, flags.host); err != nil {
		return err
	}
	h, err := guest.Declared(world, flags.host)
	if err != nil {
		return err
	}
	m, err := a.machine()
	if err != nil {
		return err
	}
	defer m.Close()
	if something, err := a.showTry(ctx, m, world, flags.host); err != nil || !something {
		return err
	}
	ears, err := a.listen()
	if err != nil {
		return err
	}
	defer ears.close()
	trial, res, err := m.Try(ears.until(ctx), h, a.guardProcess())
	if err != nil {
		return fmt.Errorf("nothing was kept: %w", err)
	}
	failed := a.showHostResult(res)
	if !trial.Changed() {
		if _, err := trial.Keep(); err != nil {
			return err
		}
		fmt.Fprintln(a.out, "Nothing was changed.")
		return failed
	}
	return a.judge(ctx, trial, ears, flags.timeout)
}

// afterwards answers the world as it is once a topology is applied to the state.
func afterwards(state *store.State, t *topology) (*plan.World, error) {
	at, _ := parseAt("")
	origin, want, p, err := makePlan(state, t.Topology, at, nil)
	if err != nil {
		return nil, err
	}
	return cloud.Afterwards(p, origin.World, want, at), nil
}

// showTry prints what would be done, and reports whether there is anything to try.
func (a *app) showTry(ctx context.Context, m *host.Machine, world *plan.World, name string) (bool, error) {
	at, _ := parseAt("")
	p := &plan.Plan{Format: plan.Format, AsOf: at, Steps: []*plan.Step{}, Advice: []plan.Advice{}}
	var err error
	if p.Host, p.Advice, err = m.Plan(ctx, world, name); err != nil {
		return false, err
	}
	p.Count()
	if err := render.Text(a.out, p, render.Options{Color: a.color()}); err != nil {
		return false, fmt.Errorf("print the plan: %w", err)
	}
	for _, s := range p.Host.Steps {
		if len(s.BlockedBy) == 0 {
			return true, nil
		}
	}
	return false, nil
}

// judge waits for the verdict, and carries it out.
func (a *app) judge(ctx context.Context, trial *host.Trial, ears *ears, timeout time.Duration) error {
	if err := trial.Within(timeout); err != nil {
		fmt.Fprintln(a.err, "enid:", err)
	}
	keep, why := a.verdict(ctx, trial, ears, timeout)
	end := trial.Undo
	if keep {
		end = trial.Keep
	}
	v, err := end()
	ears.answer(v.Kept)
	if v.Guardless != nil {
		fmt.Fprintf(a.err, "enid: %v\n", v.Guardless)
	}
	if v.Kept {
		fmt.Fprintln(a.out, "Kept. The state does not know of it: `enid apply` records what the files say, and keeps the machine so.")
		return nil
	}
	if keep {
		why = "it came too late"
	}
	fmt.Fprintf(a.out, "Undone: %s.\n", why)
	a.showUndone(a.out, v.Undone)
	if err != nil {
		return err
	}
	return exit(exitFailed)
}
