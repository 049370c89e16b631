package main

import (
	"context"

	"enid/plan"
	"enid/plan/cloud"
	"enid/schema"
)

// asked answers the topology that a query is about: what the state holds or, with
// a folder, what its files ask for, as if applied. Resources of files keep their
// places in them.
func (a *app) asked(ctx context.Context, dir string) (*schema.Topology, error) {
	if dir == "" {
		state, err := a.readState(ctx)
		if err != nil {
			return nil, err
		}
		return schema.NewTopology(state.Resources), nil
	}
	t, after, err := a.applied(ctx, dir)
	if err != nil {
		return nil, err
	}
	return asApplied(t, after), nil
}

// applied answers a folder's topology, and the world when it has been applied, by
// whatever it was: what could not be made any more is there all the same.
func (a *app) applied(ctx context.Context, dir string) (*schema.Topology, *plan.World, error) {
	t, err := a.validTopology(ctx, []string{dir})
	if err != nil {
		return nil, nil, err
	}
	return t.Topology, cloud.Presume(cloud.World(t.Resources())), nil
}

// asApplied answers the files' resources with the status that applying them gives.
func asApplied(t *schema.Topology, after *plan.World) *schema.Topology {
	resources := make([]*schema.Resource, len(t.Resources()))
	for i, r := range t.Resources() {
		resources[i] = r
		if made, ok := after.Get(r.Ref).(*schema.Resource); ok && made.Status != nil {
			resources[i] = r.With(nil, made.Status)
		}
	}
	return schema.NewTopology(resources)
}
