//go:build linux

package main

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
)

// foreign is what others have put on the machine, by the commands that make it and
// as the kernel shows it: an address on an ENI's interface, rules before, between
// and after enid's, routes of a table of their own and of main. Nothing of it is in
// the way.
var foreign = []struct{ make, line string }{
	{"address add 192.0.2.9/32 dev eth1", "address 192.0.2.9/32 dev eth1"},
	{"address add 10.0.0.120/24 dev eth0", "address 10.0.0.120/24 dev eth0"},
	{"rule add from 192.0.2.9 lookup 77 priority 5000", "rule 5000: from 192.0.2.9 lookup 77 proto 0"},
	{"rule add from 198.51.100.0/24 lookup 77 priority 7500", "rule 7500: from 198.51.100.0/24 lookup 77 proto 0"},
	{"rule add from all to 192.0.2.128/25 lookup 77 priority 20000 protocol 4", "rule 20000: from all to 192.0.2.128/25 lookup 77 proto 4"},
	{"route add default via 10.0.0.1 dev eth0 table 77", "route default via 10.0.0.1 dev eth0 table 77 proto 3"},
	{"route add 198.51.100.0/24 via 10.0.0.2 dev eth0", "route 198.51.100.0/24 via 10.0.0.2 dev eth0 proto 3"},
	{"route add 203.0.113.0/24 via 10.0.0.2 dev eth0 proto 186 metric 50", "route 203.0.113.0/24 via 10.0.0.2 dev eth0 metric 50 proto 186"},
}

// foreignTo puts everything foreign on the machine and answers its lines.
func (l *lab) foreignTo() (lines []string) {
	l.t.Helper()
	for _, f := range foreign {
		l.ip(f.make)
		lines = append(lines, f.line)
	}
	return lines
}

// Foreign objects survive commits that add, change and remove ENIs, healing,
// kill -9, a held revision and the end of the daemon.
func TestE2EForeignObjectsSurvive(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	theirs := l.foreignTo()
	if err := l.is(append(theirs, primaryLines...))(); err != nil {
		t.Fatal(err)
	}
	r := l.newRepo()
	r.commit("the worked example")
	run := func() *process { return l.daemon("--repo", r.url(), "--interval", "200ms") }
	d := run()
	converges := func(what string, cards ...card) {
		t.Helper()
		l.within(what, l.is(append(balanced(cards...), theirs...)))
	}
	converges("the start", cardB, cardC)

	more := card{"eth1", 1001, []string{"10.0.0.20", "10.0.0.41", "10.0.0.42"}}
	r.edit("topology/web-1-b.yaml", "  mac:", "  secondaryIPs: [10.0.0.41, 10.0.0.42]\n  mac:")
	r.commit("more addresses")
	converges("more addresses", more, cardC)
	d.kill()
	l.ip("rule delete priority 9001", "address delete 10.0.0.41/24 dev eth1")
	d = run()
	converges("kill -9 and harm", more, cardC)
	l.ip("route flush table 1001")
	converges("a flushed table", more, cardC)

	gone := r.remove("topology/web-1-b.yaml")
	r.commit("the ENI with the foreign address goes")
	converges("the ENI goes", cardC)
	r.write("topology/web-1-b.yaml", gone)
	r.edit("topology/web-1.yaml", "  instance: web-1\n", "  instance: web-1\n  routing: {mode: strict}\n")
	r.commit("and comes back, in the other mode")
	l.within("the other mode", l.is(append(machine(more, cardC), theirs...)))
	r.write("topology/web-1-c.yaml", "nonsense\n")
	r.commit("nonsense")
	l.within("held", func() error {
		s, _, err := l.status()
		if err == nil && s.Source.Condition != "Invalid" {
			err = fmt.Errorf("source %+v", s.Source)
		}
		return err
	})
	if code := d.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit %d on SIGTERM", code)
	}
	if err := l.is(append(machine(more, cardC), theirs...))(); err != nil {
		t.Error(err)
	}
}

// A foreign route in an ENI's table blocks that ENI alone, by name; once it is
// gone the ENI converges. It is never removed.
func TestE2EForeignRouteBlocksOneENI(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.ip("route add 192.0.2.0/24 via 10.0.0.7 dev eth0 table 1002")
	theirs := "route 192.0.2.0/24 via 10.0.0.7 dev eth0 table 1002 proto 3"
	r := l.newRepo()
	commit := r.commit("the worked example")
	d := l.daemon("--repo", r.url())
	blocked := func() error {
		s, code, err := l.status()
		if err == nil && (code != 2 || s.Host.Condition != "Degraded" || !strings.Contains(s.Host.Message, "1002") || !strings.Contains(s.Host.Message, "192.0.2.0/24")) {
			err = fmt.Errorf("exit %d, host %+v; wanted Degraded, and table 1002 and its route named", code, s.Host)
		}
		return err
	}
	l.measure("an ENI beside a blocked one", has(l, theirs, card{"eth1", 1001, cardB.addrs}))
	l.within("status names it", blocked)
	if r := l.enid(3, "host", "plan", "--host", "web-1"); !strings.Contains(r.out, "host.table") {
		t.Errorf("enid host plan:\n%s", r.out)
	}
	l.ip("rule delete priority 9000")
	l.within("the other is healed", has(l, theirs, cardB))
	d.kill()
	d = l.daemon("--repo", r.url())
	l.within("a restart changes nothing", all(has(l, theirs, cardB), blocked))

	l.ip("route delete 192.0.2.0/24 table 1002")
	l.measure("after the foreign route is gone", l.is(balanced(cardB, cardC)))
	l.within("status says so", l.inSync(commit))
	// Into a table that works: nothing is taken away, the other's or enid's, and
	// what is harmed elsewhere is healed.
	l.ip("route add 192.0.2.0/24 via 10.0.0.7 dev eth0 table 1002", "rule delete priority 9000")
	l.within("all stays", l.is(append(balanced(cardB, cardC), theirs)))
	l.ip("route delete 192.0.2.0/24 table 1002")
	l.within("status says so", all(l.inSync(commit), l.is(balanced(cardB, cardC))))
	d.alive()
}

// has answers nil where the cards are set up, the foreign line is there, nothing
// else is in table 1002, and no rule leads there.
func has(l *lab, line string, cards ...card) func() error {
	return func() error {
		lines := l.kernel()
		if err := contains(lines, line, balanced(cards...)); err != nil {
			return err
		}
		for _, got := range lines {
			if (strings.Contains(got, "table 1002") || strings.Contains(got, "lookup 1002")) && got != line {
				return fmt.Errorf("%q is there", got)
			}
		}
		return nil
	}
}

// contains answers nil where all of some lines are among others.
func contains(lines []string, one string, more []string) error {
	there := map[string]bool{}
	for _, line := range lines {
		there[line] = true
	}
	for _, line := range append(more, one) {
		if !there[line] {
			return fmt.Errorf("no %q in\n%s", line, strings.Join(lines, "\n"))
		}
	}
	return nil
}
