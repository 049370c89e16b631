//go:build linux

package host

import (
	"context"
	"net"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/dhcpv4/server4"

	"enid/plan/guest"
)

// deletions answers a check that since then no address of eth1 has gone.
func deletions(t *testing.T) func() {
	t.Helper()
	var out record
	monitor := exec.Command("ip", "-4", "-o", "monitor", "address", "dev", "eth1")
	monitor.Stdout = &out
	monitor.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := monitor.Start(); err != nil {
		t.Fatal(err)
	}
	stop := func() { monitor.Process.Kill(); monitor.Wait() }
	t.Cleanup(stop)
	// What comes and goes on another address shows that it listens: now, and until
	// the check.
	listens := func(address string) {
		t.Helper()
		eventually(t, "the monitor listens", func() bool {
			batch(t, "address add "+address+" dev eth1", "address delete "+address+" dev eth1")
			return strings.Contains(out.String(), address)
		})
	}
	listens("192.0.2.8/32")
	return func() {
		t.Helper()
		listens("192.0.2.9/32")
		stop()
		for line := range strings.Lines(out.String()) {
			if strings.HasPrefix(line, "Deleted") && !strings.Contains(line, "192.0.2.") {
				t.Errorf("an address went: %s", line)
			}
		}
	}
}

// short has dnsmasq say times of renewal that a test can wait for: its leases last
// two minutes at least.
func short(renew, rebind string) []string {
	return []string{"--dhcp-range=10.0.0.0,static,2m", "--dhcp-host=" + mac1 + ",10.0.0.20",
		"--dhcp-option=58," + renew, "--dhcp-option=59," + rebind}
}

// At T1 the server is asked, at T2 every server; either gives the address in the
// kernel more time, and never takes it away.
func TestDHCPRenewRebind_host_dhcp_lease(t *testing.T) {
	example(t)
	safe := unharmed(t)
	s := newSegment(t, map[string]string{"xeth1": "10.0.0.253/24"})
	d := s.serve(t, short("4s", "6s")...)
	m, c := open(t, Options{pace: quick}), dhcpCloud()
	until(t, m, c, "it is leased", converged)
	noFlap, discovers := deletions(t), strings.Count(d.logged(), "DHCPDISCOVER")
	until(t, m, c, "it is renewed", func(r Result) bool { return operations(r) == guest.SetLifetime })
	if strings.Count(d.logged(), "DHCPACK") < 2 || strings.Count(d.logged(), "DHCPDISCOVER") != discovers {
		t.Errorf("it was to be renewed:\n%s", d.logged())
	}
	if s := lifetimes(t, "eth1")["10.0.0.20/24"]; s < 118 || s > 120 {
		t.Errorf("valid for %d s after a renewal", s)
	}
	d.forget()
	s.sh(t, "ip address delete 10.0.0.253/24 dev xeth1\nip address add 10.0.0.252/24 dev xeth1")
	other := s.serve(t, short("4s", "6s")...)
	res := until(t, m, c, "another server has it", func(r Result) bool {
		return len(r.Leases) == 1 && r.Leases[0].Server == netip.MustParseAddr("10.0.0.252") && converged(r)
	})
	if strings.Contains(other.logged(), "DHCPDISCOVER") || len(res.Blocked) > 0 {
		t.Errorf("it was to be rebound:\n%s", other.logged())
	}
	noFlap()
	again(t, m, c)
	safe()
}

// shorten has the leased address last for 30 s only. ip of Debian 12 cannot change an
// address and leave it its protocol.
func shorten(t *testing.T, m *Machine) {
	t.Helper()
	short := guest.Address{Link: "eth1", Prefix: netip.MustParsePrefix("10.0.0.20/24"), Ours: true, NoPrefixRoute: true, Lifetime: 30 * time.Second}
	index := int(ipJSON(t, "link", "show", "eth1")[0]["ifindex"].(float64))
	if err := m.do(context.Background(), []deed{{op: guest.SetLifetime, target: short.Ref(), to: short, index: index}})[0]; err != nil {
		t.Fatal(err)
	}
}

// What fails on an interface keeps nobody from renewing what is leased there.
func TestDHCPHeld_host_dhcp_lease(t *testing.T) {
	example(t)
	s := newSegment(t, map[string]string{"xeth1": "10.0.0.253/24"})
	s.serve(t, "--dhcp-range=10.0.0.0,static,2m", "--dhcp-host="+mac1+",10.0.0.20")
	m, c := open(t, Options{pace: quick}), dhcpCloud()
	until(t, m, c, "it is leased", converged)
	c.enis["web-1-b"].spec.Subnet = "odd"
	c.more = append(c.more, oddSubnet())
	turn(t, m, c)
	shorten(t, m)
	res := turn(t, m, c)
	if s := lifetimes(t, "eth1")["10.0.0.20/24"]; s < 100 || operations(res) != guest.SetLifetime {
		t.Errorf("%s: valid for %d s", operations(res), s)
	}
	same(t, blockedBy(res.Blocked), "plan.held")
	again(t, m, c)
}

