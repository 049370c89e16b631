//go:build linux

package host

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"enid/plan"
	"enid/plan/guest"
)

// An ENI alone in its subnet: one rule for the subnet in tiers 1 and 2, a
// connected route of its own in main.
func TestAloneInItsSubnet_host_rule(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	e := c.attach("web-1-c", mac2, 2, "10.0.1.21", "10.0.1.22")
	e.spec.Subnet = "db"
	converge(t, m, c)
	same(t, rulesOf(t),
		"7000: from 10.0.0.20 to 10.0.0.0/16 lookup 1001 proto 101",
		"7001: from 10.0.1.0/24 to 10.0.0.0/16 lookup 1002 proto 101",
		"8000: from 10.0.0.20 lookup main suppress_prefixlength 0 proto 101",
		"8001: from 10.0.1.0/24 lookup main suppress_prefixlength 0 proto 101",
		"9000: from 10.0.0.20 lookup 1001 proto 101",
		"9001: from 10.0.1.21 lookup 1002 proto 101",
		"9001: from 10.0.1.22 lookup 1002 proto 101")
	if !slices.Contains(routesOf(t, "main"), "10.0.1.0/24 dev eth2 proto 101 scope link metric 1002") {
		t.Error(routesOf(t, "main"))
	}
	again(t, m, c)
}

// A delegated /28 is one rule and one local route.
func TestPrefix_host_rule(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	c.host.Routing.Mode = "strict"
	c.enis["web-1-b"].status.Prefixes = []netip.Prefix{netip.MustParsePrefix("10.0.0.32/28")}
	converge(t, m, c)
	same(t, rulesOf(t), "9000: from 10.0.0.20 lookup 1001 proto 101", "9000: from 10.0.0.32/28 lookup 1001 proto 101", "9001: from 10.0.0.21 lookup 1002 proto 101")
	if !slices.Contains(routesOf(t, "local"), "local 10.0.0.32/28 dev eth1 proto 101 scope host") {
		t.Error(routesOf(t, "local"))
	}
	again(t, m, c)
	c.enis["web-1-b"].status.Prefixes = nil
	converge(t, m, c)
	if strings.Contains(strings.Join(routesOf(t, "local"), "\n"), "10.0.0.32") {
		t.Error(routesOf(t, "local"))
	}
}

// Where the primary's own route has a higher metric, or there is none, ours would
// take over: it is blocked, and the rest is done.
func TestMetricOfThePrimary_host_keep_default_route(t *testing.T) {
	for _, primary := range []string{"route add default via 10.0.0.253 dev eth0 metric 1024", ""} {
		example(t)
		batch(t, "route delete default dev eth0")
		if primary != "" {
			batch(t, primary)
		}
		m, c := open(t, Options{}), exampleCloud()
		res := turn(t, m, c)
		if !slices.Contains(blockedBy(res.Blocked), "host.keep-default-route") {
			t.Errorf("%s: %s", res.Condition, res.Message)
		}
		for _, l := range routesOf(t, "main") {
			if strings.HasPrefix(l, "default") && !strings.Contains(l, "eth0") {
				t.Errorf("%q", l)
			}
		}
		if len(rulesOf(t)) != 6 {
			t.Error(rulesOf(t))
		}
		if primary != "" {
			c.host.Routing.MetricBase = 2001
			converge(t, m, c)
		}
	}
}

// The NIC of main's default route is the primary, whatever the files say.
func TestPrimarysMAC_host_keep_default_route(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	c.enis["web-1-b"].status.MAC = mac0
	res := turn(t, m, c)
	same(t, blockedBy(res.Blocked), "host.keep-default-route")
	same(t, lines(t, "ip -4 -br address show dev eth0"), "eth0@xeth0 UP 10.0.0.19/24")
}

// Moving a table replaces routes and rules without a gap: the new ones are there
// before the old ones go.
func TestRenumber_host_table(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	converge(t, m, c)
	c.host.Routing.MetricBase, c.host.Routing.TableBase, c.host.Routing.PriorityBase = 3001, 3001, 12000
	host, _, err := m.Plan(context.Background(), c.world(), "web-1")
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, s := range host.Steps {
		if len(order) == 0 || order[len(order)-1] != s.Operation {
			order = append(order, s.Operation)
		}
	}
	same(t, order, "AddRoute", "AddRule", "DeleteRule", "DeleteRoute")
	converge(t, m, c)
	if left := append(routesOf(t, "1001"), routesOf(t, "1002")...); len(left) > 0 {
		t.Error(left)
	}
	if len(rulesOf(t)) != 6 || !strings.HasPrefix(rulesOf(t)[0], "12000:") {
		t.Error(rulesOf(t))
	}
	again(t, m, c)
}

