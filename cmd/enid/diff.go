package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"enid/plan"
	"enid/plan/render"
	"enid/reconcile/repo"
)

// diffFlags are the flags of diff.
type diffFlags struct {
	repo, path, host, format, at, policyPath string
	direct, checks, fromState                bool
}

func (a *app) diffCommand() *cobra.Command {
	var flags diffFlags
	c := &cobra.Command{
		Use:   "diff [BASE..HEAD]",
		Short: "Show what merging a branch would do, from git alone; for pull requests",
		Long: `diff compares two revisions of a git repository: what BASE asks for is taken as
applied, and the plan is what merging HEAD into it would run, on the clouds and on
every Host. It needs no state, changes nothing, writes nothing into the repository
and executes nothing of it. It reads commits, not what is not committed yet.

BASE is the main branch where it is left out (origin's, else main or master), HEAD the
commit that is checked out; on the main branch itself the two are what was pushed and
what was not, or the last commit and the one before. Where BASE has moved on, the merge
of the two is planned; where they conflict, that is all there is to say. --direct
compares the two as they are: a way back, for example.

What only the state knows (how old an instance is, how often its address has changed)
blocks nothing here and is listed as a risk. With --state the plan begins in that state
instead. Steps that run only because the change itself adds or widens a Policy or an
Approval stand first. The certificate at the end names the effects: "enid apply
--expect" and "enid run --require-review" let nothing else pass.

It exits 0 where nothing would be done, 2 where something would, 3 where some of it is
blocked or granted by the change itself, and 1 where it cannot be merged, does not
validate, or cannot be read.`,
		Example: `  enid diff
  enid diff origin/main..feature --format markdown
  enid diff v1.4..v1.5 --host web-1
  enid diff HEAD..HEAD~1 --direct          # what would the way back do?
  enid diff --state /var/lib/enid          # from what is really there`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", flags.format, "text", "json", "markdown"); err != nil {
				return err
			}
			flags.fromState = c.Flags().Changed("state")
			spec := ""
			if len(args) > 0 {
				spec = args[0]
			}
			return a.diff(c.Context(), spec, flags)
		},
	}
	f := c.Flags()
	f.StringVar(&flags.repo, "repo", ".", "the repository: a folder in its work tree, or a bare one")
	f.StringVar(&flags.path, "path", "", "the topology's folder in the repository (default: topology where there is one, else all of it)")
	f.StringVar(&flags.host, "host", "", "show the kernel changes of that Host only (default: of every Host)")
	f.StringVarP(&flags.format, "format", "o", "text", "text, json or markdown")
	f.StringVar(&flags.at, "at", "", "judge rules of time at that RFC 3339 time (default: now)")
	f.BoolVar(&flags.direct, "direct", false, "compare the two revisions as they are, without merging")
	f.BoolVar(&flags.checks, "checks", false, "show every requirement of each step as it was found")
	f.StringVar(&flags.policyPath, "policy-path", "", "the only folder, below --path, in which Policies and Approvals may stand")
	return c
}

func (a *app) diff(ctx context.Context, spec string, flags diffFlags) error {
	at, err := parseAt(flags.at)
	if err != nil {
		return err
	}
	r, err := repo.Open(ctx, flags.repo, flags.path)
	if err != nil {
		return err
	}
	defer r.Close()
	x, err := r.Range(ctx, spec, flags.direct)
	var conflict *repo.ConflictError
	if errors.As(err, &conflict) && flags.format == "markdown" {
		fmt.Fprint(a.out, render.MarkdownConflict(&render.Change{Base: render.Commit{Name: conflict.Base}, Head: render.Commit{Name: conflict.Head}}, conflict.Paths, 0))
	}
	if err != nil {
		return err
	}
	s, err := a.sides(ctx, x, flags)
	if err != nil {
		return err
	}
	report, err := a.compare(ctx, s, at, flags)
	if err != nil {
		return err
	}
	if err := a.showDiff(report, flags); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	return reportExit(report.Plan)
}

func (a *app) showDiff(r *render.Report, flags diffFlags) error {
	switch flags.format {
	case "json":
		return render.JSON(a.out, r)
	case "markdown":
		_, err := fmt.Fprint(a.out, render.Markdown(r, render.MarkdownOptions{}))
		return err
	}
	return render.ReportText(a.out, r, render.Options{Color: a.color(), Checks: flags.checks})
}

// reportExit is planExit; what the change grants itself counts as what is blocked
// does: a person has to look at it.
func reportExit(p *plan.Plan) error {
	if p.Summary.Granted > 0 {
		return exit(exitBlocked)
	}
	return planExit(p)
}
