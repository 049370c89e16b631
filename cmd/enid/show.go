package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"enid/plan"
	"enid/plan/render"
	"enid/schema"
)

// savedShownFormat is the version of what show prints as JSON.
const savedShownFormat = "enid.show/v1"

func (a *app) showCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "show FILE",
		Short: "Show a saved plan, and whether it is still what would be done",
		Long: `show prints a plan that "enid plan --out" saved, and says first whether it is still
current: planned again now from the topology in the file, it is the same. A plan is
stale once the state has moved on, other steps would be done, or the earliest deadline
of its steps has passed. A stale plan can be shown, and not be applied; it exits 0 all
the same.`,
		Example: `  enid show change.plan
  enid show change.plan --format json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", format, "text", "json"); err != nil {
				return err
			}
			return a.show(c.Context(), args[0], format)
		},
	}
	c.Flags().StringVarP(&format, "format", "o", "text", "text or json")
	return c
}

func (a *app) show(ctx context.Context, name, format string) error {
	saved, t, err := loadSaved(name)
	if err != nil {
		return err
	}
	p, err := saved.plan()
	if err != nil {
		return err
	}
	why := a.whyStale(ctx, saved, t)
	if format == "json" {
		shown := struct {
			Format  string     `json:"format"`
			Current bool       `json:"current"`
			Why     string     `json:"why,omitempty"`
			Source  string     `json:"source"`
			Plan    *plan.Plan `json:"plan"`
		}{Format: savedShownFormat, Current: why == nil, Source: saved.Source, Plan: p}
		if why != nil {
			shown.Why = why.Error()
		}
		return render.JSON(a.out, shown)
	}
	head := "Current: it is still what would be done."
	if why != nil {
		head = "Not current: " + render.Inert(why.Error())
	}
	fmt.Fprintf(a.out, "%s\n\n", head)
	if err := render.Text(a.out, p, render.Options{Color: a.color(), Certificate: true}); err != nil {
		return fmt.Errorf("print the plan: %w", err)
	}
	return nil
}

// whyStale answers why a saved plan is no longer what would be done; nil: it is.
func (a *app) whyStale(ctx context.Context, saved *savedPlan, t *schema.Topology) error {
	state, err := a.readState(ctx)
	if err != nil {
		return fmt.Errorf("the state cannot be read to compare: %w", err)
	}
	_, _, p, err := makePlan(state, t, time.Now().UTC(), nil)
	if err != nil {
		return err
	}
	return saved.stale(state.Meta, p)
}
