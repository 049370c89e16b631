//go:build linux

package vm

import (
	"strings"
	"testing"
)

// Every NIC is set, the primary included: raised and lowered as the topology says.
func TestChannels_mq_every_nic(t *testing.T) {
	l := newLab(t)
	l.eni(1, "")
	l.eni(2, "guest: {queues: 1}")
	for _, step := range []struct{ host, eth0, eth2 string }{
		{"queues: 2", "2", "1"},
		{"queues: 3", "3", "1"},
		{"queues: auto", "4", "1"},
		{"queues: 1", "1", "1"},
		{"queues: unmanaged", "1", "1"},
	} {
		l.host(step.host)
		l.converge()
		for nic, want := range map[string]string{"eth0": step.eth0, "eth1": step.eth0, "eth2": step.eth2} {
			if got := l.combined(nic); got != want {
				t.Errorf("%s: %s has %s combined channels, want %s", step.host, nic, got, want)
			}
		}
	}
}

// More than the driver has is refused with both numbers, and routing does not wait
// for it.
func TestTooManyQueues_mq_maximum(t *testing.T) {
	l := newLab(t)
	l.eni(1, "")
	l.host("queues: 9")
	if out := l.apply(3); !strings.Contains(out, "9 combined queues are asked for; the driver of eth1 has at most 4 [mq.maximum]") {
		t.Error(out)
	}
	if got := l.combined("eth1"); got != "4" {
		t.Errorf("nothing is clamped: %s", got)
	}
	if out := l.ip("rule show"); !strings.Contains(out, "from 10.0.1.20 lookup 1001") {
		t.Errorf("its rules: %q", out)
	}
}
