package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"enid/plan"
	"enid/plan/cloud"
	"enid/schema"
)

// mostCases is how many examples of a rule are kept: each with another operation
// or remedy.
const mostCases = 3

// recordCases plans every story of plan/cloud and validates every one of schema,
// and answers what they show, as cases.json.
func recordCases(t *testing.T) []byte {
	t.Helper()
	r := recorder{cases: cases{Rules: map[string][]ruleCase{}, Enablers: map[string][]string{}, Operations: map[string]operationCase{}}}
	for _, name := range glob(t, "../../plan/cloud/testdata/*.txtar") {
		r.story = strings.TrimSuffix(filepath.Base(name), ".txtar")
		r.planStory(t, name)
	}
	for _, name := range glob(t, "../../schema/testdata/*.txtar") {
		r.story = strings.TrimSuffix(filepath.Base(name), ".txtar")
		r.validateStory(t, name)
	}
	r.choose()
	for id, op := range r.Operations {
		for _, list := range []*[]string{&op.Names, &op.Changes, &op.Effects, &op.Nature, &op.EnabledBy} {
			slices.Sort(*list)
			*list = slices.Compact(*list)
		}
		r.Operations[id] = op
	}
	for rule, ops := range r.Enablers {
		slices.Sort(ops)
		r.Enablers[rule] = slices.Compact(ops)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(r.cases); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	return names
}

// recorder gathers what stories show.
type recorder struct {
	cases
	story string // the one that is told, without .txtar
	said  []said
}

// said is an example of a rule. One from a story about the rule itself is told
// rather than one that came along in another.
type said struct {
	rule string
	own  bool
	ruleCase
}

func (r *recorder) add(rule string, one ruleCase) {
	own := r.story == rule || strings.HasPrefix(r.story, rule+".")
	r.said = append(r.said, said{rule, own, one})
}

// choose keeps a few examples of each rule, its own stories' first.
func (r *recorder) choose() {
	slices.SortStableFunc(r.said, func(a, b said) int {
		return map[bool]int{true: -1}[a.own] - map[bool]int{true: -1}[b.own]
	})
	for _, one := range r.said {
		have := r.Rules[one.rule]
		same := slices.ContainsFunc(have, func(c ruleCase) bool { return c.Operation == one.Operation && c.Remedy == one.Remedy })
		if !same && len(have) < mostCases {
			r.Rules[one.rule] = append(have, one.ruleCase)
		}
	}
}

// planStory plans a story of plan/cloud; what its archives hold is said there.
func (r *recorder) planStory(t *testing.T, name string) {
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range archive.Files {
		files[f.Name] = string(f.Data)
	}
	at, err := time.Parse(time.RFC3339, strings.TrimSpace(files["at"]))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	shared, err := os.ReadFile(filepath.Join(filepath.Dir(name), "base", strings.TrimSpace(files["base"])+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	held := map[plan.Call]plan.Block{}
	for line := range strings.Lines(files["held"]) {
		op, target, _ := strings.Cut(strings.TrimSpace(line), " ")
		var ref plan.Ref
		if err := ref.UnmarshalText([]byte(target)); err != nil {
			t.Fatal(err)
		}
		held[plan.Call{Op: op, Target: ref}] = plan.Block{Rule: plan.RuleHeld, Detail: "it failed", Remedy: "enid retry " + target}
	}
	want := cloud.World(storyDocuments(t, name, schema.Parse, string(shared), files["files.yaml"]))
	world := cloud.Prepare(cloud.World(storyDocuments(t, name, schema.ParseImport, string(shared), files["state.yaml"])), want)
	p, err := cloud.Plan(world, want, at, plan.Options{Held: held})
	if err != nil {
		return // plan/cloud's own test records the error
	}
	for _, s := range p.Steps {
		r.step(s)
	}
	r.enablers(p, world, want)
	for _, a := range p.Advice {
		r.add(a.Rule, ruleCase{Target: a.Target, Detail: a.Detail})
	}
}

func (r *recorder) step(s *plan.Step) {
	if s.Op == nil {
		for _, b := range s.BlockedBy {
			r.add(b.Rule, ruleCase{Target: s.Target, Detail: b.Detail, Remedy: b.Remedy, Code: b.Code})
		}
		return
	}
	op := r.Operations[s.Op.ID]
	op.Names = append(op.Names, s.Operation)
	op.Nature = append(op.Nature, nature(s)...)
	for _, c := range s.Changes {
		op.Changes = append(op.Changes, plainPath(c.Path))
	}
	for _, e := range s.Effects {
		op.Effects = append(op.Effects, e.Rule)
		r.add(e.Rule, ruleCase{Operation: s.Op.ID, Target: s.Target, Detail: e.Detail})
	}
	for _, b := range s.BlockedBy {
		r.add(b.Rule, ruleCase{Operation: s.Op.ID, Target: s.Target, Detail: b.Detail, Remedy: b.Remedy, Code: b.Code})
	}
	r.Operations[s.Op.ID] = op
	if s.Serves != nil && s.Serves.Op != s.Op.ID {
		served := r.Operations[s.Serves.Op]
		served.EnabledBy = append(served.EnabledBy, s.Op.ID)
		r.Operations[s.Serves.Op] = served
	}
}

// enablers records, where steps were planned so that others could run, for which
// rules that was.
func (r *recorder) enablers(p *plan.Plan, world, want *plan.World) {
	world = world.Fork()
	for _, s := range p.Runnable() {
		if s.Serves != nil && *s.Serves != s.Call() {
			v := plan.NewView(world, want, p.AsOf).For(s.Serves.Item)
			for _, req := range cloud.Domain().Operation(s.Serves.Op).Requires {
				if verdict := req.Check(v, s.Serves.Target); !verdict.Holds && verdict.Enabler != nil && *verdict.Enabler == s.Call() {
					r.Enablers[req.Rule] = append(r.Enablers[req.Rule], s.Op.ID)
				}
			}
		}
		plan.Apply(cloud.Domain(), s, world, want, p.AsOf)
	}
}

// plainPath answers a path without the places in lists.
func plainPath(path string) string {
	for {
		from := strings.IndexByte(path, '[')
		to := strings.IndexByte(path, ']')
		if from < 0 || to < from {
			return path
		}
		path = path[:from] + path[to+1:]
	}
}

// storyDocuments answers one side of a story: its own documents, and those of the
// base that it does not replace.
func storyDocuments(t *testing.T, name string, parse func(string, []byte) schema.File, base, own string) []*schema.Resource {
	t.Helper()
	var files []schema.File
	for _, text := range []string{own, base} {
		f := parse(name, []byte(strings.ReplaceAll("\n"+strings.TrimSpace(text), "\nkind:", "\napiVersion: enid/v1\nkind:")))
		if schema.Invalid(f.Findings) {
			t.Fatal(f.Findings)
		}
		files = append(files, f)
	}
	files[1].Resources = slices.DeleteFunc(files[1].Resources, func(r *schema.Resource) bool {
		return slices.ContainsFunc(files[0].Resources, func(o *schema.Resource) bool { return o.Ref == r.Ref })
	})
	topology, _ := schema.Join(files)
	return topology.Resources()
}

// validateStory validates a story of schema, and records what it finds wrong.
func (r *recorder) validateStory(t *testing.T, name string) {
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, f := range archive.Files {
		if f.Name != "want" {
			files[f.Name] = &fstest.MapFile{Data: f.Data}
		}
	}
	_, findings := schema.Load(files)
	for _, f := range findings {
		if f.Rule == "" {
			continue
		}
		detail := f.Message
		if f.Path != "" {
			detail = f.Path + ": " + detail
		}
		r.add(f.Rule, ruleCase{Target: f.Ref, Detail: detail, Remedy: f.Allowed})
	}
}
