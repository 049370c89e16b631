//go:build linux

package host

import (
	"net/netip"
	"strings"
	"testing"
)

// An address that a client put there keeps its lifetimes: it is used as it is.
func TestLifetimesAreKept_host_verify(t *testing.T) {
	example(t)
	sh(t, "ip link set eth1 up\nip address add 10.0.0.20/24 dev eth1 valid_lft 600 preferred_lft 300")
	m, c := open(t, Options{}), exampleCloud()
	converge(t, m, c)
	a := ipJSON(t, "address", "show", "dev", "eth1")[0]["addr_info"].([]any)[0].(map[string]any)
	if left := a["valid_life_time"].(float64); a["local"] != "10.0.0.20" || left > 600 || left < 500 {
		t.Errorf("%v", a)
	}
	if got := sh(t, "ip route get 192.0.2.1 from 10.0.0.20"); !strings.Contains(got, "dev eth1 table 1001") {
		t.Errorf("its traffic leaves by %s", got)
	}
	again(t, m, c)
}

// A route of enid's own with another preferred source than wanted is put right in one
// go; the connected route that a client made stays.
func TestStaleSource_host_table(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	c.enis["web-1-b"].status.SecondaryIPs = []netip.Addr{netip.MustParseAddr("10.0.0.22")}
	converge(t, m, c)
	want := routesOf(t, "1001")
	sh(t, "ip route replace default via 10.0.0.253 dev eth1 table 1001 proto 101 src 10.0.0.22 onlink\nip route replace 10.0.0.0/24 dev eth1 table 1001 proto 101 scope link src 10.0.0.22")
	if res := converge(t, m, c); len(res.Done) != 2 {
		t.Errorf("done:\n%s", stepTexts(res.Done))
	}
	same(t, routesOf(t, "1001"), want...)
	again(t, m, c)
}

// In the primary's subnet no traffic of the primary leaves by another ENI, not even
// after the primary's link has flapped, and each ENI's own leaves by itself.
func TestPrimarysSubnet_host_keep_default_route(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	converge(t, m, c)
	ways := func() {
		t.Helper()
		for from, dev := range map[string]string{"10.0.0.19": "eth0", "10.0.0.20": "eth1", "10.0.0.21": "eth2"} {
			for _, to := range []string{"10.0.0.99", "10.0.7.7", "192.0.2.1"} {
				if got := sh(t, "ip route get "+to+" from "+from); !strings.Contains(got, "dev "+dev+" ") {
					t.Errorf("from %s to %s: %s", from, to, got)
				}
			}
		}
		if got := sh(t, "ip route get 10.0.0.99"); !strings.Contains(got, "dev eth0 src 10.0.0.19") {
			t.Errorf("without a source: %s", got)
		}
	}
	ways()
	// The flap takes main's routes of eth0; whoever manages the primary puts them back.
	sh(t, "ip link set eth0 down\nip link set eth0 up\nip route add default via 10.0.0.253 dev eth0")
	converge(t, m, c)
	ways()
	again(t, m, c)
}

// Addresses are taken away one by one, the first of the subnet among them, and the
// others are never absent.
func TestOthersStay_host_verify(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	b := c.enis["web-1-b"]
	for _, a := range []string{"10.0.0.30", "10.0.0.31", "10.0.0.32"} {
		b.status.SecondaryIPs = append(b.status.SecondaryIPs, netip.MustParseAddr(a))
	}
	converge(t, m, c)
	stays := strings.Count(sh(t, "ip -4 -o address show dev eth1"), "10.0.0.32/24")
	watch := watchAddress(t, "10.0.0.32")
	b.status.PrivateIP, b.status.SecondaryIPs = netip.MustParseAddr("10.0.0.32"), []netip.Addr{netip.MustParseAddr("10.0.0.33")}
	converge(t, m, c)
	same(t, addressesOn(t, "eth1"), "10.0.0.32", "10.0.0.33")
	if gone := watch(); gone > 0 || stays != 1 {
		t.Errorf("10.0.0.32 was absent %d times", gone)
	}
	again(t, m, c)
}
