package main

import (
	"bufio"
	"bytes"
	"go/ast"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"enid/plan/cloud"
	"enid/schema"
)

// listed is a line of testdata/catalogue.txt.
type listed struct{ id, class, cloud string }

func readCatalogue(t *testing.T) (rows []listed) {
	t.Helper()
	text, err := os.ReadFile("testdata/catalogue.txt")
	if err != nil {
		t.Fatal(err)
	}
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		fields := strings.Fields(s.Text())
		if len(fields) == 0 || fields[0] == "#" {
			continue
		}
		if len(fields) != 3 {
			t.Fatalf("%q is no id, class and cloud", s.Text())
		}
		rows = append(rows, listed{fields[0], fields[1], fields[2]})
	}
	return rows
}

// TestCatalogue holds the joined tables to the list: the same ids, each once, with
// the same class and cloud.
func TestCatalogue(t *testing.T) {
	want := map[string]listed{}
	for _, row := range readCatalogue(t) {
		if _, twice := want[row.id]; twice {
			t.Errorf("%s is listed twice", row.id)
		}
		want[row.id] = row
	}
	have := map[string]schema.Rule{}
	for _, r := range catalogue() {
		if _, twice := have[r.ID]; twice {
			t.Errorf("%s has two rows", r.ID)
		}
		have[r.ID] = r
		row, ok := want[r.ID]
		switch {
		case !ok:
			t.Errorf("%s is not listed in testdata/catalogue.txt", r.ID)
		case row.class != string(r.Class) || row.cloud != r.Cloud:
			t.Errorf("%s is %s of %s, and listed as %s of %s", r.ID, r.Class, r.Cloud, row.class, row.cloud)
		}
		if sectionOf(r.ID) == len(sections) {
			t.Errorf("%s is in no section: add its first word to one", r.ID)
		}
		if meaningOf(r.Class) == "" || r.Text == "" || r.Source == "" || !slices.Contains([]string{"alibaba", "aws", "any"}, r.Cloud) {
			t.Errorf("the row of %s lacks something: %+v", r.ID, r)
		}
		if strings.TrimSpace(r.Text) != r.Text || !strings.HasSuffix(r.Text, ".") {
			t.Errorf("the text of %s is no sentence: %q", r.ID, r.Text)
		}
	}
	for _, row := range readCatalogue(t) {
		if _, ok := have[row.id]; !ok {
			t.Errorf("%s has no row in any table", row.id)
		}
	}
}

// TestCatalogueOrder: sections stand in their order, rules by id within one.
func TestCatalogueOrder(t *testing.T) {
	all := catalogue()
	for i := 1; i < len(all); i++ {
		a, b := all[i-1], all[i]
		if sectionOf(a.ID) > sectionOf(b.ID) || sectionOf(a.ID) == sectionOf(b.ID) && a.ID >= b.ID {
			t.Errorf("%s stands before %s", a.ID, b.ID)
		}
	}
}

// TestCatalogueOperations: what operations require and what the cases name has
// rows; every operation has a name, and those of the clouds are shown by a story.
func TestCatalogueOperations(t *testing.T) {
	c, err := readCases()
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range allOperations() {
		for _, r := range op.Requires {
			if _, ok := ruleByID(r.Rule); !ok {
				t.Errorf("%s requires %s, which has no row", op.ID, r.Rule)
			}
		}
		if names := namesOf(op, c).all(); len(names) == 0 {
			t.Errorf("%s has no name", op.ID)
		}
		if _, shown := c.Operations[op.ID]; !shown && cloud.Domain().Operation(op.ID) == op {
			t.Errorf("no story of plan/cloud has a step %s", op.ID)
		}
	}
	for id := range c.Rules {
		if _, ok := ruleByID(id); !ok {
			t.Errorf("a case names %s, which has no row", id)
		}
	}
}

// TestCatalogueTested: every id is named by a test. A test names a rule by a story
// file (ID.txtar, ID.WHAT.txtar), by a function (TestX_ID, with _ for . and -), by
// a word of a string in it (a subtest, a row of what is expected), by the constant
// that holds the id or, for effects, by a story's recorded plan.
func TestCatalogueTested(t *testing.T) {
	var ids []string
	for _, row := range readCatalogue(t) {
		ids = append(ids, row.id)
	}
	named := testNames(t).rules(ids)
	for _, id := range ids {
		if !named[id] {
			t.Errorf("no test names %s", id)
		}
	}
}

