package main

import (
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"enid/plan/render"
	"enid/reconcile/store"
	"enid/schema"
)

func (a *app) stateCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "state",
		Short: "Look at the state's records, settle uncertain steps, rename and forget",
		Long: `state works on the state's own records. "get" shows resources; these commands show
how they came to be, and change the records where reality has gone another way.
Nothing is done in the cloud. Where a daemon runs, it makes the change itself,
between two turns; else the state is opened for the command. The history shows
every change, and who made it.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.stateListCommand(), a.stateShowCommand(), a.stateCheckCommand(), a.stateResolveCommand(), a.stateMvCommand(), a.stateForgetCommand())
	return c
}

// stateEntry is one line of `enid state list`.
type stateEntry struct {
	Resource schema.Ref `json:"resource"`
	ID       string     `json:"id,omitempty"`
	Phase    string     `json:"phase,omitempty"`
	// Managed is false for facts, which are only observed.
	Managed bool `json:"managed"`
	// Uncertain are the operations of which nobody knows whether they were done.
	Uncertain []string `json:"uncertain,omitempty"`
}

func (a *app) stateListCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "list [KIND]",
		Short: "List all records of the state: id, phase, managed or observed",
		Long: `list shows every resource that the state holds, of all kinds or of one. A resource
is managed, or a fact that is only observed. What an uncertain step is about is
listed too, where the state does not hold it (yet).`,
		Example:   "  enid state list\n  enid state list enis -o json",
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: kindNames(),
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", format, "table", "json"); err != nil {
				return err
			}
			var kind schema.Kind
			if len(args) > 0 {
				var err error
				if kind, err = kindNamed(args[0]); err != nil {
					return err
				}
			}
			state, err := a.readState(c.Context())
			if err != nil {
				return err
			}
			return a.showEntries(stateEntries(state, kind), format)
		},
	}
	c.Flags().StringVarP(&format, "format", "o", "table", "table or json")
	return c
}

// stateEntries answers the lines of a kind, sorted; no kind is all.
func stateEntries(state *store.State, kind schema.Kind) []stateEntry {
	entries := []stateEntry{}
	at := map[schema.Ref]int{}
	for _, r := range state.Resources {
		if kind != "" && r.Kind != kind {
			continue
		}
		e := stateEntry{Resource: r.Ref, Managed: !r.Observed()}
		if row := describe(r); row[1] != "-" {
			e.Phase = row[1]
		}
		if r.Status != nil {
			e.ID = r.Status.Common().ID
		}
		at[r.Ref] = len(entries)
		entries = append(entries, e)
	}
	for _, i := range state.Intents {
		if kind != "" && i.Target.Kind != kind {
			continue
		}
		n, known := at[i.Target]
		if !known {
			n = len(entries)
			at[i.Target] = n
			entries = append(entries, stateEntry{Resource: i.Target, Managed: true})
		}
		entries[n].Uncertain = append(entries[n].Uncertain, i.Operation)
	}
	slices.SortFunc(entries, func(a, b stateEntry) int { return a.Resource.Compare(b.Resource) })
	return entries
}

func (a *app) showEntries(entries []stateEntry, format string) error {
	if format == "json" {
		return render.JSON(a.out, map[string]any{"format": "enid.state-list/v1", "resources": entries})
	}
	if len(entries) == 0 {
		fmt.Fprintln(a.err, "No resources found in the state.")
		return nil
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RESOURCE\tID\tPHASE\tMANAGED\tUNCERTAIN")
	for _, e := range entries {
		managed := "managed"
		if !e.Managed {
			managed = "observed"
		}
		uncertain := "-"
		if len(e.Uncertain) > 0 {
			uncertain = fmt.Sprint(e.Uncertain)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", render.Inert(e.Resource.String()), orDash(e.ID), orDash(e.Phase), managed, render.Inert(uncertain))
	}
	return w.Flush()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return render.Inert(s)
}
