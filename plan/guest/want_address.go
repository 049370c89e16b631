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
	for _, a := range e.Addresses {
		if !w.private(e, link, a) {
			continue
		}
		ref, ok := w.served(link.Name, a)
		if !ok {
			own := Address{Link: link.Name, Prefix: netip.PrefixFrom(a, e.net(a.Is6()).Subnet.Bits()), Ours: true, NoPrefixRoute: true}
			if e.Guest.Addressing == "dhcp" && a == e.Primary {
				if own, ok = w.leased(e, link, own); !ok {
					continue
				}
			}
			ref = own.Ref()
			w.World.Put(ref, own)
			w.unique(e, own)
		}
		homes = append(homes, home{netip.PrefixFrom(a, a.BitLen()), ref})
	}
	if e.Guest.Addressing == "dhcp" {
		w.tookDefault(e, link)
	}
	w.further(e, link)
	w.advertised(e, link)
	return homes
}

// tookDefault judges the client that addresses an ENI's interface: a default route that
// it took there competes with the primary's. It is the client's, and stays.
func (w *wanting) tookDefault(e ENI, link Link) {
	for _, ref := range w.observed.Members(mainDefaults(false)) {
		if r := w.observed.Get(ref).(Route); r.Link == link.Name && !r.Ours() {
			w.block(e.Ref, "DeleteRoute", link.Name, RuleDHCP, fmt.Sprintf("a client of %s took the default route `%s`", link.Name, r),
				"have it take neither routes nor DNS there (DEFROUTE=no and PEERDNS=no, UseRoutes=no and UseDNS=no)")
		}
	}
}

// private judges an address: a public one is never configured.
func (w *wanting) private(e ENI, link Link, a netip.Addr) bool {
	n := e.net(a.Is6())
	switch {
	case a.Is6() && !n.Subnet.IsValid():
		w.block(e.Ref, "AddAddress", link.Name, RuleVerify, fmt.Sprintf("%s is an IPv6 address, and the subnet of %s has no ipv6CIDR", a, e.Ref), "declare the subnet's ipv6CIDR")
		return false
	case w.h.public(a) || a.Is4() && n.VPC.IsValid() && !n.VPC.Contains(a):
		w.block(e.Ref, "AddAddress", link.Name, RulePublic, fmt.Sprintf("%s is no private address of the VPC %s: public ones are NATed", a, n.VPC),
			"declare the private address")
		return false
	case !n.Subnet.Contains(a):
		w.block(e.Ref, "AddAddress", link.Name, RuleVerify, fmt.Sprintf("%s is not in the subnet %s of %s", a, n.Subnet, e.Ref), "correct the address or the subnet")
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
	for _, a := range w.having(link.Name) {
		if !a.Ours && !slices.Contains(e.Addresses, a.Prefix.Addr()) {
			w.advise(e.Ref, RuleVerify, fmt.Sprintf("%s also has %s, which %s does not", link.Name, a.Prefix, e.Ref))
		}
	}
}

// having answers the addresses of a link as observed, IPv4 first.
func (w *wanting) having(link string) (out []Address) {
	for _, v6 := range []bool{false, true} {
		for _, ref := range w.observed.Members(addressesOf(link, v6)) {
			out = append(out, w.observed.Get(ref).(Address))
		}
	}
	return out
}

// Detecting answers enid's own addresses, in words, that the kernel does not use yet
// since it looks for duplicates of them.
func (w *Wanted) Detecting(world *plan.World) (out []string) {
	for _, ref := range world.Members(tentative()) {
		if a := world.Get(ref).(Address); w.World.Get(ref) != nil {
			out = append(out, a.Prefix.Addr().String()+" on "+a.Link)
		}
	}
	return out
}

// unique judges an IPv6 address of enid's that is there: one that another machine of
// the link has answers nobody.
func (w *wanting) unique(e ENI, own Address) {
	if a, _ := w.observed.Get(own.Ref()).(Address); a.Duplicate {
		w.block(e.Ref, "AddAddress", own.Link, RuleIPv6, fmt.Sprintf("another machine has %s (duplicate address detection)", a.Prefix.Addr()),
			"find it (ip -6 neigh), then `ip -6 address delete "+a.Prefix.String()+" dev "+a.Link+"`: enid puts it back, which is a new detection")
	}
}
