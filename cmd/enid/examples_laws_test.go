package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"

	"enid/plan"
	"enid/plan/cloud"
)

// lawful holds what a story plans, with `plan FOLDER --at TIME`, to the laws of
// package plan. Goal, guard and termination are plan.Check's, which every plan has
// passed; here are order, and prefix after each step.
func lawful(t *testing.T, args []string) {
	t.Helper()
	at, err := parseAt(args[slices.Index(args, "--at")+1])
	if err != nil {
		t.Fatal(err)
	}
	files, err := loadTopology(t.Context(), args[1])
	if err != nil {
		t.Fatal(err)
	}
	state, err := (&app{state: os.Getenv("ENID_STATE")}).readState(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	resources, observed := slices.Clone(files.Resources()), slices.Clone(state.Resources)
	planned := func(world, want *plan.World) (p *plan.Plan, steps []string) {
		p, err := cloud.Plan(world, want, at, plan.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range p.Steps {
			changes, err := json.Marshal(s.Changes)
			if err != nil {
				t.Fatal(err)
			}
			steps = append(steps, fmt.Sprintf("%s %s %s %s\n", s.Op.ID, s.Target, s.Item, changes))
		}
		return p, steps
	}

	want := cloud.World(resources)
	world := cloud.Prepare(cloud.World(observed), want)
	p, steps := planned(world, want)
	for i, s := range p.Runnable() {
		plan.Apply(cloud.Domain(), s, world, want, at)
		if _, rest := planned(world, want); !slices.Equal(rest, steps[i+1:]) {
			t.Errorf("plan %s: after %d steps the rest is\n%v\nand was to be\n%v", args[1], i+1, rest, steps[i+1:])
		}
	}

	slices.Reverse(resources)
	slices.Reverse(observed)
	want = cloud.World(resources)
	if _, other := planned(cloud.Prepare(cloud.World(observed), want), want); !slices.Equal(other, steps) {
		t.Errorf("plan %s: the same documents in another order give\n%v\nand not\n%v", args[1], other, steps)
	}
}
