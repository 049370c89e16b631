//go:build linux

package host

import (
	"context"
	"flag"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"pgregory.net/rapid"

	"enid/plan"
	"enid/plan/guest"
	"enid/schema"
)

// lawLab makes a machine of eth0 (the primary) to eth3, once for a test.
func lawLab(t *testing.T) {
	t.Helper()
	clean(t)
	for i, mac := range []string{mac0, mac1, mac2, "00:16:3e:00:00:03"} {
		veth(t, fmt.Sprintf("eth%d", i), mac)
	}
}

// wipe brings the machine back to the primary's address and default route.
func wipe(t must) {
	batchOf(t, "-6", append(ruleDeletes(t, "-6"), "route flush dev eth0 proto boot")...)
	script := ruleDeletes(t, "-4")
	for i := 1; i <= 3; i++ {
		script = append(script, fmt.Sprintf("address flush dev eth%d", i), fmt.Sprintf("link set eth%d down mtu 1500", i))
	}
	script = append(script, "route flush dev eth0", "address flush dev eth0", "link set eth0 up",
		"address add 10.0.0.19/24 dev eth0", "route add default via 10.0.0.253 dev eth0 metric 100")
	batch(t, script...)
	sh(t, "-sysctl -qw net.ipv4.conf.eth1.promote_secondaries=0 net.ipv4.conf.eth2.promote_secondaries=0 net.ipv4.conf.eth3.promote_secondaries=0 net.ipv4.conf.eth1.rp_filter=1 net.ipv4.conf.eth2.arp_ignore=1")
}

func ruleDeletes(t must, family string) (script []string) {
	for _, r := range ipFamily(t, family, "rule") {
		if p := int(r["priority"].(float64)); p != 0 && p < 32766 {
			script = append(script, fmt.Sprintf("rule delete priority %d", p))
		}
	}
	return script
}

// drawCloud answers a random cloud state of up to three secondary ENIs.
func drawCloud(t *rapid.T) *cloud {
	c := exampleCloud()
	clear(c.enis)
	c.host.Routing.Mode = rapid.SampledFrom([]string{"balanced", "strict"}).Draw(t, "mode")
	c.host.Routing.MetricBase = rapid.SampledFrom([]int{1001, 1101}).Draw(t, "metricBase")
	c.host.Queues = rapid.SampledFrom([]schema.Queues{{Unmanaged: true}, {Auto: true}, {Count: 1}, {Count: 3}}).Draw(t, "queues")
	switches := []*int{nil, new(0), new(1), new(2)}
	c.host.Sysctls = schema.Sysctls{ARPIgnore: rapid.SampledFrom(switches).Draw(t, "arpIgnore"), RPFilter: rapid.SampledFrom(switches).Draw(t, "rpFilter")}
	masks := []schema.RPS{{}, {Mode: "documented"}, {Mode: "off"}, {Mode: "mask", Mask: "1"}}
	if !masksWritable() {
		masks = masks[:1]
	}
	c.host.RPS = rapid.SampledFrom(masks).Draw(t, "rps")
	if masksWritable() {
		c.host.XPS = rapid.SampledFrom([]string{"", "auto", "off"}).Draw(t, "xps")
		c.host.RFS = rapid.SampledFrom([]schema.RFS{{}, {Off: true}}).Draw(t, "rfs")
	}
	indexes := rapid.Permutation([]int{1, 2, 3}).Draw(t, "indexes")
	for i, mac := range []string{mac1, mac2, "00:16:3e:00:00:03"} {
		if rapid.IntRange(0, 3).Draw(t, "absent") == 0 {
			continue
		}
		subnet := rapid.IntRange(0, 2).Draw(t, "subnet")
		var addrs []string
		for _, n := range rapid.SliceOfNDistinct(rapid.IntRange(20, 25), 1, 4, rapid.ID[int]).Draw(t, "addresses") {
			addrs = append(addrs, fmt.Sprintf("10.0.%d.%d", subnet, n+10*i))
		}
		six := rapid.SliceOfNDistinct(rapid.IntRange(20, 23), 0, 2, rapid.ID[int]).Draw(t, "IPv6 addresses")
		for _, n := range six {
			addrs = append(addrs, fmt.Sprintf("fd00:10:0:%d::%d", subnet, n+10*i))
		}
		e := c.attach(fmt.Sprintf("eni-%d", i+1), mac, indexes[i], addrs...)
		if len(six) > 0 && rapid.Bool().Draw(t, "IPv6 prefix") {
			e.status.Prefixes = append(e.status.Prefixes, netip.MustParsePrefix(fmt.Sprintf("fd00:10:0:%d:%d::/80", subnet, i+1)))
		}
		e.spec.Subnet = []string{"web", "db", "app"}[subnet]
		if rapid.IntRange(0, 2).Draw(t, "prefix") == 0 {
			e.status.Prefixes = append(e.status.Prefixes, netip.MustParsePrefix(fmt.Sprintf("10.0.%d.%d/28", subnet, 128+16*i)))
		}
		e.spec.Guest = &schema.ENIGuest{
			MTU:   rapid.SampledFrom([]int{0, 1400, 1500}).Draw(t, "mtu"),
			Table: rapid.SampledFrom([]int{0, 0, 2001 + i}).Draw(t, "table"),
		}
	}
	return c
}

