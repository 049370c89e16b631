package guest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"enid/plan"
	"enid/schema"
)

const gib = 1 << 30

// grow adds an attached volume, and answers its spec and status.
func (s *state) grow(name string, sizeGiB int, guest schema.VolumeGuest, at schema.AttachedVolume) (*schema.VolumeSpec, *schema.VolumeStatus) {
	at.Instance = "web-1"
	spec := &schema.VolumeSpec{Account: "aws", SizeGiB: sizeGiB, AttachTo: []schema.VolumeAttachment{{Instance: "web-1", Device: "/dev/sdf", Guest: &guest}}}
	status := &schema.VolumeStatus{Phase: schema.PhaseInUse, SizeGiB: sizeGiB, AttachedTo: []schema.AttachedVolume{at}}
	s.more = append(s.more, res(schema.KindAccount, "aws", &schema.AccountSpec{Provider: schema.AWS}, nil), res(schema.KindVolume, name, spec, status))
	return spec, status
}

// storage is a machine with all that growing needs, and these objects.
func storage(objects ...interface{ Ref() plan.Ref }) Objects {
	o := exampleObjects()
	o.More = objects
	for _, p := range Growing.Programs {
		o.More = append(o.More, Program{p})
	}
	for c := range Growing.Capabilities {
		o.More = append(o.More, Capability{c})
	}
	return o
}

