//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/google/go-cmp/cmp"
)

// The NICs of the worked example, document A 4.4.
const (
	mac0 = "00:16:3e:0e:16:21"
	mac1 = "00:16:3e:12:e7:27"
	mac2 = "00:16:3e:12:16:ec"
)

// ipJSON is what `ip -j` says to some commands on a family (-4, -6), one list for each.
func (l *lab) ipJSON(family string, commands ...string) [][]map[string]any {
	l.t.Helper()
	cmd := l.command("ip", "-j", "-d", "-N", family, "-batch", "-")
	cmd.Stdin = strings.NewReader(strings.Join(commands, "\n") + "\n")
	r := l.finish(cmd)
	if r.code != 0 {
		l.t.Fatalf("ip %q: %s", commands, r.err)
	}
	var lists [][]map[string]any
	dec := json.NewDecoder(strings.NewReader(r.out))
	for {
		var list []map[string]any
		err := dec.Decode(&list)
		if errors.Is(err, io.EOF) {
			return lists
		}
		if err != nil {
			l.t.Fatalf("ip %q: %v\n%s", commands, err, r.out)
		}
		lists = append(lists, list)
	}
}

// kernel is the IPv4 configuration in sorted lines as a person would write them:
// addresses, routes of all tables but the kernel's local one, rules but the
// kernel's three. A line that is there twice is a duplicate in the kernel.
func (l *lab) kernel() []string { return l.kernelOf("-4") }

// kernelOf is kernel of either family.
func (l *lab) kernelOf(family string) (lines []string) {
	l.t.Helper()
	lists := l.ipJSON(family, "address show", "route show table all", "rule show")
	if len(lists) != 3 {
		l.t.Fatalf("ip answered %d lists", len(lists))
	}
	for _, link := range lists[0] {
		for _, a := range link["addr_info"].([]any) {
			a := a.(map[string]any)
			if link["ifname"] != "lo" {
				lines = append(lines, fmt.Sprintf("address %v/%v dev %v%s", a["local"], a["prefixlen"], link["ifname"], marked(a, "noprefixroute")))
			}
		}
	}
	for _, r := range lists[1] {
		if r["table"] != "255" {
			lines = append(lines, routeLine(r))
		}
	}
	for _, r := range lists[2] {
		if p := r["priority"].(float64); p != 0 && p < 32766 {
			lines = append(lines, ruleLine(r))
		}
	}
	slices.Sort(lines)
	return lines
}

func marked(m map[string]any, word string) string {
	if m[word] == true {
		return " " + word
	}
	return ""
}

// with answers the words and values of those keys that are there.
func with(m map[string]any, pairs ...string) (s string) {
	for i := 0; i < len(pairs); i += 2 {
		if v, ok := m[pairs[i]]; ok {
			s += fmt.Sprintf(" %s %v", pairs[i+1], v)
		}
	}
	return s
}

func routeLine(r map[string]any) string {
	s := fmt.Sprintf("route %v%s", r["dst"], with(r, "gateway", "via", "dev", "dev", "table", "table", "metric", "metric", "protocol", "proto"))
	flags, _ := r["flags"].([]any)
	for _, f := range flags {
		s += fmt.Sprintf(" %v", f)
	}
	return strings.Replace(s, " table 254", "", 1)
}

func ruleLine(r map[string]any) string {
	s := fmt.Sprintf("rule %v:%s%s", r["priority"], with(r, "src", "from"), bits(r, "srclen"))
	if dst := with(r, "dst", "to"); dst != "" {
		s += dst + bits(r, "dstlen")
	}
	s += with(r, "table", "lookup", "suppress_prefixlength", "suppress_prefixlength", "suppress_prefixlen", "suppress_prefixlength", "protocol", "proto")
	return strings.Replace(s, "lookup 254", "lookup main", 1)
}

func bits(r map[string]any, key string) string {
	if v, ok := r[key]; ok {
		return fmt.Sprintf("/%v", v)
	}
	return ""
}

// deep is everything that ip, ethtool and sysfs say of the machine, for "as it was
// before": the lines of kernel with all details, links that are up, queues, masks.
func (l *lab) deep() (lines []string) {
	l.t.Helper()
	for i, list := range l.ipJSON("-4", "address show", "route show table all", "rule show") {
		for _, entry := range list {
			if i == 0 {
				// Numbers of interfaces and counters of carriers do not come back.
				entry = map[string]any{"ifname": entry["ifname"], "flags": entry["flags"], "mtu": entry["mtu"], "addr_info": entry["addr_info"]}
			}
			text, err := json.Marshal(entry) // sorts the keys
			if err != nil {
				l.t.Fatal(err)
			}
			lines = append(lines, string(text))
		}
	}
	slices.Sort(lines)
	for _, dev := range []string{"eth1", "eth2"} {
		lines = append(lines, dev+" "+l.queues(dev))
	}
	return lines
}

