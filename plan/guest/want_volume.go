package guest

import (
	"fmt"

	"enid/schema"
)

// volumes wants what is on each declared volume to fill it: the last partition, where
// there is one, then the file system. Nothing is ever wanted smaller than it is.
// Document B 03-02.
func (w *wanting) volumes() {
	if len(w.h.Volumes) == 0 {
		return
	}
	disks, systems := disksOf(w.observed)
	taken := map[string]schema.Ref{}
	for _, v := range w.h.Volumes {
		d, f := v.Find(disks, systems)
		other, twice := taken[d.Name]
		switch {
		case f.detail != "":
			if f.absent {
				w.Waiting = append(w.Waiting, v.Ref.String())
			}
			w.block(v.Ref, GrowFileSystem, v.Ref.String(), RuleMatchDisk, f.detail, f.remedy)
			continue
		case twice:
			w.block(v.Ref, GrowFileSystem, v.Ref.String(), RuleMatchDisk, fmt.Sprintf("%s is %s already", d.Chain(), other),
				"correct status.attachedTo[].guestDevice or guest.mountPoint of one of them")
			continue
		}
		taken[d.Name] = v.Ref
		w.grow(v, d)
	}
}

// grow wants what is on the disk to fill the size that the volume has, or the disk
// where that is larger.
func (w *wanting) grow(v Volume, d Disk) {
	holder := d.Holder(v.Guest.Partition)
	p, some := w.observed.Get(PartitionRef(holder)).(Partition)
	switch {
	case v.Guest.Partition > 0 && !some:
		w.block(v.Ref, GrowPartition, v.Ref.String(), RuleGrowGuest, fmt.Sprintf("%s has no partition %d", d.Chain(), v.Guest.Partition),
			"correct guest.partition of "+v.Ref.String())
		return
	case v.Guest.Partition == 0 && d.Table != "":
		w.block(v.Ref, GrowFileSystem, v.Ref.String(), RuleGrowGuest, fmt.Sprintf("%s has a partition table, and %s names no partition", d.Chain(), v.Ref),
			"declare guest.partition")
		return
	}
	f, _ := w.observed.Get(FileSystemRef(holder)).(FileSystem)
	if !w.fits(v, devicePath(holder), f) {
		return
	}
	full := d
	full.Size = max(d.Size, v.Size)
	room := full.Size
	if some {
		room = w.partition(v, p, full)
	}
	w.World.Put(full.Ref(), full)
	f.Size = max(f.Size, room)
	w.World.Put(f.Ref(), f)
	if d.Size < full.Size {
		w.Waiting = append(w.Waiting, d.Chain())
	}
}

// partition wants a partition to end where the disk does, and answers the room that
// its file system will have: where it cannot grow, what it has.
func (w *wanting) partition(v Volume, p Partition, full Disk) (room int64) {
	wish := p
	wish.Size = max(p.Size, full.end()-p.Start)
	w.World.Put(wish.Ref(), wish)
	if unused := full.Size - full.end(); unused > fudge && wish.Size-p.Size < fudge {
		w.advise(v.Ref, RuleGrowGuest, fmt.Sprintf("%s of %s stay unused: its partition table is an MBR, which ends at 2 TiB; convert it to GPT by hand", size(unused), full.Chain()))
	}
	if p.last() {
		return wish.Size
	}
	return p.Size
}

// fits judges whether the file system is one that enid grows, and the declared one.
func (w *wanting) fits(v Volume, device string, f FileSystem) bool {
	switch declared := v.Guest.FileSystem; {
	case f.Unread != "":
		w.block(v.Ref, GrowFileSystem, device, RuleGrowGuest, fmt.Sprintf("the size of the file system on %s is not known: %s", device, f.Unread), "run enid as root; its unit needs the drop-in enid-volumes.conf")
	case f.Type == "":
		w.advise(v.Ref, RuleGrowGuest, fmt.Sprintf("%s holds no file system that enid knows: it grows none there, and makes none", device))
	case declared != "" && declared != f.Type:
		w.block(v.Ref, GrowFileSystem, device, RuleGrowGuest, fmt.Sprintf("%s holds %s, and %s declares %s", device, f.Type, v.Ref, declared), "correct guest.fileSystem")
	case growers[f.Type] == (grower{}):
		w.block(v.Ref, GrowFileSystem, device, RuleGrowGuest, fmt.Sprintf("%s holds %s, which enid does not grow", device, f.Type), "grow it by hand, and take guest out of the attachment")
	default:
		return true
	}
	return false
}
