package guest

import (
	"fmt"
	"net/netip"
	"slices"

	"enid/plan"
)

// home is a source of traffic, and the object that makes it this machine's.
type home struct {
	src netip.Prefix
	ref plan.Ref
}

// addresses wants the addresses of an ENI, and answers those that are there or
// wanted. One that somebody else has put on the interface serves as well,
// and stays theirs.
func (w *wanting) addresses(e ENI, link Link) (homes []home) {
	dhcp := false
	for _, a := range e.Addresses {
		if !w.private(e, link, a) {
			continue
		}
		ref, served := w.served(link.Name, a)
		switch {
		case served:
			homes = append(homes, home{netip.PrefixFrom(a, 32), ref})
		case e.Guest.Addressing == "dhcp":
			dhcp = true
		default:
			own := Address{Link: link.Name, Prefix: netip.PrefixFrom(a, e.Subnet.Bits()), Ours: true, NoPrefixRoute: true}
			ref := own.Ref()
			w.World.Put(ref, own)
			homes = append(homes, home{netip.PrefixFrom(a, 32), ref})
		}
	}
	if dhcp {
		w.block(e.Ref, "AddAddress", link.Name, RuleDHCP, "addressing: dhcp is declared, and this enid asks no DHCP server yet",
			"declare addressing: static, or run a DHCP client on "+link.Name+" that takes neither a default route nor DNS from it")
	}
	if e.Guest.Addressing == "dhcp" {
		w.leased(e, link)
	}
	w.further(e, link)
	return homes
}

// leased judges the client that addresses an ENI's interface: a default route that
// it took there competes with the primary's. It is the client's, and stays.
func (w *wanting) leased(e ENI, link Link) {
	for _, ref := range w.observed.Members(mainDefaults()) {
		if r := w.observed.Get(ref).(Route); r.Link == link.Name && !r.Ours() {
			w.block(e.Ref, "DeleteRoute", link.Name, RuleDHCP, fmt.Sprintf("a client of %s took the default route `%s`", link.Name, r),
				"have it take neither routes nor DNS there (DEFROUTE=no and PEERDNS=no, UseRoutes=no and UseDNS=no)")
		}
	}
}

// private judges an address: a public one is never configured.
func (w *wanting) private(e ENI, link Link, a netip.Addr) bool {
	_, public := slices.BinarySearchFunc(w.h.Public, a, netip.Addr.Compare)
	switch {
	case public || e.VPC.IsValid() && !e.VPC.Contains(a):
		w.block(e.Ref, "AddAddress", link.Name, RulePublic, fmt.Sprintf("%s is no private address of the VPC %s: public ones are NATed", a, e.VPC),
			"declare the private address")
		return false
	case !e.Subnet.Contains(a):
		w.block(e.Ref, "AddAddress", link.Name, RuleVerify, fmt.Sprintf("%s is not in the subnet %s of %s", a, e.Subnet, e.Ref), "correct the address or the subnet")
		return false
	}
	return true
}

// served answers the address object of somebody else that is on the interface
// already; ok where there is one.
func (w *wanting) served(link string, a netip.Addr) (ref plan.Ref, ok bool) {
	for _, ref := range w.observed.Members(foreignAddr(a)) {
		if w.observed.Get(ref).(Address).Link == link {
			return ref, true
		}
	}
	return plan.Ref{}, false
}

// further reports addresses on the interface that nobody declares.
func (w *wanting) further(e ENI, link Link) {
	for _, ref := range w.observed.Members(addressesOf(link.Name)) {
		a := w.observed.Get(ref).(Address)
		if !a.Ours && !slices.Contains(e.Addresses, a.Prefix.Addr()) {
			w.advise(e.Ref, RuleVerify, fmt.Sprintf("%s also has %s, which %s does not", link.Name, a.Prefix, e.Ref))
		}
	}
}

