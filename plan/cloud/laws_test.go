package cloud

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"enid/plan"
	"enid/schema"
)

// worldsOfLaws is how many scenes all laws are checked on together.
const worldsOfLaws = 10_000

// trial is a scene with its plan, on which laws are checked.
type trial struct {
	*scene
	world, want *plan.World
	plan        *plan.Plan
	prefix      int // how many of the steps that can run are done before planning again
}

// failer is what a law reports to.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// laws are the laws of package plan that concern the model, by name.
var laws = map[string]func(t failer, x *trial){
	"goal": goal, "guard": guard, "prefix": prefix, "calm": calm, "order": order,
	"ownership": ownership, "termination": termination, "naive": naive, "words": words, "purpose": purpose,
}

func TestLawGoal(t *testing.T)        { law(t, goal) }
func TestLawGuard(t *testing.T)       { law(t, guard) }
func TestLawPrefix(t *testing.T)      { law(t, prefix) }
func TestLawCalm(t *testing.T)        { law(t, calm) }
func TestLawOrder(t *testing.T)       { law(t, order) }
func TestLawOwnership(t *testing.T)   { law(t, ownership) }
func TestLawTermination(t *testing.T) { law(t, termination) }
func TestLawPurpose(t *testing.T)     { law(t, purpose) }
func TestLawWords(t *testing.T)       { law(t, words) }

// TestCleverAgainstNaive: the queue, which looks again only at what may have
// changed, takes the same steps as a Next that looks at everything each time.
func TestCleverAgainstNaive(t *testing.T) { law(t, naive) }

// law checks one law on random scenes, -rapid.checks of them, and shrinks one
// that breaks it.
func law(t *testing.T, check func(failer, *trial)) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		check(t, try(t, scenes.Draw(t, "scene"), rapid.IntRange(0, 1000).Draw(t, "prefix")))
	})
}

// TestLaws checks all laws on the same 10,000 scenes (500 with -short): what one
// law finds, TestLawX -rapid.checks=10000 shrinks.
func TestLaws(t *testing.T) {
	worlds := worldsOfLaws
	if testing.Short() {
		worlds = 500
	}
	const shards = 2
	for shard := range shards {
		t.Run(fmt.Sprint(shard), func(t *testing.T) {
			t.Parallel()
			for i := shard; i < worlds; i += shards {
				x := try(t, scenes.Example(i), i)
				for name, check := range laws {
					check(lawsuit{t, fmt.Sprintf("law %s, scene %d", name, i)}, x)
				}
			}
		})
	}
}

// lawsuit says which law was broken where.
type lawsuit struct {
	*testing.T
	name string
}

func (n lawsuit) Fatalf(format string, args ...any) {
	n.Helper()
	n.T.Fatalf("%s: %s", n.name, fmt.Sprintf(format, args...))
}

func try(t failer, s *scene, prefix int) *trial {
	t.Helper()
	x := &trial{scene: s}
	x.world, x.want = s.worlds()
	x.plan = planOf(t, s, x.world, x.want)
	x.prefix = prefix % (len(x.plan.Runnable()) + 1)
	return x
}

func planOf(t failer, s *scene, world, want *plan.World) *plan.Plan {
	t.Helper()
	p, err := plan.Make(Domain(), world, want, s.at, s.options())
	if err != nil {
		t.Fatalf("%v", err)
	}
	return p
}

// after answers the world after the first n steps.
func (x *trial) after(n int) *plan.World {
	w := x.world.Fork()
	for _, s := range x.plan.Steps[:n] {
		plan.Apply(Domain(), s, w, x.want, x.at)
	}
	return w
}

// end answers the world after all steps that can run.
func (x *trial) end() *plan.World { return x.after(len(x.plan.Runnable())) }

// told answers what a plan does, a step a line.
func told(steps []*plan.Step) (lines []string) {
	for _, s := range steps {
		changes, _ := json.Marshal(s.Changes)
		lines = append(lines, fmt.Sprintf("%s %s %s\n", s.Op.ID, s.Target, changes))
	}
	return lines
}

// why answers a plan with the reasons of its blocked steps.
func why(p *plan.Plan) (lines []string) {
	for i, line := range told(p.Steps) {
		for _, b := range p.Steps[i].BlockedBy {
			line += fmt.Sprintf("    [%s: %s]\n", b.Rule, b.Detail)
		}
		lines = append(lines, line)
	}
	return lines
}

// goal: the effects of a plan lead to what is wanted, but for objects that have
// a blocked step; plan.Check finds the same.
func goal(t failer, x *trial) {
	t.Helper()
	blocked := map[plan.Ref]bool{}
	for _, step := range x.plan.Steps {
		if step.Blocked() {
			blocked[step.Target] = true
		}
	}
	end := x.end()
	for _, ref := range append(end.Refs(), x.want.Refs()...) {
		if c := differs(end, x.want, ref); len(c) > 0 && !blocked[ref] {
			t.Fatalf("%s differs in the end, and no step of it is blocked: %v\n%v", ref, c, why(x.plan))
		}
	}
	if err := plan.Check(Domain(), x.plan, x.world, x.want, x.at, x.options()); err != nil {
		t.Fatalf("plan.Check: %v\n%v", err, why(x.plan))
	}
}

// guard: every requirement of a step holds where it runs.
func guard(t failer, x *trial) {
	t.Helper()
	w := x.world.Fork()
	for _, step := range x.plan.Runnable() {
		if err := plan.Holding(Domain(), step, w, x.want, x.at, x.options()); err != nil {
			t.Fatalf("%v\n%v", err, why(x.plan))
		}
		plan.Apply(Domain(), step, w, x.want, x.at)
	}
}

