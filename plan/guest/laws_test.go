package guest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"enid/plan"
)

var at = time.Unix(1_800_000_000, 0).UTC()

func makePlan(t fatal, world, want *plan.World) *plan.Plan {
	t.Helper()
	p, err := plan.Make(Domain(), world, want, at, plan.Options{})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return p
}

type fatal interface {
	Helper()
	Fatalf(string, ...any)
}

// texts answers the steps, without ids.
func texts(steps []*plan.Step) (out []string) {
	for _, s := range steps {
		out = append(out, s.Operation+" "+s.Target.String())
	}
	return out
}

func apply(world, want *plan.World, steps []*plan.Step) *plan.World {
	w := world.Fork()
	for _, s := range steps {
		plan.Apply(Domain(), s, w, want, at)
	}
	return w
}

// Laws 1 and 2 (goal, guard), by the independent judge; 7 and 8 (ownership,
// primary) after every step.
func TestLawsGoalGuardOwnershipPrimary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		world := World(drawObjects(t))
		w, err := Want(drawState(t).world(), "web-1", world)
		if err != nil {
			t.Fatalf("%v", err)
		}
		p := makePlan(t, world, w.World)
		if err := plan.Check(Domain(), p, world, w.World, at, plan.Options{}); err != nil {
			t.Fatalf("%v\n%v", err, texts(p.Steps))
		}
		before, primary := foreigners(world), actives(world)
		now := world.Fork()
		noted := map[string]bool{}
		for _, s := range p.Runnable() {
			plan.Apply(Domain(), s, now, w.World, at)
			for _, e := range s.Effects {
				noted[e.Rule] = true
			}
			if got := actives(now); got != primary {
				t.Fatalf("after %s %s the primary's default route is %s, was %s", s.ID, s.Target, got, primary)
			}
		}
		after := foreigners(now)
		if noted[RuleForeignRoute] { // the kernel takes routes along, and the plan says so
			after, before = withoutRoutes(after), withoutRoutes(before)
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Fatalf("what others made has changed:\n%s\n%v", diff, texts(p.Steps))
		}
	})
}

// foreigners answers what enid did not make.
func foreigners(w *plan.World) (out []string) {
	for _, ref := range w.Refs() {
		switch o := w.Get(ref).(type) {
		case Address:
			if !o.Ours {
				out = append(out, ref.String())
			}
		case Route:
			if !o.Ours() {
				out = append(out, ref.String()+": "+o.String())
			}
		case Rule:
			if !o.Ours() {
				out = append(out, ref.String())
			}
		}
	}
	return out
}

func withoutRoutes(list []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s[:5] == "Route" })
}

// Law 3 (prefix): after any part of a plan, planning again gives the rest of it.
func TestLawPrefix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		world := World(drawObjects(t))
		w, _ := Want(drawState(t).world(), "web-1", world)
		p := makePlan(t, world, w.World)
		n := rapid.IntRange(0, len(p.Runnable())).Draw(t, "prefix")
		rest := makePlan(t, apply(world, w.World, p.Runnable()[:n]), w.World)
		if diff := cmp.Diff(texts(p.Steps[n:]), texts(rest.Steps)); diff != "" {
			t.Fatalf("after %d steps of\n%v\n%s", n, texts(p.Steps), diff)
		}
	})
}

// Law 4 (calm): where a plan has ended nothing runs any more, also when what is
// wanted is derived anew from there.
func TestLawCalm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		world, cloud := World(drawObjects(t)), drawState(t).world()
		w, _ := Want(cloud, "web-1", world)
		p := makePlan(t, world, w.World)
		end := apply(world, w.World, p.Runnable()).Flatten()
		again, _ := Want(cloud, "web-1", end)
		next := makePlan(t, end, again.World)
		if len(next.Runnable()) > 0 {
			t.Fatalf("after\n%v\nthere is still\n%v", texts(p.Steps), texts(next.Runnable()))
		}
		if rest := len(next.Steps); (rest == 0) != plan.AtRest(Domain(), end, again.World) {
			t.Fatalf("%d steps are left, and AtRest says %v", rest, plan.AtRest(Domain(), end, again.World))
		}
	})
}

// Law 6 (order): the same input gives the same plan and the same words.
func TestLawOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, cloud := drawObjects(t), drawState(t).world()
		print := func() string {
			world := World(o)
			w, _ := Want(cloud, "web-1", world)
			p := makePlan(t, world, w.World)
			out := fmt.Sprint(w.Waiting, w.Advise(p, world))
			for _, s := range w.Steps(p, world).Steps {
				out += fmt.Sprintf("%+v\n", *s)
			}
			return out
		}
		if a, b := print(), print(); a != b {
			t.Fatalf("%s", cmp.Diff(a, b))
		}
	})
}

// actives answers the primary's default routes in words.
func actives(w *plan.World) string {
	v := plan.NewView(w, nil, at)
	four, _ := active(v, false)
	six, _ := active(v, true)
	return four.String() + six.String()
}
