package query_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"enid/plan/query"
	"enid/plan/render"
	"enid/schema"
)

var update = flag.Bool("update", false, "record what is answered as what is expected")

// A story is an archive testdata/RULE.txtar, whose last question is answered no
// under that rule, or RULE.ok.txtar, where it is answered yes. Its files:
//
//	files.yaml  the resources, with status where it matters; apiVersion is left out
//	ask         questions, a line each: reach FROM TO [PORT [PROTOCOL]], cidr SUBNET
//	answer      the answers, recorded with -update
func TestStories(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files := map[string]string{}
			for _, f := range archive.Files {
				files[f.Name] = string(f.Data)
			}
			topology := read(t, files["files.yaml"])
			got, last := tell(t, topology, files["ask"])
			if *update {
				archive.Files = append(archive.Files[:2:2], txtar.File{Name: "answer", Data: []byte(got)})
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != files["answer"] {
				t.Errorf("answer (-want +got):\n%s", cmp.Diff(files["answer"], got))
			}
			rule, ok := strings.CutSuffix(strings.TrimSuffix(filepath.Base(name), ".txtar"), ".ok")
			if last != nil && !strings.Contains(rule, ".story") && (last.Rule != rule || last.Reachable != ok) {
				t.Errorf("the last answer is %v by %s", last.Reachable, last.Rule)
			}
		})
	}
}

// read joins documents that the schema takes, as the files of a story.
func read(t *testing.T, text string) *schema.Topology {
	t.Helper()
	text = strings.ReplaceAll("\n"+text, "\nkind: ", "\napiVersion: enid/v1\nkind: ")
	topology, findings := schema.Join([]schema.File{schema.ParseImport("files.yaml", []byte(text))})
	for _, f := range findings {
		if !f.Advice {
			t.Fatal(f)
		}
	}
	return topology
}

// tell answers the questions, and the last answer about reachability.
func tell(t *testing.T, topology *schema.Topology, ask string) (text string, last *query.Answer) {
	t.Helper()
	var out bytes.Buffer
	for line := range strings.Lines(ask) {
		fmt.Fprintf(&out, "> %s", line)
		words := strings.Fields(line)
		switch words[0] {
		case "reach":
			words = append(words, []string{"0", ""}[max(0, len(words)-3):]...)
			port, err := strconv.Atoi(words[3])
			if err != nil {
				t.Fatal(err)
			}
			a, err := query.Reach(topology, query.Question{From: words[1], To: words[2], Port: port, Protocol: words[4]})
			if err != nil {
				fmt.Fprintf(&out, "error: %v\n", err)
				continue
			}
			last = a
			_ = render.Reach(&out, a, render.Options{})
		case "cidr":
			r, err := query.CIDR(topology, words[1])
			if err != nil {
				fmt.Fprintf(&out, "error: %v\n", err)
				continue
			}
			_ = render.CIDR(&out, r, render.Options{})
		default:
			t.Fatalf("nobody answers %q", line)
		}
		out.WriteByte('\n')
	}
	return out.String(), last
}

// TestEveryRuleHasStories holds that each rule of the catalogue's questions about
// reachability is the reason of a yes and of a no.
func TestEveryRuleHasStories(t *testing.T) {
	elsewhere := map[string]string{
		"reach.bandwidth":      "TestBandwidth_reach_bandwidth",
		"reach.services":       "TestServices_reach_services",
		"cidr.report":          "TestReport_cidr_report",
		"key-pair.fingerprint": "TestFingerprints_key_pair_fingerprint",
		"instance.type-facts":  "cmd/enid, explain type",
	}
	never := map[string]bool{"reach.same-vpc-same-group": true, "reach.classic-same-group": true} // no: only by a rule that denies
	seen := map[string]bool{}
	for _, r := range query.Rules() {
		if seen[r.ID] || r.Text == "" || r.Source == "" || r.Class == "" || r.Cloud == "" {
			t.Errorf("%+v is not complete, or there twice", r)
		}
		seen[r.ID] = true
		if elsewhere[r.ID] != "" {
			continue
		}
		for _, name := range []string{r.ID + ".txtar", r.ID + ".ok.txtar"} {
			if _, err := os.Stat("testdata/" + name); err != nil && !never[r.ID] {
				t.Errorf("%s has no story %s", r.ID, name)
			}
		}
	}
}
