package schema

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "record what is found as what is expected")

// TestStories loads each archive of testdata as a topology. Its file `want`
// holds the findings; advice is marked. Rule stories are named after the rule:
// RULE.txtar breaks it, RULE.ok.txtar does not.
func TestStories(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no stories", err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) { story(t, name) })
	}
}

func story(t *testing.T, name string) {
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{}
	want, at := "", -1
	for i, f := range archive.Files {
		if f.Name == "want" {
			want, at = string(f.Data), i
			continue
		}
		fsys[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	got := told(fsys)
	if *update {
		if at < 0 {
			archive.Files, at = append(archive.Files, txtar.File{Name: "want"}), len(archive.Files)
		}
		archive.Files[at].Data = []byte(got)
		if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func told(fsys fs.FS) string {
	_, findings := Load(fsys)
	var b strings.Builder
	for _, f := range findings {
		b.WriteString(f.String())
		if f.Advice {
			b.WriteString(" (advice)")
		}
		b.WriteString("\n")
	}
	return b.String()
}
