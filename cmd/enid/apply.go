package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"enid/plan"
	"enid/plan/render"
	"enid/reconcile"
	"enid/reconcile/cloud"
	"enid/reconcile/store"
	"enid/schema"
)

// applyFlags are the flags of apply.
type applyFlags struct {
	saved, host, maxDeletes, policyPath string
	certificate                         string
	yes, allowEmpty, adopt              bool
	targets                             []string
}

func (a *app) applyCommand() *cobra.Command {
	var flags applyFlags
	c := &cobra.Command{
		Use:   "apply [PATH | --plan FILE]",
		Short: "Run the plan: do its steps in the cloud's state and, with --host, on this machine",
		Long: `apply plans, shows the plan, asks, and does the steps one after another. A step
that fails is told; what does not depend on it goes on. Ctrl-C finishes the step
under way, records it and stops.

With --plan it plans again now, from the topology kept in the file, and refuses
unless the state and the steps are the same as when the plan was saved, and the
earliest deadline of its steps is still to come. "enid show" shows such a file.

With --expect it refuses unless the plan's certificate, the digest of its effects, is
the one that was reviewed: that of "enid plan --certificate" or "enid diff". It is
compared before anything is asked, and again just before the first step.

State only: the cloud's half is recorded in the state; no cloud API is called.

It exits 0 where all was done, 3 where something stayed blocked, 1 where a step
failed or the answer was no.`,
		Example: `  enid apply
  enid apply topology --host web-1 --yes
  enid plan --out change.plan && enid apply --plan change.plan
  enid apply --yes --expect sha256:...     # only what was reviewed`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return a.apply(c.Context(), args, flags) },
	}
	f := c.Flags()
	f.StringVar(&flags.saved, "plan", "", "apply the plan saved in that file")
	f.StringVar(&flags.certificate, "expect", "", "apply only a plan with that certificate, sha256:...")
	f.StringVar(&flags.host, "host", "", "converge this machine too, as that Host (auto: the one whose match fits it)")
	f.BoolVarP(&flags.yes, "yes", "y", false, "do not ask")
	f.StringVar(&flags.maxDeletes, "max-deletes", "", "how much may be deleted at once: N or P% (default: the larger of 3 and 20%)")
	f.BoolVar(&flags.allowEmpty, "allow-empty", false, "let an empty topology delete everything")
	f.BoolVar(&flags.adopt, "adopt-source", false, "take over a state that was applied from elsewhere")
	f.StringVar(&flags.policyPath, "policy-path", "", "the only folder, below PATH, in which Policies and Approvals may stand")
	f.StringArrayVar(&flags.targets, "target", nil, "apply only what concerns KIND/NAME (repeatable); the plan is partial then")
	return c
}

// job is what is applied: a topology, where it came from, and what it must be.
type job struct {
	rev    reconcile.Revision
	t      *schema.Topology
	from   string
	expect expectation
	stays  func(*plan.Plan) // says what a plan that destroys leaves; nil: it does not
}

// jobAsked reads what flags ask for: the targets (nil: everything), and the job with what
// its plan has to be.
func (a *app) jobAsked(ctx context.Context, args []string, flags applyFlags) (targets map[plan.Ref]bool, j *job, err error) {
	if targets, err = parseTargets(flags.targets); err != nil {
		return nil, nil, err
	}
	expect, err := expects(flags.certificate)
	if err != nil {
		return nil, nil, err
	}
	if j, err = a.jobOf(ctx, args, flags); err != nil {
		return nil, nil, err
	}
	j.expect = j.expect.and(expect)
	return targets, j, nil
}

