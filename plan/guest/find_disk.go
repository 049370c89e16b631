package guest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"enid/plan"
)

// ebsSerial is how the serial of an EBS volume's NVMe device begins: it is the
// volume's id without the dash.
const ebsSerial = "vol"

func ebsSerialOf(id string) string { return strings.ReplaceAll(id, "-", "") }

// Find answers the disk that is the volume, or why there is none.
//
// A serial is a proof. Without one it is the device that the guest was seen to call
// it, the one that holds the file system at its mount point, or the one of the
// declared name, and all that exist must be the same. A disk that shows another
// volume's serial is never taken, and where the volume's own is not known such a disk
// is taken for its mount point only: the numbers of NVMe devices change from boot to
// boot. Document B 03-02.
func (v Volume) Find(disks []Disk, mounted []FileSystem) (Disk, Fault) {
	serial := ebsSerialOf(v.ID)
	at := slices.IndexFunc(disks, func(d Disk) bool { return serial != "" && d.Serial == serial })
	if at >= 0 {
		return disks[at], Fault{}
	}
	found := v.candidates(disks, mounted)
	switch {
	case len(found) == 0:
		return Disk{}, Fault{absent: true, detail: fmt.Sprintf("no disk of this machine is %s (%s)", v.Ref, v.clues()),
			remedy: "enid goes on by itself when it appears; where it is there, declare guest.mountPoint, or import status.id or status.attachedTo[].guestDevice"}
	case len(found) > 1:
		return Disk{}, Fault{detail: fmt.Sprintf("%s may be %s or %s (%s)", v.Ref, found[0].Chain(), found[1].Chain(), v.clues()),
			remedy: "correct status.attachedTo[].guestDevice or guest.mountPoint, or import status.id"}
	}
	d := found[0]
	switch {
	case !strings.HasPrefix(d.Serial, ebsSerial):
	case serial != "":
		return Disk{}, Fault{detail: fmt.Sprintf("%s has the serial %s, and %s is %s", d.Chain(), d.Serial, v.Ref, serial),
			remedy: "correct status.attachedTo[].guestDevice or guest.mountPoint, or status.id; enid finds the disk by its serial when it is there"}
	case !v.mountedOn(d, mounted):
		return Disk{}, Fault{detail: fmt.Sprintf("%s has the serial %s, and the id of %s is not known", d.Chain(), d.Serial, v.Ref),
			remedy: "import status.id, or declare the guest.mountPoint where it is mounted"}
	}
	return d, Fault{}
}

// candidates answers the disks that a name or the mount point leads to, each once.
func (v Volume) candidates(disks []Disk, mounted []FileSystem) (found []Disk) {
	for _, d := range disks {
		named := func(of string) bool { return of != "" && partitionOf(of, d.Chain()) }
		if named(v.GuestDevice) || named(v.Device) || named(xenDevice(v.Device)) || d.Alias != "" && d.Alias == v.Device || v.mountedOn(d, mounted) {
			found = append(found, d)
		}
	}
	return found
}

// mountedOn reports whether the disk holds the file system at the mount point.
func (v Volume) mountedOn(d Disk, mounted []FileSystem) bool {
	return v.Guest.MountPoint != "" && slices.ContainsFunc(mounted, func(f FileSystem) bool {
		return f.MountPoint == v.Guest.MountPoint && partitionOf(f.Chain(), d.Chain())
	})
}

// Fault is why a volume's disk is not found, and what can be done; the zero value is
// none.
type Fault struct {
	detail, remedy string
	absent         bool // it may only not be there yet
}

// clues are what the disk is looked for by.
func (v Volume) clues() string {
	out := []string{}
	for _, c := range []struct{ what, value string }{{"id", v.ID}, {"guest device", v.GuestDevice}, {"mounted on", v.Guest.MountPoint}, {"device", v.Device}} {
		if c.value != "" {
			out = append(out, c.what+" "+c.value)
		}
	}
	return strings.Join(out, ", ")
}

// xenDevice is the name that a guest on Xen gives a device: xvd for sd.
func xenDevice(device string) string {
	if rest, ok := strings.CutPrefix(device, "/dev/sd"); ok {
		return "/dev/xvd" + rest
	}
	return ""
}

// end answers where the last partition can end, as growpart counts: it leaves room
// for GPT's backup at the end of the disk, whatever the table, and an MBR ends at 2^32
// sectors.
func (d Disk) end() int64 {
	end := d.Size - 33*d.Sector
	if d.Table == "dos" {
		end = min(end, d.Sector<<32)
	}
	return end
}

// Holder answers the name of the device of a disk that holds the file system: the
// disk, or its partition of that number.
func (d Disk) Holder(partition int) string {
	if partition == 0 {
		return d.Name
	}
	if last := d.Name[len(d.Name)-1]; last >= '0' && last <= '9' {
		return d.Name + "p" + itoa(partition)
	}
	return d.Name + itoa(partition)
}

// disksOf answers a world's disks and file systems, by name.
func disksOf(w *plan.World) (disks []Disk, systems []FileSystem) {
	for _, ref := range w.Refs() {
		switch o := w.Get(ref).(type) {
		case Disk:
			disks = append(disks, o)
		case FileSystem:
			systems = append(systems, o)
		}
	}
	slices.SortFunc(disks, func(a, b Disk) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(systems, func(a, b FileSystem) int { return cmp.Compare(a.Device, b.Device) })
	return disks, systems
}
