//go:build linux

package vm

import (
	"fmt"
	"testing"
)

// The driver sets XPS by itself when channels change: what is asked for is set after
// that. Masks are those of a kernel with room for more than 32 CPUs.
func TestXPS_mq_xps(t *testing.T) {
	l := newLab(t)
	l.eni(1, "")
	check := func(masks ...string) {
		t.Helper()
		for i, mask := range masks {
			if got := l.read(fmt.Sprintf("/sys/class/net/eth1/queues/tx-%d/xps_cpus", i)); got != fullMask(mask) {
				t.Errorf("tx-%d of %d: %s, want %s", i, len(masks), got, fullMask(mask))
			}
		}
	}
	l.host("queues: 2, xps: auto")
	l.converge()
	check("3", "c")
	l.host("queues: 4, xps: auto")
	l.converge()
	check("1", "2", "4", "8")
	l.host(`queues: 2, xps: "off"`)
	l.converge()
	check("0", "0")
}

// Receive Flow Steering, in the initial namespace: the kernel rounds what it is given.
func TestRFS_mq_rfs(t *testing.T) {
	l := newLab(t)
	l.eni(1, "")
	check := func(n int, table, share string) {
		t.Helper()
		if got := l.read("/proc/sys/net/core/rps_sock_flow_entries"); got != table {
			t.Errorf("the machine's table has %s entries, want %s", got, table)
		}
		for i := range n {
			if got := l.read(fmt.Sprintf("/sys/class/net/eth1/queues/rx-%d/rps_flow_cnt", i)); got != share {
				t.Errorf("rx-%d of %d: %s, want %s", i, n, got, share)
			}
		}
	}
	l.host("queues: 3, rfs: 3000")
	l.converge()
	check(3, "4096", "2048")
	l.host("queues: 4, rfs: 32768")
	l.converge()
	check(4, "32768", "8192")
	l.host(`queues: 4, rfs: "off"`)
	l.converge()
	check(4, "0", "0")
}
