package cloud

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
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
				if check.Unknown && unknowns[check.Rule] == "" {
					t.Errorf("pair %d: %s %s: %s is unknown, and no rule of which that is said", i, s.Operation, s.Target, check.Rule)
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
		applied, doubtful := pairs(i).compare(lawsuit{t, fmt.Sprintf("pair %d", i)}, nil)
		switch {
		case doubtful:
			doubts++
		case applied:
			compared++
		}
	}
	t.Logf("%d pairs compared, in %d more the state blocks what was unknown", compared, doubts)
	if compared == 0 || doubts > compared/10 {
		t.Error("too few pairs were compared")
	}
}

// compare compares the plan between the two revisions with the one from a state in
// which the first was applied to what was observed. It is not applied where not all
// of it could be, and doubtful where the state blocks what was unknown without it.
func (p *pair) compare(t failer, observed []*schema.Resource) (applied, doubtful bool) {
	t.Helper()
	want, head := World(p.base), World(p.head)
	from := Prepare(World(observed), want)
	first := planOf(t, &p.scene, from, want)
	if len(first.Runnable()) < len(first.Steps) {
		return false, false
	}
	origin, err := Begin(Afterwards(first, from, want, p.at).Flatten(), head)
	if err != nil {
		t.Fatalf("%v", err)
	}
	second := planOf(t, &p.scene, origin.World, head)
	c, err := Between(p.base, p.head, p.at, p.options())
	if err != nil {
		t.Fatalf("%v", err)
	}
	if doubted(c.Plan, second) {
		return true, true
	}
	is, between := told(second.Steps), told(c.Plan.Steps)
	if c.Plan.Summary.Unknown > 0 { // by the state it may wait for another step
		slices.Sort(is)
		slices.Sort(between)
	}
	if diff := cmp.Diff(is, between); diff != "" {
		t.Fatalf("between the revisions (+) and from the state (-):\n%s\n%v", diff, why(second))
	}
	return true, false
}

// TestBetweenExamples: the steps of each story of examples are planned without its
// state as they are with it.
func TestBetweenExamples(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("../../examples/*/[1-9]-*")
	if err != nil || len(folders) == 0 {
		t.Fatal("no examples", err)
	}
	compared, doubts := 0, []string{}
	for i, dir := range folders[1:] {
		before := folders[i]
		if filepath.Dir(before) != filepath.Dir(dir) {
			continue
		}
		p := &pair{base: exampleOf(before), head: exampleOf(dir), scene: scene{at: sceneTimes[0]}}
		if p.base == nil || p.head == nil {
			continue
		}
		var observed []*schema.Resource
		if data, err := os.ReadFile(filepath.Join(filepath.Dir(dir), "state.yaml")); err == nil {
			state, _ := schema.Join([]schema.File{schema.ParseImport("state.yaml", data)}) // what the files leave out is filled in
			observed = state.Resources()
		}
		switch applied, doubtful := p.compare(lawsuit{t, dir}, observed); {
		case doubtful:
			doubts = append(doubts, dir)
		case applied:
			compared++
		}
	}
	t.Logf("%d stories compared; the state blocks what was unknown in %v", compared, doubts)
	if compared == 0 {
		t.Error("no story was compared")
	}
}

// exampleOf answers a folder's resources, nil where they are not valid.
func exampleOf(dir string) []*schema.Resource {
	topology, findings := schema.Load(os.DirFS(dir))
	if slices.ContainsFunc(findings, func(f schema.Finding) bool { return !f.Advice }) {
		return nil
	}
	return topology.Resources()
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
