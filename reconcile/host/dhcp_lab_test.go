//go:build linux

package host

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"enid/schema"
)

// quick is a pace for tests.
var quick = pace{tries: []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second},
	first: 200 * time.Millisecond, last: 200 * time.Millisecond, renew: 200 * time.Millisecond}

// segment is the network that the other ends of some interfaces are in.
type segment struct {
	there string // before a command that is to run there
	dir   string
}

// newSegment moves the other ends of interfaces into a network of their own, each
// with an address.
func newSegment(t *testing.T, ends map[string]string) *segment {
	t.Helper()
	if _, err := exec.LookPath("dnsmasq"); err != nil {
		t.Skip("dnsmasq is not installed")
	}
	s := &segment{there: elsewhere(t, slices.Sorted(maps.Keys(ends))...), dir: t.TempDir()}
	for end, address := range ends {
		s.sh(t, "ip address add "+address+" dev "+end)
	}
	return s
}

// sh runs commands in the segment.
func (s *segment) sh(t must, script string) {
	t.Helper()
	for line := range strings.Lines(script) {
		sh(t, s.there+strings.TrimSpace(line))
	}
}

// dnsmasq is a DHCP server of the segment, and what it has logged.
type dnsmasq struct {
	record
	cmd    *exec.Cmd
	leases string // its lease file
}

func (d *dnsmasq) logged() string { return d.String() }

// record is what a process that still runs has written.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write takes what is written.
func (r *record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(b)
}

// String answers what was written until now.
func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// serve starts a server. It says what a secondary ENI takes none of as well: a
// router, DNS, a domain, an MTU, static routes.
func (s *segment) serve(t *testing.T, args ...string) *dnsmasq {
	t.Helper()
	d := &dnsmasq{leases: filepath.Join(s.dir, "leases")}
	there := strings.Fields(s.there)
	d.cmd = exec.Command(there[0], append(append(there[1:], "dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", "--no-ping", "--log-dhcp",
		"--dhcp-authoritative", "--dhcp-leasefile="+d.leases, "--dhcp-option-force=3,10.0.0.1", "--dhcp-option-force=6,10.0.0.1", "--dhcp-option-force=15,evil.example",
		"--dhcp-option-force=26,1400", "--dhcp-option-force=121,0.0.0.0/0,10.0.0.1"), args...)...)
	d.cmd.Stdout, d.cmd.Stderr = d, d
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.stop)
	eventually(t, "dnsmasq is ready", func() bool { return strings.Contains(d.logged(), "DHCP, ") })
	return d
}

// stop ends the server as a crash would: it says nothing to anybody.
func (d *dnsmasq) stop() {
	d.cmd.Process.Kill()
	d.cmd.Wait()
}

// forget stops the server and loses its leases.
func (d *dnsmasq) forget() {
	d.stop()
	os.Remove(d.leases)
}

// until turns as the daemon does, at each hint, until it is so.
func until(t *testing.T, m *Machine, c *cloud, what string, is func(Result) bool) Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	hints := m.Watch(ctx)
	for res := turn(t, m, c); ; res = turn(t, m, c) {
		if is(res) {
			return res
		}
		if _, open := <-hints; !open {
			t.Fatalf("it never came to be that %s: %s %s\n%s", what, res.Condition, res.Message, stepTexts(res.Blocked))
		}
	}
}

func converged(res Result) bool { return res.Condition == Converged }

// dhcpCloud is the example's state with eth1 to be addressed by DHCP, and no other.
func dhcpCloud() *cloud {
	c := exampleCloud()
	delete(c.enis, "web-1-c")
	c.enis["web-1-b"].spec.Guest = &schema.ENIGuest{Addressing: "dhcp"}
	return c
}

// lifetimes answers the addresses of an interface with how long they are valid, in
// seconds, as `ip -j` says it.
func lifetimes(t must, link string) map[string]int {
	t.Helper()
	out := map[string]int{}
	for _, l := range ipJSON(t, "address", "show", "dev", link) {
		for _, x := range l["addr_info"].([]any) {
			a := x.(map[string]any)
			out[fmt.Sprintf("%v/%v", a["local"], a["prefixlen"])] = int(a["valid_life_time"].(float64))
		}
	}
	return out
}

// forEver is what `ip -j` calls an address without an end.
const forEver = 1<<32 - 1

// unharmed answers a check that neither the primary's default route nor
// resolv.conf has changed.
func unharmed(t *testing.T) func() {
	t.Helper()
	route := sh(t, "ip -4 -d route show default dev eth0")
	dns, _ := os.ReadFile("/etc/resolv.conf")
	return func() {
		t.Helper()
		if now := sh(t, "ip -4 -d route show default dev eth0"); now != route {
			t.Errorf("the primary's default route is %q, was %q", now, route)
		}
		if now, _ := os.ReadFile("/etc/resolv.conf"); !bytes.Equal(now, dns) {
			t.Errorf("resolv.conf is %q, was %q", now, dns)
		}
	}
}
