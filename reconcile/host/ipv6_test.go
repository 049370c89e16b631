//go:build linux

package host

import (
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"enid/plan"
	"enid/schema"
)

// both is the example with an IPv6 address of each ENI, a delegated prefix, and the
// primary's own IPv6 default route as a router advertisement would have given it.
func both(t must) *cloud {
	t.Helper()
	example(t)
	batchOf(t, "-6", "address add fd00:10::19/64 dev eth0 nodad", "route add default via fe80::1 dev eth0 metric 1024 proto ra")
	c := exampleCloud()
	c.enis["web-1-b"].status.SecondaryIPs = []netip.Addr{netip.MustParseAddr("fd00:10::20")}
	c.enis["web-1-b"].status.Prefixes = []netip.Prefix{netip.MustParsePrefix("fd00:10:0:0:b::/80")}
	db := c.enis["web-1-c"]
	db.spec.Subnet, db.status.PrivateIP = "db", netip.MustParseAddr("10.0.1.21")
	db.status.SecondaryIPs = []netip.Addr{netip.MustParseAddr("fd00:10:0:1::21")}
	return c
}

// IPv6 stands beside IPv4: addresses, tables, rules, default routes, a prefix.
func TestIPv6_host_ipv6_host_table_host_rule(t *testing.T) {
	c := both(t)
	m := open(t, Options{Patience: 10 * time.Second})
	primary := sh(t, "ip -6 route show default dev eth0")
	converge(t, m, c)
	same(t, routesOf6(t, "1001"), "default via fe80::1 dev eth1 proto 101 metric 1024 onlink pref medium",
		"fd00:10::/64 dev eth1 proto 101 metric 1024 pref medium")
	same(t, routesOf6(t, "1002"), "default via fe80::1 dev eth2 proto 101 metric 1024 onlink pref medium",
		"fd00:10:0:1::/64 dev eth2 proto 101 metric 1024 pref medium")
	same(t, routesOf6(t, "main"), "default via fe80::1 dev eth0 proto ra metric 1024 pref medium",
		"default via fe80::1 dev eth1 proto 101 metric 2025 onlink pref medium",
		"default via fe80::1 dev eth2 proto 101 metric 2026 onlink pref medium",
		"fd00:10:0:1::/64 dev eth2 proto 101 metric 2026 pref medium") // none of the primary's subnet over eth1
	same(t, rulesOf6(t), "7000: from fd00:10:0:0:b::/80 to fd00:10::/56 lookup 1001 proto 101",
		"7000: from fd00:10::20 to fd00:10::/56 lookup 1001 proto 101",
		"7001: from fd00:10:0:1::/64 to fd00:10::/56 lookup 1002 proto 101",
		"8000: from fd00:10:0:0:b::/80 lookup main suppress_prefixlength 0 proto 101",
		"8000: from fd00:10::20 lookup main suppress_prefixlength 0 proto 101",
		"8001: from fd00:10:0:1::/64 lookup main suppress_prefixlength 0 proto 101",
		"9000: from fd00:10:0:0:b::/80 lookup 1001 proto 101",
		"9000: from fd00:10::20 lookup 1001 proto 101",
		"9001: from fd00:10:0:1::21 lookup 1002 proto 101")
	same(t, lines(t, "ip -6 route show table local proto 101"), "local fd00:10:0:0:b::/80 dev eth1 metric 1024 pref medium")
	if got := sh(t, "ip -6 route get fd00:99::1 from fd00:10::20"); !strings.Contains(got, "dev eth1 table 1001") {
		t.Errorf("its traffic leaves by %s", got)
	}
	if now := sh(t, "ip -6 route show default dev eth0"); now != primary {
		t.Errorf("the primary's default route is %s, was %s", now, primary)
	}
	again(t, m, c)
	for _, harm := range []string{"rule delete priority 9000", "route flush table 1001", "address delete fd00:10::20/64 dev eth1"} {
		batchOf(t, "-6", harm)
		if res := converge(t, m, c); len(res.Done) == 0 {
			t.Errorf("%s: nothing was done", harm)
		}
		again(t, m, c)
	}
	batch(t, "link set eth1 down", "link set eth1 up") // takes the IPv6 addresses along
	converge(t, m, c)
	if got := lines(t, "ip -6 -br address show dev eth1 scope global"); len(got) != 1 || !strings.Contains(got[0], "fd00:10::20/64") {
		t.Errorf("after a flap: %v", got)
	}
	again(t, m, c)
	c.enis["web-1-b"].status.SecondaryIPs, c.enis["web-1-b"].status.Prefixes = nil, nil
	converge(t, m, c)
	same(t, routesOf6(t, "1001"))
	same(t, lines(t, "-ip -6 route show table local proto 101"))
	if rules := rulesOf6(t); len(rules) != 3 {
		t.Errorf("rules of what is gone: %v", rules)
	}
	again(t, m, c)
}

// A turn without patience says that the detection is under way, an event that it is
// over; an address that another machine has is blocked.
func TestDuplicateAddress_host_ipv6(t *testing.T) {
	c := both(t)
	far := elsewhere(t, "xeth1")
	sh(t, far+"ip -6 address add fd00:10::20/64 dev xeth1 nodad")
	m := open(t, Options{})
	res := turn(t, m, c)
	if res.Condition != Converging || !strings.Contains(res.Message, "duplicate address detection of fd00:10::20 on eth1, fd00:10:0:1::21 on eth2") {
		t.Fatalf("%s: %s", res.Condition, res.Message)
	}
	hints := m.Watch(t.Context())
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		select {
		case <-hints:
		case <-time.After(time.Second):
		}
		if res = turn(t, m, c); res.Condition != Converging {
			break
		}
	}
	if res.Condition != Degraded || !slices.Equal(blockedBy(res.Blocked), []string{"host.ipv6"}) || !strings.Contains(res.Message, "another machine has fd00:10::20") {
		t.Fatalf("%s: %s", res.Condition, res.Message)
	}
	if got := sh(t, "ip -6 address show dev eth1 to fd00:10::20"); !strings.Contains(got, "dadfailed") {
		t.Errorf("the kernel says %s", got)
	}
	sh(t, far+"ip -6 address delete fd00:10::20/64 dev xeth1\nip -6 address delete fd00:10::20/64 dev eth1")
	patient := open(t, Options{Patience: 10 * time.Second})
	converge(t, patient, c)
	again(t, patient, c)
}

