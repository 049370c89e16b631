package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"enid/plan"
	"enid/schema"
)

// seen is where the stories' plans and findings name a rule.
type seen struct{ blocks, holds, effects, advice, findings map[string]int }

// TestRulesByCommand runs every story of the catalogue as a user would: the state
// imported, the files validated, the plan asked for at the story's time. Its
// steps, rules and words are those of the story; and every rule of the catalogue
// is seen at work, and seen to pass.
func TestRulesByCommand(t *testing.T) {
	at := seen{map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}}
	names := archives(t, "../../plan/cloud/testdata/*.txtar")
	for _, name := range names {
		if contents(t, name)["held"] != "" {
			continue // what is held is in the daemon's store, not in a file
		}
		t.Run(storyName(name), func(t *testing.T) { planStory(t, name, &at) })
	}
	for _, name := range archives(t, "../../schema/testdata/*.txtar") {
		t.Run(storyName(name), func(t *testing.T) { validateStory(t, name, &at) })
		names = append(names, name)
	}
	t.Run("catalogue", func(t *testing.T) { everyRuleSeen(t, names, &at) })
}

func archives(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatal("no stories", pattern, err)
	}
	return names
}

func storyName(file string) string { return strings.TrimSuffix(filepath.Base(file), ".txtar") }

var (
	kindLine  = regexp.MustCompile(`(?m)^kind: `)
	fileLine  = regexp.MustCompile(`[\w/.-]*files\.yaml:\d+`)
	stepLine  = regexp.MustCompile(`^(s\d+) (\S+) (\S+)`)
	blockLine = regexp.MustCompile(`^   ! (.*)$`)
)

