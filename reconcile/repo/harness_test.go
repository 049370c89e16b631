package repo

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"enid/reconcile"
)

// work is a real repository with a work tree, made by the git program.
type work struct {
	t   testing.TB
	dir string
}

func newWork(t testing.TB, initArgs ...string) *work {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("the git program is not installed")
	}
	w := &work{t: t, dir: filepath.Join(t.TempDir(), "work")}
	w.in(t.TempDir(), append([]string{"init", "-q", "-b", "main", w.dir}, initArgs...)...)
	return w
}

// in runs git in a folder and answers what it wrote.
func (w *work) in(dir string, args ...string) string {
	w.t.Helper()
	out, err := w.try(dir, args...)
	if err != nil {
		w.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (w *work) try(dir string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = []string{"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=ann@example.net",
		"GIT_COMMITTER_NAME=Bob", "GIT_COMMITTER_EMAIL=bob@example.net", "LC_ALL=C",
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=gc.auto", "GIT_CONFIG_VALUE_0=0"} // which would stay behind
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "GIT_") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func (w *work) git(args ...string) string { w.t.Helper(); return w.in(w.dir, args...) }

// write puts files into the work tree: path, content, path, content.
func (w *work) write(pairs ...string) {
	w.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		p := filepath.Join(w.dir, pairs[i])
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(pairs[i+1]), 0o644); err != nil {
			w.t.Fatal(err)
		}
	}
}

// commit writes and commits; it answers the commit.
func (w *work) commit(message string, pairs ...string) string {
	w.t.Helper()
	w.write(pairs...)
	w.git("add", "-A")
	w.git("commit", "-q", "--allow-empty", "-m", message)
	return w.git("rev-parse", "HEAD")
}

// branch goes to a new branch at a revision.
func (w *work) branch(name, at string) { w.t.Helper(); w.git("checkout", "-q", "-B", name, at) }

func (w *work) open(topology string) *Repo { w.t.Helper(); return openDir(w.t, w.dir, topology) }

func openDir(t testing.TB, dir, topology string) *Repo {
	t.Helper()
	r, err := Open(t.Context(), dir, topology)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// between reads a range that must be readable.
func (w *work) between(spec string) *Range {
	w.t.Helper()
	x, err := w.open("").Range(w.t.Context(), spec, false)
	if err != nil {
		w.t.Fatalf("%s: %v", spec, err)
	}
	return x
}

// wantSides compares both sides: "path=content path=content", by path.
func wantSides(t testing.TB, x *Range, before, after string) {
	t.Helper()
	for _, side := range []struct {
		name, want string
		read       func(context.Context) (reconcile.Revision, error)
	}{{"before", before, x.Before}, {"after", after, x.After}} {
		rev, err := side.read(t.Context())
		if err != nil {
			t.Errorf("%s: %v", side.name, err)
			continue
		}
		if got := listed(t, rev); got != side.want {
			t.Errorf("%s holds %q, want %q", side.name, got, side.want)
		}
	}
}

func listed(t testing.TB, rev reconcile.Revision) string {
	t.Helper()
	var all []string
	err := fs.WalkDir(rev.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(rev.FS, name)
		all = append(all, name+"="+strings.ReplaceAll(strings.TrimSpace(string(data)), "\n", ","))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

func wantError(t testing.TB, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one that says %q", words)
		return
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the error %q does not say %q", err, word)
		}
	}
}

func wantChanged(t testing.TB, x *Range, want ...string) {
	t.Helper()
	if got := x.Changed(); !slices.Equal(got, want) {
		t.Errorf("changed %q, want %q", got, want)
	}
}

// lines are numbered lines, some of them replaced: "5", "five".
func lines(n int, replaced ...string) string {
	var b strings.Builder
	for i := range n {
		line := "line " + string(rune('a'+i))
		for j := 0; j < len(replaced); j += 2 {
			if strings.HasSuffix(line, " "+replaced[j]) {
				line = replaced[j+1]
			}
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}
