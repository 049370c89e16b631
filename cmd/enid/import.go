package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"enid/plan"
	"enid/reconcile/store"
	"enid/schema"
)

func (a *app) importCommand() *cobra.Command {
	var files []string
	var replace bool
	c := &cobra.Command{
		Use:   "import -f FILE",
		Short: "Record existing resources in the state, as they are",
		Long: `import records resources, with spec and status, in the state without doing
anything. It checks the schema, not the rules: reality is what it is, and broken
rules come back as advice. What is imported is managed from then on: what the
files do not declare is deleted by the next apply, unless the import carries the
annotation enid/observe-only: "true".`,
		Example: "  enid import -f existing.yaml\n  enid import -f existing.yaml --replace\n  cat existing.yaml | enid import -f -",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if len(files) == 0 {
				return fmt.Errorf("give at least one -f FILE")
			}
			return a.importFiles(c.Context(), files, replace)
		},
	}
	c.Flags().StringArrayVarP(&files, "file", "f", nil, "YAML or JSON file of resources, - for standard input (repeatable)")
	c.Flags().BoolVar(&replace, "replace", false, "replace what the state holds already")
	return c
}

func (a *app) importFiles(ctx context.Context, names []string, replace bool) error {
	files := make([]schema.File, 0, len(names))
	for _, name := range names {
		data, err := a.readInput(name)
		if err != nil {
			return err
		}
		files = append(files, schema.ParseImport(name, data))
	}
	resources, advice, broken := imported(files)
	if len(broken) > 0 {
		a.showFindings(a.err, broken, openFile)
		return fmt.Errorf("nothing was imported: %s", countFindings(broken))
	}
	db, err := a.openState()
	if err != nil {
		return err
	}
	defer db.Close()
	state, err := db.Load(ctx)
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	if !replace {
		if err := notThere(state, resources); err != nil {
			return err
		}
	}
	resources, rules := amongOthers(state.Resources, resources)
	if _, err := db.Commit(ctx, state.Meta.Epoch, &store.Change{Put: resources}); err != nil {
		return fmt.Errorf("state: %w", err)
	}
	a.showFindings(a.err, append(advice, rules...), openFile)
	fmt.Fprintf(a.out, "Imported %s.\n", plan.Count(len(resources), "resource"))
	return nil
}

func (a *app) readInput(name string) ([]byte, error) {
	if name == "-" {
		data, err := io.ReadAll(io.LimitReader(a.in, 64<<20))
		if err != nil {
			return nil, fmt.Errorf("standard input: %w", err)
		}
		return data, nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("import: %w", err)
	}
	return data, nil
}

// imported answers the resources of import files. Broken rules of the catalogue
// are advice there; everything else that is wrong keeps them out.
func imported(files []schema.File) (resources []*schema.Resource, advice, broken []schema.Finding) {
	seen := map[schema.Ref]schema.Pos{}
	for _, f := range files {
		for _, finding := range f.Findings {
			if finding.Rule != "" || finding.Advice {
				finding.Advice = true
				advice = append(advice, finding)
				continue
			}
			broken = append(broken, finding)
		}
		for _, r := range f.Resources {
			if first, twice := seen[r.Ref]; twice {
				broken = append(broken, schema.Finding{Pos: r.Pos, Ref: r.Ref, Message: "is imported twice", Allowed: "once; the first is at " + first.String()})
				continue
			}
			seen[r.Ref] = r.Pos
			resources = append(resources, r)
		}
	}
	return resources, advice, broken
}

// amongOthers answers the imported resources with what follows from all that the
// state then holds (the account, the defaults of its cloud), and as advice what is
// broken by their meeting.
func amongOthers(state, resources []*schema.Resource) (filled []*schema.Resource, advice []schema.Finding) {
	fresh := make(map[schema.Ref]bool, len(resources))
	for _, r := range resources {
		fresh[r.Ref] = true
	}
	all := slices.DeleteFunc(slices.Clone(state), func(r *schema.Resource) bool { return fresh[r.Ref] })
	t, findings := schema.Join([]schema.File{{Resources: append(all, resources...)}})
	for _, r := range resources {
		filled = append(filled, t.Get(r.Ref))
	}
	for _, f := range findings {
		if fresh[f.Ref] {
			f.Advice = true
			advice = append(advice, f)
		}
	}
	return filled, advice
}

// notThere refuses resources that the state holds already, all at once.
func notThere(state *store.State, resources []*schema.Resource) error {
	have := map[schema.Ref]bool{}
	for _, r := range state.Resources {
		have[r.Ref] = true
	}
	var twice []schema.Ref
	for _, r := range resources {
		if have[r.Ref] {
			twice = append(twice, r.Ref)
		}
	}
	if len(twice) == 0 {
		return nil
	}
	return fmt.Errorf("nothing was imported: the state holds %v already; --replace replaces", twice)
}
