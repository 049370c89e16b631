package guest

import (
	"fmt"

	"enid/plan"
	"enid/schema"
)

// The kinds of objects that hold a volume's data.
const (
	KindDisk       schema.Kind = "Disk"
	KindPartition  schema.Kind = "Partition"
	KindFileSystem schema.Kind = "FileSystem"
	KindProgram    schema.Kind = "Program"
	KindCapability schema.Kind = "Capability"
)

// Disk is a whole block device, as sysfs shows it. Nothing on the machine changes
// its size: the cloud does.
type Disk struct {
	Name   string // nvme1n1
	Size   int64  // bytes
	Sector int64  // bytes of a logical sector
	Serial string // vol0a7f3d9c5e1b28640 on Nitro; empty: the driver shows none
	// Alias is a volume's declared device name that is a link to this disk, as
	// udev rules of some images make one; empty: none.
	Alias string
	Table string // gpt, dos; empty: it has no partition table
}

// Ref answers Disk/NAME.
func (d Disk) Ref() plan.Ref { return DiskRef(d.Name) }

// DiskRef answers the reference of the disk of that name.
func DiskRef(name string) plan.Ref { return plan.Ref{Kind: KindDisk, Name: name} }

// Partition is a partition of a Disk.
type Partition struct {
	Disk, Name  string // nvme1n1, nvme1n1p1
	Number      int
	Start, Size int64  // bytes
	Behind      string // the partition behind it; empty: it is the last one
	Logical     bool   // it lies within an extended partition
}

// Ref answers Partition/NAME.
func (p Partition) Ref() plan.Ref { return PartitionRef(p.Name) }

// PartitionRef answers the reference of the partition of that name.
func PartitionRef(name string) plan.Ref { return plan.Ref{Kind: KindPartition, Name: name} }

// FileSystem is the file system on a Disk or a Partition.
type FileSystem struct {
	Device string // nvme1n1p1
	Type   string // ext4, xfs ...; empty: none that enid knows
	Size   int64  // bytes; 0: it was not looked at
	// Least is the smallest growth that the file system takes, in bytes: what is
	// left of its device may be too little for one more of its groups.
	Least      int64
	MountPoint string // empty: it is not mounted
	ReadOnly   bool   // it is mounted so
	// Unread is why its size could not be read; empty: it was.
	Unread string
}

// Ref answers FileSystem/NAME-OF-ITS-DEVICE.
func (f FileSystem) Ref() plan.Ref { return FileSystemRef(f.Device) }

// FileSystemRef answers the reference of the file system on the device of that name.
func FileSystemRef(device string) plan.Ref { return plan.Ref{Kind: KindFileSystem, Name: device} }

// last reports whether nothing stands behind the partition, and nothing around it.
func (p Partition) last() bool { return p.Behind == "" && !p.Logical }

// Program is a program that is installed on the machine.
type Program struct{ Name string }

// Ref answers Program/NAME.
func (p Program) Ref() plan.Ref { return plan.Ref{Kind: KindProgram, Name: p.Name} }

// Capability is one that the observing process has, and what it starts with it.
type Capability struct{ Name string }

// Ref answers Capability/NAME.
func (c Capability) Ref() plan.Ref { return plan.Ref{Kind: KindCapability, Name: c.Name} }

// None of them has an interface. A partition and what is on it are chains of their own:
// neither is ever undone, and a file system that does not grow is no reason to try the
// partition again.

// Interface answers none.
func (Disk) Interface() string { return "" }

// Chain answers the disk's device.
func (d Disk) Chain() string { return devicePath(d.Name) }

// Interface answers none.
func (Partition) Interface() string { return "" }

// Chain answers the device of its disk.
func (p Partition) Chain() string { return devicePath(p.Disk) }

// Interface answers none.
func (FileSystem) Interface() string { return "" }

// Chain answers its device.
func (f FileSystem) Chain() string { return devicePath(f.Device) }

// Interface answers none.
func (Program) Interface() string { return "" }

// Chain answers its name.
func (p Program) Chain() string { return p.Name }

// Interface answers none.
func (Capability) Interface() string { return "" }

// Chain answers its name.
func (c Capability) Chain() string { return c.Name }

// Differs answers none: a disk that is still smaller than its volume blocks what
// grows on it.
func (Disk) Differs(_, _ plan.Object) []plan.Change { return nil }

// Differs answers none: nothing installs it.
func (Program) Differs(_, _ plan.Object) []plan.Change { return nil }

// Differs answers none: nothing gives it.
func (Capability) Differs(_, _ plan.Object) []plan.Change { return nil }

// fudge is the growth that is not worth a step: growpart refuses a smaller one too.
const fudge = 1 << 20

// Differs answers the growth, where there is enough of it.
func (Partition) Differs(is, want plan.Object) []plan.Change {
	a, have := is.(Partition)
	b, ask := want.(Partition)
	if !have || !ask || b.Size-a.Size < fudge {
		return nil
	}
	return grows(a.Size, b.Size)
}

// Differs answers the growth, where there is enough of it for the file system.
func (FileSystem) Differs(is, want plan.Object) []plan.Change {
	a, have := is.(FileSystem)
	b, ask := want.(FileSystem)
	if !have || !ask || b.Size-a.Size < a.least() {
		return nil
	}
	return grows(a.Size, b.Size)
}

func (f FileSystem) least() int64 { return max(f.Least, fudge) }

// Grown reports whether nothing is left of the way from one object to another: the
// judgement of a step that a program of the distribution did.
func Grown(is, want plan.Object) bool {
	o, ok := want.(object)
	return ok && is != nil && len(o.Differs(is, want)) == 0
}

func grows(from, to int64) []plan.Change {
	return []plan.Change{{Path: "sizeMiB", From: from >> 20, To: to >> 20}}
}

// devicePath is where a block device's file is. sysfs writes an exclamation mark for a slash;
// no disk of a cloud has one.
func devicePath(name string) string { return "/dev/" + name }

// size puts bytes into words: GiB where they are whole, else MiB.
func size(n int64) string {
	if n>>30<<30 == n {
		return fmt.Sprintf("%d GiB", n>>30)
	}
	return fmt.Sprintf("%d MiB", n>>20)
}
