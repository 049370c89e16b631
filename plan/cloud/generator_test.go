package cloud

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"enid/plan"
	"enid/schema"
)

// most bounds the scenes that the generator's test looks at; enough is how often
// what the generator is for has to occur in them.
const (
	most   = 12_000
	enough = 20
)

// coverage counts what happens in scenes.
type coverage struct {
	domain *plan.Domain
	steps  map[string]int // by operation
	fails  map[string]int // by operation, number in the row, rule
	other  map[string]int // replacements, shared stops, blocked chains
	sizes  map[string]int
}

// newCoverage answers a coverage with a copy of the table that counts the
// requirements that fail.
func newCoverage() *coverage {
	c := &coverage{steps: map[string]int{}, fails: map[string]int{}, other: map[string]int{}, sizes: map[string]int{}}
	table := *Domain()
	table.Operations = nil
	for _, op := range Domain().Operations {
		copied := *op
		copied.Requires = slices.Clone(op.Requires)
		c.steps[op.ID] = 0
		for i, req := range op.Requires {
			key := fmt.Sprintf("%s %02d %s", op.ID, i, req.Rule)
			c.fails[key] = 0
			copied.Requires[i].Check = func(v *plan.View, target plan.Ref) plan.Verdict {
				verdict := req.Check(v, target)
				if !verdict.Holds {
					c.fails[key]++
				}
				return verdict
			}
		}
		table.Operations = append(table.Operations, &copied)
	}
	c.domain = plan.NewDomain(table)
	for _, row := range replacements {
		c.other["replacement: "+row] = 0
	}
	for _, row := range whileStopped {
		c.other["shared stop: "+row] = 0
	}
	c.other["blocked chain of 2"], c.other["blocked chain of 3"], c.other["cycle"] = 0, 0, 0
	c.other["knot untied"] = 0
	return c
}

// replacements are the rows that may be part of one, by their delete.
var replacements = []string{"vpc.delete", "subnet.delete", "group.delete", "instance.delete", "eni.delete", "eip.release"}

// whileStopped are the rows that may need their instance stopped.
var whileStopped = []string{"instance.type", "instance.user-data", "instance.address", "instance.public-ip-change", "eni.attach", "eni.detach"}

func (c *coverage) add(t *testing.T, s *scene) {
	world, want := s.worlds()
	c.sizes[[]string{"1-9", "10-29", "30-99", "100-300"}[bucket(len(s.files))]]++
	p, err := plan.Make(c.domain, world, want, s.at, s.options())
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range p.Runnable() {
		c.steps[step.Op.ID]++
		if step.Unties {
			c.other["knot untied"]++
		}
		if step.PartOf == "replace" && step.Action == plan.Delete {
			c.other["replacement: "+step.Op.ID]++
		}
	}
	c.stops(world, want, s, p)
	c.chains(p)
}

func bucket(n int) int {
	for i, most := range []int{9, 29, 99} {
		if n <= most {
			return i
		}
	}
	return 3
}

// stops counts the rows that share one stop of the plan with another row.
func (c *coverage) stops(world, want *plan.World, s *scene, p *plan.Plan) {
	w := world.Fork()
	sharing := map[plan.Ref][]string{}
	for _, step := range p.Runnable() {
		v := plan.NewView(w, want, s.at)
		of := step.Target
		switch step.Op.ID {
		case "eni.attach":
			of = ifStoppedOnly(v, attachTarget(v, of))
		case "eni.detach":
			of = ifStoppedOnly(v, instanceOf(v, of))
		}
		if step.Action == plan.Stop {
			sharing[of] = []string{}
		} else if rows, stopped := sharing[of]; stopped && slices.Contains(whileStopped, step.Op.ID) {
			sharing[of] = append(rows, step.Op.ID)
		}
		plan.Apply(c.domain, step, w, want, s.at)
	}
	for _, rows := range sharing {
		if len(rows) < 2 {
			continue
		}
		for _, row := range rows {
			c.other["shared stop: "+row]++
		}
	}
}

// chains counts the steps that wait for a blocked one, and for one that waits itself.
func (c *coverage) chains(p *plan.Plan) {
	waits := map[string][]string{}
	for _, step := range p.Steps {
		if step.Blocked() {
			waits[step.ID] = step.DependsOn
			for _, b := range step.BlockedBy {
				if b.Rule == plan.RuleCycle {
					c.other["cycle"]++
				}
			}
		}
	}
	for id, on := range waits {
		if len(on) > 0 {
			c.other["blocked chain of 2"]++
		}
		if slices.ContainsFunc(on, func(next string) bool { return next != id && len(waits[next]) > 0 }) {
			c.other["blocked chain of 3"]++
		}
	}
}

// lacking answers what did not occur as often as it should.
func (c *coverage) lacking() (out []string) {
	for _, part := range []struct {
		counts map[string]int
		least  int
	}{{c.steps, 1}, {c.fails, 1}, {c.other, enough}} {
		for key, n := range part.counts {
			if n < part.least {
				out = append(out, fmt.Sprintf("%s: %d of %d", key, n, part.least))
			}
		}
	}
	slices.Sort(out)
	return out
}

func (c *coverage) String() string {
	var b strings.Builder
	for _, part := range []struct {
		title  string
		counts map[string]int
	}{{"resources", c.sizes}, {"steps that ran", c.steps}, {"requirements that failed", c.fails}, {"what else occurred", c.other}} {
		fmt.Fprintf(&b, "\n%s\n", part.title)
		keys := make([]string, 0, len(part.counts))
		for key := range part.counts {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		for _, key := range keys {
			fmt.Fprintf(&b, "%8d  %s\n", part.counts[key], key)
		}
	}
	return b.String()
}

// TestGenerator: over its scenes every operation runs, every requirement fails,
// and every replacement, shared stop and blocked chain occurs often enough; all
// topologies are valid by the files alone.
func TestGenerator(t *testing.T) {
	t.Parallel()
	c := newCoverage()
	for i := range most {
		s := scenes.Example(i)
		c.add(t, s)
		if i%10 == 0 {
			valid(t, s)
		}
		if i%500 == 499 && len(c.lacking()) == 0 {
			break
		}
	}
	t.Log(c)
	for _, what := range c.lacking() {
		t.Errorf("too seldom: %s", what)
	}
}

// valid has the schema judge a scene's files.
func valid(t *testing.T, s *scene) {
	t.Helper()
	_, findings := schema.Join([]schema.File{{Path: "a.yaml", Resources: s.files}})
	for _, f := range findings {
		if !f.Advice {
			t.Errorf("the files are not valid: %s", f)
		}
	}
}
