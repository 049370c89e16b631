package dir

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"enid/reconcile"
	"enid/reconcile/tree"
)

func write(t *testing.T, dir string, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		p := filepath.Join(dir, pairs[i])
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(pairs[i+1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func open(t *testing.T, path string) *Source {
	t.Helper()
	s, err := Open(path, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func fetch(t *testing.T, s *Source) reconcile.Revision {
	t.Helper()
	rev, err := s.Fetch(t.Context())
	if err != nil {
		t.Fatalf("Fetch: %v", err)
	}
	return rev
}

func wantCondition(t *testing.T, s *Source, want reconcile.Condition, words ...string) {
	t.Helper()
	_, err := s.Fetch(t.Context())
	var e *reconcile.SourceError
	if !errors.As(err, &e) {
		t.Fatalf("error %v, want a SourceError %s", err, want)
	}
	if e.Condition != want {
		t.Fatalf("condition %s (%s), want %s", e.Condition, e.Message, want)
	}
	for _, w := range append(words, s.path) {
		if !strings.Contains(e.Message, w) {
			t.Errorf("message %q does not say %q", e.Message, w)
		}
	}
}

func TestSnapshot(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.yaml", "a: 1\n", "net/b.json", "{}", "net/.hidden/c.yml", "c: 1", ".enidignore", "x",
		"net/.enidignore", "not read", "README.md", "not read", ".git/x.yaml", "no", "net/.github/x.yaml", "no")
	s := open(t, dir)
	rev := fetch(t, s)
	if err := fstest.TestFS(rev.FS, "a.yaml", "net/b.json", "net/.hidden/c.yml", ".enidignore"); err != nil {
		t.Error(err)
	}
	var names []string
	_ = fs.WalkDir(rev.FS, ".", func(p string, d fs.DirEntry, _ error) error {
		if !d.IsDir() {
			names = append(names, p)
		}
		return nil
	})
	if got, want := strings.Join(names, " "), ".enidignore a.yaml net/.hidden/c.yml net/b.json"; got != want {
		t.Errorf("files are %s, want %s", got, want)
	}
	if !strings.HasPrefix(rev.ID, "dir:") || len(rev.ID) != len("dir:")+40 {
		t.Errorf("ID is %q", rev.ID)
	}
	if d, ok := rev.Digest("a.yaml"); !ok || len(d) != 64 {
		t.Errorf("digest is %q", d)
	}
	if _, ok := rev.Digest("net"); ok {
		t.Error("a folder has a digest")
	}

	again := fetch(t, s)
	if again.ID != rev.ID || again.Time != rev.Time {
		t.Errorf("without a change the revision is %+v, want %+v", again, rev)
	}
	write(t, dir, "README.md", "changed")
	if again := fetch(t, s); again.ID != rev.ID {
		t.Error("a file that is not read changed the ID")
	}
	write(t, dir, "a.yaml", "a: 2\n")
	changed := fetch(t, s)
	if changed.ID == rev.ID {
		t.Error("a change did not change the ID")
	}
	if old, _ := fs.ReadFile(rev.FS, "a.yaml"); string(old) != "a: 1\n" {
		t.Errorf("the old revision now reads %q", old)
	}
	write(t, dir, "a.yaml", "a: 1\n")
	if back := fetch(t, s); back.ID != rev.ID {
		t.Error("the same content has another ID")
	}
	if err := os.Rename(filepath.Join(dir, "a.yaml"), filepath.Join(dir, "b.yaml")); err != nil {
		t.Fatal(err)
	}
	if moved := fetch(t, s); moved.ID == rev.ID {
		t.Error("another name has the same ID")
	}
	if other := open(t, dir); fetch(t, other).ID != fetch(t, s).ID {
		t.Error("two sources of one folder give two IDs")
	}
}

func TestConditions(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "topology")
	s := open(t, dir)
	wantCondition(t, s, reconcile.Missing, "no such folder")
	write(t, dir, "notes.txt", "hi", ".enidignore", "x")
	wantCondition(t, s, reconcile.Empty, "no YAML or JSON")
	write(t, dir, "a.yaml", "a: 1\n")
	fetch(t, s)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	wantCondition(t, s, reconcile.Missing)
	write(t, parent, "topology", "a file")
	wantCondition(t, s, reconcile.Unsupported, "not a folder")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "a.yaml", "a: 1\n")
	if _, err := s.Fetch(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of ctx the error is %v", err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	wantCondition(t, s, reconcile.Unreachable, "closed")
	if _, err := Open("", nil); err == nil {
		t.Error("no path is accepted")
	}
}

func TestOnlyRegularFiles(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret.yaml")
	write(t, filepath.Dir(outside), "secret.yaml", "s3cr3t: 1")
	tests := []struct {
		name string
		make func(dir string) error
		says []string
	}{
		{"escaping link", func(d string) error { return os.Symlink(outside, filepath.Join(d, "n/x.yaml")) }, []string{`"n/x.yaml"`, "leads out"}},
		{"escaping relative link", func(d string) error { return os.Symlink("../../../etc/passwd", filepath.Join(d, "n/x")) }, []string{`"n/x"`, "leads out"}},
		{"escaping folder", func(d string) error { return os.Symlink(filepath.Dir(outside), filepath.Join(d, "n/x")) }, []string{`"n/x"`, "leads out"}},
		{"inner link", func(d string) error { return os.Symlink("../a.yaml", filepath.Join(d, "n/x.yaml")) }, []string{`"n/x.yaml"`, `symbolic link to "../a.yaml"`}},
		{"dangling link", func(d string) error { return os.Symlink("none", filepath.Join(d, "x.yaml")) }, []string{`"x.yaml"`, "symbolic link to"}},
		{"looping link", func(d string) error { return os.Symlink("x.yaml", filepath.Join(d, "x.yaml")) }, []string{`"x.yaml"`, "symbolic link to"}},
		{"pipe", func(d string) error { return syscall.Mkfifo(filepath.Join(d, "x.yaml"), 0o600) }, []string{`"x.yaml"`, "special file"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "a.yaml", "a: 1\n", "n/b.yaml", "b: 1\n")
			if err := tt.make(dir); err != nil {
				t.Fatal(err)
			}
			wantCondition(t, open(t, dir), reconcile.Unsupported, tt.says...)
		})
	}
	t.Run("the folder itself may be a link", func(t *testing.T) {
		dir, link := t.TempDir(), filepath.Join(t.TempDir(), "current")
		write(t, dir, "one/a.yaml", "a: 1\n", "two/a.yaml", "a: 2\n")
		for _, release := range []string{"one", "two"} {
			_ = os.Remove(link)
			if err := os.Symlink(filepath.Join(dir, release), link); err != nil {
				t.Fatal(err)
			}
			fetch(t, open(t, link))
		}
	})
}

func TestBounds(t *testing.T) {
	for says, make := range map[string]func(dir string){
		"the limit is 100": func(d string) { write(t, d, "big.yaml", strings.Repeat("x", 101)) },
		"together, 150 bytes": func(d string) {
			write(t, d, "b.yaml", strings.Repeat("x", 99), "c.yaml", strings.Repeat("x", 99))
		},
		"too many; the limit is 5":  func(d string) { write(t, d, "1", "", "2", "", "3", "", "4", "", "5.yaml", "") },
		"the limit is a depth of 4": func(d string) { write(t, d, "1/2/3/4/5.yaml", "") },
		"folder too many; the limit ": func(d string) {
			write(t, d, "1/x", "", "2/x", "", "3/4/x", "")
			_ = os.MkdirAll(filepath.Join(d, "5/6"), 0o755)
		},
	} {
		t.Run(says, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "a.yaml", "a: 1\n")
			s := open(t, dir)
			s.bound = tree.Bounds{File: 100, Total: 150, Files: 5, Depth: 4}
			fetch(t, s)
			make(dir)
			wantCondition(t, s, reconcile.Unsupported, says)
		})
	}
}

