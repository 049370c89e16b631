//go:build linux

package host

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The space that is shown is what df says; what is no block device, is mounted
// again or is gone is left out.
func TestFileSystems_volume_free_space(t *testing.T) {
	clean(t)
	dir := filepath.Join(t.TempDir(), "a b")
	proc := t.TempDir()
	mounts := "20 1 0:5 / /proc rw - proc proc rw\n21 1 259:1 / " + strings.ReplaceAll(dir, " ", `\040`) + " rw shared:1 - xfs /dev/nvme1n1 rw\n" +
		"22 1 259:1 / / rw - xfs /dev/nvme1n1 rw\n23 1 8:1 / /no/such/place rw - ext4 /dev/gone rw\nx\n"
	for path, text := range map[string]string{filepath.Join(proc, "self/mountinfo"): mounts, filepath.Join(dir, "x"): ""} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	m := open(t, Options{Proc: proc})
	shown, err := m.Show(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(shown.FileSystems) != 1 {
		t.Fatalf("shown: %+v", shown.FileSystems)
	}
	df := strings.Fields(sh(t, "df -B1M --output=size,avail "+filepath.Dir(dir)))
	size, _ := strconv.ParseUint(df[len(df)-2], 10, 64)
	free, _ := strconv.ParseUint(df[len(df)-1], 10, 64)
	got := shown.FileSystems[0]
	if got.Device != "/dev/nvme1n1" || got.MountPoint != dir || got.Type != "xfs" || apart(got.SizeMiB, size) || apart(got.FreeMiB, free) {
		t.Errorf("shown %+v, and df says %d and %d MiB", got, size, free)
	}
}

// apart reports whether two sizes differ by more than rounding and a busy disk.
func apart(a, b uint64) bool { return a > b+64 || b > a+64 }
