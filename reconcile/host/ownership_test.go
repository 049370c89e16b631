//go:build linux

package host

import (
	"context"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"enid/plan"
)

// What others made survives whatever is added, changed and removed, and the
// primary's default route stays byte for byte (laws 7 and 8), in 100 sequences.
func TestForeignSurvives_host_keep_default_route(t *testing.T) {
	lawLab(t)
	m := open(t, Options{})
	clouds := rapid.Custom(drawCloud)
	for seed := range 100 {
		wipe(t)
		batch(t, "address add 10.0.0.90/24 dev eth1", "address add 10.0.2.93/24 dev eth3", "link set eth1 up", "link set eth3 up",
			"route add 198.51.100.0/24 dev eth1", "route add 192.0.2.0/24 via 10.0.0.90 dev eth1 table 2999",
			"rule add from 10.0.0.77 lookup 2999 priority 9000", "rule add fwmark 7 lookup 1001 priority 5000")
		before := foreignTexts(t)
		primary, err := m.primaryRoute(context.Background())
		if err != nil || primary == "" {
			t.Fatal(primary, err)
		}
		for i := range 3 {
			turn(t, m, clouds.Example(3*seed+i))
			if now, _ := m.primaryRoute(context.Background()); now != primary {
				t.Fatalf("sequence %d: the primary's default route is %x, was %x", seed, now, primary)
			}
		}
		empty := exampleCloud()
		clear(empty.enis)
		turn(t, m, empty)
		same(t, foreignTexts(t), before...)
		if rules := rulesOf(t); strings.Contains(strings.Join(rules, "\n"), "proto 101") {
			t.Fatalf("sequence %d: rules of enid's own are left: %v", seed, rules)
		}
		m.holds = holds{}
	}
}

// foreignTexts answers what is not enid's, as ip lists it.
func foreignTexts(t must) (out []string) {
	t.Helper()
	for _, command := range []string{"ip -4 rule show", "ip -4 route show table main", "-ip -4 route show table 2999"} {
		out = append(out, lines(t, command)...)
	}
	for _, dev := range []string{"eth0", "eth1", "eth2", "eth3"} {
		for _, l := range lines(t, "ip -4 -o address show dev "+dev) {
			out = append(out, strings.Replace(l, "secondary ", "", 1))
		}
	}
	return slices.DeleteFunc(out, func(l string) bool { return strings.Contains(l, "proto 101") || strings.Contains(l, "noprefixroute") })
}

// A foreign entry in the way is a blocked step that names it; the rest converges.
func TestForeignRouteInOurTable_host_table(t *testing.T) {
	example(t)
	batch(t, "link set eth1 up", "route add 203.0.113.0/24 dev eth1 table 1001 proto static")
	m, c := open(t, Options{}), exampleCloud()
	res := turn(t, m, c)
	if res.Condition != Degraded || !strings.Contains(res.Message, "203.0.113.0/24 dev eth1") || !strings.Contains(res.Message, "host.table") {
		t.Fatalf("%s: %s", res.Condition, res.Message)
	}
	if n := strings.Count(res.Message, "203.0.113.0/24"); n != 1 {
		t.Errorf("the reason is said %d times: %s", n, res.Message)
	}
	if advice := ofTables(res.Advice); len(advice) > 0 {
		t.Errorf("the blocked steps say it: %v", advice)
	}
	same(t, routesOf(t, "1001"), "203.0.113.0/24 dev eth1 proto static scope link")
	same(t, rulesOf(t), "7001: from 10.0.0.21 to 10.0.0.0/16 lookup 1002 proto 101",
		"8001: from 10.0.0.21 lookup main suppress_prefixlength 0 proto 101", "9001: from 10.0.0.21 lookup 1002 proto 101")
	if !slices.Contains(routesOf(t, "main"), "default via 10.0.0.253 dev eth1 proto 101 metric 1001 onlink") {
		t.Errorf("what the table does not concern is to be done: %v", routesOf(t, "main"))
	}
	again(t, m, c)
	batch(t, "route delete 203.0.113.0/24 dev eth1 table 1001")
	converge(t, m, c)
}

