//go:build linux

package host

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"enid/plan/guest"
	"enid/schema"
)

// ofQueue is what sysfs says of a queue: rx-0/rps_cpus.
func ofQueue(t must, dev, file string) string {
	t.Helper()
	b, err := os.ReadFile("/sys/class/net/" + dev + "/queues/" + file)
	if err != nil {
		return "none"
	}
	return strings.TrimSpace(string(b))
}

// writeQueue is another program at work on a queue.
func writeQueue(t must, dev, file, value string) {
	t.Helper()
	if err := os.WriteFile("/sys/class/net/"+dev+"/queues/"+file, []byte(value+"\n"), 0); err != nil {
		t.Fatalf("%v", err)
	}
}

// Each CPU sends through one queue, also through those that come back, and after
// somebody else has written there.
func TestXPS_mq_xps(t *testing.T) {
	mayWriteMasks(t)
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	c.inst.Type = "ecs.unknown"
	c.host.XPS, c.host.Queues = "auto", schema.Queues{Count: 2}
	machine := m.machine()
	online, _ := guest.ParseMask(machine.Online)
	spread := func(dev string, queues int) {
		t.Helper()
		for i, mask := range guest.Spread(online, queues) {
			if got, want := ofQueue(t, dev, "tx-"+itoa(i)+"/xps_cpus"), guest.FormatMask(mask, machine.CPUs); got != want {
				t.Errorf("%s tx-%d of %d: %s, want %s", dev, i, queues, got, want)
			}
		}
		if _, err := os.Stat("/sys/class/net/" + dev + "/queues/tx-" + itoa(queues)); err == nil {
			t.Errorf("%s has more than %d queues", dev, queues)
		}
	}
	converge(t, m, c)
	for _, dev := range []string{"eth0", "eth1", "eth2"} {
		spread(dev, 2)
	}
	again(t, m, c)
	c.host.Queues = schema.Queues{Count: 4}
	converge(t, m, c)
	spread("eth1", 4)
	again(t, m, c)
	writeQueue(t, "eth1", "tx-3/xps_cpus", machine.Online)
	sh(t, "ethtool -L eth2 tx 1")
	converge(t, m, c)
	spread("eth1", 4)
	spread("eth2", 4)
	c.enis["web-1-b"].spec.Guest = &schema.ENIGuest{XPS: "off"}
	converge(t, m, c)
	if got := ofQueue(t, "eth1", "tx-0/xps_cpus"); strings.Trim(got, "0,") != "" {
		t.Errorf("off: %s", got)
	}
	spread("eth2", 4)
	again(t, m, c)
	c.host.XPS = "unmanaged"
	writeQueue(t, "eth2", "tx-0/xps_cpus", machine.Online)
	again(t, m, c)
}

// A NIC of one send queue has no XPS, and that is no failure.
func TestOneSendQueue_mq_xps(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	sh(t, "ip link delete eth2")
	batch(t, "link add eth2 numtxqueues 1 numrxqueues 1 address "+mac2+" type veth peer name xeth2 numtxqueues 1 numrxqueues 1")
	c.host.XPS = "off" // which asks nothing of the others either
	res := converge(t, m, c)
	c.host.XPS = "unmanaged"
	c.enis["web-1-c"].spec.Guest = &schema.ENIGuest{XPS: "auto"}
	res = converge(t, m, c)
	said := false
	for _, a := range res.Advice {
		said = said || a.Rule == guest.RuleXPS && strings.Contains(a.Detail, "eth2 was made with one send queue")
	}
	if !said {
		t.Errorf("%v", res.Advice)
	}
	again(t, m, c)
}

// A namespace has no table of flows: that is said, and nothing is set that does
// nothing without it. The model rounds as the kernel does.
func TestRFS_mq_rfs(t *testing.T) {
	mayWriteMasks(t)
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	c.inst.Type = "ecs.unknown"
	c.host.RFS, c.host.Queues = schema.RFS{Entries: 30000}, schema.Queues{Count: 3}
	res := turn(t, m, c)
	same(t, blockedBy(res.Blocked), "mq.rfs")
	if res.Condition != Degraded || !strings.Contains(res.Message, "the initial namespace alone has it") || ofQueue(t, "eth1", "rx-0/rps_flow_cnt") != "0" {
		t.Errorf("%s: %s", res.Condition, res.Message)
	}
	if len(rulesOf(t)) != 6 {
		t.Errorf("routing does not wait for it: %v", rulesOf(t))
	}
	for _, n := range []int{1, 3, 1000, 4096} {
		writeQueue(t, "eth1", "rx-0/rps_flow_cnt", itoa(n))
		if got, want := ofQueue(t, "eth1", "rx-0/rps_flow_cnt"), itoa(roundedUp(n)); got != want {
			t.Errorf("%d flows: the kernel makes %s of it, not %s", n, got, want)
		}
	}
	c.host.RFS = schema.RFS{Off: true}
	converge(t, m, c)
	if got := ofQueue(t, "eth1", "rx-0/rps_flow_cnt"); got != "0" {
		t.Errorf("off: %s", got)
	}
	again(t, m, c)
}