// names are what the module's tests are called and say.
type names struct{ stories, functions, words map[string]bool }

// rules answers which of the rules are named. What could mean two of them
// (mq.rps.when.txtar) means the one with the longer id.
func (n names) rules(ids []string) map[string]bool {
	ids = slices.Clone(ids)
	slices.SortFunc(ids, func(a, b string) int { return len(b) - len(a) })
	named := map[string]bool{}
	first := func(matches func(id string) bool) {
		if i := slices.IndexFunc(ids, matches); i >= 0 {
			named[ids[i]] = true
		}
	}
	for story := range n.stories {
		first(func(id string) bool { return story == id || strings.HasPrefix(story, id+".") })
	}
	plain := strings.NewReplacer(".", "_", "-", "_")
	for f := range n.functions {
		first(func(id string) bool {
			return strings.HasSuffix(f, "_"+plain.Replace(id)) || strings.Contains(f, "_"+plain.Replace(id)+"_")
		})
	}
	for word := range n.words {
		first(func(id string) bool { return word == id })
	}
	return named
}

var (
	// idLike are the words of a string that may be ids.
	idLike = regexp.MustCompile(`[a-z0-9-]+(\.[a-z0-9-]+)+`)
	// effect is a line of a recorded plan that tells an effect.
	effect = regexp.MustCompile(`(?m)^   \+ ([a-z0-9.-]+) `)
)

func testNames(t *testing.T) names {
	t.Helper()
	n := names{map[string]bool{}, map[string]bool{}, map[string]bool{}}
	constants, used := map[string]string{}, map[string]bool{}
	eachFile(t, func(name string, file *ast.File, _ *token.FileSet) {
		test := strings.HasSuffix(name, "_test.go")
		ast.Inspect(file, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.FuncDecl:
				if test && strings.HasPrefix(node.Name.Name, "Test") {
					n.functions[node.Name.Name] = true
				}
			case *ast.BasicLit:
				if text, err := strconv.Unquote(node.Value); test && node.Kind == token.STRING && err == nil {
					for _, word := range idLike.FindAllString(text, -1) {
						n.words[word] = true
					}
				}
			case *ast.Ident:
				used[node.Name] = used[node.Name] || test
			case *ast.ValueSpec:
				for i, value := range node.Values {
					if lit, ok := value.(*ast.BasicLit); ok && !test && lit.Kind == token.STRING {
						constants[node.Names[i].Name], _ = strconv.Unquote(lit.Value)
					}
				}
			}
			return true
		})
	})
	for name, id := range constants {
		if used[name] {
			n.words[id] = true
		}
	}
	addStories(t, n)
	return n
}

// addStories adds the names of the archives in the module's testdata, and the
// effects that they record.
func addStories(t *testing.T, n names) {
	t.Helper()
	err := filepath.WalkDir("../..", func(name string, d fs.DirEntry, err error) error {
		story, ok := strings.CutSuffix(d.Name(), ".txtar")
		if err != nil || !ok || !strings.Contains(filepath.ToSlash(name), "/testdata/") {
			return err
		}
		n.stories[story] = true
		text, err := os.ReadFile(name)
		for _, found := range effect.FindAllSubmatch(text, -1) {
			n.words[string(found[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestCatalogueDocs: each rule is on the page of rules, each row on the page of
// operations. What they say of it is compared by TestDocs.
func TestCatalogueDocs(t *testing.T) {
	for page, ids := range map[string][]string{"rules.md": ruleIDs(), "operations.md": rowIDs()} {
		text, err := os.ReadFile(filepath.Join("../../docs", page))
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range ids {
			if !bytes.Contains(text, []byte("`"+id+"`")) && !bytes.Contains(text, []byte("### "+id+"\n")) {
				t.Errorf("docs/%s does not name %s", page, id)
			}
		}
	}
}

func rowIDs() (ids []string) {
	for _, op := range allOperations() {
		ids = append(ids, op.ID)
	}
	return ids
}
