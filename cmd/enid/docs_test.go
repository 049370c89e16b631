package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestDocs compares the generated pages, and the cases that explain shows, with
// what the code says; -update (`make docs`) writes them anew. The pages follow from
// the code and the recorded cases, so the cases are compared first.
func TestDocs(t *testing.T) {
	t.Setenv("ENID_STATE", "")
	recorded := recordCases(t)
	compareFile(t, "cases.json", recorded)
	c := parseCases(t, recorded)
	pages := map[string][]byte{"commands.md": commandsPage(), "rules.md": rulesPage(c), "operations.md": operationsPage(t, c), "doctor.md": doctorPage(), "metrics.md": metricsPage(), "graph.svg": graphPicture(t)}
	for name, page := range kindPages(t) {
		pages[filepath.Join("kinds", name)] = page
	}
	compareFile(t, "package/config.yaml", configFile())
	for name, page := range pages {
		compareFile(t, filepath.Join("..", "..", "docs", name), page)
	}
}

// TestDocsComplete: no page below docs/kinds is about something else than a kind.
func TestDocsComplete(t *testing.T) {
	pages := kindPages(t)
	for _, file := range glob(t, "../../docs/kinds/*.md") {
		if name := filepath.Base(file); pages[name] == nil {
			t.Errorf("docs/kinds/%s is about no kind: remove it", name)
		}
	}
}

// compareFile compares a file with what it should hold, or writes that.
func compareFile(t *testing.T, file string, want []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; `make docs` writes it", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the code says, from line %d on; `make docs` writes it anew", strings.TrimPrefix(file, "../../"), firstDifference(got, want))
	}
}

// firstDifference answers the first line in which two files differ, from 1.
func firstDifference(a, b []byte) int {
	x, y := bytes.Split(a, []byte("\n")), bytes.Split(b, []byte("\n"))
	for i := range min(len(x), len(y)) {
		if !bytes.Equal(x[i], y[i]) {
			return i + 1
		}
	}
	return min(len(x), len(y)) + 1
}

// cell answers text as it stands in a cell of a table.
func cell(text string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ", "<", "&lt;").Replace(text)
}

// codeList answers names as code, with commas.
func codeList(names []string) string {
	quoted := slices.Clone(names)
	for i, name := range quoted {
		quoted[i] = "`" + name + "`"
	}
	return strings.Join(quoted, ", ")
}
