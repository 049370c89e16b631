package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// importOrder is the order of the packages: each may import only what stands in
// earlier lines; packages of one line do not import one another.
var importOrder = []string{
	"schema/tables",
	"schema",
	"plan",
	"plan/cloud plan/guest plan/query",
	"plan/doctor",
	"plan/render",
	"reconcile/store reconcile/cloud reconcile/tree reconcile/trust",
	"reconcile",
	"reconcile/store/storetest",
	"reconcile/git reconcile/dir reconcile/repo reconcile/store/bolt reconcile/host reconcile/host/vm reconcile/web reconcile/web/page reconcile/metrics reconcile/notify",
	"cmd/enid cmd/enid/package",
}

// impure are the packages that the pure ones may not import: time, the machine
// and chance are arguments there.
var impure = []string{"context", "os", "net", "net/http", "log", "log/slog", "sync", "math/rand", "math/rand/v2"}

func TestImports(t *testing.T) {
	rank := map[string]int{}
	for i, line := range importOrder {
		for _, p := range strings.Fields(line) {
			rank[p] = i
		}
	}
	eachFile(t, func(name string, file *ast.File, _ *token.FileSet) {
		from := path.Dir(name)
		mine, known := rank[from]
		if !known {
			t.Errorf("%s: package %s stands nowhere in the import order", name, from)
		}
		for _, spec := range file.Imports {
			to := strings.Trim(spec.Path.Value, `"`)
			pure := strings.HasPrefix(from, "schema") || strings.HasPrefix(from, "plan")
			if pure && slices.Contains(impure, to) && !strings.HasSuffix(name, "_test.go") {
				t.Errorf("%s: %s is pure and imports %s", name, from, to)
			}
			inner, ours := strings.CutPrefix(to, "enid/")
			if !ours || strings.HasSuffix(name, "_test.go") {
				continue
			}
			if other, ok := rank[inner]; !ok || other >= mine {
				t.Errorf("%s: %s imports %s, which stands no earlier in the import order", name, from, inner)
			}
		}
	})
}

// longFiles are the files over 400 lines, with the reason why they stay whole.
var longFiles = map[string]string{}

// longFunctions are the functions of 60 lines and more, with the reason.
var longFunctions = map[string]string{}

func TestShape(t *testing.T) {
	eachFile(t, func(name string, file *ast.File, set *token.FileSet) {
		if strings.HasSuffix(name, "_test.go") {
			return
		}
		if lines := set.Position(file.End()).Line; lines > 400 && longFiles[name] == "" {
			t.Errorf("%s has %d lines: split it by duty, or list it with a reason", name, lines)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			lines := set.Position(f.End()).Line - set.Position(f.Pos()).Line + 1
			if lines >= 60 && longFunctions[name+" "+f.Name.Name] == "" {
				t.Errorf("%s: %s has %d lines: split it, or list it with a reason", name, f.Name.Name, lines)
			}
		}
	})
}

// eachFile parses every Go file of the module, its path from the module's root.
func eachFile(t *testing.T, see func(name string, file *ast.File, set *token.FileSet)) {
	t.Helper()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && name != root {
			return fs.SkipDir
		}
		if d.IsDir() || filepath.Ext(name) != ".go" {
			return nil
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		see(filepath.ToSlash(rel), file, set)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatal("these tests have to run inside the module")
	}
}
