package dir

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"

	"enid/reconcile"
)

// hint waits for a hint and answers how long that took.
func hint(t *testing.T, s *Source) time.Duration {
	t.Helper()
	begin := time.Now()
	select {
	case <-s.Changed():
	case <-time.After(5 * time.Second):
		t.Fatal("no hint within 5 s")
	}
	return time.Since(begin)
}

// calm waits until no hint has come for a while.
func calm(s *Source) {
	for {
		select {
		case <-s.Changed():
		case <-time.After(4 * window):
			return
		}
	}
}

func TestHints(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "topology")
	write(t, dir, "a.yaml", "a: 1\n", "n/b.yaml", "b: 1\n")
	in := func(name string) string { return filepath.Join(dir, name) }
	steps := []struct {
		name string
		do   func() error
		hint bool
	}{
		{"write", func() error { return os.WriteFile(in("a.yaml"), []byte("a: 2\n"), 0o644) }, true},
		{"write deep down", func() error { return os.WriteFile(in("n/b.yaml"), []byte("b: 2\n"), 0o644) }, true},
		{"atomic save", func() error {
			return joined(os.WriteFile(in("a.yaml.tmp"), []byte("a: 3\n"), 0o644), os.Rename(in("a.yaml.tmp"), in("a.yaml")))
		}, true},
		{"atomic save again", func() error {
			return joined(os.WriteFile(in("a.yaml.tmp"), []byte("a: 4\n"), 0o644), os.Rename(in("a.yaml.tmp"), in("a.yaml")))
		}, true},
		{"new folders with a file", func() error {
			return joined(os.MkdirAll(in("x/y/z"), 0o755), os.WriteFile(in("x/y/z/c.yaml"), []byte("c: 1\n"), 0o644))
		}, true},
		{"write in the new folder", func() error { return os.WriteFile(in("x/y/z/c.yaml"), []byte("c: 2\n"), 0o644) }, true},
		{"rename a folder", func() error { return os.Rename(in("x"), in("w")) }, true},
		{"write in the renamed folder", func() error { return os.WriteFile(in("w/y/z/c.yaml"), []byte("c: 3\n"), 0o644) }, true},
		{"write beside the renamed folder", func() error { return os.WriteFile(in("w/d.yaml"), []byte("d: 1\n"), 0o644) }, true},
		{"delete", func() error { return os.Remove(in("n/b.yaml")) }, true},
		{"delete a folder", func() error { return os.RemoveAll(in("w")) }, true},
		{"a neighbour of the folder", func() error { return os.WriteFile(dir+".other.yaml", nil, 0o644) }, false},
		{"git's own folder", func() error { return os.MkdirAll(in(".git/objects"), 0o755) }, false},
		{"in git's own folder", func() error { return os.WriteFile(in(".git/objects/x"), nil, 0o644) }, false},
	}
	for _, withFetch := range []bool{false, true} {
		t.Run(fmt.Sprintf("fetching=%t", withFetch), func(t *testing.T) {
			_ = os.RemoveAll(dir)
			write(t, dir, "a.yaml", "a: 1\n", "n/b.yaml", "b: 1\n")
			s := open(t, dir)
			fetch(t, s)
			calm(s)
			for _, st := range steps {
				if err := st.do(); err != nil {
					t.Fatal(err)
				}
				if !st.hint {
					select {
					case <-s.Changed():
						t.Errorf("%s: a hint", st.name)
					case <-time.After(4 * window):
					}
					continue
				}
				if took := hint(t, s); took > time.Second {
					t.Errorf("%s: the hint took %v", st.name, took)
				}
				if withFetch {
					fetch(t, s)
				}
				calm(s)
			}
		})
	}
}

func joined(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestFolderVanishesAndReturns(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "topology")
	write(t, dir, "a.yaml", "a: 1\n")
	s := open(t, dir)
	first := fetch(t, s)
	calm(s)

	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	hint(t, s)
	calm(s)
	wantCondition(t, s, reconcile.Missing)
	write(t, dir, "a.yaml", "a: 1\n")
	hint(t, s)
	if got := fetch(t, s).ID; got != first.ID {
		t.Errorf("after it returned the ID is %s, want %s", got, first.ID)
	}
	calm(s)
	write(t, dir, "a.yaml", "a: 2\n")
	hint(t, s)

	// Replaced as a whole, as deployments do.
	calm(s)
	write(t, parent, "next/a.yaml", "a: 3\n")
	if err := joined(os.Rename(dir, dir+".old"), os.Rename(filepath.Join(parent, "next"), dir)); err != nil {
		t.Fatal(err)
	}
	hint(t, s)
	fetch(t, s)
	calm(s)
	write(t, dir, "a.yaml", "a: 4\n")
	hint(t, s)
}

func TestStormIsCoalesced(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.yaml", "a: 1\n")
	s := open(t, dir)
	fetch(t, s)
	calm(s)
	begin := time.Now()
	hints := make(chan int)
	go func() {
		n := 0
		for {
			select {
			case <-s.Changed():
				n++
			case <-time.After(6 * window):
				hints <- n
				return
			}
		}
	}()
	for i := range 5000 {
		write(t, dir, fmt.Sprintf("f%d.yaml", i%500), fmt.Sprintf("a: %d\n", i))
	}
	took := time.Since(begin)
	got := <-hints
	if most := int(took/window) + 3; got < 1 || got > most {
		t.Errorf("%d hints for a storm of %v, want 1 to %d", got, took, most)
	}
	fetch(t, s)
}

func TestOverflowReadsEverything(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.yaml", "a: 1\n")
	s := open(t, dir)
	calm(s)
	s.watch.watcher.Errors <- fsnotify.ErrEventOverflow
	hint(t, s)
	if !s.watch.overflowed() || s.watch.overflowed() {
		t.Error("an overflow is not remembered, or twice")
	}
}
