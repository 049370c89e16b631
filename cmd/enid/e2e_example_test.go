//go:build linux

package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// primaryLines is what the machine has before enid, and keeps: it is the whole
// machine where every ENI is gone.
var primaryLines = []string{
	"address 10.0.0.19/24 dev eth0",
	"route 10.0.0.0/24 dev eth0 proto 2",
	"route default via 10.0.0.253 dev eth0 proto 3",
}

// card is an ENI as the kernel is to have it: interface, table and metric, and
// addresses.
type card struct {
	dev   string
	table int
	addrs []string
}

// priority is the place of the card's rules in the band from first.
func (c card) priority(first int) int { return first + c.table - 1001 }

// machine is what document A 4.4 wants in strict mode, of these cards: for each
// address one rule to the table, in the table a default route and the subnet, in
// main the default route with its metric and no route to the subnet.
func machine(cards ...card) []string {
	lines := slices.Clone(primaryLines)
	for _, c := range cards {
		lines = append(lines,
			fmt.Sprintf("route default via 10.0.0.253 dev %s metric %d proto 101 onlink", c.dev, c.table),
			fmt.Sprintf("route default via 10.0.0.253 dev %s table %d proto 101 onlink", c.dev, c.table),
			fmt.Sprintf("route 10.0.0.0/24 dev %s table %d proto 101", c.dev, c.table))
		for _, a := range c.addrs {
			lines = append(lines,
				fmt.Sprintf("address %s/24 dev %s noprefixroute", a, c.dev),
				fmt.Sprintf("rule %d: from %s lookup %d proto 101", c.priority(9000), a, c.table))
		}
	}
	return lines
}

// balanced is machine with the three rules of balanced mode for each address, of
// which the documented one is the last.
func balanced(cards ...card) []string {
	lines := machine(cards...)
	for _, c := range cards {
		for _, a := range c.addrs {
			lines = append(lines,
				fmt.Sprintf("rule %d: from %s to 10.0.0.0/16 lookup %d proto 101", c.priority(7000), a, c.table),
				fmt.Sprintf("rule %d: from %s lookup main suppress_prefixlength 0 proto 101", c.priority(8000), a))
		}
	}
	return lines
}

var (
	cardB = card{"eth1", 1001, []string{"10.0.0.20"}}
	cardC = card{"eth2", 1002, []string{"10.0.0.21"}}
)

// exampleQueues is what the example's Host asks of a NIC of four queues: one for
// each processor, and the documented mask f trimmed to the processors there are.
func (l *lab) exampleQueues() string {
	n := min(4, runtime.NumCPU())
	s := fmt.Sprintf("rx %d tx %d", n, n)
	for i := range n {
		mask := 0
		if l.root {
			mask = 1<<n - 1
		}
		s += fmt.Sprintf(" rx-%d=%x", i, mask)
	}
	return s
}

// hasQueues answers nil where both secondary NICs have the example's queues.
func (l *lab) hasQueues() error {
	for _, dev := range []string{"eth1", "eth2"} {
		if got := l.queues(dev); trimMasks(got) != l.exampleQueues() {
			return fmt.Errorf("%s: %s; wanted %s", dev, got, l.exampleQueues())
		}
	}
	return nil
}

// trimMasks writes masks of many processors without their leading zeros.
func trimMasks(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		if name, mask, ok := strings.Cut(w, "="); ok {
			if mask = strings.TrimLeft(strings.ReplaceAll(mask, ",", ""), "0"); mask == "" {
				mask = "0"
			}
			words[i] = name + "=" + mask
		}
	}
	return strings.Join(words, " ")
}

// The worked example of document A 4.4, applied once: exactly the documented
// routes, metrics, tables and rules. Applied twice it changes nothing, and says so.
func TestE2EWorkedExample(t *testing.T) {
	t.Parallel()
	modes := map[string][]string{"strict": machine(cardB, cardC), "balanced": balanced(cardB, cardC)}
	for mode, want := range modes {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			f := l.exampleFolder(l.path("work"))
			f.edit("topology/web-1.yaml", "  instance: web-1\n", "  instance: web-1\n  routing: {mode: "+mode+"}\n")
			l.enid(0, "apply", f.at("topology"), "--host", "web-1", "--yes")
			if err := all(l.is(want), l.hasQueues)(); err != nil {
				t.Fatal(err)
			}
			was := l.deep()
			quiet := l.monitor("link", "address", "route", "rule")
			before := len(quiet.all())
			l.enid(0, "apply", f.at("topology"), "--host", "web-1", "--yes")
			l.enid(0, "plan", f.at("topology"), "--host", "web-1")
			l.enid(0, "host", "plan", "--host", "web-1")
			l.enid(0, "host", "apply", "--host", "web-1")
			if n := len(l.history()); n != 1 {
				t.Errorf("%d revisions in the history", n)
			}
			if events := quiet.since(before); len(events) > 0 {
				t.Errorf("the second apply made events:\n%s", strings.Join(events, "\n"))
			}
			if err := l.isAgain(was)(); err != nil {
				t.Error(err)
			}
		})
	}
}