// disturbances are what others do to a machine.
var disturbances = []string{
	"address add 10.0.0.90/24 dev eth1", "address add 10.0.1.91/24 dev eth2", "address add 10.0.0.92/32 dev eth1",
	"address add 10.0.0.20/24 dev eth1", "address add 10.0.2.93/24 dev eth3",
	"address add 10.0.0.20/24 dev eth1 label eth1:enid noprefixroute valid_lft 500 preferred_lft 500",
	"link set eth1 up", "link set eth2 down", "link set eth1 down",
	"route add 192.0.2.0/24 dev eth1 table 2999", "route add 198.51.100.0/24 dev eth2",
	"route add 203.0.113.0/24 dev eth1 table 1002", "route add default via 10.0.0.253 dev eth0 metric 1002",
	"rule add from 10.0.0.77 lookup 1001 priority 9000", "rule add from 10.0.0.20 lookup 1001 priority 9000 protocol 4",
	"route flush table 1001", "route flush table 1002 proto 101", "address flush dev eth2 scope global",
	"rule delete priority 9000", "rule delete priority 8001", "route delete default dev eth1",
	"-6 address add fd00:10::90/64 dev eth1 nodad", "-6 address add fd00:10::20/64 dev eth1 nodad", "-6 address flush dev eth2 scope global",
	"-6 route add fd00:99::/64 dev eth1 table 1002", "-6 route flush table 1001", "-6 route add default via fe80::9 dev eth0 metric 1024",
	"-6 rule delete priority 9000", "-6 rule add from fd00:10::77 lookup 1001 priority 9000", "-6 route delete default dev eth2",
}

// disturb has others do something; what is already so may fail.
func disturb(t must, others ...string) {
	t.Helper()
	for _, o := range others {
		family, rest := "-4 ", o
		if six, ok := strings.CutPrefix(o, "-6 "); ok {
			family, rest = "-6 ", six
		}
		sh(t, "-ip "+family+rest)
	}
}

// Laws 5 and 8: after every single step what is observed equals the step's effect
// on what was observed before, and the primary's default route stands.
func TestLawModelAgainstKernel_host_keep_default_route(t *testing.T) {
	lawLab(t)
	m := open(t, Options{})
	worlds, steps := 0, 0
	moreChecks(t, lawWorlds/2)
	rapid.Check(t, func(t *rapid.T) {
		wipe(t)
		primary, route := sh(t, "ip -4 -d route show default dev eth0 metric 100"), primaryRoute(t)
		for range 2 {
			if rapid.Bool().Draw(t, "promote") {
				sh(t, "sysctl -qw net.ipv4.conf.eth1.promote_secondaries=1")
			}
			others := rapid.SliceOfN(rapid.SampledFrom(disturbances), 0, 4).Draw(t, "others")
			disturb(t, others...)
			c := drawCloud(t)
			worlds++
			steps += oneByOne(t, m, c, func() {
				if now := primaryRoute(t); now != route {
					t.Fatalf("the primary's default route is %q, was %q", now, route)
				}
			})
			if now := sh(t, "ip -4 -d route show default dev eth0 metric 100"); now != primary {
				t.Fatalf("the primary's default route is %q, was %q", now, primary)
			}
		}
	})
	t.Logf("%d steps in %d worlds", steps, worlds)
	if steps < worlds {
		t.Errorf("%d steps are too few to say anything", steps)
	}
}

