package cloud

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"enid/plan"
	"enid/schema"
)

var update = flag.Bool("update", false, "record what is found as what is expected")

// A story is an archive testdata/RULE.txtar, in which the rule blocks a step, or
// RULE.ok.txtar, in which it does not. Its comment is what it tells. Its files:
//
//	at          the time (RFC 3339)
//	base        alibaba or aws: testdata/base/NAME.yaml stands before both sides
//	state.yaml  what is there, with status, as `enid import` reads it
//	files.yaml  what the files ask for
//	held        operations that are not tried for now, a line each (optional)
//	plan        the plan, recorded with -update
//
// apiVersion is left out of the documents.
func TestStories(t *testing.T) {
	for _, name := range stories(t) {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, s := readStory(t, name)
			got := tell(t, Domain(), s)
			if *update {
				archive.Files = append(archive.Files[:len(archive.Files):len(archive.Files)], txtar.File{Name: "plan", Data: []byte(got)})
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := s.told; !*update && want != got {
				t.Errorf("plan (-want +got):\n%s", cmp.Diff(want, got))
			}
			checkStory(t, s, strings.TrimSuffix(filepath.Base(name), ".txtar"), got)
		})
	}
}

// checkStory holds a story to its name: the rule blocks, or it does not.
func checkStory(t *testing.T, s *story, name, got string) {
	t.Helper()
	rule, ok := strings.CutSuffix(name, ".ok")
	_, known := everyRule(t)[rule]
	if blocks := strings.Contains(got, "! "+rule+" "); known && blocks == ok && blocking(rule) {
		t.Errorf("the rule %s blocks: %v", rule, blocks)
	}
	if s.held != nil {
		return // the laws know nothing of what is held
	}
	x := try(t, &s.scene, 1)
	for name, check := range laws {
		check(lawsuit{t, "law " + name}, x)
	}
}

// blocking reports whether rules of its class block steps.
func blocking(rule string) bool {
	for _, r := range append(Rules(), schema.Rules()...) {
		if r.ID == rule && (r.Class == schema.ClassEffect || r.Class == schema.ClassAdvice || r.Class == schema.ClassHost) {
			return false
		}
	}
	return true
}

type story struct {
	scene
	held map[plan.Call]plan.Block
	told string
}

func stories(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal("no stories", err)
	}
	return names
}

// base answers the documents that stories share.
func base(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "base", name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// readStory answers the archive without its plan, and what it says.
func readStory(t *testing.T, name string) (*txtar.Archive, *story) {
	t.Helper()
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	s, files := &story{}, map[string]string{}
	for i, f := range archive.Files {
		files[f.Name] = string(f.Data)
		if f.Name == "plan" {
			archive.Files = archive.Files[:i]
			break
		}
	}
	s.told = files["plan"]
	if s.at, err = time.Parse(time.RFC3339, strings.TrimSpace(files["at"])); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(files["held"]) {
		op, target, _ := strings.Cut(strings.TrimSpace(line), " ")
		var ref plan.Ref
		if err := ref.UnmarshalText([]byte(target)); err != nil {
			t.Fatal(err)
		}
		if s.held == nil {
			s.held = map[plan.Call]plan.Block{}
		}
		s.held[plan.Call{Op: op, Target: ref}] = plan.Block{Rule: plan.RuleHeld, Detail: "it failed", Remedy: "enid retry " + target}
	}
	shared := base(t, strings.TrimSpace(files["base"]))
	s.observed = documents(t, "state.yaml", shared, files["state.yaml"])
	s.files = documents(t, "files.yaml", shared, files["files.yaml"])
	return archive, s
}

// tell answers the story's plan in compact text.
func tell(t *testing.T, table *plan.Domain, s *story) string {
	t.Helper()
	world, want := s.worlds()
	p, err := plan.Make(table, world, want, s.at, plan.Options{Held: s.held})
	if err != nil {
		return err.Error() + "\n"
	}
	var b strings.Builder
	for _, step := range p.Steps {
		tellStep(&b, step)
	}
	if len(p.Steps) == 0 {
		b.WriteString("nothing to do\n")
	}
	return b.String()
}

func tellStep(b *strings.Builder, s *plan.Step) {
	fmt.Fprintf(b, "%s %s %s", s.ID, s.Operation, s.Target)
	for _, mark := range []struct {
		is   bool
		word string
	}{{s.Irreversible, "irreversible"}, {s.Downtime, "downtime"}, {s.DataLoss, "data loss"}, {s.PartOf != "", "part of " + s.PartOf},
		{s.Deadline != nil, "deadline " + stamp(s.Deadline)}, {s.NotBefore != nil, "not before " + stamp(s.NotBefore)}} {
		if mark.is {
			fmt.Fprintf(b, " (%s)", mark.word)
		}
	}
	b.WriteString("\n")
	for _, c := range s.Changes {
		from, _ := json.Marshal(c.From)
		to, _ := json.Marshal(c.To)
		fmt.Fprintf(b, "   %s: %s -> %s\n", c.Path, from, to)
	}
	for _, e := range s.Effects {
		fmt.Fprintf(b, "   + %s %s\n", e.Rule, e.Detail)
	}
	for _, block := range s.BlockedBy {
		fmt.Fprintf(b, "   ! %s %s", block.Rule, block.Detail)
		if block.Code != "" {
			fmt.Fprintf(b, " {%s}", block.Code)
		}
		fmt.Fprintf(b, "; %s\n", block.Remedy)
	}
}

func stamp(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.RFC3339)
}
