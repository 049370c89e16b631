//go:build linux

package host

import (
	"flag"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

var soak = flag.Int("soak", 500, "how many random sequences of disturbances end converged")

// Whatever others do to a machine, in whatever order, it ends as it was after the
// first turn, the primary's default routes were never absent, and no turn changed
// what is not enid's.
func TestDisturbances_host_keep_default_route(t *testing.T) {
	lawLab(t)
	now := time.Unix(1e9, 0)
	m := open(t, Options{Now: func() time.Time { return now }})
	// A route with enid's mark in a table where it never worked is not looked for: one
	// long-lived machine has worked in all of them.
	m.work(false, disturbed)
	m.work(true, disturbed)
	lost := watchPrimary(t)
	moreChecks(t, *soak)
	turns, repairs := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		replug(t)
		wipe(t)
		batchOf(t, "-6", "address replace fd00:10::19/64 dev eth0 nodad", "route replace default via fe80::1 dev eth0 metric 1024 proto ra")
		lost.Store(0)
		c := drawCloud(t)
		c.inst.Type = "ecs.none" // whose number of queues nobody knows
		step := func() Result {
			before := dump(t, c)
			now = now.Add(2 * time.Minute) // nothing is held for so long, and no two turns make a fight
			res := turn(t, m, c)
			if diff := cmp.Diff(before.foreign, dump(t, c).foreign); diff != "" {
				t.Fatalf("a turn changed what is not enid's (-before +after):\n%s", diff)
			}
			turns, repairs = turns+1, repairs+len(res.Done)
			return res
		}
		first, want := step(), dump(t, c)
		for range rapid.IntRange(1, 6).Draw(t, "disturbances") {
			disturbance(t)
			if rapid.Bool().Draw(t, "turn between") {
				step()
			}
		}
		last := step()
		if diff := cmp.Diff(want.own, dump(t, c).own); diff != "" {
			t.Fatalf("%s: %s: it does not end as it began (-began +ended):\n%s", last.Condition, last.Message, diff)
		}
		if last.Condition != first.Condition && last.Condition != Converging && first.Condition != Converging {
			t.Fatalf("it began %s: %s, and ends %s: %s", first.Condition, first.Message, last.Condition, last.Message)
		}
		again(t, m, c)
		if n := lost.Load(); n > 0 {
			t.Fatalf("the primary's default route was absent %d times", n)
		}
	})
	t.Logf("%d turns did %d steps", turns, repairs)
}

// watchPrimary counts how often a default route of eth0 in main went.
func watchPrimary(t *testing.T) *atomic.Int64 {
	t.Helper()
	lost, updates, done := &atomic.Int64{}, make(chan netlink.RouteUpdate, 1024), make(chan struct{})
	eth0, err := netlink.LinkByName("eth0")
	if err != nil {
		t.Fatal(err)
	}
	if err := netlink.RouteSubscribe(updates, done); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { close(done) })
	go func() {
		for u := range updates {
			ones := 0
			if u.Dst != nil {
				ones, _ = u.Dst.Mask.Size()
			}
			if u.Type == unix.RTM_DELROUTE && u.Table == unix.RT_TABLE_MAIN && u.LinkIndex == eth0.Attrs().Index && ones == 0 && u.Priority <= 1024 {
				lost.Add(1)
			}
		}
	}()
	return lost
}

// disturbed are the tables in which others do things: those of ENIs, or not.
var disturbed = []uint32{1001, 1002, 1003, 2001, 2002}

// nics are the interfaces of declared ENIs by their MAC.
var nics = []string{mac1, mac2, "00:16:3e:00:00:03"}

// replug brings eth1 to eth3 back under their names.
func replug(t must) {
	t.Helper()
	named := map[string]string{}
	for _, l := range ipJSON(t, "link") {
		named[l["address"].(string)] = l["ifname"].(string)
	}
	for i, mac := range nics {
		name := fmt.Sprintf("eth%d", i+1)
		if named[mac] == name {
			continue
		}
		if named[mac] != "" {
			sh(t, "ip link delete "+named[mac])
		}
		veth(t, name, mac)
	}
}

