package cloud

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"enid/schema"
)

// everyRule answers the rows of this package and of the schema, by id.
func everyRule(t *testing.T) map[string]schema.Rule {
	t.Helper()
	all := map[string]schema.Rule{}
	for _, r := range Rules() {
		if _, twice := all[r.ID]; twice {
			t.Errorf("there are two rows of %s", r.ID)
		}
		if r.Class == "" || r.Cloud == "" || r.Text == "" || r.Source == "" {
			t.Errorf("the row of %s lacks something: %+v", r.ID, r)
		}
		all[r.ID] = r
	}
	for _, r := range schema.Rules() {
		if _, twice := all[r.ID]; twice {
			t.Errorf("there is a row of %s in the schema too", r.ID)
		}
		all[r.ID] = r
	}
	return all
}

// TestRules: every rule that a requirement, an effect or an advice names has a
// row, and every row that this package alone has is named somewhere.
func TestRules(t *testing.T) {
	all := everyRule(t)
	for _, op := range Domain().Operations {
		for _, req := range op.Requires {
			if _, ok := all[req.Rule]; !ok {
				t.Errorf("%s requires %s, which has no row", op.ID, req.Rule)
			}
		}
	}
	code := source(t)
	for _, m := range regexp.MustCompile(`(?:Note|advise)\("([a-z0-9.-]+)"`).FindAllStringSubmatch(code, -1) {
		if _, ok := all[m[1]]; !ok {
			t.Errorf("%s is noted and has no row", m[1])
		}
	}
	byNature := []string{"eip.convert.irreversible", "eni.create-with-instance", "eni.move", // said by what the steps are
		"volume.free-space"} // answered by the host
	for _, r := range Rules() {
		if strings.Count(code, `"`+r.ID+`"`) < 2 && // its row is one
			!slices.Contains(byNature, r.ID) && !strings.HasPrefix(r.ID, "p") {
			t.Errorf("no code names %s", r.ID)
		}
	}
}

// source answers the package's code without its tests.
func source(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(data)
	}
	return b.String()
}