// routes wants the routes of an ENI: its default route in main by metric, its own
// table with the subnet's connected route and a default route, and for each
// delegated prefix one local route.
//
// Addresses come without a connected route in main. In the primary's subnet there
// must be none, or a flap of the primary moves the subnet to this ENI; elsewhere
// it is a route of enid's own with the ENI's metric, so that several ENIs of one
// subnet do not fight for it.
func (w *wanting) routes(e ENI, link Link) (delegated []home) {
	base := Route{Type: Unicast, Protocol: Protocol, Link: link.Name, Scope: ScopeLink, Dst: e.Subnet.Masked()}
	own := base
	own.Table = uint32(e.Guest.Table)
	w.World.Put(own.Ref(), own)
	if !w.shared(e) {
		connected := base
		connected.Table, connected.Metric = TableMain, uint32(e.Guest.Metric)
		w.World.Put(connected.Ref(), connected)
	}
	way := defaultRoute(uint32(e.Guest.Table))
	way.Link, way.Gateway, way.Onlink = link.Name, e.Gateway, true
	w.World.Put(way.Ref(), way)
	way.Table, way.Metric = TableMain, uint32(e.Guest.Metric)
	w.World.Put(way.Ref(), way)
	for _, p := range e.Prefixes {
		local := Route{Type: Local, Scope: ScopeHost, Protocol: Protocol, Link: link.Name, Table: TableLocal, Dst: p.Masked()}
		w.World.Put(local.Ref(), local)
		delegated = append(delegated, home{local.Dst, local.Ref()})
	}
	return delegated
}

// defaultRoute answers enid's default route of a table, but for where it leads.
func defaultRoute(table uint32) Route {
	return Route{Type: Unicast, Protocol: Protocol, Table: table, Dst: netip.PrefixFrom(netip.IPv4Unspecified(), 0)}
}

// shared reports whether the ENI's subnet is the primary's, by the files or by
// what the primary interface has.
func (w *wanting) shared(e ENI) bool {
	if w.h.Subnet.IsValid() && w.h.Subnet.Overlaps(e.Subnet) {
		return true
	}
	for _, ref := range w.observed.Members(addressesOf(w.Primary)) {
		if a := w.observed.Get(ref).(Address); !a.Ours && a.Prefix.Overlaps(e.Subnet) {
			return true // one of enid's own there is on its way out
		}
	}
	return false
}

// rules wants the policy rules of an ENI: strict is one for each address, as
// documented; balanced has three tiers, the first two for the whole subnet where
// this host has no other ENI there, for each rule costs every packet.
func (w *wanting) rules(e ENI, link Link, sources []home) {
	table := uint32(e.Guest.Table)
	way := defaultRoute(table).Ref()
	put := func(tier int, from home, r Rule) {
		r.Src, r.Home = from.src, from.ref
		r.Priority = uint32(w.h.Spec.Routing.PriorityBase + tier*Band + e.DeviceIndex - 1)
		r.Protocol, r.Action, r.Link, r.Own, r.Way = Protocol, ActionTable, link.Name, table, way
		w.World.Put(r.Ref(), r)
	}
	for _, src := range sources {
		put(2, src, Rule{Table: table, Suppress: -1})
	}
	if w.h.Spec.Routing.Mode == "strict" {
		return
	}
	if w.alone(e) {
		sources = []home{{src: e.Subnet.Masked()}}
	}
	for _, src := range sources {
		if e.VPC.IsValid() {
			put(0, src, Rule{Dst: e.VPC.Masked(), Table: table, Suppress: -1})
		}
		put(1, src, Rule{Table: TableMain, Suppress: 0})
	}
}

// alone reports whether this host has no other ENI in the ENI's subnet.
func (w *wanting) alone(e ENI) bool {
	for _, o := range w.h.ENIs {
		if o.Ref != e.Ref && o.Attached && o.Subnet.Overlaps(e.Subnet) {
			return false
		}
	}
	return !w.shared(e)
}
