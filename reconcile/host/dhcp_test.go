//go:build linux

package host

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"enid/plan/guest"
)

// A lease brings the address and its lifetime, and nothing else of what the server
// says; gateway, routes and rules are those of static addressing. Two NICs at once.
func TestDHCPLease_host_dhcp_lease_host_dhcp_no_dns_host_keep_default_route(t *testing.T) {
	example(t)
	m, c := open(t, Options{pace: quick}), exampleCloud()
	c.attach("web-1-c", mac2, 2, "10.0.1.21", "10.0.1.22").spec.Subnet = "db"
	converge(t, m, c)
	static := [][]string{rulesOf(t), routesOf(t, "main"), routesOf(t, "1001"), routesOf(t, "1002")}
	example(t)
	safe := unharmed(t)
	s := newSegment(t, map[string]string{"xeth1": "10.0.0.253/24", "xeth2": "10.0.1.253/24"})
	d := s.serve(t, "--dhcp-range=10.0.0.0,static,2m", "--dhcp-range=10.0.1.0,static,2m", "--dhcp-host="+mac1+",10.0.0.20", "--dhcp-host="+mac2+",10.0.1.21")
	c.host.Addressing = "dhcp"
	m = open(t, Options{pace: quick})
	res := until(t, m, c, "both are leased", converged)
	for i, now := range [][]string{rulesOf(t), routesOf(t, "main"), routesOf(t, "1001"), routesOf(t, "1002")} {
		same(t, now, static[i]...)
	}
	one, two := lifetimes(t, "eth1"), lifetimes(t, "eth2")
	for a, s := range map[string]int{"10.0.0.20/24": one["10.0.0.20/24"], "10.0.1.21/24": two["10.0.1.21/24"]} {
		if s < 60 || s > 120 {
			t.Errorf("%s is valid for %d s, and leased for 120", a, s)
		}
	}
	if two["10.0.1.22/24"] != forEver || len(one) != 1 || len(two) != 2 {
		t.Errorf("%v %v", one, two)
	}
	if mtu := ipJSON(t, "link", "show", "eth1")[0]["mtu"]; mtu != 1500.0 {
		t.Errorf("the MTU is %v", mtu)
	}
	shown, err := m.Show(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(shown.Interfaces, func(l ShownLink) bool { return l.Name == "eth1" })
	if a := shown.Interfaces[i].Addresses; len(a) != 1 || !a[0].Ours || a[0].ValidFor == "" || a[0].ValidFor > "2m0s" {
		t.Errorf("enid host show: %+v", a)
	}
	if log := d.logged(); strings.Count(log, "requested options:") == 0 || strings.Count(log, "requested options:") != strings.Count(log, "requested options: 1:netmask, 58:T1, 59:T2") ||
		strings.Contains(log, "client provides name") {
		t.Errorf("enid is to ask for the mask and the times and nothing more:\n%s", log)
	}
	if len(res.Leases) != 2 || res.Leases[0].Server.String() != "10.0.0.253" {
		t.Errorf("%+v", res.Leases)
	}
	safe()
	again(t, m, c)
}

// An address that another client has put on the NIC serves: enid asks for none.
func TestDHCPOtherClient_host_dhcp_lease(t *testing.T) {
	example(t)
	s := newSegment(t, map[string]string{"xeth1": "10.0.0.253/24"})
	d := s.serve(t, "--dhcp-range=10.0.0.0,static,2m", "--dhcp-host="+mac1+",10.0.0.20")
	batch(t, "link set eth1 up", "address add 10.0.0.20/24 dev eth1 valid_lft 100 preferred_lft 100 noprefixroute")
	m, c := open(t, Options{pace: quick}), dhcpCloud()
	converge(t, m, c)
	again(t, m, c)
	if s := lifetimes(t, "eth1")["10.0.0.20/24"]; s < 1 || s > 100 || strings.Contains(d.logged(), "DHCPDISCOVER") {
		t.Errorf("valid for %d s, and\n%s", s, d.logged())
	}
}

// What the topology does not say is not configured, and not taken from the server
// either; once the server gives what it says, enid goes on by itself.
func TestDHCPOtherAddress_host_verify(t *testing.T) {
	example(t)
	safe := unharmed(t)
	s := newSegment(t, map[string]string{"xeth1": "10.0.0.253/24"})
	d := s.serve(t, "--dhcp-range=10.0.0.0,static,2m", "--dhcp-host="+mac1+",10.0.0.77")
	m, c := open(t, Options{pace: quick}), dhcpCloud()
	res := until(t, m, c, "the address is refused", func(r Result) bool { return r.Condition == Degraded })
	same(t, blockedBy(res.Blocked), "host.verify")
	if !strings.Contains(res.Message, "10.0.0.77") || !strings.Contains(res.Message, "10.0.0.20") || !strings.Contains(res.Message, "10.0.0.253") {
		t.Errorf("the message names both addresses and the server: %s", res.Message)
	}
	if len(lifetimes(t, "eth1")) > 0 || len(rulesOf(t)) > 0 || strings.Contains(d.logged(), "DHCPREQUEST") {
		t.Errorf("%v %v\n%s", lifetimes(t, "eth1"), rulesOf(t), d.logged())
	}
	safe()
	again(t, m, c)
	d.forget()
	s.serve(t, "--dhcp-range=10.0.0.0,static,2m", "--dhcp-host="+mac1+",10.0.0.20")
	until(t, m, c, "the right address is taken", converged)
	again(t, m, c)
}

// A silent server holds nobody up: the turn ends, the host waits, and an answer
// brings the loop in.
func TestDHCPSilent_host_dhcp_lease(t *testing.T) {
	example(t)
	s := newSegment(t, map[string]string{"xeth1": "10.0.0.253/24"})
	m, c := open(t, Options{pace: quick}), dhcpCloud()
	c.attach("web-1-c", mac2, 2, "10.0.0.21")
	res := turn(t, m, c)
	if res.Condition != Waiting || res.Message != "waiting for a DHCP server on eth1" || !strings.Contains(stepTexts(res.Blocked), "no answer from a DHCP server on eth1 yet") {
		t.Errorf("%s %s\n%s", res.Condition, res.Message, stepTexts(res.Blocked))
	}
	if len(lifetimes(t, "eth2")) != 1 || len(routesOf(t, "1002")) == 0 || len(routesOf(t, "1001")) > 0 {
		t.Error("the other ENI is to be there, and nothing of this one")
	}
	again(t, m, c)
	s.serve(t, "--dhcp-range=10.0.0.0,static,2m", "--dhcp-host="+mac1+",10.0.0.20")
	until(t, m, c, "it is leased", converged)
	again(t, m, c)
}

// A lease is given back once the address is gone; where the address stays for
// another reason it is not.
func TestDHCPRelease_host_dhcp_lease(t *testing.T) {
	example(t)
	safe := unharmed(t)
	s := newSegment(t, map[string]string{"xeth1": "10.0.0.253/24"})
	d := s.serve(t, "--dhcp-range=10.0.0.0,static,2m", "--dhcp-host="+mac1+",10.0.0.20")
	m, c := open(t, Options{pace: quick}), dhcpCloud()
	until(t, m, c, "it is leased", converged)
	table := routesOf(t, "1001")

	c.enis["web-1-b"].spec.Guest.Addressing = "static"
	noFlap := deletions(t)
	if got := operations(converge(t, m, c)); got != "SetLifetime ReleaseLease" {
		t.Errorf("to static: %s", got)
	}
	again(t, m, c)
	if s := lifetimes(t, "eth1")["10.0.0.20/24"]; s != forEver || strings.Contains(d.logged(), "DHCPRELEASE") {
		t.Errorf("valid for %d s; an address in use is not given back:\n%s", s, d.logged())
	}
	c.enis["web-1-b"].spec.Guest.Addressing = "dhcp"
	until(t, m, c, "it is leased again", converged)
	if s := lifetimes(t, "eth1")["10.0.0.20/24"]; s > 120 {
		t.Errorf("valid for %d s", s)
	}
	same(t, routesOf(t, "1001"), table...)
	noFlap()

	delete(c.enis, "web-1-b")
	converge(t, m, c)
	eventually(t, "the lease is given back", func() bool {
		b, err := os.ReadFile(d.leases)
		return err == nil && !strings.Contains(string(b), mac1)
	})
	if !strings.Contains(d.logged(), "DHCPRELEASE(xeth1) 10.0.0.20 "+mac1) || len(lifetimes(t, "eth1")) > 0 || len(rulesOf(t)) > 0 {
		t.Errorf("%v %v\n%s", lifetimes(t, "eth1"), rulesOf(t), d.logged())
	}
	again(t, m, c)
	safe()
}

// A new process asks for the address that it finds, and takes nothing away
// meanwhile, whether a server answers or not.
func TestDHCPRestart_host_dhcp_lease(t *testing.T) {
	example(t)
	s := newSegment(t, map[string]string{"xeth1": "10.0.0.253/24"})
	d := s.serve(t, "--dhcp-range=10.0.0.0,static,2m", "--dhcp-host="+mac1+",10.0.0.20")
	c := dhcpCloud()
	first := open(t, Options{pace: quick})
	until(t, first, c, "it is leased", converged)
	first.Close()
	noFlap := deletions(t)
	before := strings.Count(d.logged(), "DHCPDISCOVER")
	m := open(t, Options{pace: quick})
	if steps, _, err := m.Plan(context.Background(), c.world(), "web-1"); err != nil || len(steps.Steps) > 0 {
		t.Errorf("a dry run beside a daemon that renews: %v\n%s", err, stepTexts(steps.Steps))
	}
	until(t, m, c, "it is confirmed", converged)
	if n := strings.Count(d.logged(), "DHCPDISCOVER"); n != before {
		t.Errorf("it was looked for anew:\n%s", d.logged())
	}
	again(t, m, c)
	m.Close()

	d.stop()
	m = open(t, Options{pace: quick})
	res := turn(t, m, c)
	if s := lifetimes(t, "eth1")["10.0.0.20/24"]; res.Condition != Waiting || s < 1 || s > 120 || len(rulesOf(t)) == 0 || !strings.Contains(stepTexts(res.Blocked), "10.0.0.20 stays for another") {
		t.Errorf("%s %s, valid for %d s\n%s", res.Condition, res.Message, s, stepTexts(res.Blocked))
	}
	noFlap()
}

// A process that ends waits for the answer, and leaves a lifetime.
func TestDHCPOnce_host_dhcp_lease(t *testing.T) {
	example(t)
	s := newSegment(t, map[string]string{"xeth1": "10.0.0.253/24"})
	s.serve(t, "--dhcp-range=10.0.0.0,static,2m", "--dhcp-host="+mac1+",10.0.0.20")
	c := dhcpCloud()
	for range 2 {
		m := open(t, Options{pace: quick, Patience: 30 * time.Second})
		if res := converge(t, m, c); len(res.Leases) != 1 {
			t.Errorf("%+v", res.Leases)
		}
		m.Close()
		if s := lifetimes(t, "eth1")["10.0.0.20/24"]; s < 1 || s > 120 {
			t.Errorf("valid for %d s", s)
		}
	}
}

// An undo gives an address for ever again what DHCP had given an end, and leaves a
// lease alone.
func TestDHCPUndo_host_dhcp_lease(t *testing.T) {
	example(t)
	s := newSegment(t, map[string]string{"xeth1": "10.0.0.253/24"})
	s.serve(t, "--dhcp-range=10.0.0.0,static,2m", "--dhcp-host="+mac1+",10.0.0.20")
	m, c := open(t, Options{pace: quick, Patience: 30 * time.Second}), dhcpCloud()
	c.enis["web-1-b"].spec.Guest.Addressing = "static"
	converge(t, m, c)
	before, noFlap := picture(t), deletions(t)
	c.enis["web-1-b"].spec.Guest.Addressing = "dhcp"
	h, err := guest.Declared(c.world(), "web-1")
	if err != nil {
		t.Fatal(err)
	}
	res, err := m.Converge(context.Background(), h, func(*Snapshot) error { return nil })
	if err != nil || res.Condition != Converged || lifetimes(t, "eth1")["10.0.0.20/24"] > 120 {
		t.Fatalf("%v %s %s %v", err, res.Condition, res.Message, lifetimes(t, "eth1"))
	}
	for range 2 {
		if back, err := m.Restore(context.Background(), res.Before); err != nil || len(back.Failed)+len(back.Left) > 0 {
			t.Errorf("%v %+v", err, back)
		}
	}
	same(t, picture(t), before...)
	noFlap()
}

// operations answers what a turn did, in one line.
func operations(res Result) string {
	var out []string
	for _, s := range res.Done {
		out = append(out, s.Operation)
	}
	return strings.Join(out, " ")
}
