//go:build linux

package vm

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// ping asks the far end, from an address. Outside, what comes by another NIC than
// the address's own is dropped.
func (l *lab) ping(from string) error {
	l.t.Helper()
	if out, err := exec.Command("ping", "-c", "1", "-W", "1", "-I", from, "192.0.2.1").CombinedOutput(); err != nil {
		return fmt.Errorf("ping -I %s: %w: %s", from, err, out)
	}
	return nil
}

// What is sent from an ENI's address leaves by that ENI, in both modes, and so does
// what is sent from the primary's.
func TestSourceRouting_host_rule(t *testing.T) {
	for _, mode := range []string{"balanced", "strict"} {
		t.Run(mode, func(t *testing.T) {
			l := newLab(t)
			l.eni(1, "")
			l.eni(2, "")
			l.host("routing: {mode: " + mode + "}")
			l.converge()
			all := func() {
				t.Helper()
				for n, from := range []string{"10.0.0.10", "10.0.1.20", "10.0.2.20"} {
					before := l.sent(n)
					if err := l.ping(from); err != nil {
						t.Error(err)
					}
					if l.sent(n) == before {
						t.Errorf("ping -I %s did not leave by eth%d", from, n)
					}
				}
			}
			all()
			l.ip("rule delete from 10.0.1.20 lookup 1001")
			if err := l.ping("10.0.1.20"); err == nil {
				t.Error("it is answered without the rule; then this test is about nothing")
			}
			l.apply(0)
			all()
		})
	}
}

// sent answers how many packets have left by NIC n.
func (l *lab) sent(n int) string {
	l.t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/sys/class/net/eth%d/statistics/tx_packets", n))
	if err != nil {
		l.t.Fatal(err)
	}
	return string(b)
}
