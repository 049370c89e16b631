//go:build linux

package host

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"enid/schema"
)

// readOnlyMount makes what is mounted at a place read-only until the test ends.
func readOnlyMount(t *testing.T, at string) {
	t.Helper()
	if err := unix.Mount(at, at, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("", at, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Unmount(at, unix.MNT_DETACH) })
}

// waitFor waits until something is so; it is never asserted how soon.
func waitFor(t *testing.T, what string, so func() bool) {
	t.Helper()
	for range 1000 {
		if so() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("waited in vain until %s", what)
}

// What a container without rights has: /proc/sys and /sys are there and read-only.
// What is declared of masks and switches is told, each with its reason; the rest
// converges, and converges the host once they can be written.
func TestReadOnlyProcAndSys_mq_rps(t *testing.T) {
	example(t)
	asBorn(t)
	sh(t, "sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth1.rp_filter=0")
	now := time.Unix(1e9, 0)
	m, c := open(t, Options{Now: func() time.Time { return now }}), exampleCloud()
	c.host.RPS = schema.RPS{Mode: "documented"}
	c.host.Sysctls.RPFilter = new(2)
	t.Run("read-only", func(t *testing.T) {
		readOnlyMount(t, "/proc/sys")
		readOnlyMount(t, "/sys")
		for range 2 {
			res := turn(t, m, c)
			for _, part := range []string{"rps_cpus: read-only file system", "eth1/rp_filter: read-only file system"} {
				if !strings.Contains(res.Message, part) {
					t.Errorf("%q is not told: %s: %s", part, res.Condition, res.Message)
				}
			}
			if res.Condition != Degraded || len(rulesOf(t)) != 6 || len(routesOf(t, "1002")) != 2 {
				t.Errorf("the rest is to converge: %v", rulesOf(t))
			}
		}
		if found := about(examine(t, m, c), "enid.read-only"); len(found) != 1 || !strings.Contains(found[0], "rp_filter: read-only file system") {
			t.Errorf("the doctor finds %v", found)
		}
	})
	mayWriteMasks(t)
	now = now.Add(lastHold)
	converge(t, m, c)
	again(t, m, c)
	if conf(t, "eth1", "rp_filter") != "2" {
		t.Error("rp_filter was not set")
	}
}

// Without a sysfs that shows this namespace channels still are what they should be,
// by the CPUs that procfs counts; masks are told to be out of reach.
func TestNoSysfs_mq_rps_mq_every_nic(t *testing.T) {
	example(t)
	asBorn(t)
	sh(t, "ethtool -L eth1 rx 1 tx 1")
	m, c := open(t, Options{Sys: t.TempDir()}), exampleCloud()
	c.host.Queues = schema.Queues{Auto: true}
	converge(t, m, c)
	again(t, m, c)
	whole := open(t, Options{})
	again(t, whole, c) // it is as with a sysfs

	c.host.RPS = schema.RPS{Mode: "documented"}
	for range 2 {
		res := turn(t, m, c)
		same(t, blockedBy(res.Blocked), "mq.rps")
		if res.Condition != Degraded || !strings.Contains(res.Message, "sysfs") {
			t.Errorf("%s: %s", res.Condition, res.Message)
		}
	}
	if found := about(examine(t, m, c), "enid.no-sysfs"); len(found) != 1 {
		t.Errorf("the doctor finds %v", found)
	}
}

// Without a procfs, and so without switches, addresses and routes converge.
func TestNoProcfs_host_sysctl(t *testing.T) {
	example(t)
	m, c := open(t, Options{Proc: t.TempDir(), Run: t.TempDir(), Root: t.TempDir()}), exampleCloud()
	converge(t, m, c)
	again(t, m, c)
	c.host.Sysctls.ARPIgnore = new(1)
	for range 2 {
		res := turn(t, m, c)
		same(t, blockedBy(res.Blocked), "host.sysctl")
		if res.Condition != Degraded || !strings.Contains(res.Message, "arpIgnore") {
			t.Errorf("%s: %s", res.Condition, res.Message)
		}
	}
	c.host.Sysctls.ARPIgnore = nil
	clear(c.enis)
	converge(t, m, c)
	if left := rulesOf(t); len(left) > 0 {
		t.Errorf("%v", left)
	}
	examine(t, m, c)
}

// Where nothing tells how many CPUs there are, queues: auto leaves channels as they
// are: one queue would be the wrong guess.
func TestNoCPUsKnown_mq_every_nic(t *testing.T) {
	example(t)
	sh(t, "ethtool -L eth1 rx 3 tx 3")
	m, c := open(t, Options{Sys: t.TempDir(), Proc: t.TempDir()}), exampleCloud()
	c.host.Queues = schema.Queues{Auto: true}
	converge(t, m, c)
	if got := sh(t, "ethtool -l eth1"); strings.Count(got, "RX:\t\t3") != 1 {
		t.Errorf("%s", got)
	}
	again(t, m, c)
}

// A family that the kernel was started without is empty: it has no rules to dump.
func TestFamilyThatIsNotThere(t *testing.T) {
	example(t)
	m := open(t, Options{})
	req := rulesRequest(false)
	req.Data[0].(*nl.RtMsg).Family = unix.AF_AX25
	if err := m.conn.read(req, func([]byte) {}); !errors.Is(err, unix.EAFNOSUPPORT) {
		t.Fatalf("the kernel says %v, so this shows nothing", err)
	}
	if err := m.all(t.Context(), "rules", req, func() {}, func([]byte) { t.Error("a rule") }); err != nil {
		t.Error(err)
	}
}

// IPv6 that is off everywhere harms nothing of IPv4.
func TestIPv6Off_host_rule(t *testing.T) {
	example(t)
	sh(t, "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1")
	t.Cleanup(func() { sh(t, "sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0") })
	m, c := open(t, Options{}), exampleCloud()
	converge(t, m, c)
	again(t, m, c)
	if found := about(examine(t, m, c), "ipv6.off"); len(found) > 0 {
		t.Errorf("no IPv6 is declared: %v", found)
	}
}
