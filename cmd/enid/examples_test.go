package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestExamples plans every folder of examples/ from nothing, and compares the
// plan with the golden one beside it (plan.txt).
func TestExamples(t *testing.T) {
	folders, err := filepath.Glob("../../examples/*/topology")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	state := t.TempDir()
	for _, folder := range folders {
		story := filepath.Dir(folder)
		t.Run(filepath.Base(story), func(t *testing.T) {
			golden, err := filepath.Abs(filepath.Join(story, "plan.txt"))
			if err != nil {
				t.Fatal(err)
			}
			t.Chdir(story)
			var out, stderr bytes.Buffer
			code := newApp(nil, &out, &stderr).run(t.Context(), []string{"plan", "topology", "--state", filepath.Join(state, "none"), "--at", "2026-11-23T00:00:00Z"})
			if code != exitChanges {
				t.Fatalf("exit %d\n%s", code, stderr.String())
			}
			if *update {
				if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatalf("%v; `make docs` writes it", err)
			}
			if diff := cmp.Diff(string(want), out.String()); diff != "" {
				t.Error(diff)
			}
			if code := newApp(nil, io.Discard, &stderr).run(t.Context(), []string{"validate", "topology"}); code != exitOK {
				t.Errorf("validate: exit %d\n%s", code, stderr.String())
			}
		})
	}
}