// jobOf reads what is to be applied, a folder or a saved plan.
func (a *app) jobOf(ctx context.Context, args []string, flags applyFlags) (*job, error) {
	if flags.saved != "" {
		if len(args) > 0 {
			return nil, errors.New("give PATH or --plan FILE, not both")
		}
		saved, t, err := loadSaved(flags.saved)
		if err != nil {
			return nil, err
		}
		return &job{rev: reconcile.Revision{ID: saved.Revision}, t: t, from: saved.Source, expect: saved.stale}, nil
	}
	t, err := a.validRevision(ctx, args)
	if err != nil {
		return nil, err
	}
	if misplaced := reconcile.Misplaced(t.Topology, filepath.ToSlash(filepath.Join(t.dir, flags.policyPath))); flags.policyPath != "" && len(misplaced) > 0 {
		a.showFindings(a.err, misplaced, openFile)
		return nil, fmt.Errorf("%s does not validate: %s", t.dir, countFindings(misplaced))
	}
	from, err := filepath.Abs(t.dir)
	if err != nil {
		return nil, fmt.Errorf("topology: %w", err)
	}
	return &job{rev: t.rev, t: t.Topology, from: from}, nil
}

func (a *app) apply(ctx context.Context, args []string, flags applyFlags) error {
	limit, err := limitOf(flags.maxDeletes)
	if err != nil {
		return err
	}
	only, j, err := a.jobAsked(ctx, args, flags)
	if err != nil {
		return err
	}
	opts := reconcile.ApplyOptions{AllowShrink: flags.allowEmpty && len(j.t.Resources()) == 0}
	if only != nil {
		opts.Only = func(ref schema.Ref) bool { return only[ref] }
	}
	return a.carryOut(ctx, j, flags, limit, opts)
}

// carryOut plans a job, shows the plan, asks, and does it.
func (a *app) carryOut(ctx context.Context, j *job, flags applyFlags, limit reconcile.Limit, opts reconcile.ApplyOptions) error {
	c, done, err := a.controller(ctx, flags.host, func(cfg *reconcile.Config, _ store.Meta) error {
		cfg.From, cfg.AdoptSource, cfg.Limit, cfg.Progress = j.from, flags.adopt, limit, a.progress()
		return nil
	})
	if err != nil {
		return err
	}
	defer done()
	opts.Expect = j.expect
	p, err := c.Plan(ctx, j.rev, j.t, opts.Only)
	if err != nil {
		return err
	}
	if err := render.Text(a.out, p, render.Options{Color: a.color(), Certificate: flags.certificate != ""}); err != nil {
		return fmt.Errorf("print the plan: %w", err)
	}
	if j.stays != nil {
		j.stays(p)
	}
	if j.expect != nil {
		if err := j.expect(c.Meta(), p); err != nil {
			return err
		}
	}
	if len(p.Runnable()) > 0 && !flags.yes {
		if err := a.confirm(ctx, len(p.Runnable())); err != nil {
			return err
		}
	}
	report, err := c.Apply(ctx, j.rev, j.t, opts)
	if errors.Is(err, reconcile.ErrHeld) {
		err = fmt.Errorf("%w\nTo do: look at what the plan deletes, and bring back what should stay; --max-deletes N moves the limit, and --allow-empty lets everything go", err)
	}
	return a.showReport(ctx, report, err)
}

// limitOf reads --max-deletes; empty is the default.
func limitOf(text string) (reconcile.Limit, error) {
	if text == "" {
		return reconcile.DefaultLimit(), nil
	}
	limit, err := reconcile.ParseLimit(text)
	if err != nil {
		return limit, fmt.Errorf("--max-deletes: %w", err)
	}
	return limit, nil
}

