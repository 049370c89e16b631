package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"enid/plan"
	"enid/plan/cloud"
	"enid/plan/guest"
	queries "enid/plan/query"
	"enid/plan/render"
	"enid/reconcile"
	"enid/schema"
)

// compare answers what merging would do, and what follows from it.
func (a *app) compare(ctx context.Context, s *sides, at time.Time, flags diffFlags) (*render.Report, error) {
	c, err := a.comparison(ctx, s, at, flags)
	if err != nil {
		return nil, err
	}
	p := c.Plan
	p.Revision = s.of.Head.ID
	if err := s.attribute(ctx, p.Steps); err != nil {
		return nil, err
	}
	if err := hostsOf(p, c, at, flags.host); err != nil {
		return nil, err
	}
	p.Count()
	was, is := resourcesOf(c.Before), asApplied(s.after.Topology, c.After)
	r := &render.Report{Plan: p, Change: s.change, Impact: queries.Impacts(was, is)}
	if flags.format == "markdown" {
		r.Picture = affected(was, is, p)
	}
	if shrink := reconcile.DefaultLimit().Shrinks(c.Before, s.after.Topology); shrink.Held() {
		r.Held = shrink.String()
	}
	return r, nil
}

// resourcesOf answers a world's resources, under its names: one that is renamed is
// not one that goes and another that comes.
func resourcesOf(w *plan.World) *schema.Topology {
	var all []*schema.Resource
	w.Each(func(_ plan.Ref, o plan.Object) {
		if r, ok := o.(*schema.Resource); ok {
			all = append(all, r)
		}
	})
	return schema.NewTopology(all)
}

// mostWhole is how many boxes are drawn though only some of them change: in so small
// a picture the others say more than a count of them.
const mostWhole = 30

// affected draws what a plan changes and what it lies in, or all where that is little;
// nil where nothing of a picture changes.
func affected(was, is *schema.Topology, p *plan.Plan) *queries.Graph {
	o := queries.PictureOptions{Only: true, Marks: marksOf(p)}
	g := queries.Picture(was, is, o)
	if !g.Marked() {
		return nil
	}
	drawn := 0
	g.Walk(func(*queries.Node, *queries.Node) { drawn++ })
	if drawn+g.Omitted <= mostWhole {
		o.Only = false
		return queries.Picture(was, is, o)
	}
	return g
}

// marksOf answers the marks that only a plan knows: what is blocked.
func marksOf(p *plan.Plan) map[schema.Ref]queries.Mark {
	marks := map[schema.Ref]queries.Mark{}
	for _, s := range p.Steps {
		if s.Blocked() {
			marks[s.Target] = queries.Blocked
		}
	}
	return marks
}

// comparison plans from what BASE asks for, or from the state.
func (a *app) comparison(ctx context.Context, s *sides, at time.Time, flags diffFlags) (*cloud.Comparison, error) {
	if !flags.fromState {
		return cloud.Between(s.before.Resources(), s.after.Resources(), at, plan.Options{})
	}
	state, err := a.readState(ctx)
	if err != nil {
		return nil, err
	}
	origin, want, p, err := makePlan(state, s.after.Topology, at, nil)
	if err != nil {
		return nil, err
	}
	if err := cloud.Granted(p, origin, want, at, heldBy(state, s.after.Topology, origin, at)); err != nil {
		return nil, err
	}
	s.change.FromState = true
	s.before.Topology = schema.NewTopology(state.Resources)
	return &cloud.Comparison{Plan: p, Before: origin.State, After: cloud.Afterwards(p, origin.World, want, at), Want: want}, nil
}

// hostsOf adds to a plan what would be done on the machines, or on the one.
func hostsOf(p *plan.Plan, c *cloud.Comparison, at time.Time, name string) error {
	hosts, advice, err := guest.Hosts(c.Before, c.After, at)
	if err != nil {
		return err
	}
	p.Advice = append(p.Advice, advice...)
	if name == "" {
		p.Hosts = hosts
		return nil
	}
	ref := plan.Ref{Kind: schema.KindHost, Name: name}
	if c.Before.Get(ref) == nil && c.After.Get(ref) == nil {
		return fmt.Errorf("--host %s: neither revision has such a Host", render.Inert(name))
	}
	p.Host = &plan.Host{Name: name, Steps: []*plan.HostStep{}}
	if i := slices.IndexFunc(hosts, func(h *plan.Host) bool { return h.Name == name }); i >= 0 {
		p.Host = hosts[i]
	}
	return nil
}
