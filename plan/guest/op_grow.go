package guest

import (
	"fmt"

	"enid/plan"
)

// grower is the program that grows something, and what it needs.
type grower struct {
	program    string
	capability string // without it the kernel refuses
	packages   string // where the distributions have the program
}

// partitionGrower and growers, by type of file system, are what the source names.
// Document B 03-02.
var (
	partitionGrower = grower{"growpart", sysAdmin, "cloud-guest-utils (Debian, Ubuntu) or cloud-utils-growpart"}
	growers         = map[string]grower{"ext4": {"resize2fs", sysResource, "e2fsprogs"}, "xfs": {"xfs_growfs", sysAdmin, "xfsprogs"}}
)

// The capabilities that the kernel asks for: to write to a disk in use and to grow an
// xfs, and to grow an ext4.
const (
	sysAdmin    = "CAP_SYS_ADMIN"
	sysResource = "CAP_SYS_RESOURCE"
)

// Growing is what the observer is to tell of: the programs that are installed and the
// capabilities that there are, these by their numbers.
var Growing = struct {
	Programs     []string
	Capabilities map[string]int
}{[]string{partitionGrower.program, growers["ext4"].program, growers["xfs"].program}, map[string]int{sysAdmin: 21, sysResource: 24}}

var growPartition = operation(plan.Operation{
	ID: GrowPartition, Kind: KindPartition, Action: plan.Update, Rank: rankGrowPartition, Source: "B 03-02",
	Gives: func(v *plan.View, ref plan.Ref) bool {
		p, have := is[Partition](v, ref)
		w, wanted := want[Partition](v, ref)
		return have && wanted && w.Size-p.Size >= fudge
	},
	Changes: func(v *plan.View, ref plan.Ref) []plan.Change {
		return grows(v.Get(ref).(Partition).Size, v.Want.Get(ref).(Partition).Size)
	},
	Requires: []plan.Requirement{
		{Rule: RuleGrowGuest, Check: isLast},
		{Rule: RuleGrowGuest, Check: func(v *plan.View, _ plan.Ref) plan.Verdict { return partitionGrower.usable(v) }},
		{Rule: RuleMatchDisk, Check: func(v *plan.View, ref plan.Ref) plan.Verdict {
			return diskGrown(v, v.Want.Get(ref).(Partition).Disk)
		}},
	},
	Effect: func(e *plan.Effects, ref plan.Ref) {
		p := e.Get(ref).(Partition)
		p.Size = e.Want.Get(ref).(Partition).Size
		e.Put(ref, p)
	},
}, func(_ Machine, _, to plan.Object) string { return line(to.(Partition).Grow()) })

// isLast: growing runs into what stands behind a partition, or into the end of the
// extended one around it.
func isLast(v *plan.View, ref plan.Ref) plan.Verdict {
	switch p, _ := is[Partition](v, ref); {
	case p.Behind != "":
		return plan.Fails("move or remove what is behind it by hand, or put the data on a volume of its own",
			"%s is not the last partition of %s: %s is behind it", devicePath(p.Name), p.Chain(), devicePath(p.Behind))
	case p.Logical:
		return plan.Fails("grow the extended partition and it by hand", "%s is a logical partition, which growpart does not grow", devicePath(p.Name))
	}
	return fine()
}

// usable: the program is there, and may do it.
func (g grower) usable(v *plan.View) plan.Verdict {
	if _, ok := is[Program](v, Program{g.program}.Ref()); !ok {
		return plan.Fails("install the package "+g.packages, "%s is not installed on this machine", g.program)
	}
	if _, ok := is[Capability](v, Capability{g.capability}.Ref()); !ok {
		return plan.Fails("run enid as root; its unit needs the drop-in enid-volumes.conf", "%s needs %s, which enid does not have here", g.program, g.capability)
	}
	return fine()
}

// diskGrown: the cloud needs a while after ModifyVolume, and the kernel learns of the
// size only then.
func diskGrown(v *plan.View, disk string) plan.Verdict {
	d, _ := is[Disk](v, DiskRef(disk))
	w, _ := want[Disk](v, DiskRef(disk))
	if d.Size < w.Size {
		return plan.Fails("enid goes on by itself when the machine sees the new size", "%s has %s yet, and is to have %s", w.Chain(), size(d.Size), size(w.Size))
	}
	return fine()
}

var growFileSystem = operation(plan.Operation{
	ID: GrowFileSystem, Kind: KindFileSystem, Action: plan.Update, Rank: rankGrowFileSystem, Source: "B 03-02",
	Gives: func(v *plan.View, ref plan.Ref) bool {
		f, have := is[FileSystem](v, ref)
		w, wanted := want[FileSystem](v, ref)
		return have && wanted && w.Size-f.Size >= f.least()
	},
	Changes: func(v *plan.View, ref plan.Ref) []plan.Change {
		return grows(v.Get(ref).(FileSystem).Size, v.Want.Get(ref).(FileSystem).Size)
	},
	Requires: []plan.Requirement{
		{Rule: RuleGrowGuest, Check: isMounted},
		{Rule: RuleGrowGuest, Check: func(v *plan.View, ref plan.Ref) plan.Verdict {
			return growers[v.Want.Get(ref).(FileSystem).Type].usable(v)
		}},
		{Rule: RuleMatchDisk, Check: func(v *plan.View, ref plan.Ref) plan.Verdict {
			if _, whole := want[Disk](v, DiskRef(ref.Name)); !whole {
				return plan.Skipped() // its partition asks
			}
			return diskGrown(v, ref.Name)
		}},
		{Rule: plan.RuleDependsOn, Check: partitionGrown},
	},
	Effect: func(e *plan.Effects, ref plan.Ref) {
		f := e.Get(ref).(FileSystem)
		f.Size = e.Want.Get(ref).(FileSystem).Size
		e.Put(ref, f)
	},
}, func(_ Machine, _, to plan.Object) string { return line(to.(FileSystem).Grow()) })

// isMounted: xfs grows in no other way, and an ext4 that is not mounted wants a check
// first, which is a person's decision.
func isMounted(v *plan.View, ref plan.Ref) plan.Verdict {
	f, _ := is[FileSystem](v, ref)
	switch {
	case f.MountPoint == "" && f.Type == "ext4":
		return plan.Fails(fmt.Sprintf("mount it, or run e2fsck -f %s and resize2fs %s by hand", f.Chain(), f.Chain()), "the ext4 on %s is not mounted", f.Chain())
	case f.MountPoint == "":
		return plan.Fails("mount it", "the %s on %s is not mounted, and grows only so", f.Type, f.Chain())
	case f.ReadOnly:
		return plan.Fails("mount it read-write", "%s is mounted read-only on %s", f.Chain(), f.MountPoint)
	}
	return fine()
}

// partitionGrown: the partition goes first, for the file system grows into it. One
// that cannot grow is not waited for.
func partitionGrown(v *plan.View, ref plan.Ref) plan.Verdict {
	at := PartitionRef(ref.Name)
	p, _ := is[Partition](v, at)
	w, wanted := want[Partition](v, at)
	if wanted && w.Size-p.Size >= fudge && p.last() {
		return waitFor(at, "%s grows first", devicePath(p.Name))
	}
	return fine()
}

// Grow answers the program and arguments that make a partition end where the disk
// does.
func (p Partition) Grow() []string {
	return []string{partitionGrower.program, p.Chain(), itoa(p.Number)}
}

// Grow answers the program and argument that make a file system fill its device.
func (f FileSystem) Grow() []string {
	at := f.Chain()
	if f.Type == "xfs" {
		at = f.MountPoint
	}
	return []string{growers[f.Type].program, at}
}