// Where there is no address protocol, a label is the mark; an address without a
// mark is never removed.
func TestLabel_host_verify(t *testing.T) {
	example(t)
	m, c := open(t, Options{label: true}), exampleCloud()
	converge(t, m, c)
	if got := sh(t, "ip -4 -o address show dev eth1"); !strings.Contains(got, "eth1:enid") {
		t.Error(got)
	}
	again(t, m, c)
	batch(t, "address add 10.0.0.99/24 dev eth1 noprefixroute")
	clear(c.enis)
	converge(t, m, c)
	same(t, lines(t, "ip -4 -br address show dev eth1"), "eth1@xeth1 UP 10.0.0.99/24")
}

// The first address of a subnet goes alone, though the kernel would take the
// others along; foreign routes that go with the last one are named before.
func TestFirstAddressGoes_host_foreign_route(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	c.attach("web-1-b", mac1, 1, "10.0.0.20", "10.0.0.30")
	converge(t, m, c)
	batch(t, "address add 10.0.0.99/24 dev eth1 noprefixroute", "route add 192.0.2.0/24 via 10.0.0.9 dev eth1 onlink table 2999")
	c.attach("web-1-b", mac1, 1, "10.0.0.30")
	converge(t, m, c)
	same(t, lines(t, "ip -4 -br address show dev eth1"), "eth1@xeth1 UP 10.0.0.30/24 10.0.0.99/24")
	batch(t, "address delete 10.0.0.99/24 dev eth1")
	clear(c.enis)
	_, advice, err := m.Plan(context.Background(), c.world(), "web-1")
	if err != nil || !slices.ContainsFunc(advice, func(a plan.Advice) bool {
		return a.Rule == "host.foreign-route" && strings.Contains(a.Detail, "192.0.2.0/24")
	}) {
		t.Errorf("%v %v", advice, err)
	}
}

// The commands that a plan shows do what enid does.
func TestCommands_host_rule(t *testing.T) {
	lawLab(t)
	wipe(t)
	m, c := open(t, Options{}), exampleCloud()
	c.attach("web-1-b", mac1, 1, "10.0.0.20", "10.0.0.30").status.Prefixes = []netip.Prefix{netip.MustParsePrefix("10.0.0.32/28")}
	for _, now := range []*cloud{c, {host: c.host, inst: c.inst}} {
		host, _, err := m.Plan(context.Background(), now.world(), "web-1")
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range host.Steps {
			if s.Operation == "AddAddress" { // iproute2 6.1 cannot set the protocol
				converge := strings.Replace(s.Command, " proto 101", " label eth1:enid", 1)
				sh(t, strings.Replace(converge, "eth2 noprefixroute label eth1", "eth2 noprefixroute label eth2", 1))
				continue
			}
			sh(t, s.Command)
		}
		again(t, m, now)
	}
}

// What is observed can be printed.
func TestShow(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	converge(t, m, c)
	s, err := m.Show(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	y, err := yaml.JSONToYAML(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"primary: eth0", mac1, "10.0.0.20/24", `table: "1001"`, "9000: from 10.0.0.20 lookup 1001", "maxRX: 4"} {
		if !strings.Contains(string(y), want) {
			t.Errorf("no %q in\n%s", want, y)
		}
	}
}

// Many rules with a writer beside: no turn takes a dump's gap for the truth.
func TestRulesWhileOthersWrite_host_rule(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	var addrs []string
	for i := range 60 {
		addrs = append(addrs, fmt.Sprintf("10.0.0.%d", 100+i))
	}
	c.attach("web-1-b", mac1, 1, addrs...)
	stop := make(chan struct{})
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				batch(quiet{}, fmt.Sprintf("rule add from 192.0.2.1 lookup main priority %d", 8500+i%50), fmt.Sprintf("rule delete priority %d", 8500+i%50))
			}
		}
	}()
	for range 20 {
		turn(t, m, c)
	}
	close(stop)
	<-finished
	converge(t, m, c)
	again(t, m, c)
	n := 0
	for _, r := range ipJSON(t, "rule") {
		if fmt.Sprint(r["protocol"]) == "101" {
			n++
		}
	}
	if n != 3*61 {
		t.Errorf("%d rules", n)
	}
}

// quiet is a test that may not fail: of a goroutine.
type quiet struct{}

func (quiet) Helper()               {}
func (quiet) Fatalf(string, ...any) {}

// Another interface with the MAC of an ENI that works blocks it, and takes nothing of
// it away.
func TestSameMACLater_host_match_mac(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	c.attach("web-1-c", mac2, 2, "10.0.1.21").spec.Subnet = "db"
	converge(t, m, c)
	before := shape(t)
	batch(t, "link add dup address "+mac2+" type veth peer name xdup")
	for range 2 {
		if res := turn(t, m, c); len(res.Done) > 0 || res.Condition != Degraded || !slices.Contains(blockedBy(res.Blocked), guest.RuleMatchMAC) {
			t.Errorf("%s, done:\n%s", res.Condition, stepTexts(res.Done))
		}
	}
	same(t, slices.DeleteFunc(shape(t), func(l string) bool { return strings.Contains(l, "dup") }), before...)
	batch(t, "link delete dup")
	converge(t, m, c)
	again(t, m, c)
}
