package guest

import (
	"slices"
	"strings"
)

// bareVolumes adds the disks of volumes, each full of what its file system declares,
// and what growing needs: growing is a matter of what a volume was before.
func (a asked) bareVolumes(o *Objects) {
	for _, v := range a.host.Volumes {
		d := Disk{Name: v.device(), Size: v.Size, Sector: 512}
		f := FileSystem{Device: d.Holder(v.Guest.Partition), Type: v.Guest.FileSystem, Size: d.Size, MountPoint: v.Guest.MountPoint}
		if f.MountPoint == "" {
			f.MountPoint = "/" // somewhere
		}
		if n := v.Guest.Partition; n > 0 {
			d.Table = "gpt"
			p := Partition{Disk: d.Name, Name: f.Device, Number: n, Start: fudge}
			p.Size = d.end() - p.Start
			f.Size = p.Size
			o.More = append(o.More, p)
		}
		o.More = append(o.More, d, f)
	}
	if len(a.host.Volumes) == 0 {
		return
	}
	for _, name := range Growing.Programs {
		o.More = append(o.More, Program{name})
	}
	for name := range Growing.Capabilities {
		o.More = append(o.More, Capability{name})
	}
}

// device answers the name of a volume's disk, as the guest was seen to call it, else
// as it is declared; empty: nothing says.
func (v Volume) device() string {
	name := v.GuestDevice
	if name == "" {
		name = v.Device
	}
	return strings.TrimPrefix(name, "/dev/")
}

// volumes leaves out the volumes of which the files do not say what is on them, and
// says what is taken for the disks of the others.
func (a *asked) volumes() {
	a.host.Volumes = slices.DeleteFunc(slices.Clone(a.host.Volumes), func(v Volume) bool {
		hidden := v.device() == "" || v.Guest.FileSystem == "" || v.Guest.MountPoint == "" && v.Guest.FileSystem == "xfs"
		switch {
		case hidden:
			a.leave(v.Ref, RuleGrowGuest, "what is on its %s is for the machine to say: declare guest.fileSystem and guest.mountPoint to see how that grows", size(v.Size))
		case v.GuestDevice == "":
			a.leave(v.Ref, RuleGrowGuest, "its disk of %s is taken for the declared /dev/%s: a machine may call it otherwise, and enid finds it by its serial", size(v.Size), v.device())
		}
		return hidden
	})
	for _, v := range a.host.Volumes {
		a.disks[v.Ref] = v.device()
	}
}

// sameDisk reports whether a disk holds the volume that it held before.
func (a asked) sameDisk(before asked, disk string) bool {
	for of, name := range a.disks {
		if name == disk {
			return before.disks[of] == disk && before.born[of] == a.born[of]
		}
	}
	return false
}
