package schema

import (
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestPure holds the package to its word: bytes in, values out. What these
// packages give (a clock, a process, a network, locks) is the callers' matter.
func TestPure(t *testing.T) {
	forbidden := []string{"context", "os", "net", "net/http", "log", "log/slog", "sync", "sync/atomic", "math/rand", "math/rand/v2"}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := e.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imported := range file.Imports {
			if path, _ := strconv.Unquote(imported.Path.Value); slices.Contains(forbidden, path) {
				t.Errorf("%s imports %s", name, path)
			}
		}
		if strings.Contains(string(text), "time.Now") {
			t.Errorf("%s reads the clock", name)
		}
	}
}