var setting = regexp.MustCompile(`(?s)Current hardware settings:\nRX:\s*(\S+)\nTX:\s*(\S+)`)

// queues answers the channels of a NIC by ethtool and its RPS masks by sysfs.
func (l *lab) queues(dev string) string {
	l.t.Helper()
	r := l.run("sh", "-c", "ethtool -l "+dev+"; grep -H . /sys/class/net/"+dev+"/queues/rx-*/rps_cpus")
	m := setting.FindStringSubmatch(r.out)
	if m == nil {
		return "no channels: " + r.err
	}
	s := fmt.Sprintf("rx %s tx %s", m[1], m[2])
	for line := range strings.Lines(r.out) {
		if name, mask, ok := strings.Cut(strings.TrimSpace(line), "/rps_cpus:"); ok {
			s += " " + name[strings.LastIndex(name, "/")+1:] + "=" + mask
		}
	}
	return s
}

// is answers nil where the kernel's configuration is exactly these lines.
func (l *lab) is(want []string) func() error {
	want = slices.Sorted(slices.Values(want))
	return func() error {
		if diff := cmp.Diff(want, l.kernel()); diff != "" {
			return fmt.Errorf("-want +got:\n%s", diff)
		}
		return nil
	}
}

// isAgain answers nil where the machine is in every detail as it was.
func (l *lab) isAgain(was []string) func() error {
	return func() error {
		if diff := cmp.Diff(was, l.deep()); diff != "" {
			return fmt.Errorf("-want +got:\n%s", diff)
		}
		return nil
	}
}

// primaryRoute is the primary's default route, byte for byte.
func (l *lab) primaryRoute() string {
	l.t.Helper()
	text := l.must("ip", "-j", "-d", "-4", "route", "show", "default", "dev", "eth0")
	return text
}

// checkPrimary fails the test when the primary's default route is not what it was.
func (l *lab) checkPrimary() {
	l.t.Helper()
	if now := l.primaryRoute(); now != l.primary {
		l.t.Fatalf("the primary's default route is %q, was %q", now, l.primary)
	}
}

// guardPrimary notes the primary's default route, and listens to the end of the
// test for anybody who touches it, if only for a moment. An event names its table
// unless that is main.
func (l *lab) guardPrimary() {
	l.t.Helper()
	l.primary = l.primaryRoute()
	m := l.monitor("route")
	l.t.Cleanup(func() {
		for _, event := range m.since(0) {
			if strings.Contains(event, "default") && strings.Contains(event, "dev eth0") && !strings.Contains(event, " table ") {
				l.t.Errorf("the primary's default route was touched: %s", event)
			}
		}
	})
}

// monitor is an `ip monitor` that runs with the test.
type monitor struct {
	l     *lab
	mu    sync.Mutex
	lines []string
	marks int
}

// monitor begins to listen; events after its return are not missed.
func (l *lab) monitor(objects ...string) *monitor {
	l.t.Helper()
	m := &monitor{l: l}
	cmd := l.background(append([]string{"ip", "-4", "monitor"}, objects...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		l.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for s := bufio.NewScanner(out); s.Scan(); {
			m.mu.Lock()
			m.lines = append(m.lines, s.Text())
			m.mu.Unlock()
		}
	}()
	l.t.Cleanup(func() {
		cmd.Process.Kill()
		<-read
		cmd.Wait()
	})
	l.within("ip monitor listens", func() error {
		if m.seen(m.mark()) {
			return nil
		}
		return errors.New("no event yet")
	})
	return m
}

// mark makes an event that is no concern of enid's, and answers what to look for.
func (m *monitor) mark() string {
	m.l.t.Helper()
	m.marks++
	dst := fmt.Sprintf("203.0.113.%d", m.marks)
	m.l.ip("route add unreachable "+dst+" table 9999", "route delete unreachable "+dst+" table 9999")
	return "Deleted unreachable " + dst
}

func (m *monitor) seen(text string) bool {
	return slices.ContainsFunc(m.all(), func(line string) bool { return strings.Contains(line, text) })
}

func (m *monitor) all() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.lines)
}

// since answers the events after the first n, marks left out, once all that
// happened so far has been heard.
func (m *monitor) since(n int) []string {
	m.l.t.Helper()
	mark := m.mark()
	m.l.within("ip monitor has heard everything", func() error {
		if m.seen(mark) {
			return nil
		}
		return errors.New("the mark is not there")
	})
	return slices.DeleteFunc(m.all()[n:], func(line string) bool { return strings.Contains(line, "unreachable 203.0.113.") })
}