// TestUnchangedFilesAreNotReadAgain takes the permission to read away, which a
// stat does not need: what is answered was remembered. Root may read anyhow, so it
// is the remembered slice that is compared.
func TestUnchangedFilesAreNotReadAgain(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.yaml", "a: 1\n", "b.yaml", "b: 1\n")
	s := open(t, dir)
	now := time.Now()
	s.now = func() time.Time { return now }
	at := func() *byte { return &s.known["a.yaml"].Data[0] }

	fetch(t, s)
	first := at()
	fetch(t, s)
	if at() == first {
		t.Error("a file written within two seconds of being read was not read again")
	}
	now = now.Add(3 * time.Second)
	fetch(t, s)
	settled := at()
	fetch(t, s)
	if at() != settled {
		t.Error("an unchanged file was read again")
	}

	// Same size, and its time set back: only the inode's time tells.
	info, err := os.Stat(filepath.Join(dir, "a.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	id := fetch(t, s).ID
	write(t, dir, "a.yaml", "a: 9\n")
	if err := os.Chtimes(filepath.Join(dir, "a.yaml"), info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if fetch(t, s).ID == id {
		t.Error("a change behind the same time and size was missed")
	}

	fetch(t, s)
	now = now.Add(time.Hour)
	fetch(t, s)
	settled = at()
	s.watch.lost.Store(true)
	fetch(t, s)
	if at() == settled {
		t.Error("after lost events a file was not read again")
	}
}