// nameOf answers the name that a NIC has now, "" while it is unplugged.
func nameOf(t must, mac string) string {
	t.Helper()
	for _, l := range ipJSON(t, "link") {
		if l["address"] == mac {
			return l["ifname"].(string)
		}
	}
	return ""
}

// disturbance has others do one thing: break what is enid's, or make something of
// their own beside it.
func disturbance(t *rapid.T) {
	n := rapid.IntRange(1, 3).Draw(t, "ENI")
	dev, table := nameOf(t, nics[n-1]), rapid.SampledFrom(disturbed).Draw(t, "table")
	what := rapid.SampledFrom(doings).Draw(t, "what")
	what = strings.NewReplacer("DEV", dev, "TABLE", fmt.Sprint(table), "INDEX", fmt.Sprint(n-1), "MAC", nics[n-1],
		"RENAMED", fmt.Sprintf("nic%d", n)).Replace(what)
	switch {
	case strings.HasPrefix(what, "plug"):
		if dev != "" {
			sh(t, "ip link delete "+dev)
		}
		veth(t, rapid.SampledFrom([]string{fmt.Sprintf("eth%d", n), fmt.Sprintf("new%d", n)}).Draw(t, "as"), nics[n-1])
		return
	case dev == "" || strings.HasPrefix(what, "unplug"):
		if dev != "" {
			sh(t, "ip link delete "+dev)
		}
		veth(t, fmt.Sprintf("eth%d", n), nics[n-1])
		return
	}
	sh(t, what)
}

// doings are what others do; a line that begins with - may fail.
var doings = []string{
	"-ip -4 rule delete priority 900INDEX", "-ip -4 rule delete priority 700INDEX", "-ip -4 rule delete priority 800INDEX",
	"-ip -4 route flush table TABLE", "-ip -4 route flush table TABLE proto 101", "-ip -4 route delete default dev DEV",
	"-ip -4 route flush table local dev DEV proto 101", "-ip -4 route flush table main dev DEV proto 101",
	"ip -4 address flush dev DEV", "ip link set DEV down", "ip link set DEV up", "ip link set DEV down\nip link set DEV up",
	"ip link set DEV down\nip link set DEV name RENAMED", "ip link set DEV mtu 1400", "plug MAC", "unplug MAC",
	"-ip -4 route replace default via 10.0.0.254 dev DEV table TABLE proto 101 onlink",
	"-ip -4 rule add from 10.0.0.77 lookup TABLE priority 9000 protocol 101", "-ip -4 rule flush protocol 101", "-ip -6 rule flush protocol 101",
	"-sysctl -qw net.ipv4.conf.DEV.promote_secondaries=1", "-ethtool -L DEV rx 1 tx 1", "-ethtool -L DEV rx 4 tx 2",
	"-ip -6 rule delete priority 900INDEX", "-ip -6 rule delete priority 800INDEX", "-ip -6 route flush table TABLE",
	"-ip -6 route delete default dev DEV", "ip -6 address flush dev DEV scope global", "-ip -6 route flush table local dev DEV proto 101",
	"-ip -6 rule add from fd00:10::77 lookup TABLE priority 9000 protocol 101",
	// Their own.
	"-ip -4 address add 10.0.INDEX.90/24 dev DEV", "-ip -4 address add 10.0.INDEX.91/32 dev DEV", "-ip -4 address add 203.0.113.1/24 dev DEV valid_lft 3600 preferred_lft 1800",
	"-ip -4 route add 198.51.100.0/24 dev DEV", "-ip -4 route add 192.0.2.0/24 dev DEV table 2999", "-ip -4 rule add from 10.0.0.77 lookup 2999 priority 6000",
	"-ip -4 rule add fwmark 7 lookup TABLE priority 5000", "-ip -4 route add default via 10.0.0.253 dev eth0 metric 5000",
	"-ip -6 address add fd00:10:0:INDEX::90/64 dev DEV nodad", "-ip -6 route add fd00:99::/64 dev DEV table 2999",
	"-ip -6 rule add from fd00:10::77 lookup 2999 priority 6000", "-ip -6 route add default via fe80::9 dev eth0 metric 5000",
}
