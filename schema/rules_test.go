package schema

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestEveryRuleHasStories holds that each rule has a story that breaks it, named
// after it, whose findings carry its id, and (advice aside) one that does not.
func TestEveryRuleHasStories(t *testing.T) {
	seen := map[string]bool{}
	for _, rule := range Rules() {
		if seen[rule.ID] || rule.ID == "" || rule.Text == "" || rule.Source == "" || !slices.Contains([]string{"alibaba", "aws", "any"}, rule.Cloud) {
			t.Errorf("%+v is not complete, or there twice", rule)
		}
		seen[rule.ID] = true
		broken, passing := false, rule.Class == ClassAdvice
		entries, err := os.ReadDir("testdata")
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			name, _ := strings.CutSuffix(e.Name(), ".txtar")
			if name != rule.ID && !strings.HasPrefix(name, rule.ID+".") {
				continue
			}
			data, err := os.ReadFile("testdata/" + e.Name())
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(data), "["+rule.ID+"]") {
				broken = true
			} else if strings.HasSuffix(name, ".ok") && strings.HasSuffix(string(data), "-- want --\n") {
				passing = true
			}
		}
		if !broken || !passing {
			t.Errorf("%s: broken by a story %v, kept by one %v", rule.ID, broken, passing)
		}
	}
}

// TestJoinLeavesFilesAlone holds that files can be kept and joined again, in any order.
func TestJoinLeavesFilesAlone(t *testing.T) {
	paths, texts := benchFiles(200)
	files := make([]File, len(paths))
	for i := range paths {
		files[i] = Parse(paths[i], texts[i])
	}
	before := encodedAll(t, files)
	first, found := Join(files)
	slices.Reverse(files)
	second, again := Join(files)
	if len(found) != len(again) || len(first.Resources()) != len(second.Resources()) {
		t.Error("the order of files changes what is joined")
	}
	slices.Reverse(files)
	if before != encodedAll(t, files) {
		t.Error("Join has changed its files")
	}
	vpc := first.Get(Ref{KindVPC, "v0"}).Spec.(*VPCSpec)
	if vpc.Account != "main" {
		t.Errorf("the only Account is not filled in: %+v", vpc)
	}
}

func encodedAll(t *testing.T, files []File) string {
	var b strings.Builder
	for _, f := range files {
		for _, r := range f.Resources {
			doc, err := Encode(r)
			if err != nil {
				t.Fatal(err)
			}
			b.Write(doc)
		}
	}
	return b.String()
}

func TestJoinNothing(t *testing.T) {
	if top, findings := Join(nil); top != nil || len(findings) != 0 {
		t.Error(top, findings)
	}
	broken := Parse("a.yaml", []byte("x"))
	if top, findings := Join([]File{broken}); top != nil || !Invalid(findings) {
		t.Error(top, findings)
	}
}