// words: a blocked step says which rule, what was found and what can be done.
func words(t failer, x *trial) {
	t.Helper()
	for _, step := range x.plan.Steps {
		for _, b := range step.BlockedBy {
			if b.Rule == "" || b.Detail == "" || b.Remedy == "" {
				t.Fatalf("%s %s is blocked without a word: %+v", step.Operation, step.Target, b)
			}
		}
	}
}

// purpose: what is done to enable a step (a stop, a detach, a delete) is followed
// by that step; nothing is stopped, detached or deleted for one that stays blocked.
func purpose(t failer, x *trial) {
	t.Helper()
	steps := x.plan.Runnable()
	for i, step := range steps {
		if step.Serves != nil && !slices.ContainsFunc(steps[i+1:], func(later *plan.Step) bool { return later.Call() == *step.Serves }) {
			t.Fatalf("%s of %s is done for %v, which does not follow\n%v", step.Operation, step.Target, *step.Serves, why(x.plan))
		}
	}
}

// prefix: after any prefix of a plan, planning again gives the rest of it.
func prefix(t failer, x *trial) {
	t.Helper()
	again := planOf(t, x.scene, x.after(x.prefix), x.want)
	if rest, now := told(x.plan.Steps[x.prefix:]), told(again.Steps); !slices.Equal(rest, now) {
		t.Fatalf("after %d steps the rest is\n%v\nand was to be\n%v\nof the plan\n%v", x.prefix, now, rest, why(x.plan))
	}
}

// calm: what was applied is not planned again, nor after the state took over
// what is no operation; the wanted world has nothing to do; and no instance is
// stopped twice in one plan (one that was created anew is another one).
func calm(t failer, x *trial) {
	t.Helper()
	stopped := map[plan.Ref]bool{}
	for _, step := range x.plan.Runnable() {
		if step.Action == plan.Stop && stopped[step.Target] {
			t.Fatalf("%s is stopped twice\n%v", step.Target, why(x.plan))
		}
		stopped[step.Target] = (stopped[step.Target] || step.Action == plan.Stop) && step.Action != plan.Create
	}
	end := x.end()
	if again := planOf(t, x.scene, end, x.want); len(again.Runnable()) > 0 {
		t.Fatalf("applied, and planned again: %v", told(again.Runnable()))
	}
	puts, gone := Record(end, x.want)
	for _, r := range puts {
		end.Put(r.Ref, r)
	}
	for _, ref := range gone {
		end.Put(ref, nil)
	}
	if again := planOf(t, x.scene, Prepare(end, x.want), x.want); len(again.Runnable()) > 0 {
		t.Fatalf("applied, recorded, and planned again: %v", told(again.Runnable()))
	}
	if idle := planOf(t, x.scene, settled(x.want), x.want); len(idle.Steps) > 0 {
		t.Fatalf("the wanted world is to be changed: %v", told(idle.Steps))
	}
}

// settled answers the wanted world as it is when the cloud has chosen what was
// left to it.
func settled(want *plan.World) *plan.World {
	w := want.Fork()
	for i, ref := range want.Refs() {
		s := spec[*schema.ENISpec](want.Get(ref).(*schema.Resource))
		if s == nil || s.SecondaryIPCount+s.PrefixCount == 0 {
			continue
		}
		r := want.Get(ref).(*schema.Resource)
		st := eniStatus(r)
		for n := range s.SecondaryIPCount {
			st.SecondaryIPs = append(st.SecondaryIPs, netip.AddrFrom4([4]byte{172, byte(i >> 8), byte(i), byte(n)}))
		}
		for n := range s.PrefixCount {
			st.Prefixes = append(st.Prefixes, netip.PrefixFrom(netip.AddrFrom4([4]byte{173, byte(i >> 8), byte(i), byte(16 * n)}), 28))
		}
		w.Put(ref, r.With(nil, &st))
	}
	return w
}

// order: the same input in another order gives the same plan, byte for byte.
func order(t failer, x *trial) {
	t.Helper()
	other := scene{at: x.at, self: x.self, observed: slices.Clone(x.observed), files: slices.Clone(x.files)}
	slices.Reverse(other.observed)
	slices.Reverse(other.files)
	world, want := other.worlds()
	a, _ := json.Marshal(x.plan)
	b, _ := json.Marshal(planOf(t, x.scene, world.Flatten(), want))
	if string(a) != string(b) {
		t.Fatalf("plans differ:\n%s\n%s", a, b)
	}
}

// ownership: what enid only observes is never changed.
func ownership(t failer, x *trial) {
	t.Helper()
	end := x.end()
	for _, ref := range x.world.Refs() {
		r := x.world.Get(ref).(*schema.Resource)
		if r.Observed() && !reflect.DeepEqual(r, end.Get(ref)) {
			t.Fatalf("%s is a fact, and was changed\n%v", ref, why(x.plan))
		}
	}
}

// termination: a plan has no more steps than a small multiple of what differs.
func termination(t failer, x *trial) {
	t.Helper()
	n := 0
	for _, ref := range append(x.world.Refs(), x.want.Refs()...) {
		n += len(differs(x.world, x.want, ref))
	}
	if len(x.plan.Runnable()) > 8*n {
		t.Fatalf("%d steps for %d differences\n%v", len(x.plan.Runnable()), n, why(x.plan))
	}
}
