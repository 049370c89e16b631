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
		u := unfolding{asked: a, world: from.become(a), at: at}
		primary := actives(u.world)
		if err := u.run(); err != nil {
			t.Fatalf("%v", err)
		}
		if got := actives(u.world); got != primary || !strings.Contains(got, "dev eth0") {
			t.Fatalf("the primary's default route is %s, was %s", got, primary)
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
		if o := w.Get(ref); Ours(o) {
			out = append(out, ref.String()+" "+fmt.Sprint(Normal(o)))
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
