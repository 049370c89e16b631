package main

import (
	"context"
	"fmt"
	"io"
	"strings"

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

It exits 0 where the topology is valid, advice or not, and 1 where it is not.`,
		Example: "  enid validate\n  enid validate network/ --format json\n  enid validate --format github   # annotations in a GitHub workflow",
		Args:    cobra.MaximumNArgs(1),
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
	case "github":
		githubFindings(a.out, t.findings)
	case "sarif":
		err = render.JSON(a.out, sarifFindings(t.findings))
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

// githubFindings writes workflow commands, with what GitHub takes for syntax escaped.
func githubFindings(w io.Writer, findings []schema.Finding) {
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	for _, f := range findings {
		level := "error"
		if f.Advice {
			level = "warning"
		}
		text := strings.TrimPrefix(f.String(), f.Pos.String()+": ")
		fmt.Fprintf(w, "::%s file=%s,line=%d,col=%d::%s\n", level, property.Replace(f.Pos.File), f.Pos.Line, f.Pos.Column, data.Replace(text))
	}
}

// sarifFindings answers the findings as SARIF 2.1.0.
func sarifFindings(findings []schema.Finding) any {
	results := []map[string]any{}
	for _, f := range findings {
		level := "error"
		if f.Advice {
			level = "note"
		}
		id := f.Rule
		if id == "" {
			id = "schema"
		}
		results = append(results, map[string]any{
			"ruleId": id, "level": level,
			"message": map[string]string{"text": strings.TrimPrefix(f.String(), f.Pos.String()+": ")},
			"locations": []any{map[string]any{"physicalLocation": map[string]any{
				"artifactLocation": map[string]string{"uri": f.Pos.File},
				"region":           map[string]int{"startLine": f.Pos.Line, "startColumn": f.Pos.Column},
			}}},
		})
	}
	return map[string]any{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
		"runs": []any{map[string]any{
			"tool":    map[string]any{"driver": map[string]any{"name": "enid", "version": version()}},
			"results": results,
		}},
	}
}