// planStory imports and plans a story, and compares what the plan says with the
// story's own record.
func planStory(t *testing.T, name string, at *seen) {
	files := contents(t, name)
	dir := t.TempDir()
	base, err := os.ReadFile("../../plan/cloud/testdata/base/" + strings.TrimSpace(files["base"]) + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	state := write(t, dir, "state.yaml", over(string(base), files["state.yaml"]))
	write(t, dir, "topology/files.yaml", over(string(base), files["files.yaml"]))
	t.Chdir(dir)
	store := filepath.Join(dir, "state")
	if code, out := enid(t, "import", "-f", state, "--state", store); code != exitOK {
		t.Fatalf("import: exit %d\n%s", code, out)
	}
	code, out := enid(t, "plan", "--state", store, "--at", strings.TrimSpace(files["at"]), "--format", "json")
	var p plan.Plan
	if err := json.Unmarshal([]byte(out), &p); err != nil {
		t.Fatalf("plan: exit %d: %v\n%s", code, err, out)
	}
	if diff := cmp.Diff(recorded(files["plan"]), saidBy(&p)); diff != "" {
		t.Errorf("the story (-) and the command (+) differ:\n%s", diff)
	}
	if want := exitOf(&p); code != want {
		t.Errorf("exit %d, want %d", code, want)
	}
	at.count(&p)
	rule, ok := strings.CutSuffix(storyName(name), ".ok")
	given := slices.ContainsFunc(p.Advice, func(a plan.Advice) bool { return a.Rule == rule })
	if classes()[rule] == schema.ClassAdvice && given == ok {
		t.Errorf("the advice %s is given: %v", rule, given)
	}
}

// over answers both sides' documents, of those of one name the second's.
func over(base, text string) string {
	var docs []string
	for doc := range strings.SplitSeq(base, "---\n") {
		head, _, _ := strings.Cut(doc, "\nspec:")
		if !strings.Contains(text, head+"\n") {
			docs = append(docs, doc)
		}
	}
	return strings.Join(append(docs, text), "---\n")
}

// classes answers the class of each rule of the catalogue.
func classes() map[string]schema.Class {
	all := map[string]schema.Class{}
	for _, r := range catalogue() {
		all[r.ID] = r.Class
	}
	return all
}

// elsewhere are the rules that no imported state and topology bring about, with
// the test that does.
var elsewhere = map[string]string{
	"plan.held":      "plan.held.txtar, TestScripts: what failed is in the daemon's store",
	"plan.uncertain": "TestScripts/state: what was interrupted is in the daemon's store",
	"plan.moved":     "TestScripts/moved: a rename is an advice, and a wrong one an error",
	"plan.self-stop": "TestSelfStop: no state-only driver reaches the machine it runs on",
	"plan.unserved":  "package plan's tests: every field of the schema is served by now",
	"reach.services": "package query's tests: an advice of `enid reach`",
}

func exitOf(p *plan.Plan) int {
	switch {
	case p.Summary.Blocked > 0:
		return exitBlocked
	case len(p.Steps) > 0:
		return exitChanges
	}
	return exitOK
}

// recorded answers a story's steps and what blocks them, without line numbers.
func recorded(told string) (lines []string) {
	for line := range strings.Lines(told) {
		line = fileLine.ReplaceAllString(strings.TrimSuffix(line, "\n"), "files.yaml")
		if m := stepLine.FindStringSubmatch(line); m != nil {
			lines = append(lines, strings.Join(m[1:], " "))
		} else if m := blockLine.FindStringSubmatch(line); m != nil {
			lines = append(lines, m[1])
		}
	}
	return lines
}

func saidBy(p *plan.Plan) (lines []string) {
	for _, s := range p.Steps {
		lines = append(lines, fmt.Sprintf("%s %s %s", s.ID, s.Operation, s.Target))
		for _, b := range s.BlockedBy {
			code := ""
			if b.Code != "" {
				code = " {" + b.Code + "}"
			}
			lines = append(lines, fileLine.ReplaceAllString(fmt.Sprintf("%s %s%s; %s", b.Rule, b.Detail, code, b.Remedy), "files.yaml"))
		}
	}
	return lines
}

func (at *seen) count(p *plan.Plan) {
	for _, s := range p.Steps {
		for _, b := range s.BlockedBy {
			at.blocks[b.Rule]++
		}
		for _, e := range s.Effects {
			at.effects[e.Rule]++
		}
		for _, c := range s.Checks {
			if c.Holds {
				at.holds[c.Rule]++
			}
		}
	}
	for _, a := range p.Advice {
		at.advice[a.Rule]++
	}
}

// validateStory validates a story's folder and compares the findings.
func validateStory(t *testing.T, name string, at *seen) {
	files := contents(t, name)
	dir := t.TempDir()
	for file, text := range files {
		if file != "want" {
			write(t, dir, file, text)
		}
	}
	t.Chdir(dir)
	code, out := enid(t, "validate", ".", "--format", "json")
	var report struct {
		Findings []struct {
			Rule   string
			Advice bool
		}
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("validate: exit %d: %v\n%s", code, err, out)
	}
	bad := 0
	for _, f := range report.Findings {
		at.findings[f.Rule]++
		if !f.Advice {
			bad++
		} else {
			at.advice[f.Rule]++
		}
	}
	if wrong := bad > 0; wrong != (code == exitFailed) {
		t.Errorf("exit %d with %d errors", code, bad)
	}
	if want := strings.Count(files["want"], "\n"); len(report.Findings) != want {
		t.Errorf("%d findings, and the story has %d", len(report.Findings), want)
	}
}

// everyRuleSeen holds every rule of the catalogue to its class.
func everyRuleSeen(t *testing.T, names []string, at *seen) {
	passes := func(id string) bool {
		return at.holds[id] > 0 || slices.ContainsFunc(names, func(n string) bool {
			return strings.HasPrefix(storyName(n), id+".") && strings.Contains(storyName(n), ".ok")
		})
	}
	for _, r := range catalogue() {
		if elsewhere[r.ID] != "" || strings.HasPrefix(r.ID, "host.") || strings.HasPrefix(r.ID, "mq.") {
			continue // the host's are seen on the kernel
		}
		switch r.Class {
		case schema.ClassEffect, schema.ClassIrreversible:
			if at.effects[r.ID]+at.blocks[r.ID] == 0 {
				t.Errorf("%s (%s): no story's plan names it", r.ID, r.Class)
			}
		case schema.ClassAdvice:
			if at.advice[r.ID] == 0 {
				t.Errorf("%s (%s): no story is given it", r.ID, r.Class)
			}
		case schema.ClassInvalid:
			if at.findings[r.ID] == 0 || !passes(r.ID) {
				t.Errorf("%s (%s): %d findings, passes: %v", r.ID, r.Class, at.findings[r.ID], passes(r.ID))
			}
		case schema.ClassHost, schema.ClassQuery:
		default:
			if at.blocks[r.ID] == 0 || !passes(r.ID) {
				t.Errorf("%s (%s): blocks %d steps, passes: %v", r.ID, r.Class, at.blocks[r.ID], passes(r.ID))
			}
		}
	}
	t.Log("rules seen:", len(slices.Collect(maps.Keys(at.blocks))), "block,", len(at.effects), "effects,", len(at.advice), "advice,", len(at.findings), "findings")
}

func contents(t *testing.T, archive string) map[string]string {
	t.Helper()
	a, err := txtar.ParseFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range a.Files {
		files[f.Name] = string(f.Data)
	}
	return files
}

// write writes documents from which apiVersion was left out.
func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text, "apiVersion") {
		text = kindLine.ReplaceAllString(text, "apiVersion: enid/v1\nkind: ")
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// enid runs a command in-process and answers its exit code and output.
func enid(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var out, stderr bytes.Buffer
	code := newApp(nil, &out, &stderr).run(t.Context(), args)
	if out.Len() == 0 {
		return code, stderr.String()
	}
	return code, out.String()
}
