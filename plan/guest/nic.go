package guest

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"enid/plan"
)

// NIC is the interface of an ENI as it should be, whoever has put there what
// there is of it: files for the boot say all of it.
type NIC struct {
	ENI  ENI
	Link Link // as it is wanted
	MAC  string
	// Addresses are those that are configured; the primary one is not among them
	// where the interface asks a DHCP server for it.
	Addresses []Address
	Routes    []Route // in the order of destinations to fill a table: connected, then default
	Rules     []Rule  // by priority
	// Kept are default routes of main that would not stand behind the primary's: what
	// is blocked now (host.keep-default-route) is not left to the boot either.
	Kept     []Route
	Channels *Channels
	Steering []Steering // by file; none: left alone
}

// DHCP reports whether the interface asks a DHCP server for its primary address.
func (n NIC) DHCP() bool { return n.ENI.Guest.Addressing == "dhcp" }

// nic notes an ENI whose interface is configured. Its routes and rules
// follow in complete, from what is wanted of the kernel.
func (w *wanting) nic(e ENI, link Link) {
	w.NICs = append(w.NICs, NIC{ENI: e, Link: link, MAC: nicMAC(link)})
}

// nicMAC answers the MAC by which a NIC is found.
func nicMAC(l Link) string {
	if l.PermMAC != "" {
		return l.PermMAC
	}
	return l.MAC
}

// complete fills in the interfaces from the wanted world, which costs as much as the
// rest of it and is done where somebody asks, before what others have put
// there takes the place of enid's own.
func (w *wanting) complete() {
	at := map[string]*NIC{}
	for i := range w.NICs {
		x := &w.NICs[i]
		at[x.Link.Name] = x
		x.Link, _ = w.World.Get(x.Link.Ref()).(Link)
		if c, ok := w.World.Get(Channels{Link: x.Link.Name}.Ref()).(Channels); ok {
			x.Channels = &c
		}
		x.Steering = w.steering(x.Link.Name)
		x.Addresses = w.configured(*x)
	}
	w.World.Each(func(_ plan.Ref, o plan.Object) {
		switch o := o.(type) {
		case Route:
			switch x := at[o.Link]; {
			case x == nil || !o.Ours():
			case w.behind(o):
				x.Routes = append(x.Routes, o)
			default:
				x.Kept = append(x.Kept, o)
			}
		case Rule:
			if x := at[o.Link]; x != nil && o.Ours() {
				x.Rules = append(x.Rules, o)
			}
		}
	})
	for i := range w.NICs {
		slices.SortFunc(w.NICs[i].Routes, byTable)
		slices.SortFunc(w.NICs[i].Kept, byTable)
		slices.SortFunc(w.NICs[i].Rules, func(a, b Rule) int {
			return cmp.Or(cmp.Compare(a.Priority, b.Priority), a.Ref().Compare(b.Ref()))
		})
	}
}

// behind reports whether a route leaves the primary's default route in front.
func (w *wanting) behind(r Route) bool {
	verdict := inFront(plan.NewView(w.observed, nil, time.Time{}), r)
	return verdict.Holds
}

// byTable sorts an ENI's own table first, and in each the longer prefixes: a gateway
// is reached over the connected route.
func byTable(a, b Route) int {
	last := func(r Route) int {
		if r.Table == TableMain {
			return 1
		}
		return 0
	}
	return cmp.Or(last(a)-last(b), cmp.Compare(a.Table, b.Table), a.Dst.Addr().BitLen()-b.Dst.Addr().BitLen(),
		b.Dst.Bits()-a.Dst.Bits(), a.Ref().Compare(b.Ref()))
}

// configured answers the addresses that files for the boot configure on an
// interface, those included that somebody else has put there by now.
func (w *wanting) configured(x NIC) (out []Address) {
	e := x.ENI
	for _, a := range e.Addresses {
		if a == e.Primary && x.DHCP() || !w.mayHave(e, a) {
			continue
		}
		out = append(out, Address{Link: x.Link.Name, Prefix: netip.PrefixFrom(a, e.net(a.Is6()).Subnet.Bits()), Ours: true, NoPrefixRoute: true})
	}
	return out
}

// mayHave reports whether an address is configured at all: a private one of the
// ENI's subnet. Why not is said by private.
func (w *wanting) mayHave(e ENI, a netip.Addr) bool {
	n := e.net(a.Is6())
	return !w.h.public(a) && n.Subnet.Contains(a) && (a.Is6() || !n.VPC.IsValid() || n.VPC.Contains(a))
}
