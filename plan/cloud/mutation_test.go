package cloud

import (
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"enid/plan"
	"enid/schema"
)

// mutant is a broken copy of the table.
type mutant struct {
	name   string
	domain *plan.Domain
	scenes []int // on which it is tried
}

// broken answers the table with one row changed.
func broken(id string, edit func(op *plan.Operation)) *plan.Domain {
	table := *Domain()
	table.Operations = slices.Clone(table.Operations)
	for i, op := range table.Operations {
		if op.ID == id {
			c := *op
			c.Requires = slices.Clone(op.Requires)
			edit(&c)
			table.Operations[i] = &c
		}
	}
	return plan.NewDomain(table)
}

// survivors are the mutants that nothing catches, each with the reason.
var survivors = map[string]string{}

// sighting says in which scenes what a mutant breaks matters.
type sighting struct {
	scenes map[string][]int // by row, and by row and requirement
}

// perSighting bounds the scenes that a mutant is tried on.
const perSighting = 60

// sight runs the intact table over scenes and notes where each row runs and
// where each requirement fails.
func sight(t *testing.T, n int) *sighting {
	s := &sighting{scenes: map[string][]int{}}
	c := newCoverage()
	for i := range n {
		before := map[string]int{}
		for k, v := range c.fails {
			before[k] = v
		}
		for k, v := range c.steps {
			before[k] = v
		}
		c.add(t, scenes.Example(i))
		for _, counts := range []map[string]int{c.fails, c.steps} {
			for k, v := range counts {
				if v > before[k] && len(s.scenes[k]) < perSighting {
					s.scenes[k] = append(s.scenes[k], i)
				}
			}
		}
	}
	return s
}

// TestMutants: a broken copy of each entry of the table is caught by a story, or
// else by a law in a random scene, with the intact table as the judge. The table
// of what caught each is logged.
func TestMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("it plans some thousand scenes")
	}
	seen := sight(t, 3000)
	told := map[string]*story{}
	for _, name := range stories(t) {
		_, told[name] = readStory(t, name)
	}
	if by := caughtByStory(t, Domain(), told); by != "" {
		t.Fatalf("the intact table is taken for a broken one by %s", by)
	}
	all := mutants(seen)
	const shards = 2
	for shard := range shards {
		t.Run(fmt.Sprint(shard), func(t *testing.T) {
			t.Parallel()
			var table strings.Builder
			for i := shard; i < len(all); i += shards {
				fmt.Fprintf(&table, "%-60s %s\n", all[i].name, catch(t, all[i], told))
			}
			t.Logf("%d mutants in all\n%s", len(all), table.String())
		})
	}
}

// catch answers what shows that the mutant is broken.
func catch(t *testing.T, m mutant, told map[string]*story) (by string) {
	if by = caughtByStory(t, m.domain, told); by != "" {
		return by
	}
	for _, i := range m.scenes {
		if by = caughtBy(m.domain, scenes.Example(i)); by != "" {
			return "law " + by
		}
	}
	if why, known := survivors[m.name]; known {
		return "survives: " + why
	}
	t.Errorf("nothing catches %s, tried on %d scenes", m.name, len(m.scenes))
	return "SURVIVES"
}

func mutants(seen *sighting) (all []mutant) {
	for _, op := range Domain().Operations {
		for i, req := range op.Requires {
			key := fmt.Sprintf("%s %02d %s", op.ID, i, req.Rule)
			all = append(all, mutant{"without " + key, broken(op.ID, func(op *plan.Operation) {
				op.Requires = slices.Delete(op.Requires, i, i+1)
			}), seen.scenes[key]})
		}
		for _, part := range []string{"spec", "status", "target", "others"} {
			if !changes(op, part) {
				continue
			}
			all = append(all, mutant{"effect of " + op.ID + " without " + part, broken(op.ID, func(op *plan.Operation) {
				op.Effect = lesser(op.Effect, part)
			}), seen.scenes[op.ID]})
		}
		all = append(all, mutant{op.ID + " gives nothing", broken(op.ID, func(op *plan.Operation) {
			op.Gives = func(*plan.View, plan.Ref) bool { return false }
		}), seen.scenes[op.ID]})
		for _, rank := range otherRanks(op.Rank) {
			all = append(all, mutant{fmt.Sprintf("%s at rank %d", op.ID, rank), broken(op.ID, func(op *plan.Operation) { op.Rank = rank }), seen.scenes[op.ID]})
		}
	}
	return all
}

// otherRanks answers the ends of the list of ranks, but for the one at which the
// rank stands already.
func otherRanks(rank int) []int {
	switch rank {
	case rankCreateNetwork:
		return []int{99}
	case rankDeregister:
		return []int{0}
	}
	return []int{0, 99}
}

