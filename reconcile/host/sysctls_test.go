//go:build linux

package host

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"enid/schema"
)

// conf answers a switch as the kernel has it.
func conf(t must, link, key string) string {
	t.Helper()
	b, err := os.ReadFile("/proc/sys/net/ipv4/conf/" + link + "/" + key)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return strings.TrimSpace(string(b))
}

// confs answers these switches of all interfaces.
func confs(t must, keys ...string) (out []string) {
	t.Helper()
	for _, link := range []string{"all", "default", "eth0", "eth1", "eth2"} {
		for _, key := range keys {
			out = append(out, fmt.Sprintf("%s %s=%s", link, key, conf(t, link, key)))
		}
	}
	return out
}

// asBorn puts the namespace's own switches back to what a new one has.
func asBorn(t *testing.T) {
	born := confs(t, "rp_filter", "arp_ignore", "arp_announce")
	t.Cleanup(func() {
		for _, line := range born[:6] {
			name, value, _ := strings.Cut(line, "=")
			sh(t, "sysctl -qw net.ipv4.conf."+strings.Replace(name, " ", ".", 1)+"="+value)
		}
	})
}

// What is declared is set on the interface of each ENI, the primary's included, and
// on one that comes later; nothing else is.
func TestSysctls_host_sysctl(t *testing.T) {
	example(t)
	asBorn(t)
	sh(t, "sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth1.rp_filter=1 net.ipv4.conf.eth0.arp_announce=1")
	m, c := open(t, Options{}), exampleCloud()
	undeclared := confs(t, "rp_filter", "arp_ignore", "arp_announce")
	converge(t, m, c)
	same(t, confs(t, "rp_filter", "arp_ignore", "arp_announce"), undeclared...)

	all := confs(t, "rp_filter", "arp_ignore", "arp_announce")[:6]
	c.host.Sysctls = schema.Sysctls{RPFilter: new(2), ARPIgnore: new(1)}
	sh(t, "ip link delete eth2")
	turn(t, m, c)
	veth(t, "eth2", mac2)
	converge(t, m, c)
	same(t, confs(t, "rp_filter", "arp_ignore", "arp_announce")[:6], all...)
	for _, link := range []string{"eth0", "eth1", "eth2"} {
		if got := conf(t, link, "rp_filter") + conf(t, link, "arp_ignore"); got != "21" {
			t.Errorf("%s: rp_filter and arp_ignore are %s", link, got)
		}
	}
	if conf(t, "eth0", "arp_announce") != "1" || conf(t, "xeth1", "rp_filter") == "2" {
		t.Error("what is not declared, or no ENI's, was changed")
	}
	again(t, m, c)

	sh(t, "sysctl -qw net.ipv4.conf.eth1.rp_filter=0")
	converge(t, m, c)
	if conf(t, "eth1", "rp_filter") != "2" {
		t.Error("it was not put back")
	}
	c.host.Sysctls = schema.Sysctls{}
	converge(t, m, c)
	if conf(t, "eth1", "rp_filter") != "2" {
		t.Error("what is no longer declared has to stay")
	}
}

// Where all's value keeps the declared one from having an effect it is blocked, and
// all's stays; the addresses come all the same.
func TestSysctlsUnderAll_host_sysctl(t *testing.T) {
	example(t)
	asBorn(t)
	sh(t, "sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.eth1.rp_filter=0")
	m, c := open(t, Options{}), exampleCloud()
	c.host.Sysctls.RPFilter = new(0)
	res := turn(t, m, c)
	same(t, blockedBy(res.Blocked), "host.sysctl")
	if !strings.Contains(stepTexts(res.Blocked), "sysctl -w net.ipv4.conf.all.rp_filter=0") {
		t.Errorf("no remedy in\n%s", stepTexts(res.Blocked))
	}
	if conf(t, "all", "rp_filter") != "1" || len(rulesOf(t)) != 6 {
		t.Errorf("all is %s, the rules are %v", conf(t, "all", "rp_filter"), rulesOf(t))
	}
	again(t, m, c)
	c.host.Sysctls.RPFilter = new(2) // more than all's: it counts
	converge(t, m, c)
	again(t, m, c)
}

// Undo puts the old value back.
func TestSysctlUndone_host_sysctl(t *testing.T) {
	example(t)
	asBorn(t)
	sh(t, "sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth1.rp_filter=1")
	m, c := open(t, Options{}), exampleCloud()
	c.host.Sysctls.RPFilter = new(2)
	s := try(t, m, c)
	if conf(t, "eth1", "rp_filter") != "2" {
		t.Fatal("it was not set")
	}
	undo(t, s)
	if got := conf(t, "eth1", "rp_filter"); got != "1" {
		t.Errorf("after the undo it is %s", got)
	}
}
