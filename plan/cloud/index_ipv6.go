package cloud

import (
	"net/netip"
	"slices"

	"enid/plan"
	"enid/schema"
)

// wouldBeIn answers the first address of the prefix in which a could be delegated.
func wouldBeIn(a netip.Addr) netip.Addr {
	p, err := a.Prefix(schema.PrefixBits(a))
	if err != nil {
		return a
	}
	return p.Addr()
}

// ipv6Uses answers the IPv6 addresses and prefixes that a resource uses.
func ipv6Uses(r *schema.Resource) (addrs []netip.Addr, blocks []netip.Prefix) {
	switch r.Spec.(type) {
	case *schema.ENISpec:
		s := eniStatus(r)
		return ipv6.addrs(s.SecondaryIPs), ipv6.blocks(s.Prefixes)
	case *schema.SubnetSpec:
		if s, ok := r.Status.(*schema.SubnetStatus); ok {
			return ipv6.addrs(s.UsedIPs), nil
		}
	}
	return nil, nil
}

// useIPv6 adds the terms of IPv6 addresses and prefixes of a subnet, each once. A
// prefix has too many addresses to name: it is found by its first one.
func useIPv6(subnet plan.Ref, r *schema.Resource, add func(plan.Term)) {
	addrs, blocks := ipv6Uses(r)
	if len(addrs)+len(blocks) == 0 {
		return
	}
	add(plan.Term{Index: indexIPv6, Ref: subnet})
	var within []netip.Addr
	for i, a := range addrs {
		if !slices.Contains(addrs[:i], a) {
			add(plan.Term{Index: indexAddr, Ref: subnet, Addr: a})
			within = append(within, wouldBeIn(a))
		}
	}
	for i, p := range blocks {
		if !slices.Contains(blocks[:i], p) {
			add(plan.Term{Index: indexDelegated, Ref: subnet, Addr: p.Addr()})
			within = append(within, p.Addr())
		}
	}
	for i, first := range within {
		if !slices.Contains(within[:i], first) {
			add(plan.Term{Index: indexWithin, Ref: subnet, Addr: first})
		}
	}
}

// ipv6Holders answers what uses the IPv6 address of a subnet, or has the prefix
// that it lies in.
func ipv6Holders(v *plan.View, subnet plan.Ref, a netip.Addr) []plan.Ref {
	refs := v.Members(plan.Term{Index: indexAddr, Ref: subnet, Addr: a})
	for _, ref := range v.Members(plan.Term{Index: indexDelegated, Ref: subnet, Addr: wouldBeIn(a)}) {
		if !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	return refs
}

// ipv6Name answers what of the subnet is in use: the address, or the prefix of which
// it is the first.
func ipv6Name(v *plan.View, subnet plan.Ref, a netip.Addr) string {
	if a == wouldBeIn(a) && v.AtLeast(plan.Term{Index: indexDelegated, Ref: subnet, Addr: a}, 1) {
		return netip.PrefixFrom(a, schema.PrefixBits(a)).String()
	}
	return a.String()
}

// ipv6InTheWay answers the addresses, and the prefixes by their first ones, for
// which the block cannot be delegated; what except itself uses is not in the way.
func ipv6InTheWay(w *plan.World, block netip.Prefix, subnet, except plan.Ref) (used []netip.Addr) {
	for _, ref := range w.Members(plan.Term{Index: indexWithin, Ref: subnet, Addr: block.Addr()}) {
		if ref == except {
			continue
		}
		addrs, blocks := ipv6Uses(w.Get(ref).(*schema.Resource))
		for _, p := range blocks {
			addrs = append(addrs, p.Addr())
		}
		for _, a := range addrs {
			if block.Contains(a) && !slices.Contains(used, a) {
				used = append(used, a)
			}
		}
	}
	return used
}