// One in a table that works blocks nothing, and is an advice in the turn and the
// plan until it is gone.
func TestForeignRouteInWorkingTable_host_table(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	if res := converge(t, m, c); len(ofTables(res.Advice)) > 0 {
		t.Fatalf("%v", res.Advice)
	}
	batch(t, "route add 192.0.2.0/24 via 10.0.0.7 dev eth0 table 1002")
	res := converge(t, m, c)
	_, advice, err := m.Plan(context.Background(), c.world(), "web-1")
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range [][]plan.Advice{res.Advice, advice} {
		if got = ofTables(got); len(got) != 1 || !strings.Contains(got[0].Detail, "table 1002") || !strings.Contains(got[0].Detail, "192.0.2.0/24 via 10.0.0.7 dev eth0") {
			t.Errorf("%v", got)
		}
	}
	if res.Message != "" || len(res.Done) > 0 {
		t.Errorf("%s %s", res.Message, stepTexts(res.Done))
	}
	batch(t, "route delete 192.0.2.0/24 table 1002")
	if res := converge(t, m, c); len(ofTables(res.Advice)) > 0 {
		t.Errorf("%v", res.Advice)
	}
}

// ofTables answers what is advised about tables; queues are another matter.
func ofTables(advice []plan.Advice) []plan.Advice {
	return slices.DeleteFunc(slices.Clone(advice), func(a plan.Advice) bool { return a.Rule != "host.table" })
}

func TestForeignDefaultOfOurMetric_host_metric(t *testing.T) {
	example(t)
	batch(t, "route add default via 10.0.0.253 dev eth0 metric 1001")
	m, c := open(t, Options{}), exampleCloud()
	res := turn(t, m, c)
	if !slices.Contains(blockedBy(res.Blocked), "host.metric") || !strings.Contains(res.Message, "dev eth0 metric 1001") {
		t.Fatalf("%s: %s", res.Condition, res.Message)
	}
	if rules := rulesOf(t); len(rules) != 6 {
		t.Errorf("rules need no metric in main: %v", rules)
	}
	if !slices.Contains(routesOf(t, "main"), "default via 10.0.0.253 dev eth0 metric 1001") {
		t.Error("the foreign route is gone")
	}
}

// A route that no reading shows is met as EEXIST, and is a blocked step all the same.
func TestForeignConnectedRoute_host_metric(t *testing.T) {
	example(t)
	batch(t, "route add 10.0.1.0/24 dev eth0 metric 1002")
	m, c := open(t, Options{}), exampleCloud()
	e := c.attach("web-1-c", mac2, 2, "10.0.1.21")
	e.spec.Subnet = "db"
	res := turn(t, m, c)
	if res.Condition != Degraded || !strings.Contains(res.Message, "10.0.1.0/24 dev eth0 scope link metric 1002") {
		t.Fatalf("%s: %s", res.Condition, res.Message)
	}
	if len(routesOf(t, "1002")) != 2 || len(rulesOf(t)) != 6 {
		t.Errorf("the rest is to be done: %v %v", routesOf(t, "1002"), rulesOf(t))
	}
}

// A foreign address serves where it is the declared one, and stays foreign.
func TestForeignAddressServes_host_verify(t *testing.T) {
	example(t)
	batch(t, "address add 10.0.0.20/24 dev eth1 noprefixroute", "address add 10.0.0.99/24 dev eth1 noprefixroute", "address add 10.0.0.21/24 dev eth0")
	m, c := open(t, Options{}), exampleCloud()
	res := turn(t, m, c)
	if !slices.Contains(blockedBy(res.Blocked), "host.verify") || !strings.Contains(res.Message, "10.0.0.21 is on eth0") {
		t.Errorf("an address of another interface: %s: %s", res.Condition, res.Message)
	}
	if !slices.ContainsFunc(res.Advice, func(a plan.Advice) bool { return strings.Contains(a.Detail, "10.0.0.99") }) {
		t.Errorf("a further address is reported: %v", res.Advice)
	}
	clear(c.enis)
	batch(t, "address delete 10.0.0.21/24 dev eth0")
	converge(t, m, c)
	same(t, lines(t, "ip -4 -br address show dev eth1"), "eth1@xeth1 UP 10.0.0.20/24 10.0.0.99/24")
}

// A foreign rule that looks our table up, or shares a priority, is an advice.
func TestForeignRule_host_foreign_rule(t *testing.T) {
	example(t)
	batch(t, "rule add fwmark 7 lookup 1001 priority 5000", "rule add from 10.0.0.77 lookup main priority 9000")
	m, c := open(t, Options{}), exampleCloud()
	res := converge(t, m, c)
	var found []string
	for _, a := range res.Advice {
		if a.Rule == "host.foreign-rule" {
			found = append(found, a.Detail)
		}
	}
	if len(found) != 2 {
		t.Errorf("%q", found)
	}
	if rules := strings.Join(rulesOf(t), "\n"); !strings.Contains(rules, "fwmark 0x7") || !strings.Contains(rules, "10.0.0.77") {
		t.Errorf("foreign rules are gone:\n%s", rules)
	}
}