// changes reports whether the part of an effect is one that the row has.
func changes(op *plan.Operation, part string) bool {
	switch part {
	case "others":
		return slices.Contains([]string{"instance.delete", "eni.delete", "eni.unassign", "eip.convert"}, op.ID)
	case "spec":
		return op.Action != plan.Create && op.Action != plan.Delete && (op.Action != plan.Start || op.ID == "instance.relocate") && op.Action != plan.Stop && op.Action != plan.Convert &&
			op.ID != "instance.protection"
	case "status":
		return slices.Contains([]string{"eni.attach", "eni.detach", "eip.bind", "eip.unbind", "eni.assign", "eni.unassign", "eni.assign-ipv6", "eni.unassign-ipv6", "instance.address",
			"volume.attach", "volume.detach", "volume.modify", "volume.delete-on-termination", "instance.public-ip-allocate", "instance.public-ip-release", "instance.public-ip-change", "instance.protection",
			"instance.relocate", "target-group.register", "target-group.deregister", "vpc-endpoint.modify"}, op.ID)
	}
	return true
}

// lesser answers the effect with a part of what it puts left out.
func lesser(effect func(*plan.Effects, plan.Ref), part string) func(*plan.Effects, plan.Ref) {
	return func(e *plan.Effects, target plan.Ref) {
		step := &plan.Step{Op: &plan.Operation{Effect: effect}, Target: target, Item: e.Item}
		after := e.World().Fork()
		plan.Apply(Domain(), step, after, e.Want, e.At)
		for _, ref := range append(e.World().Refs(), target) {
			was, _ := e.World().Get(ref).(*schema.Resource)
			is, _ := after.Get(ref).(*schema.Resource)
			switch {
			case was == is, part == "target" && ref == target, part == "others" && ref != target:
				continue
			case is == nil:
				e.Put(ref, nil)
				continue
			case part == "spec" && ref == target:
				is = is.With(was.Spec, nil)
			case part == "status" && ref == target && was != nil:
				c := *is
				c.Status = was.Status
				is = &c
			}
			e.Put(ref, is)
		}
		if is, _ := after.Get(target).(*schema.Resource); e.World().Get(target) == nil && is != nil && part != "target" {
			e.Put(target, is)
		}
	}
}

// caughtBy plans the scene with the broken table and answers the law that shows
// it: the steps are judged and carried out by the intact one.
func caughtBy(table *plan.Domain, s *scene) (by string) {
	defer func() {
		if recover() != nil {
			by = "a step that cannot be done at all"
		}
	}()
	world, want := s.worlds()
	p, err := plan.Make(table, world, want, s.at, s.options())
	if err != nil {
		return "termination"
	}
	stops := map[plan.Ref]bool{}
	w := world.Fork()
	model := world.Fork()
	for _, step := range p.Runnable() {
		if plan.Holding(Domain(), step, w, want, s.at, s.options()) != nil {
			return "guard"
		}
		if step.Action == plan.Stop {
			if stops[step.Target] {
				return "calm"
			}
			stops[step.Target] = true
		}
		if step.Action == plan.Create {
			delete(stops, step.Target)
		}
		intact := *step
		intact.Op = Domain().Operation(step.Op.ID)
		plan.Apply(Domain(), &intact, w, want, s.at)
		plan.Apply(table, step, model, want, s.at)
	}
	if plan.Check(Domain(), renamed(p), world, want, s.at, s.options()) != nil {
		return "goal"
	}
	if again, err := plan.Make(table, w, want, s.at, s.options()); err != nil || len(again.Runnable()) > 0 {
		return "calm"
	}
	for _, step := range p.Steps {
		if slices.ContainsFunc(step.BlockedBy, func(b plan.Block) bool { return b.Rule == plan.RuleUnserved }) && served(s, world, want, step.Target) {
			return "an unserved difference"
		}
	}
	if !sameWorlds(w, model) {
		return "the model against the intact effect"
	}
	return ""
}

// caughtByStory answers a story whose plan the broken table changes.
func caughtByStory(t *testing.T, table *plan.Domain, told map[string]*story) (by string) {
	name := ""
	defer func() {
		if recover() != nil { // a step that cannot be done at all
			by = "the case " + name
		}
	}()
	for _, file := range slices.Sorted(maps.Keys(told)) {
		name = strings.TrimSuffix(filepath.Base(file), ".txtar")
		if tell(t, table, told[file]) != told[file].told {
			return "the case " + name
		}
	}
	return ""
}

// renamed answers the plan with its steps bound to the intact table.
func renamed(p *plan.Plan) *plan.Plan {
	c := *p
	c.Steps = slices.Clone(p.Steps)
	for i, step := range c.Steps {
		if op := Domain().Operation(step.Op.ID); op != nil {
			s := *step
			s.Op = op
			c.Steps[i] = &s
		}
	}
	return &c
}

// served reports whether the intact table has a step for the target.
func served(s *scene, world, want *plan.World, target plan.Ref) bool {
	p, err := plan.Make(Domain(), world, want, s.at, s.options())
	return err == nil && slices.ContainsFunc(p.Runnable(), func(step *plan.Step) bool { return step.Target == target })
}

func sameWorlds(a, b *plan.World) bool {
	if !slices.Equal(a.Refs(), b.Refs()) {
		return false
	}
	for _, ref := range a.Refs() {
		if !reflect.DeepEqual(a.Get(ref), b.Get(ref)) {
			return false
		}
	}
	return true
}
