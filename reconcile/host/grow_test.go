//go:build linux

package host

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"enid/plan"
	"enid/plan/guest"
	"enid/schema"
)

func shell(t must, script string) {
	t.Helper()
	if b, err := exec.Command("sh", "-ec", script).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", script, err, b)
	}
}

// commandsOf answers what a person would type for the steps.
func commandsOf(steps []*plan.HostStep) (out []string) {
	for _, s := range steps {
		out = append(out, s.Command)
	}
	return out
}

// grew wants a turn to have done just these steps, and the next one nothing.
func grew(t *testing.T, c *cloud, want ...string) {
	t.Helper()
	m := open(t, Options{})
	res := converge(t, m, c)
	if got := commandsOf(res.Done); !slices.Equal(got, want) {
		t.Errorf("done: %q, want %q", got, want)
	}
	again(t, m, c)
}

const (
	part1 = "start=2048, size=2093056" // ends 1 MiB before the end of 1 GiB
	ext4  = "mkfs.ext4 -q"
	xfs   = "mkfs.xfs -q"
)

// grows reports whether this process can make an ext4 grow in use; without the
// capability, as in some containers, the step is blocked.
func grows(kind string) bool {
	return kind != "ext4" || capabilities()>>guest.Growing.Capabilities["CAP_SYS_RESOURCE"]&1 == 1
}

// The partition grows, then the file system in it; until the machine sees the new
// size both wait.
func TestGrow_volume_grow_guest(t *testing.T) {
	for _, x := range []struct{ table, kind, mkfs string }{
		{"gpt", "ext4", ext4}, {"dos", "ext4", ext4 + " -O ^has_journal,^64bit -b 1024"}, {"gpt", "xfs", xfs}, {"dos", "xfs", xfs},
	} {
		t.Run(x.table+" "+x.kind, func(t *testing.T) {
			l := newLoop(t, 1)
			l.table("label: "+x.table, part1)
			l.mount(x.mkfs, l.dev+"p1")
			m, g := open(t, Options{}), schema.VolumeGuest{Partition: 1, FileSystem: x.kind, MountPoint: l.at}
			again(t, m, volumeCloud(l, 1, g))
			if x.kind == "xfs" {
				waits(t, m, l, volumeCloud(l, 2, g))
			}
			before := l.room()
			l.grow(2)
			if grows(x.kind) {
				grew(t, volumeCloud(l, 2, g), "growpart "+l.dev+" 1", map[string]string{"ext4": "resize2fs " + l.dev + "p1", "xfs": "xfs_growfs " + l.at}[x.kind])
				if n := l.room(); n < before+gib-gib/10 {
					t.Errorf("the file system has room for %d bytes, had %d", n, before)
				}
			} else {
				res := turn(t, m, volumeCloud(l, 2, g))
				if want := "GrowFileSystem " + l.dev + "p1: resize2fs needs CAP_SYS_RESOURCE, which enid does not have here [volume.grow-guest]"; res.Condition != Degraded || res.Message != want {
					t.Errorf("%s: %s, want %s", res.Condition, res.Message, want)
				}
				if got := commandsOf(res.Done); !slices.Equal(got, []string{"growpart " + l.dev + " 1"}) {
					t.Errorf("done: %q", got)
				}
			}
			if n := size(t, l.dev+"p1"); n < 2*gib-2<<20 {
				t.Errorf("the partition has %d bytes", n)
			}
			l.holds()
		})
	}
}

// waits wants a turn to wait for the disk to grow.
func waits(t *testing.T, m *Machine, l *loop, c *cloud) {
	t.Helper()
	res := turn(t, m, c)
	if res.Condition != Waiting || !slices.Equal(res.WaitingFor, []string{l.dev}) || res.Message != "waiting for "+l.dev+" to grow" || len(res.Done) > 0 {
		t.Errorf("before the disk grew: %s: %s (%v)\n%s", res.Condition, res.Message, res.WaitingFor, stepTexts(res.Done))
	}
	if blocked := blockedBy(res.Blocked); len(blocked) == 0 || blocked[0] != guest.RuleMatchDisk {
		t.Errorf("blocked by %v", blocked)
	}
}

