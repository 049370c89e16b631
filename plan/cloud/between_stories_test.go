package cloud

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"enid/plan"
)

// unknowns are the rules of which the files alone cannot say whether they hold, and
// what it is that only the state knows. Every other rule is decided by the files.
var unknowns = map[string]string{
	"eip.convert.no-pending-change": "whether a specification change is pending",
	"eni.device-index":              "which index the cloud chose, where another ENI of before leaves the choice",
	"ipv6.cidr.in-use":              "IPv6 addresses of what enid does not manage",
	"policy.data-loss":              "whether an Approval of before was used",
	"policy.irreversible":           "likewise",
	"policy.replace":                "likewise",
	"policy.prune":                  "Policies that left the files and still keep something",
	"prefix.insufficient":           "addresses that the cloud chose, and of what enid does not manage, in a subnet of before",
	"private-ip.available":          "likewise; where none is declared, only where most of the subnet is in use",
	"private-ip.change.restart":     "whether an earlier change waits, where the files had the instance stopped",
	"public-ip.change.count":        "how often it was changed",
	"public-ip.change.window":       "when the instance was created",
	"volume.detach-running":         "whether the host sees it mounted; where a stop is allowed it is planned",
}

// A story of testdata/between is a change between two revisions without any state:
// before.yaml and after.yaml, each on top of testdata/base/NAME.yaml. It is named by
// the rule that is unknown in it, or RULE.ok where it is not, or tells of something else.
func TestBetweenStories(t *testing.T) {
	names, err := filepath.Glob("testdata/between/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal("no stories", err)
	}
	told := map[string]bool{}
	for _, name := range names {
		story := strings.TrimSuffix(filepath.Base(name), ".txtar")
		told[story] = true
		t.Run(story, func(t *testing.T) {
			got := tellBetween(t, name)
			if rule, ok := strings.CutSuffix(story, ".ok"); unknowns[rule] != "" && strings.Contains(got, "? "+rule+" ") == ok {
				t.Errorf("the rule %s is unknown: %v", rule, !ok)
			}
			for _, word := range []string{"only the state knows; ", "blocked"} {
				for line := range strings.Lines(got) {
					if strings.HasPrefix(line, "   ? ") && !strings.Contains(line, word) {
						t.Errorf("it does not say what the risk is: %s", line)
					}
				}
			}
		})
	}
	for rule := range unknowns {
		if !told[rule] {
			t.Errorf("no story tells that %s is unknown", rule)
		}
	}
}

// tellBetween answers the story's plan, recorded with -update.
func tellBetween(t *testing.T, name string) string {
	t.Helper()
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
		t.Fatal(err)
	}
	shared := base(t, strings.TrimSpace(files["base"]))
	c, err := Between(documents(t, "before.yaml", shared, files["before.yaml"]), documents(t, "after.yaml", shared, files["after.yaml"]), at, plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, s := range c.Plan.Steps {
		tellStep(&b, s)
		for _, check := range s.Checks {
			if check.Unknown {
				fmt.Fprintf(&b, "   ? %s %s\n", check.Rule, check.Detail)
			}
		}
		for _, ref := range s.GrantedBy {
			fmt.Fprintf(&b, "   granted by %s\n", ref)
		}
	}
	got := b.String()
	if *update {
		archive.Files = append(slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "plan" }), txtar.File{Name: "plan", Data: []byte(got)})
		if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := files["plan"]; !*update && want != got {
		t.Errorf("plan (-want +got):\n%s", cmp.Diff(want, got))
	}
	return got
}