// A serial is a proof, and names must agree; another volume's disk is never taken.
func TestFind_host_match_disk(t *testing.T) {
	disk := func(name, serial string) Disk { return Disk{Name: name, Serial: serial, Size: gib} }
	root, one, two := disk("nvme0n1", "vol0aaa"), disk("nvme1n1", "vol0bbb"), disk("nvme2n1", "vol0ccc")
	xvdf, sdf := disk("xvdf", ""), disk("sdf", "")
	linked := disk("vdb", "")
	linked.Alias = "/dev/sdf"
	srv := []FileSystem{{Device: "nvme2n1p1", MountPoint: "/srv"}, {Device: "xvdf", MountPoint: "/var"}}
	all := []Disk{root, one, two}
	for _, c := range []struct {
		name  string
		v     Volume
		disks []Disk
		want  string // the disk, or what the fault says
	}{
		{"serial", Volume{ID: "vol-0ccc", GuestDevice: "/dev/nvme1n1"}, all, "nvme2n1"},
		{"another's serial", Volume{ID: "vol-0ddd", GuestDevice: "/dev/nvme1n1"}, all, "/dev/nvme1n1 has the serial vol0bbb, and Volume/data is vol0ddd"},
		{"a serial, and no id", Volume{GuestDevice: "/dev/nvme1n1"}, all, "the id of Volume/data is not known"},
		{"mounted there, and no id", Volume{Guest: schema.VolumeGuest{MountPoint: "/srv"}}, all, "nvme2n1"},
		{"they disagree", Volume{GuestDevice: "/dev/nvme1n1", Guest: schema.VolumeGuest{MountPoint: "/srv"}}, all, "Volume/data may be /dev/nvme1n1 or /dev/nvme2n1"},
		{"they agree", Volume{Device: "/dev/sdf", GuestDevice: "/dev/xvdf", Guest: schema.VolumeGuest{MountPoint: "/var"}}, []Disk{xvdf}, "xvdf"},
		{"a partition is of its disk", Volume{GuestDevice: "/dev/xvdf1"}, []Disk{xvdf}, "xvdf"},
		{"Xen's name", Volume{Device: "/dev/sdf"}, []Disk{xvdf}, "xvdf"},
		{"the name as it is", Volume{Device: "/dev/sdf"}, []Disk{sdf}, "sdf"},
		{"a link", Volume{Device: "/dev/sdf"}, []Disk{linked}, "vdb"},
		{"no such disk", Volume{ID: "vol-1", Device: "/dev/sdg"}, all, "no disk of this machine is Volume/data (id vol-1, device /dev/sdg)"},
		{"nothing to go by", Volume{}, all, "no disk of this machine is Volume/data"},
	} {
		c.v.Ref = schema.Ref{Kind: schema.KindVolume, Name: "data"}
		d, fault := c.v.Find(c.disks, srv)
		got := d.Name + fault.detail
		if got != c.want && (d.Name != "" || !strings.Contains(got, c.want)) || (fault.detail != "") != (fault.remedy != "") {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// What a volume's size asks for, step by step and as a person would type it, and why
// it is not asked for.
func TestGrowPlans_volume_grow_guest(t *testing.T) {
	disk := func(n int64) Disk { return Disk{Name: "nvme1n1", Size: n * gib, Sector: 512, Table: "gpt"} }
	part := func(n int64) Partition {
		return Partition{Disk: "nvme1n1", Name: "nvme1n1p1", Number: 1, Start: 1 << 20, Size: n*gib - 2<<20}
	}
	system := func(kind string, n int64) FileSystem {
		return FileSystem{Device: "nvme1n1p1", Type: kind, Size: n*gib - 2<<20, MountPoint: "/it's data"}
	}
	behind := part(10)
	behind.Behind = "nvme1n1p2"
	mbr := disk(4096)
	mbr.Table = "dos"
	mbrPart := part(2048)
	mbrPart.Size += 1 << 20
	for _, c := range []struct {
		name    string
		objects []interface{ Ref() plan.Ref }
		size    int
		want    string
	}{
		{"both", []interface{ Ref() plan.Ref }{disk(20), part(10), system("ext4", 10)}, 20, "growpart /dev/nvme1n1 1 | resize2fs /dev/nvme1n1p1"},
		{"quoted", []interface{ Ref() plan.Ref }{disk(20), part(20), system("xfs", 10)}, 20, `xfs_growfs '/it'\''s data'`},
		{"the disk is larger still", []interface{ Ref() plan.Ref }{disk(30), part(10), system("ext4", 10)}, 20, "growpart /dev/nvme1n1 1 | resize2fs /dev/nvme1n1p1"},
		{"nothing grew", []interface{ Ref() plan.Ref }{disk(10), part(10), system("ext4", 10)}, 10, ""},
		{"the disk has not grown", []interface{ Ref() plan.Ref }{disk(10), part(10), system("ext4", 10)}, 20,
			"growpart /dev/nvme1n1 1 [host.match-disk] /dev/nvme1n1 has 10 GiB yet, and is to have 20 GiB | resize2fs /dev/nvme1n1p1 [plan.depends-on-blocked] /dev/nvme1n1p1 grows first [plan.depends-on-blocked] GrowPartition of Partition/nvme1n1p1 (h1) is blocked"},
		{"one behind", []interface{ Ref() plan.Ref }{disk(20), behind, system("ext4", 5)}, 20,
			"resize2fs /dev/nvme1n1p1 | growpart /dev/nvme1n1 1 [volume.grow-guest] /dev/nvme1n1p1 is not the last partition of /dev/nvme1n1: /dev/nvme1n1p2 is behind it"},
		{"an MBR ends", []interface{ Ref() plan.Ref }{mbr, mbrPart, system("xfs", 2048)}, 4096, `xfs_growfs '/it'\''s data' | (2048 GiB of /dev/nvme1n1 stay unused: its partition table is an MBR, which ends at 2 TiB; convert it to GPT by hand)`},
		{"not made yet", []interface{ Ref() plan.Ref }{disk(20), part(10), FileSystem{Device: "nvme1n1p1"}}, 20,
			"(/dev/nvme1n1p1 holds no file system that enid knows: it grows none there, and makes none)"},
	} {
		s := exampleState()
		s.grow("data", c.size, schema.VolumeGuest{Partition: 1}, schema.AttachedVolume{GuestDevice: "/dev/nvme1n1"})
		clear(s.enis)
		world := World(storage(c.objects...))
		w, err := Want(s.world(), "web-1", world)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, step := range w.Steps(makePlan(t, world, w.World), world).Steps {
			text := step.Command
			for _, b := range step.BlockedBy {
				text += fmt.Sprintf(" [%s] %s", b.Rule, b.Detail)
			}
			got = append(got, text)
		}
		for _, a := range w.Advice {
			if a.Rule == RuleGrowGuest {
				got = append(got, "("+a.Detail+")")
			}
		}
		if text := strings.Join(got, " | "); text != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, text, c.want)
		}
	}
}

// Laws 1 to 4 for volumes: whatever the machine's disks are like, the plan is legal,
// nothing ever shrinks, and where it has ended nothing runs any more.
func TestLawsOfVolumes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := exampleState()
		clear(s.enis)
		number := rapid.IntRange(0, 2).Draw(t, "declared partition")
		s.grow("data", rapid.IntRange(1, 40).Draw(t, "volume"), schema.VolumeGuest{Partition: number,
			FileSystem: rapid.SampledFrom([]string{"", "ext4", "xfs"}).Draw(t, "declared")}, schema.AttachedVolume{GuestDevice: "/dev/nvme1n1"})
		world := World(drawStorage(t))
		w, err := Want(s.world(), "web-1", world)
		if err != nil {
			t.Fatalf("%v", err)
		}
		p := makePlan(t, world, w.World)
		if err := plan.Check(Domain(), p, world, w.World, at, plan.Options{}); err != nil {
			t.Fatalf("%v\n%v", err, texts(p.Steps))
		}
		n := rapid.IntRange(0, len(p.Runnable())).Draw(t, "prefix")
		rest := makePlan(t, apply(world, w.World, p.Runnable()[:n]), w.World)
		if !slices.Equal(texts(p.Steps[n:]), texts(rest.Steps)) {
			t.Fatalf("after %d steps of\n%v\nthere is\n%v", n, texts(p.Steps), texts(rest.Steps))
		}
		end := apply(world, w.World, p.Runnable()).Flatten()
		again, _ := Want(s.world(), "web-1", end)
		if next := makePlan(t, end, again.World); len(next.Runnable()) > 0 {
			t.Fatalf("after\n%v\nthere is still\n%v", texts(p.Steps), texts(next.Runnable()))
		}
		for _, ref := range world.Refs() {
			if was, is := world.Get(ref), end.Get(ref); smaller(was, is) {
				t.Fatalf("%v became %v", was, is)
			}
		}
	})
}