// A file system on all of the disk grows alone. Growing in small and odd steps comes
// to rest each time, whatever remainder the file system does not take.
func TestGrowWholeDisk_volume_grow_guest(t *testing.T) {
	for _, kind := range []string{"ext4", "xfs"} {
		t.Run(kind, func(t *testing.T) {
			l := newLoop(t, 1)
			l.mount("mkfs."+kind+" -q", l.dev)
			c := volumeCloud(l, 1, schema.VolumeGuest{FileSystem: kind, MountPoint: l.at})
			m := open(t, Options{})
			again(t, m, c)
			if !grows(kind) {
				t.Log("growing it was not tried: resize2fs needs CAP_SYS_RESOURCE, which is missing here")
				return
			}
			before, total := l.room(), 0
			for _, more := range []string{"1M", "3M", "127M", "2M", "7M", "1M", "129M", "500K", "5M"} {
				sh(t, "truncate --size +"+more+" "+l.file+"\nlosetup --set-capacity "+l.dev)
				total += len(converge(t, m, c).Done)
				again(t, m, c)
			}
			if n := l.room(); n < before+250<<20 || total < 3 {
				t.Errorf("%d steps: room for %d bytes, had %d", total, n, before)
			}
			l.holds()
		})
	}
}

// What stands behind the partition is named, and nothing of it is touched; the file
// system still fills the partition.
func TestGrowPartitionBehind_volume_grow_guest(t *testing.T) {
	l := newLoop(t, 2)
	l.table("label: gpt", part1, "size=204800")
	l.mount(xfs+" -d size=400m", l.dev+"p1")
	c := volumeCloud(l, 2, schema.VolumeGuest{Partition: 1, FileSystem: "xfs"})
	was := sh(t, "sfdisk --dump "+l.dev)
	m := open(t, Options{})
	res := turn(t, m, c)
	if res.Condition != Degraded || !strings.Contains(res.Message, l.dev+"p1 is not the last partition of "+l.dev+": "+l.dev+"p2 is behind it [volume.grow-guest]") {
		t.Errorf("%s: %s", res.Condition, res.Message)
	}
	if got := commandsOf(res.Done); !slices.Equal(got, []string{"xfs_growfs " + l.at}) || l.room() < 900<<20 {
		t.Errorf("done: %q", got)
	}
	if res := turn(t, m, c); len(res.Done) > 0 || sh(t, "sfdisk --dump "+l.dev) != was {
		t.Errorf("then done:\n%s", stepTexts(res.Done))
	}
}

// What is not as declared, or not mounted, is blocked with what to do, and left alone.
func TestGrowBlocked_volume_grow_guest(t *testing.T) {
	for _, x := range []struct {
		name, mkfs, then string
		guest            schema.VolumeGuest
		want             string
	}{
		{"another file system", "mkfs.xfs -q", "", schema.VolumeGuest{Partition: 1, FileSystem: "ext4"}, "p1 holds xfs, and Volume/data declares ext4 [volume.grow-guest]"},
		{"one that is never grown", "mkfs.ext2 -q", "", schema.VolumeGuest{Partition: 1}, "p1 holds ext2, which enid does not grow [volume.grow-guest]"},
		{"ext4 not mounted", "mkfs.ext4 -q", "umount", schema.VolumeGuest{Partition: 1, FileSystem: "ext4"}, "p1 is not mounted [volume.grow-guest]"},
		{"xfs not mounted", "mkfs.xfs -q", "umount", schema.VolumeGuest{Partition: 1}, "p1 is not mounted, and grows only so [volume.grow-guest]"},
		{"read-only", "mkfs.ext4 -q", "mount -o remount,ro", schema.VolumeGuest{Partition: 1}, "p1 is mounted read-only on "},
		{"no such partition", "mkfs.ext4 -q", "", schema.VolumeGuest{Partition: 2}, " has no partition 2 [volume.grow-guest]"},
		{"no partition named", "mkfs.ext4 -q", "", schema.VolumeGuest{}, " has a partition table, and Volume/data names no partition [volume.grow-guest]"},
	} {
		t.Run(x.name, func(t *testing.T) {
			l := newLoop(t, 1)
			l.table("label: gpt", part1)
			l.mount(x.mkfs, l.dev+"p1")
			if x.then != "" {
				sh(t, x.then+" "+l.at)
			}
			l.grow(2)
			m, c := open(t, Options{}), volumeCloud(l, 2, x.guest)
			res := turn(t, m, c)
			if res.Condition != Degraded || !strings.Contains(res.Message, x.want) {
				t.Errorf("%s: %s\n%s", res.Condition, res.Message, stepTexts(res.Blocked))
			}
			for _, s := range res.Done {
				if s.Operation == guest.GrowFileSystem {
					t.Errorf("done: %s", s.Command)
				}
			}
			if res := turn(t, m, c); len(res.Done) > 0 {
				t.Errorf("then done:\n%s", stepTexts(res.Done))
			}
		})
	}
}

