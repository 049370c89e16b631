//go:build linux

package host

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"enid/plan/guest"
)

// volumes reads what the declared volumes are made of: all disks and where they are
// mounted; of the volumes' own disks the partitions and the size of the file system
// as well. Nothing is opened for writing, since udev looks anew at what was.
func (m *Machine) volumes(r guest.Reading, o *guest.Objects) {
	if len(r.Volumes) == 0 {
		return
	}
	b := m.blocks(r.Volumes)
	systems := m.mounted(b, r.Volumes)
	own := map[string]bool{}
	for _, v := range r.Volumes {
		if d, fault := v.Find(b.disks, systems); fault == (guest.Fault{}) {
			own[d.Name] = true
			holder := d.Holder(v.Guest.Partition)
			at := slices.IndexFunc(systems, func(f guest.FileSystem) bool { return f.Device == holder })
			if at < 0 {
				at, systems = len(systems), append(systems, guest.FileSystem{Device: holder})
			}
			if b.numbers[holder] != "" {
				measure(&systems[at])
			}
		}
	}
	for _, d := range b.disks {
		if own[d.Name] && len(b.parts[d.Name]) > 0 {
			d.Table = table(d)
			for _, p := range b.parts[d.Name] {
				p.Logical = d.Table == "dos" && p.Number > 4
				o.More = append(o.More, p)
			}
		}
		o.More = append(o.More, d)
	}
	for _, f := range systems {
		o.More = append(o.More, f)
	}
	for _, name := range guest.Growing.Programs {
		if _, err := lookProgram(name); err == nil {
			o.More = append(o.More, guest.Program{Name: name})
		}
	}
	have := capabilities()
	for name, bit := range guest.Growing.Capabilities {
		if have>>bit&1 == 1 {
			o.More = append(o.More, guest.Capability{Name: name})
		}
	}
}

// blocks are the block devices of a machine.
type blocks struct {
	disks   []guest.Disk                 // by name
	parts   map[string][]guest.Partition // by disk, by number
	numbers map[string]string            // MAJOR:MINOR, of disks and partitions, by name
}

// virtual are the names of block devices that are no disk of a cloud: they are made
// of others, of memory, or hold a medium.
var virtual = []string{"dm-", "md", "ram", "zram", "sr", "fd"}

// blocks reads all disks that have a size. A link of a declared device name is
// followed: some images make one for each volume.
func (m *Machine) blocks(volumes []guest.Volume) *blocks {
	b := &blocks{parts: map[string][]guest.Partition{}, numbers: map[string]string{}}
	alias := map[string]string{}
	for _, v := range volumes {
		if to, err := os.Readlink(v.Device); err == nil {
			alias[filepath.Base(to)] = v.Device
		}
	}
	names, _ := os.ReadDir(m.opts.Sys + "/block") // sorted
	for _, n := range names {
		at := filepath.Join(m.opts.Sys, "block", n.Name())
		if slices.ContainsFunc(virtual, func(p string) bool { return strings.HasPrefix(n.Name(), p) }) {
			continue
		}
		if size := sectors(at + "/size"); size > 0 {
			b.disks = append(b.disks, guest.Disk{Name: n.Name(), Size: size, Sector: max(number(at+"/queue/logical_block_size"), sysfsSector),
				Serial: serial(at), Alias: alias[n.Name()]})
			b.numbers[n.Name()] = word(at + "/dev")
			b.partitions(at, n.Name())
		}
	}
	return b
}

func (b *blocks) partitions(at, disk string) {
	files, _ := filepath.Glob(at + "/" + disk + "*/partition")
	for _, f := range files {
		dir := filepath.Dir(f)
		p := guest.Partition{Disk: disk, Name: filepath.Base(dir), Number: int(number(f)), Start: sectors(dir + "/start"), Size: sectors(dir + "/size")}
		b.parts[disk] = append(b.parts[disk], p)
		b.numbers[p.Name] = word(dir + "/dev")
	}
	parts := b.parts[disk]
	slices.SortFunc(parts, func(a, b guest.Partition) int { return int((a.Start - b.Start) >> 9) })
	for i := range parts[:max(0, len(parts)-1)] {
		parts[i].Behind = parts[i+1].Name
	}
}

// serials answers the serials of disks, for them and their partitions, by number.
func (b *blocks) serials() map[string]string {
	out := map[string]string{}
	for _, d := range b.disks {
		out[b.numbers[d.Name]] = d.Serial
		for _, p := range b.parts[d.Name] {
			out[b.numbers[p.Name]] = d.Serial
		}
	}
	return out
}

// mounted answers the file systems on disks and partitions that are mounted whole and
// can be reached there: where they are declared to be, else where they were first.
func (m *Machine) mounted(b *blocks, volumes []guest.Volume) (out []guest.FileSystem) {
	device := map[string]string{}
	for name, number := range b.numbers {
		device[number] = name
	}
	at := map[string]int{}
	for _, x := range m.mounts() {
		name, known := device[x.number]
		if !known || x.root != "/" || !reaches(x) {
			continue
		}
		f := guest.FileSystem{Device: name, Type: x.kind, MountPoint: x.point, ReadOnly: x.readOnly}
		i, again := at[name]
		switch {
		case !again:
			at[name], out = len(out), append(out, f)
		case slices.ContainsFunc(volumes, func(v guest.Volume) bool { return v.Guest.MountPoint == x.point }):
			out[i] = f
		}
	}
	return out
}

// reaches reports whether the mount point leads to the mount: another one may hide it.
func reaches(x mount) bool {
	var s unix.Stat_t
	return unix.Stat(x.point, &s) == nil && x.number == strconv.Itoa(int(unix.Major(s.Dev)))+":"+strconv.Itoa(int(unix.Minor(s.Dev)))
}

// serial answers the serial of a disk: virtio has it at the disk, NVMe at the
// controller. Empty: the driver shows none.
func serial(at string) string {
	if s := word(at + "/serial"); s != "" {
		return s
	}
	return word(at + "/device/serial")
}

// word answers what a file of sysfs holds; empty where it is not there.
func word(file string) string {
	b, _ := os.ReadFile(file)
	return strings.TrimSpace(string(b))
}

func number(file string) int64 {
	n, _ := strconv.ParseInt(word(file), 10, 64)
	return n
}

// sysfsSector is the unit of sizes in sysfs, whatever the disk's own sectors are.
const sysfsSector = 512

// sectors answers bytes.
func sectors(file string) int64 { return number(file) * sysfsSector }
