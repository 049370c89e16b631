//go:build linux

package vm

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// fullMask writes a mask of the machine's first CPUs as its kernel does, which has
// room for maxCPUs: groups of eight digits, the first as short as it can be.
func fullMask(digits string) string {
	return fmt.Sprintf("%0*s,%08s", (maxCPUs-32+3)/4, "0", digits)
}

// masksAre answers whether a NIC has that many queues, all with that mask.
func (l *lab) masksAre(nic string, n int, mask string) error {
	l.t.Helper()
	if got := l.masks(nic); !slices.Equal(got, slices.Repeat([]string{fullMask(mask)}, n)) {
		return fmt.Errorf("%s has the masks %q, want %s for each of %d", nic, got, mask, n)
	}
	return nil
}

// The documented mask is written to every queue of every NIC; channels first, for
// the driver empties the masks of queues that come back.
func TestRPS_mq_rps(t *testing.T) {
	l := newLab(t)
	l.eni(1, "")
	l.eni(2, `guest: {rps: {mask: "ffffffff,00000005"}}`)
	check := func(n int, documented, declared string) {
		t.Helper()
		for nic, mask := range map[string]string{"eth0": documented, "eth1": documented, "eth2": declared} {
			if err := l.masksAre(nic, n, mask); err != nil {
				t.Error(err)
			}
		}
	}
	l.host("queues: 2, rps: documented")
	l.converge()
	check(2, "f", "5")
	l.host("queues: 4, rps: documented")
	l.converge()
	check(4, "f", "5")

	l.sh("ethtool -L eth1 combined 1", "ethtool -L eth1 combined 4")
	if got := l.masks("eth1"); got[3] != fullMask("0") {
		t.Fatalf("the driver keeps masks: %q; then this test is about nothing", got)
	}
	l.converge()
	check(4, "f", "5")

	l.eni(2, "")
	l.host(`queues: 1, rps: "off"`)
	l.converge()
	check(1, "0", "0")
}

// steered answers how many packets RPS has handed to a CPU: the tenth number of its
// line. The kernel's net/core/net-procfs.c.
func steered(t *testing.T, cpu int) uint64 {
	t.Helper()
	b, err := os.ReadFile("/proc/net/softnet_stat")
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.ParseUint(strings.Fields(strings.Split(string(b), "\n")[cpu])[9], 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The CPU of the mask gets the packets, whichever queue they came by.
func TestSteering_mq_rps(t *testing.T) {
	l := newLab(t)
	l.eni(1, "")
	l.host(`queues: 2, rps: {mask: "4"}`)
	l.apply(0)
	before := steered(t, 2)
	l.connect("10.0.1.20", 0)
	if steered(t, 2) == before {
		t.Error("CPU 2 got nothing")
	}
	l.host(`queues: 2, rps: "off"`)
	l.apply(0)
	before = steered(t, 2)
	l.connect("10.0.1.20", 0)
	if now := steered(t, 2); now != before {
		t.Errorf("CPU 2 still got %d", now-before)
	}
}
