//go:build linux

package bolt

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"enid/reconcile/store"
	"enid/schema"
)

// small is a file system of its own, of so many bytes.
func small(t *testing.T, options string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("a file system of its own wants root")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// change puts resources of some size, numbered.
func change(from, to int) *store.Change {
	c := &store.Change{}
	for n := from; n < to; n++ {
		r := &schema.Resource{Ref: schema.Ref{Kind: schema.KindVPC, Name: fmt.Sprintf("v%d", n)}, Spec: &schema.VPCSpec{Region: strings.Repeat("r", 500)}}
		c.Put = append(c.Put, r)
	}
	return c
}

// TestDiskFull: a commit that finds no room changes nothing and says what to do; once
// there is room it goes on, and a start in between reads what was recorded.
func TestDiskFull(t *testing.T) {
	dir := small(t, "size=512k")
	db := open(t, dir, Options{})
	done := 0
	var full error
	for ; full == nil && done < 100_000; done += 100 {
		m, err := db.Meta(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, full = db.Commit(t.Context(), m.Epoch, change(done, done+100))
	}
	done -= 100
	if !errors.Is(full, syscall.ENOSPC) || !strings.Contains(full.Error(), "make room on the disk") {
		t.Fatalf("after %d: %v", done, full)
	}
	holds := func(want int) {
		t.Helper()
		s, err := db.Load(t.Context())
		if err != nil || len(s.Resources) != want {
			t.Fatalf("%v, wanted %d resources", err, want)
		}
	}
	holds(done)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, dir, Options{})
	holds(done)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	m, err := db.Meta(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Commit(t.Context(), m.Epoch, change(done, done+100)); err != nil {
		t.Fatal(err)
	}
	holds(done + 100)
}

// TestDiskReadOnly: a state that cannot be written is refused with what to do, and
// read all the same by who only reads.
func TestDiskReadOnly(t *testing.T) {
	dir := small(t, "size=8m")
	db := open(t, dir, Options{})
	if _, err := db.Commit(t.Context(), 0, change(0, 3)); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, Options{}); !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), "read-only") || !strings.Contains(err.Error(), "for writing") {
		t.Errorf("opened for writing: %v", err)
	}
	db, err := Open(dir, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if s, err := db.Load(t.Context()); err != nil || len(s.Resources) != 3 {
		t.Errorf("%+v, %v", s, err)
	}
}
