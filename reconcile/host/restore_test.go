//go:build linux

package host

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"enid/plan/guest"
	"enid/schema"
)

// picture is the whole network as ip and sysfs show it, line by line. Lifetimes run
// on; what the kernel gives every link with IPv6, and whether a link is thought to be
// connected, comes a moment after the link came up.
func picture(t must) []string {
	t.Helper()
	var out []string
	for _, family := range []string{"-4", "-6"} {
		for _, args := range [][]string{{"address"}, {"route", "show", "table", "all"}, {"rule"}} {
			b, err := exec.Command("ip", append([]string{"-j", "-d", "-N", family}, args...)...).Output()
			if err != nil {
				t.Fatalf("ip %s %v: %v", family, args, err)
			}
			var entries []map[string]any
			if err := json.Unmarshal(b, &entries); err != nil && len(b) > 0 {
				t.Fatalf("ip %s %v: %v", family, args, err)
			}
			var found []string
			for _, e := range entries {
				found = append(found, entryLines(args[0], e)...)
			}
			if args[0] == "route" { // ip shows those of one place, over several links, as they came
				slices.Sort(found)
			}
			out = append(out, found...)
		}
	}
	for _, pattern := range []string{"/sys/class/net/eth*/queues/*/rps_cpus", "/proc/sys/net/ipv4/conf/eth*/promote_secondaries", "/proc/sys/net/ipv4/conf/eth*/rp_filter", "/proc/sys/net/ipv4/conf/eth*/arp_ignore"} {
		files, _ := filepath.Glob(pattern)
		for _, f := range files {
			b, _ := os.ReadFile(f)
			out = append(out, f+" "+strings.TrimSpace(string(b)))
		}
	}
	for _, l := range ipJSON(t, "link") {
		out = append(out, fmt.Sprint(l["ifname"], " up ", slices.Contains(l["flags"].([]any), any("UP")), " mtu ", l["mtu"]))
	}
	for i := range 4 {
		b, _ := exec.Command("ethtool", "-l", fmt.Sprintf("eth%d", i)).Output()
		out = append(out, string(b))
	}
	return out
}

func entryLines(kind string, e map[string]any) (out []string) {
	delete(e, "cache")
	if kind != "address" {
		if flags, ok := e["flags"].([]any); ok {
			e["flags"] = slices.DeleteFunc(flags, func(f any) bool { return f == "linkdown" })
		}
		if dst := fmt.Sprint(e["dst"]); strings.HasPrefix(dst, "fe80::") || dst == "ff00::/8" {
			return nil
		}
		return []string{kind + " " + text(e)}
	}
	for _, a := range e["addr_info"].([]any) {
		a := a.(map[string]any)
		if strings.HasPrefix(fmt.Sprint(a["local"]), "fe80::") {
			continue
		}
		for _, life := range []string{"valid_life_time", "preferred_life_time"} {
			if a[life].(float64) < 4294967295 {
				a[life] = "runs"
			}
		}
		out = append(out, fmt.Sprint("address ", e["ifname"], " ", text(a)))
	}
	return out
}

func text(v any) string {
	b, _ := json.Marshal(v) // keys are sorted
	return string(b)
}

// still answers the picture once it is still: the kernel makes the routes of IPv6
// addresses in the background.
func still(t must) []string {
	t.Helper()
	for last := picture(t); ; {
		time.Sleep(20 * time.Millisecond)
		now := picture(t)
		if slices.Equal(now, last) {
			return now
		}
		last = now
	}
}

// try converges so that it can be undone, and answers what undoes it as another
// process would get it.
func try(t must, m *Machine, c *cloud) *Snapshot {
	t.Helper()
	h, err := guest.Declared(c.world(), "web-1")
	if err != nil {
		t.Fatalf("%v", err)
	}
	res, err := m.Converge(context.Background(), h, func(*Snapshot) error { return nil })
	if err != nil {
		t.Fatalf("turn: %v", err)
	}
	b, err := json.Marshal(res.Before)
	if err != nil {
		t.Fatalf("%v", err)
	}
	var s Snapshot
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatalf("%v", err)
	}
	return &s
}

// undo restores, as a process that knows nothing, and wants all of it to succeed.
func undo(t must, s *Snapshot) Restored {
	t.Helper()
	m, err := Open(Options{})
	if err != nil {
		t.Fatalf("%v", err)
	}
	defer m.Close()
	res, err := m.Restore(context.Background(), s)
	if err != nil || len(res.Failed) > 0 {
		t.Fatalf("undo: %v\n%s", err, strings.Join(res.Failed, "\n"))
	}
	return res
}

