//go:build linux

package host

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"enid/plan/guest"
	"enid/schema"
)

const gib = 1 << 30

// loop is a volume: a sparse file behind a loop device of this test's own.
type loop struct {
	t         *testing.T
	file, dev string // dev: /dev/loop7
	at        string // where it is to be mounted
}

// newLoop makes a disk of so many GiB. It is unmounted and detached when the test
// ends.
func newLoop(t *testing.T, n int64) *loop {
	t.Helper()
	if !masksWritable() {
		t.Skip("loop devices are made by root in the initial user namespace only")
	}
	clean(t)
	dir := t.TempDir()
	l := &loop{t: t, file: filepath.Join(dir, "volume"), at: filepath.Join(dir, "at")}
	sh(t, "truncate --size "+strconv.FormatInt(n*gib, 10)+" "+l.file+"\nmkdir "+l.at)
	l.dev = strings.TrimSpace(sh(t, "losetup --find --show --partscan "+l.file))
	t.Cleanup(func() { sh(t, "-umount --recursive "+l.at+"\nlosetup --detach "+l.dev) })
	return l
}

// table writes a partition table, a partition a line as sfdisk takes them.
func (l *loop) table(lines ...string) {
	l.t.Helper()
	script := filepath.Join(filepath.Dir(l.file), "table")
	if err := os.WriteFile(script, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		l.t.Fatal(err)
	}
	shell(l.t, "sfdisk --quiet --no-reread --no-tell-kernel "+l.dev+" < "+script+" && partx --update "+l.dev)
}

// mount makes a file system and mounts it, with a file in it.
func (l *loop) mount(mkfs, device string) {
	l.t.Helper()
	sh(l.t, mkfs+" "+device+"\nmount "+device+" "+l.at)
	if err := os.WriteFile(filepath.Join(l.at, "kept"), []byte("kept"), 0o600); err != nil {
		l.t.Fatal(err)
	}
}

// grow makes the disk larger, as the cloud does to a volume.
func (l *loop) grow(n int64) {
	l.t.Helper()
	sh(l.t, "truncate --size "+strconv.FormatInt(n*gib, 10)+" "+l.file+"\nlosetup --set-capacity "+l.dev)
}

// size is what lsblk says of a device.
func size(t must, device string) int64 {
	t.Helper()
	n, _ := strconv.ParseInt(strings.TrimSpace(sh(t, "lsblk --bytes --noheadings --nodeps --output SIZE "+device)), 10, 64)
	return n
}

// room is what df says of the file system: its blocks, less what it needs itself.
func (l *loop) room() int64 {
	l.t.Helper()
	f := strings.Fields(sh(l.t, "df --block-size=1 --output=size "+l.at))
	n, _ := strconv.ParseInt(f[len(f)-1], 10, 64)
	return n
}

// holds reports what the disk holds: nothing is lost.
func (l *loop) holds() {
	l.t.Helper()
	if b, err := os.ReadFile(filepath.Join(l.at, "kept")); string(b) != "kept" {
		l.t.Errorf("the file in it: %q, %v", b, err)
	}
}

// volumeCloud is the cloud state of a machine that has one volume, of so many GiB, and no
// ENI.
func volumeCloud(l *loop, n int, g schema.VolumeGuest) *cloud {
	c := exampleCloud()
	clear(c.enis)
	c.more = append(c.more, resource(schema.KindAccount, "aws", &schema.AccountSpec{Provider: schema.AWS}, nil))
	c.volume("data", l.dev, n, g)
	return c
}

func (c *cloud) volume(name, dev string, n int, g schema.VolumeGuest) {
	c.more = append(c.more, resource(schema.KindVolume, name,
		&schema.VolumeSpec{Account: "aws", Zone: "us-east-1a", Type: "gp3", SizeGiB: n,
			AttachTo: []schema.VolumeAttachment{{Instance: "web-1", Device: "/dev/sdf", Guest: &g}}},
		&schema.VolumeStatus{Phase: schema.PhaseInUse, SizeGiB: n,
			AttachedTo: []schema.AttachedVolume{{Instance: "web-1", Device: "/dev/sdf", GuestDevice: dev}}}))
}

// What one look at the disks costs, which a turn does where a volume is declared.
func BenchmarkVolumes(b *testing.B) {
	m := open(b, Options{})
	r := guest.Reading{Volumes: []guest.Volume{{GuestDevice: "/dev/loop0", Size: gib}}}
	for b.Loop() {
		m.volumes(r, &guest.Objects{})
	}
}
