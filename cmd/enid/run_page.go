package main

import (
	"context"
	"log/slog"
	"net/http"

	"enid/plan/render"
	"enid/reconcile/host"
	"enid/reconcile/web/page"
)

// statusPages answers the pages for people.
func (d daemon) statusPages(log *slog.Logger) http.Handler {
	c := page.Config{Status: d.Controller.Status, Plan: d.LastPlan, Store: d.Store, Rule: ruleByID, Version: version(), Log: log}
	if m, ok := d.Host.(shower); ok {
		c.Machine = func(ctx context.Context) ([]render.Table, error) {
			shown, err := m.Show(ctx)
			if err != nil {
				return nil, err
			}
			return machineTables(shown), nil
		}
	}
	return page.Handler(c)
}

// shower is a machine that can be looked at: as itself, or behind its probes.
type shower interface {
	Show(ctx context.Context) (*host.Shown, error)
}