// foreignThings are what others may have on a machine, of both families, which the
// kernel takes along with addresses and links.
var foreignThings = []string{
	"-4 address add 10.0.0.90/24 dev eth1 valid_lft 3600 preferred_lft 1800", "-4 address add 10.0.1.91/24 dev eth2 label eth2:x noprefixroute",
	"-4 address add 10.0.0.92/32 dev eth1 scope link", "-4 address add 10.9.0.1 peer 10.9.0.2/32 dev eth1", "-6 address add 2001:db8:1::90/64 dev eth1 nodad",
	"-6 address add 2001:db8:1::91/64 dev eth1 nodad", "-4 address add 10.0.2.93/24 dev eth3",
	"link set eth1 up", "link set eth2 up", "link set eth2 mtu 1450",
	"-4 route add 192.0.2.0/24 dev eth1 table 2999 realm 7", "-4 route add 198.51.100.0/24 dev eth2 mtu lock 1300 proto 42", "-4 route append 198.51.100.0/24 dev eth1",
	"-4 route add 203.0.113.0/24 nexthop dev eth1 weight 2 nexthop dev eth2", "-4 route add blackhole 203.0.113.128/25",
	"-6 route add 2001:db8:2::/48 via 2001:db8:1::99 dev eth1 metric 77 proto 42", "-6 route add 2001:db8:3::/48 dev eth1 table 2999 expires 5000",
	"-4 rule add from 10.0.0.77 lookup 2999 priority 9900", "-6 rule add from 2001:db8:1::90 lookup 2999 priority 9900", "-4 rule add fwmark 0x7/0xf iif eth1 unreachable priority 6999",
}

// forget removes what clean and wipe leave of foreignThings.
func forget(t must) {
	sh(t, `-ip -4 route flush table 2999
		-ip -4 route delete blackhole 203.0.113.128/25
		-ip -6 rule delete priority 9900
		-ip -6 route flush table 2999`)
}

// Whatever a turn does, undo brings the machine back, line by line as ip shows it,
// also what of others' the kernel took along; and undoing again does nothing.
func TestLawUndo(t *testing.T) {
	clean(t)
	sh(t, "-sysctl -qw net.ipv6.conf.default.accept_dad=0")
	lawLab(t)
	t.Cleanup(func() { forget(t) })
	m := open(t, Options{})
	changed := 0
	moreChecks(t, 25)
	rapid.Check(t, func(t *rapid.T) {
		wipe(t)
		for i := range 4 {
			sh(t, fmt.Sprintf("-ip -6 address flush dev eth%d scope global\n-ethtool -L eth%d rx 4 tx 4", i, i))
		}
		forget(t)
		if rapid.Bool().Draw(t, "promote") {
			sh(t, "sysctl -qw net.ipv4.conf.eth1.promote_secondaries=1")
		}
		others := rapid.SliceOfN(rapid.SampledFrom(foreignThings), 0, 8)
		sh(t, "-ip "+strings.Join(others.Draw(t, "before"), "\n-ip "))
		turn(t, m, drawCloud(t))
		sh(t, "-ip "+strings.Join(others.Draw(t, "after"), "\n-ip "))

		before := still(t)
		s := try(t, m, drawCloud(t))
		changed += len(s.Chains)
		if rapid.Bool().Draw(t, "settled") {
			if err := m.settle(context.Background(), s); err != nil {
				t.Fatalf("%v", err)
			}
		}
		undo(t, s)
		if diff := cmp.Diff(before, still(t)); diff != "" {
			t.Fatalf("before (-) and after (+) differ:\n%s\n%s", diff, text(s))
		}
		if res := undo(t, s); res.Changed > 0 {
			t.Fatalf("the second undo changed %d", res.Changed)
		}
	})
	if changed == 0 {
		t.Error("no turn changed anything")
	}
}

