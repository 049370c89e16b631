package cloud

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enid/plan"
	"enid/schema"
)

// pair is a random change between two revisions.
type pair struct {
	base, head []*schema.Resource
	scene
}

// pairs answers the i-th of the random pairs: a town, and a mutation of it, both
// with what people decided.
func pairs(i int) *pair {
	seed := uint64(i)
	d := dice{rand.New(rand.NewPCG(seed, 1))}
	at := pick(d, sceneTimes)
	a, six := newTown(d, 4+i%40), sixth(seed)
	a.changeIPv6(six, 60)
	p := &pair{base: slices.Concat(a.resources(), a.decided(at, false))}
	b := a.mutated(i % 12)
	b.changeIPv6(six, 5)
	b.decide(at)
	p.head, p.at = b.resources(), at
	return p
}

// TestBetween: a change between two revisions can always be planned, its plan is
// legal, and only the state's doubts are unknown: nothing blocked is.
func TestBetween(t *testing.T) {
	t.Parallel()
	unknown, granted := map[string]int{}, 0
	for i := range trials(3000) {
		p := pairs(i)
		c, err := Between(p.base, p.head, p.at, plan.Options{})
		if err != nil {
			t.Fatalf("pair %d: %v", i, err)
		}
		for _, s := range c.Plan.Steps {
			if s.Blocked() && s.Unknown() {
				t.Errorf("pair %d: %s %s is blocked, and unknown", i, s.Operation, s.Target)
			}
			for _, check := range s.Checks {
				if check.Unknown {
					unknown[check.Rule]++
				}
			}
			granted += len(s.GrantedBy)
		}
	}
	t.Log(unknown, granted)
}

func trials(n int) int {
	if testing.Short() {
		return n / 10
	}
	return n
}

// TestBetweenIsThePlan: from a state in which base was applied, the same steps with
// the same changes are planned as between the two revisions.
func TestBetweenIsThePlan(t *testing.T) {
	t.Parallel()
	compared, doubts := 0, 0
	for i := range trials(3000) {
		p := pairs(i)
		want := World(p.base)
		from := Prepare(World(nil), want)
		first, err := plan.Make(Domain(), from, want, p.at, plan.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(first.Runnable()) < len(first.Steps) {
			continue // not all of base can be applied
		}
		state := Afterwards(first, from, want, p.at).Flatten()
		head := World(p.head)
		origin, err := Begin(state, head)
		if err != nil {
			t.Fatal(err)
		}
		second, err := plan.Make(Domain(), origin.World, head, p.at, plan.Options{})
		if err != nil {
			t.Fatal(err)
		}
		c, err := Between(p.base, p.head, p.at, plan.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if doubted(c.Plan, second) {
			doubts++
			continue
		}
		compared++
		is, between := told(second.Steps), told(c.Plan.Steps)
		if c.Plan.Summary.Unknown > 0 { // what is unknown may wait for another step by the state
			slices.Sort(is)
			slices.Sort(between)
		}
		if diff := cmp.Diff(is, between); diff != "" {
			t.Errorf("pair %d: between the revisions (+) and from the state (-):\n%s\n%v", i, diff, why(second))
		}
	}
	t.Logf("%d pairs compared, in %d more the state blocks what was unknown", compared, doubts)
	if compared == 0 || doubts > compared/10 {
		t.Error("too few pairs were compared")
	}
}

// doubted reports whether the state blocks a step that was unknown without it: then,
// and only then, the plans differ.
func doubted(between, state *plan.Plan) bool {
	blocked := map[plan.Call]bool{}
	for _, s := range state.Steps {
		blocked[s.Call()] = blocked[s.Call()] || s.Blocked()
	}
	return slices.ContainsFunc(between.Steps, func(s *plan.Step) bool { return s.Unknown() && blocked[s.Call()] })
}
