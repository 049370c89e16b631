//go:build linux

package host

import (
	"slices"
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
	Serial     string `json:"serial,omitempty"` // of its disk; on Nitro the volume's id, without the dash
	Volume     string `json:"volume,omitempty"` // its name in the topology, where that is known
}

// fileSystems answers what is mounted of block devices, each device once, where it
// was mounted first. What vanishes meanwhile, or may not be looked at, is left out.
func (m *Machine) fileSystems() []ShownFileSystem {
	out := []ShownFileSystem{}
	serials := m.blocks(nil).serials()
	for _, at := range m.mounts() {
		shown := ShownFileSystem{Device: at.source, MountPoint: at.point, Type: at.kind, Serial: serials[at.number]}
		if !strings.HasPrefix(at.source, "/dev/") || slices.ContainsFunc(out, func(o ShownFileSystem) bool { return o.Device == shown.Device }) {
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
