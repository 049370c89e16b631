package git

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"enid/reconcile"
)

// TestFullDisk has the cache's disk run full before a new commit comes, wholly and so
// that less than the pack may be taken: both are the disk's fault and not the
// repository's, the cache is kept, and once there is room the commit is read.
func TestFullDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("mounting a small disk wants root")
	}
	disk := t.TempDir()
	if err := unix.Mount("disk", disk, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("no small disk can be mounted: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(disk, unix.MNT_DETACH) })
	r := newRepo(t)
	first := r.commit("1", "topology/a.yaml", "a: 1\n")
	s := open(t, Options{URL: "file://" + r.bare, CacheDir: filepath.Join(disk, "cache")})
	wantID(t, s, first)
	noise := make([]byte, 10<<10) // nothing packs it, and half of 16 KiB does not hold it
	_, _ = rand.Read(noise)
	id := r.commit("2", "topology/a.yaml", "a: 2\n", "noise", string(noise))
	for _, free := range []int64{0, 16 << 10} {
		filler := filepath.Join(disk, "filler")
		fill(t, filler, free)
		wantCondition(t, s, reconcile.Unreachable, "the git cache", "half of what is free", "no space left on device")
		if packs := glob(filepath.Join(s.cache, "objects", "pack"), "", ""); len(packs) == 0 {
			t.Errorf("with %d bytes free the cache was thrown away", free)
		}
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
	}
	wantID(t, s, id)
}

// fill takes all of a disk but some bytes.
func fill(t *testing.T, file string, free int64) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var size int64
	for page := make([]byte, os.Getpagesize()); err == nil; {
		var n int
		n, err = f.Write(page)
		size += int64(n)
	}
	if !errors.Is(err, unix.ENOSPC) {
		t.Fatal(err)
	}
	if err := f.Truncate(size - free); err != nil {
		t.Fatal(err)
	}
}