// The shares of the queues in the kernel. The machine's table stands in for the
// initial namespace's, which tests do not touch: it is a plain file.
func TestQueueFlows_mq_rfs(t *testing.T) {
	mayWriteMasks(t)
	example(t)
	proc := t.TempDir()
	table := proc + "/sys/net/core/rps_sock_flow_entries"
	if err := errors.Join(os.MkdirAll(proc+"/sys/net/core", 0o700), os.WriteFile(table, []byte("0\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	m, c := open(t, Options{Proc: proc}), exampleCloud()
	c.inst.Type = "ecs.unknown"
	c.host.RFS, c.host.Queues = schema.RFS{Entries: 30000}, schema.Queues{Count: 3}
	shares := func(want ...string) {
		t.Helper()
		for _, dev := range []string{"eth0", "eth1", "eth2"} {
			var got []string
			for i := range len(want) {
				got = append(got, ofQueue(t, dev, "rx-"+itoa(i)+"/rps_flow_cnt"))
			}
			same(t, got, want...)
		}
	}
	converge(t, m, c)
	shares("16384", "16384", "16384", "none")
	if b, err := os.ReadFile(table); err != nil || string(b) != "32768\n" {
		t.Errorf("the machine's table: %q, %v", b, err)
	}
	again(t, m, c)
	c.host.Queues = schema.Queues{Count: 4}
	writeQueue(t, "eth1", "rx-0/rps_flow_cnt", "64")
	converge(t, m, c)
	shares("8192", "8192", "8192", "8192")
	again(t, m, c)
	c.host.RFS = schema.RFS{Off: true}
	converge(t, m, c)
	shares("0", "0", "0", "0")
	c.host.RFS = schema.RFS{Unmanaged: true}
	writeQueue(t, "eth1", "rx-0/rps_flow_cnt", "64")
	again(t, m, c)
}

func roundedUp(n int) int {
	p := 1
	for p < n {
		p *= 2
	}
	return p
}

// A program in the driver is seen beforehand and named; without it the same
// channels are set. One at the other end of a veth is not seen: EINVAL is explained.
func TestXDP_mq_maximum(t *testing.T) {
	example(t)
	prog := xdpPass(t)
	attach := func(dev string, fd int) {
		t.Helper()
		link, err := netlink.LinkByName(dev)
		if err == nil {
			err = netlink.LinkSetXdpFdWithFlags(link, fd, xdpInDriver)
		}
		if err != nil {
			t.Fatalf("%s: %v", dev, err)
		}
	}
	m, c := open(t, Options{}), exampleCloud()
	c.inst.Type = "ecs.unknown"
	c.host.Queues = schema.Queues{Count: 2}
	attach("eth1", prog)
	id := ipJSON(t, "link", "show", "eth1")[0]["xdp"].(map[string]any)["prog"].(map[string]any)["id"].(float64)
	res := turn(t, m, c)
	same(t, blockedBy(res.Blocked), "mq.maximum")
	if !strings.Contains(res.Message, "eth1 runs the XDP program "+itoa(int(id))+" in its driver") || res.RetryAfter > 0 {
		t.Errorf("%s, again after %v", res.Message, res.RetryAfter)
	}
	if rx, _ := channels(t, "eth1"); rx != "4" {
		t.Errorf("rx %s", rx)
	}
	if rx, _ := channels(t, "eth2"); rx != "2" {
		t.Errorf("the other NIC: rx %s", rx)
	}
	again(t, m, c)
	attach("eth1", -1)
	converge(t, m, c)
	if rx, _ := channels(t, "eth1"); rx != "2" {
		t.Errorf("detached: rx %s", rx)
	}
	sh(t, "ethtool -L xeth1 rx 2")
	attach("xeth1", prog)
	c.host.Queues = schema.Queues{Count: 3}
	res = turn(t, m, c)
	if !strings.Contains(stepTexts(res.Blocked), "for a veth, at its other end") || res.RetryAfter == 0 {
		t.Errorf("%s: %s", res.Condition, stepTexts(res.Blocked))
	}
}

// xdpInDriver is XDP_FLAGS_DRV_MODE.
const xdpInDriver = 1 << 2

// xdpPass loads the smallest XDP program: return XDP_PASS.
func xdpPass(t *testing.T) int {
	t.Helper()
	code := []uint64{0x00000002_0000_00b7, 0x95} // r0 = 2; exit
	license := []byte("GPL\x00")
	attr := struct {
		kind, count       uint32
		code, license     uint64
		level, size       uint32
		buffer            uint64
		version, flags    uint32
		name              [16]byte
		ifindex, expected uint32
	}{kind: unix.BPF_PROG_TYPE_XDP, count: uint32(len(code)), code: uint64(uintptr(unsafe.Pointer(&code[0]))), license: uint64(uintptr(unsafe.Pointer(&license[0])))}
	fd, _, errno := unix.Syscall(unix.SYS_BPF, unix.BPF_PROG_LOAD, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	runtime.KeepAlive(code)
	runtime.KeepAlive(license)
	if errno != 0 {
		if os.Getuid() == 0 && masksWritable() {
			t.Fatalf("load an XDP program: %v", errno)
		}
		t.Skipf("no XDP program can be loaded without root: %v", errno)
	}
	t.Cleanup(func() { unix.Close(int(fd)) })
	return int(fd)
}