// controller opens the state and answers the loop on it, and what closes both.
func (a *app) controller(ctx context.Context, hostName string, set func(*reconcile.Config, store.Meta) error) (*reconcile.Controller, func(), error) {
	log, err := a.logger()
	if err != nil {
		return nil, nil, err
	}
	db, err := a.openState()
	if err != nil {
		return nil, nil, err
	}
	closers := []func() error{db.Close}
	done := func() {
		for i := len(closers) - 1; i >= 0; i-- {
			if err := closers[i](); err != nil {
				log.Warn("closing", "err", err)
			}
		}
	}
	state, err := db.Load(ctx)
	if err != nil {
		done()
		return nil, nil, fmt.Errorf("state: %w", err)
	}
	cfg := reconcile.Config{Store: db, Target: cloud.New(state.Resources, cloud.Options{}), Log: log}
	if hostName != "" {
		m, err := a.machine()
		if err != nil {
			done()
			return nil, nil, err
		}
		closers = append(closers, m.Close)
		cfg.Host, cfg.HostName = machineHost{m}, hostName
		if hostName == autoHost {
			cfg.FindHost = func(state *plan.World) (string, error) { return thisHost(state, hostName) }
		}
	}
	if err := set(&cfg, state.Meta); err != nil {
		done()
		return nil, nil, err
	}
	return reconcile.New(cfg, state), done, nil
}

// confirm asks a person whether to go on. Ctrl-C is a no.
func (a *app) confirm(ctx context.Context, steps int) error {
	if !terminal(a.in) {
		return errors.New("nothing was done: there is no terminal to ask on; --yes applies without asking")
	}
	fmt.Fprintln(a.out)
	if !a.agrees(ctx, "Do "+plan.Count(steps, "step")+"?") {
		return errors.New("nothing was done")
	}
	return nil
}

// agrees asks a person a question on the terminal. Only "yes" is a yes; Ctrl-C and
// the end of input are a no.
func (a *app) agrees(ctx context.Context, question string) bool {
	fmt.Fprintf(a.out, "%s Only \"yes\" is accepted: ", question)
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(a.in).ReadString('\n') // what came before the end of input
		answer <- line
	}()
	select {
	case line := <-answer:
		return strings.TrimSpace(line) == "yes"
	case <-ctx.Done():
		fmt.Fprintln(a.out)
		return false
	}
}

// progress prints each step as it ends; on a terminal with how far it is.
func (a *app) progress() func(reconcile.Progress) {
	return func(p reconcile.Progress) {
		name := p.Step.Operation + "  " + render.Inert(p.Step.Target.String())
		switch p.State {
		case reconcile.StepDone:
			fmt.Fprintf(a.out, "  [%d/%d] done    %s\n", p.Done+1, p.Total, name)
		case reconcile.StepFailed:
			fmt.Fprintf(a.out, "  [%d/%d] failed  %s: %s\n", p.Done+1, p.Total, name, render.Inert(p.Err.Error()))
		case reconcile.StepLeft:
			fmt.Fprintf(a.out, "  [%d/%d] left    %s: %s\n", p.Done+1, p.Total, name, render.Inert(p.Err.Error()))
		case reconcile.StepWaits:
			if terminal(a.out) {
				fmt.Fprintf(a.out, "  [%d/%d] waits   %s\n", p.Done+1, p.Total, name)
			}
		}
	}
}

// showReport says how it went and answers the exit code.
func (a *app) showReport(ctx context.Context, r *reconcile.Report, err error) error {
	if ctx.Err() != nil {
		fmt.Fprintf(a.out, "\nInterrupted after %s; what was done is recorded.\n", plan.Count(r.Done, "step"))
		return exit(exitFailed)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "\nApplied: %s done, %d failed, %d blocked; the state is at serial %d.\n", plan.Count(r.Done, "step"), r.Failed, r.Blocked, r.Serial)
	a.showThisHost(r.Host)
	switch {
	case r.Failed > 0:
		return exit(exitFailed)
	case r.Blocked > 0 || r.Host != nil && r.Host.Condition != reconcile.HostConverged:
		return exit(exitBlocked)
	}
	return nil
}

func (a *app) showThisHost(h *reconcile.HostResult) {
	if h == nil {
		return
	}
	message := ""
	if h.Message != "" {
		message = ": " + render.Inert(h.Message)
	}
	fmt.Fprintf(a.out, "This host: %s, %s done%s\n", h.Condition, plan.Count(h.Done, "step"), message)
}