func smaller(was, is plan.Object) bool {
	switch o := was.(type) {
	case Partition:
		return is.(Partition).Size < o.Size
	case FileSystem:
		return is.(FileSystem).Size < o.Size
	}
	return false
}

// drawStorage answers a machine with a random disk.
func drawStorage(t *rapid.T) Objects {
	d := Disk{Name: "nvme1n1", Size: rapid.Int64Range(1, 40).Draw(t, "disk") * gib, Sector: 512, Table: rapid.SampledFrom([]string{"", "gpt", "dos"}).Draw(t, "table")}
	objects := []interface{ Ref() plan.Ref }{d}
	holder := d.Name
	room := d.Size
	if d.Table != "" {
		p := Partition{Disk: d.Name, Name: "nvme1n1p1", Number: 1, Start: 1 << 20, Behind: rapid.SampledFrom([]string{"", "", "nvme1n1p2"}).Draw(t, "behind")}
		p.Size = rapid.Int64Range(1, (d.Size-p.Start)>>9).Draw(t, "partition") << 9
		holder, room = p.Name, p.Size
		objects = append(objects, p)
	}
	f := FileSystem{Device: holder, Type: rapid.SampledFrom([]string{"", "ext4", "xfs", "btrfs"}).Draw(t, "type"), Least: rapid.Int64Range(0, 8<<20).Draw(t, "least"),
		Size: rapid.Int64Range(0, room>>12).Draw(t, "size") << 12, ReadOnly: rapid.IntRange(0, 5).Draw(t, "ro") == 0}
	if rapid.IntRange(0, 3).Draw(t, "mounted") > 0 {
		f.MountPoint = "/srv"
	}
	o := storage(append(objects, f)...)
	if rapid.IntRange(0, 5).Draw(t, "no programs") == 0 {
		o.More = o.More[:len(objects)+1]
	}
	return o
}

// What enid lacks for it is said with what to do.
func TestGrowLacks_volume_grow_guest(t *testing.T) {
	objects := []interface{ Ref() plan.Ref }{Disk{Name: "vdb", Size: 2 * gib, Sector: 512}, FileSystem{Device: "vdb", Type: "ext4", Size: gib, MountPoint: "/srv"}}
	unread := []interface{ Ref() plan.Ref }{objects[0], FileSystem{Device: "vdb", Type: "ext4", MountPoint: "/srv", Unread: "open /dev/vdb: permission denied"}}
	objects, unread = slices.Clip(objects), slices.Clip(unread) // each append copies
	program, capability := Program{"resize2fs"}, Capability{"CAP_SYS_RESOURCE"}
	for want, o := range map[string]Objects{
		"": {More: append(objects, program, capability)},
		"resize2fs is not installed on this machine: install the package e2fsprogs":                                                       {More: append(objects, capability)},
		"resize2fs needs CAP_SYS_RESOURCE, which enid does not have here: run enid as root; its unit needs the drop-in enid-volumes.conf": {More: append(objects, program)},
		"the size of the file system on /dev/vdb is not known: open /dev/vdb: permission denied: run enid as root; its unit needs the drop-in enid-volumes.conf": {
			More: append(unread, program, capability)},
	} {
		s := exampleState()
		clear(s.enis)
		s.grow("data", 2, schema.VolumeGuest{FileSystem: "ext4"}, schema.AttachedVolume{GuestDevice: "/dev/vdb"})
		world := World(o)
		w, err := Want(s.world(), "web-1", world)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, step := range w.Steps(makePlan(t, world, w.World), world).Steps {
			for _, b := range step.BlockedBy {
				got = append(got, b.Detail+": "+b.Remedy)
			}
		}
		if text := strings.Join(got, "; "); text != want {
			t.Errorf("%s\nwant\n%s", text, want)
		}
	}
}
