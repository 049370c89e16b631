//go:build linux

package vm

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// irqFile answers the file of a receive queue's interrupt below /proc/irq.
func (l *lab) irqFile(nic string, queue string) string {
	l.t.Helper()
	device, err := os.Readlink("/sys/class/net/" + nic + "/device")
	if err != nil {
		l.t.Fatal(err)
	}
	found, _ := filepath.Glob("/sys/kernel/irq/*/actions")
	for _, file := range found {
		if b, _ := os.ReadFile(file); strings.TrimSpace(string(b)) == filepath.Base(device)+"-input."+queue {
			return "/proc/irq/" + filepath.Base(filepath.Dir(file)) + "/smp_affinity_list"
		}
	}
	l.t.Fatalf("no interrupt of queue %s of %s", queue, nic)
	return ""
}

func (l *lab) read(file string) string {
	l.t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		l.t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

func (l *lab) set(file, value string) {
	l.t.Helper()
	if err := os.WriteFile(file, []byte(value), 0); err != nil {
		l.t.Fatal(err)
	}
}

// The driver moves every interrupt when the channels change. What a person chose is
// put back, what the driver chose is the driver's.
func TestAffinity_mq_irq_affinity(t *testing.T) {
	l := newLab(t)
	l.eni(1, "")
	mine, drivers := l.irqFile("eth1", "1"), l.irqFile("eth1", "0")
	l.set(mine, "3")
	l.sh("ethtool -L eth1 combined 2")
	if got := l.read(mine); got == "3" {
		t.Fatalf("the driver leaves it at %s; then this test is about nothing", got)
	}
	hint := l.read(drivers)
	l.sh("ethtool -L eth1 combined 4")
	l.set(mine, "3")
	l.host("queues: 2")
	l.converge()
	if got := l.read(mine); got != "3" {
		t.Errorf("it was set to CPU 3 by hand, and is %s", got)
	}
	if got := l.read(drivers); got != hint {
		t.Errorf("the other one is %s, and the driver's choice is %s", got, hint)
	}
	l.set(drivers, "2")
	l.host("queues: unmanaged")
	l.again()
	if got := l.read(drivers); got != "2" {
		t.Errorf("nothing was to be changed, and it is %s", got)
	}
}

// From a single queue, for which the driver recommends nothing, to several.
func TestAffinityOfOneQueue_mq_irq_affinity(t *testing.T) {
	l := newLab(t)
	l.eni(1, "")
	l.sh("ethtool -L eth1 combined 1")
	l.set(l.irqFile("eth1", "0"), "3")
	l.host("queues: 4")
	l.converge()
	if got := l.read(l.irqFile("eth1", "0")); got != "3" {
		t.Errorf("it was set to CPU 3 by hand, and is %s", got)
	}
}

// What is drawn of a NIC's interrupts is what the kernel has of them.
func TestShowInterrupts_mq_irq_affinity(t *testing.T) {
	l := newLab(t)
	mine := l.irqFile("eth1", "1")
	number := filepath.Base(filepath.Dir(mine))
	l.set(mine, "3")
	effective := l.read("/proc/irq/" + number + "/effective_affinity_list")
	for line := range strings.Lines(l.enid(0, "host", "show", "-o", "table")) {
		if f := strings.Fields(line); len(f) > 5 && f[0] == "eth1" && f[1] == "rx-1" {
			if got := strings.Join([]string{f[2], f[4], f[5]}, " "); got != number+" "+effective+" 3" {
				t.Errorf("%s, want %s on %s of 3", line, number, effective)
			}
			return
		}
	}
	t.Error("no rx-1 of eth1")
}