// A server that refuses at renewal is asked anew. Where it gives another address
// then, the old one goes with all that needs it.
func TestDHCPRefused_host_verify_host_dhcp_lease(t *testing.T) {
	example(t)
	safe := unharmed(t)
	s := newSegment(t, map[string]string{"xeth1": "10.0.0.253/24"})
	d := s.serve(t, short("3s", "5s")...)
	m, c := open(t, Options{pace: quick}), dhcpCloud()
	until(t, m, c, "it is leased", converged)
	d.forget()
	d = s.serve(t, "--dhcp-range=10.0.0.0,static,2m", "--dhcp-host="+mac1+",10.0.0.77")
	res := until(t, m, c, "it is refused", func(r Result) bool { return r.Condition == Degraded })
	if !strings.Contains(d.logged(), "DHCPNAK") || !strings.Contains(res.Message, "10.0.0.77") {
		t.Errorf("%s\n%s", res.Message, d.logged())
	}
	same(t, blockedBy(res.Blocked), "host.verify")
	if len(lifetimes(t, "eth1")) > 0 || len(rulesOf(t)) > 0 || len(routesOf(t, "1001")) > 0 {
		t.Errorf("%v %v %v", lifetimes(t, "eth1"), rulesOf(t), routesOf(t, "1001"))
	}
	again(t, m, c)
	safe()
}

// A lease that nobody renews takes its address along, which the kernel sees to; the
// rules go, the host says so, and a server that is back is found. dnsmasq leases for
// two minutes at least: this server, of the library, does for two seconds.
func TestDHCPExpiry_host_dhcp_lease(t *testing.T) {
	example(t)
	safe := unharmed(t)
	var mute atomic.Bool
	batch(t, "address add 10.0.0.252/32 dev xeth1")
	server, err := server4.NewServer("xeth1", &net.UDPAddr{IP: net.IPv4zero, Port: 67}, func(c net.PacketConn, _ net.Addr, p *dhcpv4.DHCPv4) {
		reply := map[dhcpv4.MessageType]dhcpv4.MessageType{dhcpv4.MessageTypeDiscover: dhcpv4.MessageTypeOffer, dhcpv4.MessageTypeRequest: dhcpv4.MessageTypeAck}[p.MessageType()]
		if mute.Load() || reply == 0 {
			return
		}
		a, err := dhcpv4.NewReplyFromRequest(p, dhcpv4.WithMessageType(reply), dhcpv4.WithYourIP(net.IPv4(10, 0, 0, 20)), dhcpv4.WithServerIP(net.IPv4(10, 0, 0, 252)),
			dhcpv4.WithOption(dhcpv4.OptServerIdentifier(net.IPv4(10, 0, 0, 252))), dhcpv4.WithNetmask(net.CIDRMask(24, 32)), dhcpv4.WithLeaseTime(3))
		if err == nil {
			c.WriteTo(a.ToBytes(), &net.UDPAddr{IP: net.IPv4bcast, Port: 68})
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve()
	defer server.Close()
	m, c := open(t, Options{pace: quick}), dhcpCloud()
	until(t, m, c, "it is leased", converged)
	mute.Store(true)
	res := until(t, m, c, "the lease runs out", func(r Result) bool { return r.Condition == Degraded })
	if !strings.Contains(res.Message, "ran out") {
		t.Error(res.Message)
	}
	same(t, blockedBy(res.Blocked), "host.dhcp.lease")
	if len(lifetimes(t, "eth1")) > 0 || len(rulesOf(t)) > 0 {
		t.Errorf("%v %v", lifetimes(t, "eth1"), rulesOf(t))
	}
	safe()
	mute.Store(false)
	until(t, m, c, "it is leased again", converged)
}

// A machine that is left alone keeps what it has leased, also by a new process, and
// nothing else of what is asked is done.
func TestSustain_host_dhcp_lease(t *testing.T) {
	example(t)
	s := newSegment(t, map[string]string{"xeth1": "10.0.0.253/24"})
	s.serve(t, short("1h", "2h")...)
	m, c := open(t, Options{pace: quick}), dhcpCloud()
	until(t, m, c, "it is leased", converged)
	shorten(t, m)
	m.Close()
	before := lines(t, "ip -4 -br address show")
	routing := slices.Concat(routesOf(t, "all"), rulesOf(t))

	m = open(t, Options{pace: quick})
	c.attach("web-1-b", mac1, 1, "10.0.0.20", "10.0.0.30")
	c.attach("web-1-c", mac2, 2, "10.0.0.21")
	h, err := guest.Declared(c.world(), "web-1")
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the lease lasts again", func() bool {
		if err := m.Sustain(context.Background(), h); err != nil {
			t.Fatal(err)
		}
		return lifetimes(t, "eth1")["10.0.0.20/24"] > 60
	})
	same(t, lines(t, "ip -4 -br address show"), before...)
	same(t, slices.Concat(routesOf(t, "all"), rulesOf(t)), routing...)
}
