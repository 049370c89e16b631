//go:build linux

package host

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The worked example of document A 4.4, as documented.
func TestWorkedExampleStrict_host_metric_host_table_host_rule(t *testing.T) {
	example(t)
	primary := sh(t, "ip -4 route show default dev eth0")
	m, c := open(t, Options{}), exampleCloud()
	c.host.Routing.Mode = "strict"
	converge(t, m, c)
	same(t, routesOf(t, "main"),
		"10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.19",
		"default via 10.0.0.253 dev eth0",
		"default via 10.0.0.253 dev eth1 proto 101 metric 1001 onlink",
		"default via 10.0.0.253 dev eth2 proto 101 metric 1002 onlink")
	same(t, routesOf(t, "1001"), "10.0.0.0/24 dev eth1 proto 101 scope link", "default via 10.0.0.253 dev eth1 proto 101 onlink")
	same(t, routesOf(t, "1002"), "10.0.0.0/24 dev eth2 proto 101 scope link", "default via 10.0.0.253 dev eth2 proto 101 onlink")
	same(t, rulesOf(t), "9000: from 10.0.0.20 lookup 1001 proto 101", "9001: from 10.0.0.21 lookup 1002 proto 101")
	same(t, lines(t, "ip -4 -br address show"), "eth0@xeth0 UP 10.0.0.19/24", "eth1@xeth1 UP 10.0.0.20/24", "eth2@xeth2 UP 10.0.0.21/24", "lo UNKNOWN 127.0.0.1/8")
	if now := sh(t, "ip -4 route show default dev eth0"); now != primary {
		t.Errorf("the primary's default route is %q, was %q", now, primary)
	}
	again(t, m, c)
}

func TestWorkedExampleBalanced_host_rule(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	converge(t, m, c)
	same(t, rulesOf(t),
		"7000: from 10.0.0.20 to 10.0.0.0/16 lookup 1001 proto 101",
		"7001: from 10.0.0.21 to 10.0.0.0/16 lookup 1002 proto 101",
		"8000: from 10.0.0.20 lookup main suppress_prefixlength 0 proto 101",
		"8001: from 10.0.0.21 lookup main suppress_prefixlength 0 proto 101",
		"9000: from 10.0.0.20 lookup 1001 proto 101",
		"9001: from 10.0.0.21 lookup 1002 proto 101")
	again(t, m, c)
}

func same(t must, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
}
