package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"enid/plan/render"
	"enid/schema"
)

func (a *app) validateCommand() *cobra.Command {
	var format, at string
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

It exits 0 where the topology is valid, advice or not, and 1 where it is not.`,
		Example: `  enid validate
  enid validate network/ --format json
  enid validate --format github   # annotations in a GitHub workflow
  enid validate --format sarif >enid.sarif`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", format, "text", "json", "github", "sarif"); err != nil {
				return err
			}
			if _, err := parseAt(at); err != nil {
				return err
			}
			return a.validate(c.Context(), args, format)
		},
	}
	c.Flags().StringVarP(&format, "format", "o", "text", "text, json, github or sarif")
	c.Flags().StringVar(&at, "at", "", "judge rules of time at that RFC 3339 time (no rule of validation needs one)")
	return c
}

func (a *app) validate(ctx context.Context, args []string, format string) error {
	dir, err := topologyPath(args)
	if err != nil {
		return err
	}
	t, err := loadTopology(ctx, dir)
	if err != nil {
		return err
	}
	switch format {
	case "json":
		err = render.JSON(a.out, jsonFindings(t.findings))
	case "github", "sarif":
		err = a.annotate(t, format)
	default:
		a.showFindings(a.out, t.findings)
		if schema.Invalid(t.findings) {
			fmt.Fprintf(a.out, "%s does not validate: %s\n", dir, countFindings(t.findings))
		} else {
			fmt.Fprintf(a.out, "%s is valid: %s\n", dir, plural(len(t.Resources()), "resource"))
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

// annotate writes a folder's findings for a forge.
func (a *app) annotate(t *topology, format string) error {
	root, err := os.OpenRoot(t.dir)
	if err != nil {
		return fmt.Errorf("topology: %w", err)
	}
	defer root.Close()
	list := annotations(t.findings, root.FS(), filepath.ToSlash(t.dir), repositoryName(t.dir))
	if format == "github" {
		return render.GitHub(a.out, list)
	}
	return render.SARIF(a.out, list, version(), ruleByID)
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
