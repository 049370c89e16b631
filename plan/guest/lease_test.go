package guest

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"enid/plan"
	"enid/schema"
)

// What a server has answered decides what is wanted of an address that DHCP gives,
// and what becomes of one that is there.
func TestLease_host_dhcp_lease_host_verify(t *testing.T) {
	const minute = time.Minute
	own := func(life time.Duration) *Address {
		return &Address{Link: "eth1", Prefix: netip.MustParsePrefix("10.0.0.20/24"), Ours: true, NoPrefixRoute: true, Lifetime: life}
	}
	lease := func(address string, life time.Duration) *Lease {
		l := &Lease{Link: "eth1", For: netip.MustParseAddr("10.0.0.20"), Server: netip.MustParseAddr("10.0.0.253"), Lifetime: life}
		l.Address, _ = netip.ParsePrefix(address)
		return l
	}
	other, lost, trouble, another := lease("", 0), lease("", 0), lease("", 0), lease("10.0.0.9/24", minute)
	other.Other, lost.Lost, trouble.Trouble = netip.MustParsePrefix("10.0.0.77/24"), "the lease ran out", "operation not permitted"
	another.For = netip.MustParseAddr("10.0.0.9")
	for _, c := range []struct {
		name    string
		there   *Address
		lease   *Lease
		ops     string // on eth1's lease and address
		rule    string
		detail  string
		waiting bool
	}{
		{"nothing yet", nil, nil, "AcquireLease", "", "", false},
		{"asking", nil, lease("", 0), "", RuleLease, "no answer from a DHCP server on eth1 yet", true},
		{"asking, the address is there", own(minute), lease("", 0), "", RuleLease, "10.0.0.20 stays for another 1m0s", true},
		{"no client, the address is there", own(minute), nil, "AcquireLease", "", "", false},
		{"no client, the address is there for ever", own(0), nil, "AcquireLease", "", "", false},
		{"leased", nil, lease("10.0.0.20/24", minute), "AddAddress", "", "", false},
		{"leased for ever", nil, lease("10.0.0.20/24", 0), "AddAddress", "", "", false},
		{"as leased", own(minute), lease("10.0.0.20/24", minute+time.Second), "", "", "", false},
		{"renewed", own(minute), lease("10.0.0.20/24", 2*minute), "SetLifetime", "", "", false},
		{"somebody made it last for ever", own(0), lease("10.0.0.20/24", minute), "SetLifetime", "", "", false},
		{"another address", nil, other, "", RuleVerify, "gives 10.0.0.77/24 to eth1, and ENI/web-1-b has 10.0.0.20", false},
		{"another address, that was there", own(minute), other, "DeleteAddress", RuleVerify, "10.0.0.77", false},
		{"lost", own(minute), lost, "DeleteAddress", RuleLease, "no longer leased to eth1: the lease ran out", false},
		{"cannot ask", nil, trouble, "", RuleLease, "nothing can be leased on eth1: operation not permitted", false},
		{"asks for another", nil, another, "AcquireLease", "", "", false},
	} {
		s, o := exampleState(), exampleObjects()
		delete(s.enis, "web-1-c")
		spec, _ := s.eni("web-1-b")
		spec.Guest = &schema.ENIGuest{Addressing: "dhcp"}
		o.Links[1].Up = true
		if c.there != nil {
			o.Addresses = append(o.Addresses, *c.there)
		}
		if c.lease != nil {
			o.More = append(o.More, *c.lease)
		}
		rules, details, w := blockedRules(t, s, o)
		world := World(o)
		var ops []string
		for _, step := range makePlan(t, world, w.World).Runnable() {
			if step.Target.Kind == KindLease || step.Target.Kind == KindAddress {
				ops = append(ops, step.Operation)
			}
		}
		if got := strings.Join(ops, " "); got != c.ops {
			t.Errorf("%s: %s, want %s", c.name, got, c.ops)
		}
		if got := strings.Join(rules, " "); got != c.rule || !strings.Contains(details, c.detail) {
			t.Errorf("%s: blocked by %s: %s", c.name, got, details)
		}
		if slices.Contains(w.Asking, "eth1") != c.waiting {
			t.Errorf("%s: asking on %v", c.name, w.Asking)
		}
	}
}

// A link that is down is brought up before a server is asked over it; the lease is
// given back after all that needs its address, and the routes and rules are those
// of static addressing.
func TestLeaseOrder_host_dhcp_lease(t *testing.T) {
	s, o := exampleState(), exampleObjects()
	delete(s.enis, "web-1-c")
	spec, _ := s.eni("web-1-b")
	ops := func(o Objects) (out []string, after *plan.World) {
		world := World(o)
		w, _ := Want(s.world(), "web-1", world)
		p := makePlan(t, world, w.World)
		for _, step := range p.Runnable() {
			out = append(out, step.Operation)
		}
		return out, apply(world, w.World, p.Runnable()).Flatten()
	}
	static, _ := ops(o)
	spec.Guest = &schema.ENIGuest{Addressing: "dhcp"}
	if got, _ := ops(o); !slices.Equal(got, []string{SetLinkUp, AcquireLease}) {
		t.Errorf("%v", got)
	}
	o.More = append(o.More, Lease{Link: "eth1", For: netip.MustParseAddr("10.0.0.20"), Address: netip.MustParsePrefix("10.0.0.20/24"), Lifetime: time.Minute})
	leased, end := ops(o)
	if !slices.Equal(leased, static) {
		t.Errorf("%v, and static %v", leased, static)
	}
	delete(s.enis, "web-1-b")
	w, _ := Want(s.world(), "web-1", end)
	removal := makePlan(t, end, w.World).Runnable()
	if n := len(removal); n < 3 || removal[n-1].Operation != ReleaseLease || removal[n-2].Operation != DeleteAddress {
		t.Errorf("%v", texts(removal))
	}
}

// A dry run takes an address with a lifetime for one that the daemon renews.
func TestPresumed_host_dhcp_lease(t *testing.T) {
	o := exampleObjects()
	o.Addresses = append(o.Addresses,
		Address{Link: "eth1", Prefix: netip.MustParsePrefix("10.0.0.20/24"), Ours: true, Lifetime: time.Minute},
		Address{Link: "eth2", Prefix: netip.MustParsePrefix("10.0.0.21/24"), Lifetime: time.Minute},
		Address{Link: "eth3", Prefix: netip.MustParsePrefix("10.0.0.22/24"), Ours: true})
	got := Presumed(World(o))
	if len(got) != 1 || got[0].Link != "eth1" || got[0].Address != netip.MustParsePrefix("10.0.0.20/24") || got[0].Lifetime != time.Minute {
		t.Errorf("%+v", got)
	}
}

// A step says what a person would type.
func TestLeaseCommands(t *testing.T) {
	a := Address{Link: "eth1", Prefix: netip.MustParsePrefix("10.0.0.20/24"), Ours: true, NoPrefixRoute: true, Lifetime: 90*time.Second + 1}
	for op, want := range map[string]string{
		AddAddress:  "ip -4 address add 10.0.0.20/24 dev eth1 noprefixroute valid_lft 90 preferred_lft 90 proto 101",
		SetLifetime: "ip -4 address change 10.0.0.20/24 dev eth1 noprefixroute valid_lft 90 preferred_lft 90 proto 101",
	} {
		if got := commands[op](Machine{}, nil, a); got != want {
			t.Errorf("%s: %s, want %s", op, got, want)
		}
	}
	a.Lifetime = 0
	if got := commands[SetLifetime](Machine{}, nil, a); !strings.Contains(got, "valid_lft forever preferred_lft forever") {
		t.Error(got)
	}
}
