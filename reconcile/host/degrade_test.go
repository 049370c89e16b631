//go:build linux

package host

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// readOnlyMount makes what is mounted at a place read-only until the test ends.
func readOnlyMount(t *testing.T, at string) {
	t.Helper()
	if err := unix.Mount(at, at, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("", at, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Unmount(at, unix.MNT_DETACH) })
}

// waitFor waits until something is so; it is never asserted how soon.
func waitFor(t *testing.T, what string, so func() bool) {
	t.Helper()
	for range 1000 {
		if so() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("waited in vain until %s", what)
}
