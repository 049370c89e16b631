package guest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"enid/plan"
)

// A change that is none does nothing, on the long way too, whatever is blocked.
func TestBetweenItselfIsEmpty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cloud := drawState(t).world()
		h, _ := Declared(cloud, "web-1")
		m, err := settled(cloud, h, at)
		if err != nil {
			t.Fatalf("%v", err)
		}
		host, advice, err := change{cloud, cloud, at}.lead(m, ask(cloud, h))
		if err != nil || len(host.Steps) > 0 || len(advice) > 0 {
			t.Fatalf("%v: %v, %v", err, linesOf(host), advice)
		}
	})
}

// What a change does to a model is the model of what it leads to, but for what stays
// when nobody asks for it any more: values, and interfaces that leave. On the way the
// primary's default route is what it was.
func TestBetweenLeadsToModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := drawState(t).world(), drawState(t).world()
		was, _ := Declared(before, "web-1")
		is, _ := Declared(after, "web-1")
		from, err := settled(before, was, at)
		if err != nil {
			t.Fatalf("%v", err)
		}
		a := ask(after, is)
		now := from.become(a).Fork()
		primary, wanted := actives(now), a.host.Want(from.become(a)).World
		for _, s := range makePlan(t, from.become(a), wanted).Runnable() {
			plan.Apply(Domain(), s, now, wanted, at)
			if got := actives(now); got != primary || !strings.Contains(got, "dev eth0") {
				t.Fatalf("after %s %s the primary's default route is %s, was %s", s.ID, s.Target, got, primary)
			}
		}
		u := unfolding{asked: a, world: from.become(a), at: at}
		if err := u.run(); err != nil {
			t.Fatalf("%v", err)
		}
		if got := actives(u.world); got != primary {
			t.Fatalf("in the end the primary's default route is %s, was %s", got, primary)
		}
		if !plan.AtRest(Domain(), u.world, u.wanted.World) && len(u.blocked) == 0 {
			t.Fatalf("not at rest after %v", u.steps)
		}
		to, err := settled(after, is, at)
		if err != nil {
			t.Fatalf("%v", err)
		}
		if diff := cmp.Diff(ownIn(to.world), ownIn(u.world)); diff != "" {
			t.Fatalf("enid's own after the change:\n%s", diff)
		}
	})
}

// ownIn answers what is enid's own in a world, in words.
func ownIn(w *plan.World) (out []string) {
	for _, ref := range w.Refs() {
		if o := Normal(w.Get(ref)); Ours(o) {
			if a, ok := o.(Address); ok {
				a.Secondary = false // the kernel's own, by who came first
				o = a
			}
			out = append(out, ref.String()+" "+fmt.Sprint(o))
		}
	}
	return out
}

func linesOf(h *plan.Host) (out []string) {
	for _, s := range h.Steps {
		text := "> " + s.ID + " " + s.Operation + " " + s.Target + ": " + s.Command
		for _, b := range s.BlockedBy {
			text += " [" + b.Rule + " " + b.Detail + "]"
		}
		out = append(out, text)
	}
	return out
}

// The same change is told in the same words.
func TestBetweenOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := drawState(t).world(), drawState(t).world()
		tell := func() string {
			hosts, advice, err := Hosts(before, after, at)
			if err != nil {
				t.Fatalf("%v", err)
			}
			text := fmt.Sprint(advice)
			for _, h := range hosts {
				text += strings.Join(linesOf(h), "\n")
			}
			return text
		}
		if a, b := tell(), tell(); a != b {
			t.Fatalf("%s", cmp.Diff(a, b))
		}
	})
}