// An interface on which IPv6 is off is named, and keeps its IPv4; nobody turns it on.
func TestIPv6Off_host_ipv6(t *testing.T) {
	c := both(t)
	sh(t, "sysctl -qw net.ipv6.conf.eth1.disable_ipv6=1")
	m := open(t, Options{Patience: 10 * time.Second})
	res := turn(t, m, c)
	if res.Condition != Degraded || !strings.Contains(res.Message, "IPv6 is off on eth1") {
		t.Fatalf("%s: %s", res.Condition, res.Message)
	}
	if rules := rulesOf(t); len(rules) != 6 {
		t.Errorf("IPv4 is to be there: %v", rules)
	}
	if got := strings.TrimSpace(sh(t, "sysctl -n net.ipv6.conf.eth1.disable_ipv6")); got != "1" {
		t.Errorf("disable_ipv6 is %s", got)
	}
	again(t, m, c)
	sh(t, "sysctl -qw net.ipv6.conf.eth1.disable_ipv6=0")
	converge(t, m, c)
	again(t, m, c)
}

// A router that advertises itself on the ENI's link is its gateway where none is
// declared; what it brings stays as it is, and the primary's default route in front.
func TestRouterAdvertisement_host_ipv6(t *testing.T) {
	c := both(t)
	c.more = append(c.more, resource(schema.KindSubnet, "web", &schema.SubnetSpec{VPC: "prod", Zone: "cn-hangzhou-a",
		CIDR: netip.MustParsePrefix("10.0.0.0/24"), IPv6CIDR: netip.MustParsePrefix("fd00:10::/64")}, nil))
	m := open(t, Options{Patience: 10 * time.Second})
	res := turn(t, m, c)
	if res.Condition != Degraded || !strings.Contains(res.Message, "no IPv6 gateway of ENI/web-1-b's subnet is known") {
		t.Fatalf("%s: %s", res.Condition, res.Message)
	}
	if len(routesOf6(t, "1001")) > 0 || len(routesOf(t, "1001")) != 2 {
		t.Errorf("IPv4 alone is to be routed: %v %v", routesOf6(t, "1001"), routesOf(t, "1001"))
	}
	far := elsewhere(t, "xeth1")
	sh(t, far+"ip -6 address add fe80::77/64 dev xeth1 nodad\n"+far+"ip -6 address add fd00:10::77/64 dev xeth1 nodad")
	background(t, far+"dnsmasq --keep-in-foreground --port=0 --conf-file=/dev/null --pid-file= --dhcp-leasefile="+t.TempDir()+"/leases "+
		"--interface=xeth1 --bind-interfaces --enable-ra --dhcp-range=fd00:10::,ra-only --ra-param=xeth1,4,60")
	eventually(t, "the router's advertisement", func() bool {
		return strings.Contains(sh(t, "ip -6 route show default dev eth1 proto ra"), "via fe80::")
	})
	advertised := lines(t, "ip -6 route show default dev eth1 proto ra")
	router := strings.Fields(advertised[0])[2]
	res = converge(t, m, c)
	if got := routesOf6(t, "1001"); !slices.Contains(got, "default via "+router+" dev eth1 proto 101 metric 1024 onlink pref medium") {
		t.Errorf("%v", got)
	}
	if now := lines(t, "ip -6 route show default dev eth1 proto ra"); len(now) != 1 {
		t.Errorf("the advertised route is %v, was %v", now, advertised)
	}
	if !slices.ContainsFunc(texted(res.Advice), func(a string) bool { return strings.Contains(a, "accept_ra_defrtr=0") }) {
		t.Errorf("nobody is told of the second default route: %v", res.Advice)
	}
	again(t, m, c)
}

// An IPv6 route of enid's in main goes when the primary's default route does: it
// would be the active one.
func TestPrimaryWithoutIPv6_host_keep_default_route(t *testing.T) {
	c := both(t)
	m := open(t, Options{Patience: 10 * time.Second})
	converge(t, m, c)
	batchOf(t, "-6", "route delete default dev eth0")
	converge(t, m, c)
	for _, l := range routesOf6(t, "main") {
		if strings.HasPrefix(l, "default") {
			t.Errorf("main has %s", l)
		}
	}
	again(t, m, c)
}

// On a kernel that has no mark for an IPv6 address, enid puts none.
func TestIPv6WithoutMark_host_verify(t *testing.T) {
	c := both(t)
	m := open(t, Options{Patience: 10 * time.Second, label: true})
	res := turn(t, m, c)
	if res.Condition != Degraded || !strings.Contains(res.Message, "no mark for IPv6 addresses") {
		t.Fatalf("%s: %s", res.Condition, res.Message)
	}
	if out, _ := exec.Command("ip", "-6", "address", "show", "scope", "global", "dev", "eth1").Output(); len(out) > 0 {
		t.Errorf("%s", out)
	}
}

// texted answers what is advised.
func texted(advice []plan.Advice) (out []string) {
	for _, a := range advice {
		out = append(out, a.Detail)
	}
	return out
}
