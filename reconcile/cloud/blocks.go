package cloud

import (
	"net/netip"
	"slices"

	"enid/schema"
)

// blockOf answers the first address of the /80 that an IPv6 address lies in.
func blockOf(a netip.Addr) netip.Addr {
	p, _ := a.Prefix(80)
	return p.Addr()
}

// blocks answers, of a resource, the /80s that it has, and those in which it has
// anything: by their first addresses.
func blocks(r *schema.Resource) (has, within []netip.Addr) {
	for _, a := range addresses(r) {
		if a.Is6() && !slices.Contains(within, blockOf(a)) {
			within = append(within, blockOf(a))
		}
	}
	if r.Kind != schema.KindENI {
		return nil, within
	}
	for _, p := range eniOf(r).status.Prefixes {
		if p.Addr().Is6() && !slices.Contains(has, p.Addr()) {
			has = append(has, p.Addr())
		}
	}
	for _, a := range has {
		if !slices.Contains(within, a) {
			within = append(within, a)
		}
	}
	return has, within
}

// delegable refuses a block that is not to be had: IPv4 blocks lie in reservations
// (document B 04-03; the cloud itself would take others), IPv6 ones anywhere.
func (p *pool) delegable(block netip.Prefix) error {
	cidr := p.spec.CIDROf(block.Addr())
	if !cidr.IsValid() {
		return p.refuse(noIPv6, "%s has no IPv6 CIDR", p.name)
	}
	if block.Addr().Is6() {
		switch others := without(slices.Clone(p.within[place{p.vpc, block.Addr()}]), p.call.Target); {
		case !cidr.Contains(block.Addr()):
			return p.refuse(badParameter, "%s is not in %s of %s", block, cidr, p.name)
		case p.kept(block.Addr()) || p.kept(schema.LastAddr(block)) || len(others) > 0:
			return p.refuse(noBlock, "%s is not free", block)
		}
		return nil
	}
	reserved := slices.ContainsFunc(p.spec.Reservations, func(r schema.Reservation) bool {
		return r.CIDR.Contains(block.Addr()) && r.CIDR.Bits() <= block.Bits()
	})
	if !reserved {
		return p.refuse(badParameter, "%s is in no reservation of %s", block, p.name)
	}
	for a := block.Addr(); block.Contains(a); a = a.Next() {
		if p.kept(a) || len(p.owners[place{p.vpc, a}]) > 0 {
			return p.refuse(noBlock, "%s of %s is not free", a, block)
		}
	}
	return nil
}
