package guest

import (
	"fmt"
	"net/netip"
	"slices"
)

// net answers what one family of an ENI's subnet has.
func (e ENI) net(v6 bool) Net {
	if v6 {
		return e.IPv6
	}
	return e.Net
}

// net answers what one family of the primary's subnet has.
func (h *Host) net(v6 bool) Net {
	if v6 {
		return h.IPv6
	}
	return h.Net
}

// paths wants the routes and rules of an ENI in each family of which it has sources.
func (w *wanting) paths(e ENI, link Link, sources []home) {
	for _, v6 := range []bool{false, true} {
		of := slices.DeleteFunc(slices.Clone(sources), func(h home) bool { return h.src.Addr().Is6() != v6 })
		if len(of) > 0 && w.routes(e, link, v6) {
			w.rules(e, link, of)
		}
	}
}

// routes wants the routes of one family of an ENI: its default route in main by
// metric, its own table with the subnet's connected route and a default route.
//
// Addresses come without a connected route in main. In the primary's subnet there
// must be none, or a flap of the primary moves the subnet to this ENI; elsewhere
// it is a route of enid's own with the ENI's metric, so that several ENIs of one
// subnet do not fight for it.
func (w *wanting) routes(e ENI, link Link, v6 bool) bool {
	n := e.net(v6)
	gateway := w.gateway(n, link, v6)
	if !gateway.IsValid() {
		w.block(e.Ref, "AddRoute", link.Name, RuleIPv6, "no IPv6 gateway of "+e.Ref.String()+"'s subnet is known, and no router advertises itself on "+link.Name,
			"declare the subnet's ipv6Gateway")
		return false
	}
	metric, own := uint32(e.Guest.Metric), uint32(0)
	if v6 {
		metric, own = metric+IPv6Metric, IPv6Metric
	}
	connected := Route{Type: Unicast, Protocol: Protocol, Link: link.Name, Dst: n.Subnet.Masked(), Table: uint32(e.Guest.Table), Metric: own}
	if !v6 {
		connected.Scope = ScopeLink
	}
	w.World.Put(connected.Ref(), connected)
	if !w.shared(e, v6) {
		connected.Table, connected.Metric = TableMain, metric
		w.World.Put(connected.Ref(), connected)
	}
	way := defaultRoute(uint32(e.Guest.Table), v6)
	way.Link, way.Gateway, way.Onlink = link.Name, gateway, true
	w.World.Put(way.Ref(), way)
	if v6 && w.observed.Count(mainDefaults(true)) == 0 {
		return true // the primary has no IPv6 default route: this one would be the active one
	}
	way.Table, way.Metric = TableMain, metric
	w.World.Put(way.Ref(), way)
	return true
}

// gateway answers the gateway of a family: as declared; of IPv6, where none is, the
// router that advertised itself on the interface, else the cloud's own.
func (w *wanting) gateway(n Net, link Link, v6 bool) netip.Addr {
	if n.Gateway.IsValid() || !v6 {
		return n.Gateway
	}
	for _, ref := range w.observed.Members(mainDefaults(true)) {
		if r := w.observed.Get(ref).(Route); r.Link == link.Name && r.Protocol == ProtocolRA && r.Gateway.IsValid() {
			return r.Gateway
		}
	}
	return n.Router
}

// delegated wants one local route for each delegated prefix of an ENI.
func (w *wanting) delegated(e ENI, link Link) (homes []home) {
	for _, p := range e.Prefixes {
		local := Route{Type: Local, Scope: ScopeHost, Protocol: Protocol, Link: link.Name, Table: TableLocal, Dst: p.Masked()}
		if local.IPv6() {
			local.Scope, local.Metric = ScopeGlobal, IPv6Metric
		}
		w.World.Put(local.Ref(), local)
		homes = append(homes, home{local.Dst, local.Ref()})
	}
	return homes
}

// defaultRoute answers enid's default route of a table, but for where it leads.
func defaultRoute(table uint32, v6 bool) Route {
	r := Route{Type: Unicast, Protocol: Protocol, Table: table, Dst: netip.PrefixFrom(none(v6), 0)}
	if v6 {
		r.Metric = IPv6Metric
	}
	return r
}

// shared reports whether the ENI's subnet is the primary's, by the files or by
// what the primary interface has.
func (w *wanting) shared(e ENI, v6 bool) bool {
	subnet := e.net(v6).Subnet
	if primary := w.h.net(v6).Subnet; primary.IsValid() && primary.Overlaps(subnet) {
		return true
	}
	for _, a := range w.having(w.Primary) {
		if !a.Ours && a.Prefix.Overlaps(subnet) {
			return true // one of enid's own there is on its way out
		}
	}
	return false
}

// rules wants the policy rules of an ENI for sources of one family: strict is one
// for each address, as documented; balanced has three tiers, the first two for the
// whole subnet where this host has no other ENI there, for each rule costs every
// packet.
func (w *wanting) rules(e ENI, link Link, sources []home) {
	v6 := sources[0].src.Addr().Is6()
	table := uint32(e.Guest.Table)
	way := defaultRoute(table, v6).Ref()
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
	n := e.net(v6)
	if w.alone(e, v6) {
		sources = []home{{src: n.Subnet.Masked()}}
	}
	for _, src := range sources {
		if n.VPC.IsValid() {
			put(0, src, Rule{Dst: n.VPC.Masked(), Table: table, Suppress: -1})
		}
		put(1, src, Rule{Table: TableMain, Suppress: 0})
	}
}

// alone reports whether this host has no other ENI in the ENI's subnet.
func (w *wanting) alone(e ENI, v6 bool) bool {
	subnet := e.net(v6).Subnet
	for _, o := range w.h.ENIs {
		if other := o.net(v6).Subnet; o.Ref != e.Ref && o.Attached && other.IsValid() && other.Overlaps(subnet) {
			return false
		}
	}
	return !w.shared(e, v6)
}

// advertised says where a router advertisement gave an ENI's interface a default
// route of main: it is left alone, and stands beside the primary's.
func (w *wanting) advertised(e ENI, link Link) {
	for _, ref := range w.observed.Members(mainDefaults(true)) {
		if r := w.observed.Get(ref).(Route); r.Link == link.Name && r.Protocol == ProtocolRA {
			w.advise(e.Ref, RuleIPv6, fmt.Sprintf("a router advertisement gave %s a default route, `%s`, which may take the primary's traffic: `sysctl -w net.ipv6.conf.%s.accept_ra_defrtr=0`, and declare the subnet's ipv6Gateway", link.Name, r, link.Name))
		}
	}
}