// lawWorlds is how many random worlds the laws are held over in the kernel.
const lawWorlds = 500

// moreChecks has this test run more checks than the package's, unless it is to be
// short or the command line says how many.
func moreChecks(t *testing.T, n int) {
	checks := flag.Lookup("rapid.checks")
	was := checks.Value.String()
	if testing.Short() || was != fewChecks {
		return
	}
	if err := checks.Value.Set(strconv.Itoa(n)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { checks.Value.Set(was) })
}

// primaryRoute answers the primary's default route as the netlink library reads
// it: a process each step would cost more than all that is tested.
func primaryRoute(t *rapid.T) string {
	eth0, err := netlink.LinkByName("eth0")
	if err != nil {
		t.Fatalf("%v", err)
	}
	routes, err := netlink.RouteListFiltered(netlink.FAMILY_V4, &netlink.Route{LinkIndex: eth0.Attrs().Index}, netlink.RT_FILTER_OIF)
	if err != nil {
		t.Fatalf("%v", err)
	}
	for _, r := range routes {
		if r.Priority == 100 && r.Gw != nil {
			return r.String()
		}
	}
	t.Fatalf("the primary has no default route")
	return ""
}

// oneByOne does a plan step by step, and compares after each.
func oneByOne(t *rapid.T, m *Machine, c *cloud, after func()) int {
	h, err := guest.Declared(c.world(), "web-1")
	if err != nil {
		t.Fatalf("%v", err)
	}
	reading := h.Reading()
	reading.Links, reading.All, reading.Masks, reading.XPS, reading.RFS = []string{"eth1", "eth2", "eth3"}, true, true, true, true
	observe := func() *plan.World {
		o, err := m.read(context.Background(), reading)
		if err != nil {
			t.Fatalf("%v", err)
		}
		return guest.World(o)
	}
	before := observe()
	want := h.Want(before).World
	p, err := plan.Make(guest.Domain(), before, want, time.Time{}, plan.Options{})
	if err != nil {
		t.Fatalf("%v", err)
	}
	if err := plan.Check(guest.Domain(), p, before, want, time.Time{}, plan.Options{}); err != nil {
		t.Fatalf("%v\n%s", err, planText(p))
	}
	for _, s := range p.Runnable() {
		if err := m.do(context.Background(), []deed{resolve(s.Op.ID, s.Target, before, want)})[0]; err != nil {
			t.Fatalf("%s %s: %v\n%s", s.ID, s.Target, err, planText(p))
		}
		model := before.Fork()
		plan.Apply(guest.Domain(), s, model, want, time.Time{})
		before = observe()
		if diff := cmp.Diff(texts(model), texts(before)); diff != "" {
			t.Fatalf("after %s %s the model (-) and the kernel (+) differ:\n%s\n%s", s.ID, s.Target, diff, planText(p))
		}
		after()
	}
	return len(p.Runnable())
}

// texts answers a world for comparison.
func texts(w *plan.World) map[string]string {
	out := map[string]string{}
	for _, ref := range w.Refs() {
		out[ref.String()] = fmt.Sprintf("%+v", guest.Normal(w.Get(ref)))
	}
	return out
}

func planText(p *plan.Plan) string {
	var b strings.Builder
	for _, s := range p.Steps {
		fmt.Fprintf(&b, "%s %s %s after %v %v\n", s.ID, s.Operation, s.Target, s.DependsOn, s.BlockedBy)
	}
	return b.String()
}
