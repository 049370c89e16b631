//go:build linux

package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A machine that was set up by hand as document A 4.4 says is declared by what import
// prints, as it is: it validates, and little is left to do. Nothing of others' goes.
func TestE2EAdopt_host_rule_host_table(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.ip("link set eth1 up", "link set eth2 up", "address add 10.0.0.20/24 dev eth1", "address add 10.0.0.22/24 dev eth1", "address add 10.0.1.21/24 dev eth2",
		"route add default via 10.0.0.253 dev eth1 metric 1001", "route add default via 10.0.1.253 dev eth2 metric 1005",
		"route add default via 10.0.0.253 dev eth1 table 1001", "route add 10.0.0.0/24 dev eth1 src 10.0.0.20 table 1001",
		"route add default via 10.0.1.253 dev eth2 table 300", "route add 10.0.1.0/24 dev eth2 table 300",
		"rule add from 10.0.0.20 lookup 1001 priority 5000", "rule add from 10.0.0.22 lookup 1001 priority 5001", "rule add from 10.0.1.21 lookup 300 priority 32000",
		"rule add fwmark 7 lookup 77 priority 100", "route add 198.51.100.0/24 via 10.0.0.1 dev eth0 table 77")
	before := l.kernel()
	out := l.enid(exitOK, "host", "import", "--name", "web-1").out
	for _, want := range []string{"enid/observe-only: \"true\"", "mode: strict", "table: 300", "metric: 1005", "lookup 77", "route 198.51.100.0/24"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	host := l.adopted(out)
	// eth2's subnet has a connected route of the kernel's in main; enid wants one by metric.
	only := "ip -4 route add 10.0.1.0/24 dev eth2 scope link metric 1005 protocol 101"
	if plan := host(exitChanges, "plan"); strings.Count(plan, "\n  * h") != 1 || !strings.Contains(plan, only) || !strings.Contains(out, only) {
		t.Errorf("%s\n%s", plan, out)
	}
	host(exitOK, "apply")
	host(exitOK, "plan")
	if err := l.is(append(before, "route 10.0.1.0/24 dev eth2 metric 1005 proto 101"))(); err != nil {
		t.Error(err)
	}
	// What somebody takes away from it enid puts back as its own, and only that.
	l.ip("rule delete priority 5001", "route delete default dev eth2 table 300")
	host(exitOK, "apply")
	host(exitOK, "plan")
	if rules := l.must("ip", "rule"); !strings.Contains(rules, "from 10.0.0.22 lookup 1001 proto 101") || strings.Contains(rules, "from 10.0.0.20 lookup 1001 proto 101") {
		t.Error(rules)
	}
	if r := l.enid(exitFailed, "host", "import", "--name", "Web_1"); !strings.Contains(r.err, "web-1") {
		t.Error(r.err)
	}
}

// IPv6 beside it is declared likewise: what stays by itself, with its /64 and gateway.
func TestE2EAdoptIPv6_host_ipv6(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.ip("link set eth1 up", "link set eth2 up", "address add 10.0.0.20/24 dev eth1", "address add 10.0.1.21/24 dev eth2",
		"route add default via 10.0.0.253 dev eth1 metric 1001", "route add default via 10.0.1.253 dev eth2 metric 1005",
		"route add default via 10.0.0.253 dev eth1 table 1001", "route add 10.0.0.0/24 dev eth1 table 1001",
		"route add default via 10.0.1.253 dev eth2 table 300", "route add 10.0.1.0/24 dev eth2 table 300",
		"rule add from 10.0.0.20 lookup 1001 priority 5000", "rule add from 10.0.1.21 lookup 300 priority 32000",
		"address add fd00:10::19/64 dev eth0 nodad", "address add fd00:10::20/64 dev eth1 nodad", "address add fd00:10:0:1::21/64 dev eth2 nodad",
		"address add fd00:10::d/64 dev eth1 nodad valid_lft 4000 preferred_lft 4000", "address add fd00:10::e/64 dev eth1 nodad mngtmpaddr noprefixroute",
		"address add fd00:77::20/64 dev eth1 nodad", "address add fd00:88::20/48 dev eth2 nodad",
		"route add default via fe80::1 dev eth0 metric 1024 protocol ra", "route add default via fe80::1 dev eth1 metric 2025", "route add default via fe80::2 dev eth2 metric 2029",
		"route add default via fe80::1 dev eth1 table 1001", "route add fd00:10::/64 dev eth1 table 1001",
		"route add default via fe80::2 dev eth2 table 300", "route add fd00:10:0:1::/64 dev eth2 table 300")
	for _, rule := range []string{"from fd00:10::20 lookup 1001 priority 5000", "from fd00:10:0:1::21 lookup 300 priority 32000"} {
		l.must(strings.Fields("ip -6 rule add " + rule)...)
	}
	out := l.enid(exitOK, "host", "import", "--name", "web-1").out
	for _, want := range []string{"  ipv6CIDR: fd00:10::/56\n", "  cidr: 10.0.0.0/24\n  ipv6CIDR: fd00:10::/64\n  ipv6Gateway: fe80::1\n",
		"  cidr: 10.0.1.0/24\n  ipv6CIDR: fd00:10:0:1::/64\n  ipv6Gateway: fe80::2\n", "  secondaryIPs:\n    - fd00:10::20\n", "  secondaryIPs:\n    - fd00:10:0:1::21\n",
		"fd00:10::19/64 of eth0: an Instance", "fd00:10::d/64 of eth1: it comes and goes", "fd00:10::e/64 of eth1: it comes and goes", "fd00:77::20/64 of eth1: of another subnet",
		"fd00:88::20/48 of eth2: of no /64"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	host := l.adopted(out)
	// As in IPv4, but for eth2's subnet in main there is nothing to do.
	if plan := host(exitChanges, "plan"); strings.Count(plan, "\n  * h") != 2 || !strings.Contains(plan, "ip -6 route add fd00:10:0:1::/64 dev eth2") {
		t.Errorf("%s\n%s", plan, out)
	}
	before := l.kernelOf("-6")
	is := func(want ...string) {
		t.Helper()
		for range 2 {
			host(exitOK, "apply")
			host(exitOK, "plan")
			if diff := cmp.Diff(slices.Sorted(slices.Values(want)), l.kernelOf("-6")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		}
	}
	main := "route fd00:10:0:1::/64 dev eth2 metric 2029 proto 101"
	is(append(before, main)...)
	l.must("ip", "-6", "rule", "delete", "priority", "5000")
	before = slices.DeleteFunc(before, func(line string) bool { return strings.HasPrefix(line, "rule 5000:") })
	is(append(before, main, "rule 4999: from fd00:10::20 lookup 1001 proto 101")...)
}

// adopted keeps what was imported as a topology, which has to be valid, and answers
// what runs a verb of host from it.
func (l *lab) adopted(out string) func(code int, verb string) string {
	l.t.Helper()
	dir := l.path("adopted")
	if err := os.Mkdir(dir, 0o755); err != nil {
		l.t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/host.yaml", []byte(out), 0o644); err != nil {
		l.t.Fatal(err)
	}
	l.enid(exitOK, "validate", dir)
	return func(code int, verb string) string {
		l.t.Helper()
		return l.enid(code, "host", verb, "--host", "web-1", "--path", dir).out
	}
}