// A turn that is cut short between the two is a start like any other.
func TestGrowInterrupted_volume_grow_guest(t *testing.T) {
	l := newLoop(t, 1)
	l.table("label: gpt", part1)
	l.mount(xfs, l.dev+"p1")
	l.grow(2)
	c := volumeCloud(l, 2, schema.VolumeGuest{Partition: 1, FileSystem: "xfs"})
	if _, err := open(t, Options{limit: 1}).Turn(t.Context(), c.world(), "web-1"); !Stopped(err) {
		t.Fatalf("not cut short: %v", err)
	}
	if size(t, l.dev+"p1") < 2*gib-2<<20 || l.room() > gib {
		t.Fatal("not cut short between the two")
	}
	grew(t, c, "xfs_growfs "+l.at)
	l.holds()
}

// growpart was killed after it wrote the table, and before the kernel was told of it:
// the table has nothing to change any more, and the kernel is told.
func TestGrowTableOnly_volume_grow_guest(t *testing.T) {
	l := newLoop(t, 1)
	l.table("label: gpt", part1)
	l.mount(xfs, l.dev+"p1")
	l.grow(2)
	shell(t, "echo ', +' | sfdisk --quiet --no-reread --no-tell-kernel --force -N 1 "+l.dev)
	if size(t, l.dev+"p1") > gib {
		t.Fatal("the kernel knows already")
	}
	grew(t, volumeCloud(l, 2, schema.VolumeGuest{Partition: 1, FileSystem: "xfs"}), "growpart "+l.dev+" 1", "xfs_growfs "+l.at)
}

// A disk that no attachment declares is left alone, as is one of another instance.
func TestGrowForeign_volume_grow_guest(t *testing.T) {
	mine, other := newLoop(t, 1), newLoop(t, 1)
	for _, l := range []*loop{mine, other} {
		l.mount(xfs, l.dev)
		l.grow(2)
	}
	was := other.room()
	grew(t, volumeCloud(mine, 2, schema.VolumeGuest{MountPoint: mine.at}), "xfs_growfs "+mine.at)
	if other.room() != was {
		t.Error("the other one grew")
	}
	c := volumeCloud(other, 2, schema.VolumeGuest{})
	v := c.more[len(c.more)-1]
	v.Status.(*schema.VolumeStatus).AttachedTo[0].Instance = "web-2"
	again(t, open(t, Options{}), c)
	v.Status.(*schema.VolumeStatus).AttachedTo[0].Instance = "web-1"
	v.Status.(*schema.VolumeStatus).Phase = schema.PhaseDetaching
	again(t, open(t, Options{}), c)
}

// A program that fails is held with its own words, which stay on their line, and the
// network goes on.
func TestGrowFails_volume_grow_guest(t *testing.T) {
	l := newLoop(t, 1)
	l.mount(xfs, l.dev)
	l.grow(2)
	c := volumeCloud(l, 2, schema.VolumeGuest{FileSystem: "xfs"})
	example(t)
	c.enis = exampleCloud().enis
	bin := t.TempDir()
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	if err := os.WriteFile(bin+"/xfs_growfs", []byte("#!/bin/sh\nprintf 'no\\033[2J\\n::error::way\\n'\nexit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	m := open(t, Options{})
	res := turn(t, m, c)
	want := "the file system on " + l.dev + " did not grow: xfs_growfs " + l.at + `: exit status 3: no\u001b[2J; ::error::way [plan.held]`
	if res.Condition != Degraded || res.RetryAfter == 0 || !strings.HasSuffix(res.Message, want) {
		t.Errorf("%s: %q, want %q", res.Condition, res.Message, want)
	}
	if len(rulesOf(t)) != 6 {
		t.Errorf("routing: %v", rulesOf(t))
	}
	if res := turn(t, m, c); len(res.Done) > 0 {
		t.Errorf("it is tried again at once:\n%s", stepTexts(res.Done))
	}
	l.holds()
}

// A disk that grows is a hint, so that nothing has to look at it meanwhile. Reading
// it, and growing what is on it, leads to no turn after turn.
func TestWatchDisks_volume_grow_guest(t *testing.T) {
	l := newLoop(t, 1)
	l.mount(xfs, l.dev)
	m, c := open(t, Options{}), volumeCloud(l, 2, schema.VolumeGuest{FileSystem: "xfs"})
	waits(t, m, l, c)
	ctx, cancel := context.WithCancel(t.Context())
	hints := m.Watch(ctx)
	<-hints
	hinted := func(within time.Duration) bool {
		select {
		case <-hints:
			return true
		case <-time.After(within):
			return false
		}
	}
	for hinted(100 * time.Millisecond) {
	}
	l.grow(2)
	if !hinted(5 * time.Second) {
		t.Fatal("no hint of the disk")
	}
	for turns := 0; hinted(200*time.Millisecond) || turns == 0; turns++ {
		if turns == 50 { // other tests may use disks too
			t.Fatal("it does not come to rest")
		}
		converge(t, m, c)
	}
	again(t, m, c)
	cancel()
	for range hints { // closed once both have ended
	}
}
