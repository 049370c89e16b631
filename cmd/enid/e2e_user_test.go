//go:build linux

package main

import (
	"os"
	"strings"
	"testing"
)

// Without root, in a user namespace, the worked example converges but for the RPS
// masks, which the kernel lets nobody write there. That is told, and stops nothing.
func TestE2EWithoutRoot(t *testing.T) {
	t.Parallel()
	l := newUserLab(t)
	f := l.exampleFolder(l.path("work"))
	l.must("sh", "-c", "test $(id -u) = 0") // in the namespace; outside it is a user
	if os.Geteuid() == 0 && l.run("sh", "-c", "echo 1 > /sys/class/net/eth1/queues/rx-0/rps_cpus").code == 0 {
		t.Fatal("masks can be written: the lab has root's rights")
	}
	l.enid(0, "apply", f.at("topology"), "--host", "web-1", "--yes")
	if err := all(l.is(balanced(cardB, cardC)), l.hasQueues)(); err != nil {
		t.Fatal(err)
	}
	f.edit("topology/web-1.yaml", "  instance: web-1\n", "  instance: web-1\n  rps: documented\n  routing: {mode: strict}\n")
	r := l.enid(3, "apply", f.at("topology"), "--host", "web-1", "--yes")
	if !strings.Contains(r.out, "Degraded") || !strings.Contains(r.out, "rps_cpus") {
		t.Errorf("the masks that cannot be written are not told:\n%s", tail(r.out))
	}
	if err := all(l.is(machine(cardB, cardC)), l.hasQueues)(); err != nil {
		t.Error(err)
	}
	l.start("run", "--host", "web-1", "--path", f.at("topology"), "--interval", "1h")
	l.within("the daemon says so", l.hostIs("Degraded"))
	l.ip("rule delete priority 9000")
	l.measure("healed without root", l.is(machine(cardB, cardC)))
}
