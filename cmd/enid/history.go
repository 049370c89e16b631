package main

import (
	"context"
	"fmt"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"enid/plan"
	"enid/plan/render"
	"enid/reconcile/store"
)

func (a *app) historyCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "history",
		Short: "List the revisions that were applied, newest first",
		Long: `history lists the applied revisions with serial, commit, time, outcome, number of
steps, author and subject. The last 500 are kept. Each time that steps were done makes
a revision; a commit that changes nothing makes none.`,
		Example: "  enid history\n  enid history show 12",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := oneOf("format", format, "table", "json"); err != nil {
				return err
			}
			return a.history(c.Context(), format)
		},
	}
	show := &cobra.Command{
		Use: "show SERIAL", Short: "Show one revision with the steps that were done", Args: cobra.ExactArgs(1),
		Long: `show tells what was applied at a serial, by whom, and how each step went. The JSON
form holds the whole plan as it was before the first step; "enid explain s3" tells more
of a step of the newest one.`,
		Example: "  enid history show 12\n  enid history show 12 -o json",
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", format, "table", "json"); err != nil {
				return err
			}
			serial, err := strconv.ParseUint(args[0], 10, 64)
			if err != nil {
				return fmt.Errorf("%q is no serial; `enid history` lists them", args[0])
			}
			return a.historyShow(c.Context(), serial, format)
		},
	}
	for _, each := range []*cobra.Command{c, show} {
		each.Flags().StringVarP(&format, "format", "o", "table", "table or json")
	}
	c.AddCommand(show)
	return c
}

func (a *app) history(ctx context.Context, format string) error {
	revisions, err := a.readHistory(ctx)
	if err != nil {
		return err
	}
	if format == "json" {
		if revisions == nil {
			revisions = []store.Revision{}
		}
		return render.JSON(a.out, map[string]any{"format": "enid.history/v1", "revisions": revisions})
	}
	if len(revisions) == 0 {
		fmt.Fprintln(a.err, "Nothing was applied yet.")
		return nil
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SERIAL\tCOMMIT\tAT\tOUTCOME\tSTEPS\tAUTHOR\tSUBJECT")
	for _, r := range revisions {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%d\t%s\t%s\n", r.Serial, render.Short(r.Commit), r.At.UTC().Format(time.RFC3339), r.Outcome, r.Steps,
			render.Inert(r.Author), render.Inert(r.Subject))
	}
	return w.Flush()
}

func (a *app) historyShow(ctx context.Context, serial uint64, format string) error {
	d, err := a.readRevision(ctx, serial)
	if err != nil {
		return err
	}
	if format == "json" {
		return render.JSON(a.out, d)
	}
	fmt.Fprintf(a.out, "Serial   %d\nCommit   %s\nAuthor   %s\nSubject  %s\nApplied  %s\nOutcome  %s, %s\n", d.Serial, render.Inert(d.Commit),
		render.Inert(d.Author), render.Inert(d.Subject), d.At.UTC().Format(time.RFC3339), d.Outcome, plan.Count(d.Steps, "step"))
	for _, who := range [][2]string{{"Accepted", d.AcceptedBy}, {"Reviewed", d.ReviewedBy}} {
		if who[1] != "" {
			fmt.Fprintf(a.out, "%s by %s\n", who[0], render.Inert(who[1]))
		}
	}
	fmt.Fprintln(a.out)
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, s := range d.Tried {
		result := "done in " + s.Took.Round(time.Millisecond).String()
		switch {
		case s.Failed:
			result = "failed: " + render.Inert(s.Message)
		case s.Message != "":
			result = render.Inert(s.Message)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.ID, s.Operation, s.Target, result)
	}
	return w.Flush()
}
