package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"enid/plan"
	"enid/plan/render"
	"enid/reconcile/repo"
	"enid/schema"
)

func (a *app) validateCommand() *cobra.Command {
	var format, at string
	var from revisionFlags
	c := &cobra.Command{
		Use:   "validate [PATH]",
		Short: "Check a topology against the schemas and the rules that need no state",
		Long: `validate reads every YAML and JSON file below PATH (default: ./topology where
there is one, else .) and reports all that is wrong at once, with file, line,
column, what is allowed, and the id of the rule that is broken.

--format github writes annotations for a workflow of GitHub, --format sarif a SARIF
2.1.0 log for code scanning. Both name files from the top of the repository that
holds PATH, or else from GITHUB_WORKSPACE or the working directory, and count
columns in UTF-16 code units. GitHub shows ten errors and ten warnings of a step:
errors of different rules come first. A SARIF log has 25,000 findings at most, and
says how many it leaves out.

With --revision, PATH is a folder of that commit, named from the repository's top, and
nothing is checked out: what a stranger's branch holds is read and never executed.

It exits 0 where the topology is valid, advice or not, and 1 where it is not.`,
		Example: `  enid validate
  enid validate network/ --format json
  enid validate --format github   # annotations in a GitHub workflow
  enid validate --format sarif >enid.sarif
  enid validate --revision origin/feature topology`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", format, "text", "json", "github", "sarif"); err != nil {
				return err
			}
			if _, err := parseAt(at); err != nil {
				return err
			}
			if from.revision == "" && c.Flags().Changed("repo") {
				return errors.New("--repo is the repository of --revision: give both, or PATH alone")
			}
			return a.validate(c.Context(), args, from, format)
		},
	}
	c.Flags().StringVarP(&format, "format", "o", "text", "text, json, github or sarif")
	c.Flags().StringVar(&at, "at", "", "judge rules of time at that RFC 3339 time (no rule of validation needs one)")
	c.Flags().StringVar(&from.revision, "revision", "", "read PATH in that commit of the repository instead of on this disk")
	c.Flags().StringVar(&from.repo, "repo", ".", "the repository of --revision: a folder in its work tree, or a bare one")
	return c
}

// revisionFlags name a commit to read; without a revision, folders are read.
type revisionFlags struct{ repo, revision string }

func (a *app) validate(ctx context.Context, args []string, from revisionFlags, format string) error {
	if from.revision != "" {
		return a.validateRevision(ctx, args, from, format)
	}
	dir, err := topologyPath(args)
	if err != nil {
		return err
	}
	t, err := loadTopology(ctx, dir)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("topology: %w", err)
	}
	defer root.Close()
	return a.validated(t, root.FS(), repositoryName(dir), format)
}

// validateRevision is validate in a commit, where the topology's folder is called
// what the repository calls it.
func (a *app) validateRevision(ctx context.Context, args []string, from revisionFlags, format string) error {
	folder := ""
	if len(args) > 0 {
		folder = args[0]
	}
	if strings.Contains(from.revision, "..") {
		return fmt.Errorf("--revision %q: give one commit; `enid diff` compares two", from.revision)
	}
	r, err := repo.Open(ctx, from.repo, folder)
	if err != nil {
		return err
	}
	defer r.Close()
	both, err := r.Range(ctx, from.revision+".."+from.revision, true)
	if err != nil {
		return err
	}
	rev, err := both.After(ctx)
	if err != nil {
		return err
	}
	t, err := parseTopology(ctx, cmp.Or(rev.Root, "."), rev)
	if err != nil {
		return err
	}
	t.rev = rev
	return a.validated(t, rev.FS, rev.Root, format)
}

// validated shows what was found. files is rooted at the topology's folder, which
// forges call named.
func (a *app) validated(t *topology, files fs.FS, named, format string) (err error) {
	switch format {
	case "json":
		err = render.JSON(a.out, jsonFindings(t.findings))
	case "github":
		err = render.GitHub(a.out, annotations(t.findings, files, filepath.ToSlash(t.dir), named))
	case "sarif":
		err = render.SARIF(a.out, annotations(t.findings, files, filepath.ToSlash(t.dir), named), version(), ruleByID)
	default:
		open := openFile
		if t.rev.FS != nil {
			open = t.open
		}
		a.showFindings(a.out, t.findings, open)
		if schema.Invalid(t.findings) {
			fmt.Fprintf(a.out, "%s does not validate: %s\n", t.dir, countFindings(t.findings))
		} else {
			fmt.Fprintf(a.out, "%s is valid: %s\n", t.dir, plan.Count(len(t.Resources()), "resource"))
		}
	}
	if err != nil {
		return err
	}
	if schema.Invalid(t.findings) {
		return exit(exitFailed)
	}
	return nil
}

// finding is a finding in JSON (format enid.findings/v1).
type finding struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Target  string `json:"target,omitempty"`
	Path    string `json:"path,omitempty"`
	Message string `json:"message"`
	Allowed string `json:"allowed,omitempty"`
	Rule    string `json:"rule,omitempty"`
	Advice  bool   `json:"advice"`
}

func jsonFindings(findings []schema.Finding) any {
	list := make([]finding, 0, len(findings))
	for _, f := range findings {
		j := finding{f.Pos.File, f.Pos.Line, f.Pos.Column, "", f.Path, f.Message, f.Allowed, f.Rule, f.Advice}
		if !f.Ref.IsZero() {
			j.Target = f.Ref.String()
		}
		list = append(list, j)
	}
	return map[string]any{"format": "enid.findings/v1", "valid": !schema.Invalid(findings), "findings": list}
}
