//go:build linux

package host

import (
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ShownFileSystem is a file system on a block device, with the space that only
// the guest knows of. Document B 03-02.
type ShownFileSystem struct {
	Device     string `json:"device"`
	MountPoint string `json:"mountPoint"`
	Type       string `json:"type"`
	SizeMiB    uint64 `json:"sizeMiB"`
	FreeMiB    uint64 `json:"freeMiB"`          // for users other than root
	Volume     string `json:"volume,omitempty"` // its name in the topology, where that is known
}

// fileSystems answers what is mounted of block devices, each device once, where it
// was mounted first. What vanishes meanwhile, or may not be looked at, is left out.
func (m *Machine) fileSystems() []ShownFileSystem {
	out := []ShownFileSystem{}
	mounts, err := os.ReadFile(m.opts.Proc + "/self/mounts")
	if err != nil {
		return out
	}
	for line := range strings.Lines(string(mounts)) {
		f := strings.Fields(line)
		if len(f) < 3 || !strings.HasPrefix(f[0], "/dev/") {
			continue
		}
		shown := ShownFileSystem{Device: unescape(f[0]), MountPoint: unescape(f[1]), Type: f[2]}
		if slices.ContainsFunc(out, func(o ShownFileSystem) bool { return o.Device == shown.Device }) {
			continue
		}
		var s unix.Statfs_t
		if unix.Statfs(shown.MountPoint, &s) != nil {
			continue
		}
		block := uint64(s.Bsize)
		shown.SizeMiB, shown.FreeMiB = s.Blocks*block>>20, s.Bavail*block>>20
		out = append(out, shown)
	}
	return out
}

// unescape answers a name of the kernel's list of mounts, in which white space and
// backslashes are three octal digits behind a backslash.
func unescape(s string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, `\`)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		n, err := strconv.ParseUint(after[:min(3, len(after))], 8, 8)
		if err != nil || len(after) < 3 {
			b.WriteString(`\`)
			s = after
			continue
		}
		b.WriteByte(byte(n))
		s = after[3:]
	}
}
