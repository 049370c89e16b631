//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// serveDHCP puts the other ends of eth1 and eth2 on a bridge elsewhere, with a
// dnsmasq that leases the worked example's addresses there, with those options besides.
// It answers the server's file of leases.
func (l *lab) serveDHCP(more ...string) (leases string) {
	l.t.Helper()
	if _, err := exec.LookPath("dnsmasq"); err != nil {
		l.t.Skip("dnsmasq is not installed")
	}
	leases = l.path("dnsmasq.leases")
	cmd := l.background("unshare", "--net", "sh", "-c", "read _ && ip link add br0 type bridge && ip link set peer-eth1 master br0 && ip link set peer-eth2 master br0 &&"+
		" ip link set peer-eth1 up && ip link set peer-eth2 up && ip address add 10.0.0.253/24 dev br0 && ip link set br0 up &&"+
		" exec dnsmasq --no-daemon --conf-file=/dev/null --port=0 --no-ping --dhcp-authoritative --dhcp-leasefile="+leases+" --dhcp-range=10.0.0.0,static,2m"+
		" --dhcp-host="+mac1+",10.0.0.20 --dhcp-host="+mac2+",10.0.0.21 --dhcp-option=3,10.0.0.253 --dhcp-option=6,10.0.0.253 "+strings.Join(more, " "))
	in, err := cmd.StdinPipe()
	if err != nil {
		l.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	pid := fmt.Sprint(cmd.Process.Pid)
	own := l.must("readlink", "/proc/self/ns/net")
	l.within("the server's network is there", func() error {
		if there := l.run("readlink", "/proc/"+pid+"/ns/net"); there.code != 0 || there.out == own {
			return errors.New("not yet")
		}
		return nil
	})
	l.ip("link set peer-eth1 netns "+pid, "link set peer-eth2 netns "+pid)
	if _, err := in.Write([]byte("\n")); err != nil {
		l.t.Fatal(err)
	}
	return leases
}

// lives answers a check that each address of the ENIs has an end.
func (l *lab) lives() error {
	n := 0
	for _, link := range l.ipJSON("-4", "address show")[0] {
		for _, x := range link["addr_info"].([]any) {
			if a := x.(map[string]any); link["ifname"] == cardB.dev || link["ifname"] == cardC.dev {
				if s := a["valid_life_time"].(float64); s < 1 || s > 120 {
					return fmt.Errorf("%v is valid for %.0f s", a["local"], s)
				}
				n++
			}
		}
	}
	if n == 0 {
		return errors.New("no ENI has an address")
	}
	return nil
}

// With DHCP the machine is what it is without, but for how long addresses last. A
// command leases for itself and says so; the daemon goes on with what it finds, also
// after kill -9; what is taken away is given back.
func TestE2EDHCP(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	leases := l.serveDHCP()
	f := l.exampleFolder(l.path("files"))
	f.edit("topology/web-1.yaml", "  instance: web-1\n", "  instance: web-1\n  addressing: dhcp\n")
	args := []string{"--host", "web-1", "--path", f.at("topology")}

	plan := l.enid(2, append([]string{"host", "plan"}, args...)...)
	if !strings.Contains(plan.out, "AcquireLease") || !strings.Contains(plan.out, "host.dhcp.lease") {
		t.Errorf("a dry run says that it asks, and what follows:\n%s", plan.out)
	}
	once := l.enid(0, append([]string{"host", "apply"}, args...)...)
	for _, want := range []string{"leased   eth1  10.0.0.20/24 for 2m0s", "leased   eth2  10.0.0.21/24 for 2m0s", "Host web-1 is Converged"} {
		if !strings.Contains(once.out, want) {
			t.Errorf("no %q in\n%s", want, once.out)
		}
	}
	l.within("it is there", all(l.is(balanced(cardB, cardC)), l.lives))
	l.enid(0, append([]string{"host", "plan"}, args...)...)

	events := l.monitor("address", "route")
	for range 2 {
		d := l.daemon("--path", f.at("topology"))
		l.within("the daemon has it confirmed", all(l.hostIs("Converged"), l.lives))
		l.enid(0, append([]string{"host", "plan"}, args...)...)
		d.kill()
	}
	for _, line := range events.all() {
		if strings.HasPrefix(line, "Deleted") && strings.Contains(line, " eth") {
			t.Errorf("something went, for however short: %s", line)
		}
	}

	d := l.daemon("--path", f.at("topology"))
	l.within("the daemon has it confirmed", l.hostIs("Converged"))
	f.remove("topology/web-1-c.yaml")
	l.within("what is taken away is given back", all(l.is(balanced(cardB)), func() error {
		if b, err := os.ReadFile(leases); err != nil || strings.Contains(string(b), mac2) || !strings.Contains(string(b), mac1) {
			return fmt.Errorf("%v %s", err, b)
		}
		return nil
	}))
	if code := d.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit %d on SIGTERM", code)
	}
	l.within("the rest stays", all(l.is(balanced(cardB)), l.lives))
}