// What somebody else changes between the turn and its undo stays changed, and what
// stays for that reason is named.
func TestUndoLeavesOthersAlone(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	c.enis["web-1-b"].spec.Guest = &schema.ENIGuest{MTU: 1400}
	sh(t, "ip address add 10.0.0.90/24 dev eth2\nip address add 10.0.0.91/24 dev eth2\nip link set eth2 up\nip route add 192.0.2.0/24 dev eth2\nip route add 198.51.100.0/24 dev eth2")
	s := try(t, m, c)
	if err := m.settle(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	sh(t, `ip link set eth1 mtu 1300
		ip address add 192.0.2.9/32 dev eth1
		ip route delete 198.51.100.0/24 dev eth2
		ip address delete 10.0.0.91/24 dev eth2
		ip address add 10.0.0.92/24 dev eth2
		ip route delete default dev eth2 table 1002
		ip route add default via 10.0.0.99 dev eth2 table 1002`)
	res := undo(t, s)
	if len(res.Left) != 2 || !strings.Contains(strings.Join(res.Left, "\n"), "eth1 stays up: another program has put address 192.0.2.9/32 dev eth1 there") {
		t.Errorf("left: %q", res.Left)
	}
	same(t, lines(t, "ip -4 -br address show dev eth2"), "eth2@xeth2 UP 10.0.0.90/24 10.0.0.92/24")
	same(t, lines(t, "ip -4 -br address show dev eth1"), "eth1@xeth1 UP 192.0.2.9/32")
	same(t, routesOf(t, "1002"), "default via 10.0.0.99 dev eth2")
	same(t, routesOf(t, "main"), "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.19", "10.0.0.0/24 dev eth2 proto kernel scope link src 10.0.0.90",
		"192.0.2.0/24 dev eth2 scope link", "default via 10.0.0.253 dev eth0")
	if rules := rulesOf(t); len(rules) > 0 {
		t.Errorf("rules: %v", rules)
	}
	if mtu := sh(t, "cat /sys/class/net/eth1/mtu"); strings.TrimSpace(mtu) != "1300" {
		t.Errorf("MTU %s", mtu)
	}
}

// A NIC that was renamed since has back what was set on it, and the one that has its
// name now keeps what it has; what was set on a NIC that is gone is nobody's.
func TestUndoFollowsTheNIC(t *testing.T) {
	example(t)
	m, c := open(t, Options{}), exampleCloud()
	loose := 2
	c.host.Queues, c.host.RPS, c.host.Sysctls = schema.Queues{Count: 2}, schema.RPS{Mode: "mask", Mask: "1"}, schema.Sysctls{RPFilter: &loose}
	sh(t, "sysctl -qw net.ipv4.conf.eth1.rp_filter=0")
	s := try(t, m, c)
	if err := m.settle(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	set := func(link string) string {
		return sh(t, "ethtool -l "+link) + sh(t, "cat /sys/class/net/"+link+"/queues/rx-0/rps_cpus /proc/sys/net/ipv4/conf/"+link+"/rp_filter")
	}
	given := set("eth1")
	sh(t, "ip link delete eth2\nip link set eth1 down\nip link set eth1 name ens9\nip link set ens9 up\nip link set xeth1 name xens9")
	veth(t, "eth1", "00:16:3e:00:00:99")
	sh(t, "ethtool -L eth1 rx 2 tx 2\nsysctl -qw net.ipv4.conf.eth1.rp_filter=2")
	if err := os.WriteFile("/sys/class/net/eth1/queues/rx-0/rps_cpus", []byte("1\n"), 0); err != nil {
		t.Fatal(err)
	}
	if res := undo(t, s); len(res.Left) > 0 {
		t.Errorf("left: %q", res.Left)
	}
	if got := set("eth1"); got != given {
		t.Errorf("another NIC of that name now has\n%s", got)
	}
	if got := set("ens9"); strings.Count(got, "RX:\t\t4") != 2 || !strings.HasSuffix(got, "0\n0\n") {
		t.Errorf("the renamed NIC has\n%s", got)
	}
}

// An address that the kernel will take away some day is put back for as long as it
// had left, and not at all once its time is over.
func TestUndoLifetimes(t *testing.T) {
	example(t)
	sh(t, "ip link set eth1 up\nip address add 10.0.0.80/24 dev eth1 label eth1:enid valid_lft 9000 preferred_lft 8000")
	m, c := open(t, Options{}), exampleCloud()
	s := try(t, m, c)
	same(t, lines(t, "ip -4 -br address show dev eth1"), "eth1@xeth1 UP 10.0.0.20/24")
	s.At -= 1000 * time.Second
	undo(t, s)
	a := ipJSON(t, "address", "show", "dev", "eth1")[0]["addr_info"].([]any)[0].(map[string]any)
	if valid, preferred := a["valid_life_time"].(float64), a["preferred_life_time"].(float64); valid > 8000 || valid < 7000 || preferred > 7000 || preferred < 6000 {
		t.Errorf("valid for %v, preferred for %v", valid, preferred)
	}
	s = try(t, m, c)
	s.At -= 10000 * time.Second
	undo(t, s)
	same(t, lines(t, "ip -4 -br address show dev eth1"))
}
