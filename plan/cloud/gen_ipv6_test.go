package cloud

import (
	"math/rand/v2"
	"net/netip"
	"slices"

	"enid/plan"
	"enid/schema"
)

// sixth answers dice of their own for what scenes have of IPv6: all else is drawn
// as it would be without.
func sixth(seed uint64) dice { return dice{rand.New(rand.NewPCG(seed, 6))} }

// ipv6OfVPC are the IPv6 CIDRs that VPCs have.
var ipv6OfVPC = []netip.Prefix{netip.MustParsePrefix("2001:db8::/56"), netip.MustParsePrefix("2001:db8:0:100::/56")}

// within answers the nth block of that size in a CIDR.
func within(cidr netip.Prefix, bits, n int) netip.Prefix {
	b := cidr.Addr().As16()
	b[bits/8-1] += byte(n)
	return netip.PrefixFrom(netip.AddrFrom16(b), bits)
}

// hostIn answers an address of a subnet's IPv6 CIDR, in one of its first blocks,
// that no cloud keeps.
func hostIn(d dice, cidr netip.Prefix) netip.Addr {
	b := within(cidr, 80, d.IntN(4)).Addr().As16()
	b[15] = byte(4 + d.IntN(20))
	return netip.AddrFrom16(b)
}

// changeIPv6 gives and takes IPv6: more is given where there is none yet.
func (t *town) changeIPv6(d dice, gives int) {
	for _, n := range t.all(schema.KindVPC) {
		s := copied[schema.VPCSpec](t, vpcRef(n))
		switch {
		case !s.IPv6CIDR.IsValid() && d.chance(gives):
			s.IPv6CIDR = ipv6OfVPC[0]
		case d.chance(6):
			s.IPv6CIDR = pick(d, append(slices.Clone(ipv6OfVPC), netip.Prefix{}))
		}
		t.put(vpcRef(n), s)
	}
	for _, n := range t.all(schema.KindSubnet) {
		s := copied[schema.SubnetSpec](t, subnetRef(n))
		if vpc := spec[*schema.VPCSpec](t.set[vpcRef(s.VPC)]).IPv6CIDR; vpc.IsValid() && d.chance(12) || d.chance(gives) {
			if s.IPv6CIDR = (netip.Prefix{}); vpc.IsValid() && d.chance(80) {
				s.IPv6CIDR = within(vpc, 64, d.IntN(8))
			}
		}
		t.put(subnetRef(n), s)
	}
	t.repairSubnetsIPv6()
	for _, n := range t.all(schema.KindENI) {
		s := copied[schema.ENISpec](t, eniRef(n))
		if d.chance(15) || d.chance(gives) {
			t.drawIPv6(d, s)
		}
		t.put(eniRef(n), s)
	}
	t.repairENIsIPv6()
}

// drawIPv6 draws an ENI's IPv6 addresses and prefixes anew.
func (t *town) drawIPv6(d dice, s *schema.ENISpec) {
	s.SecondaryIPs, s.Prefixes = slices.Clone(ipv4.addrs(s.SecondaryIPs)), slices.Clone(ipv4.blocks(s.Prefixes))
	cidr := spec[*schema.SubnetSpec](t.set[subnetRef(s.Subnet)]).IPv6CIDR
	if !cidr.IsValid() || d.chance(25) {
		return
	}
	n := d.IntN(4)
	if d.chance(8) {
		n = 40
	}
	for ; n > 0 && s.SecondaryIPCount == 0; n-- {
		s.SecondaryIPs = with(s.SecondaryIPs, hostIn(d, cidr))
	}
	if t.in(subnetRef(s.Subnet), schema.AWS) && s.PrefixCount == 0 && d.chance(35) {
		s.Prefixes = append(s.Prefixes, within(cidr, 80, d.IntN(4)))
	}
}

// repairSubnetsIPv6 takes IPv6 CIDRs back that are not in the VPC's, or a sibling's.
func (t *town) repairSubnetsIPv6() {
	taken := map[plan.Term]bool{}
	for _, n := range t.all(schema.KindSubnet) {
		s := copied[schema.SubnetSpec](t, subnetRef(n))
		vpc := spec[*schema.VPCSpec](t.set[vpcRef(s.VPC)]).IPv6CIDR
		at := plan.Term{Ref: vpcRef(s.VPC), Addr: s.IPv6CIDR.Addr()}
		if s.IPv6CIDR.IsValid() && (!vpc.IsValid() || !vpc.Contains(s.IPv6CIDR.Addr()) || taken[at]) {
			s.IPv6CIDR = netip.Prefix{}
		}
		taken[at] = true
		t.put(subnetRef(n), s)
	}
}

// repairENIsIPv6 takes IPv6 addresses and prefixes back that are not valid.
func (t *town) repairENIsIPv6() {
	addrs, blocks, within := map[plan.Term]bool{}, map[plan.Term]bool{}, map[plan.Term]bool{}
	for _, n := range t.all(schema.KindENI) {
		s := copied[schema.ENISpec](t, eniRef(n))
		subnet := spec[*schema.SubnetSpec](t.set[subnetRef(s.Subnet)])
		key := func(a netip.Addr) plan.Term { return plan.Term{Ref: vpcRef(subnet.VPC), Addr: a} }
		s.Prefixes = slices.DeleteFunc(slices.Clone(s.Prefixes), func(p netip.Prefix) bool {
			at := key(p.Addr())
			goes := p.Addr().Is6() && (!subnet.IPv6CIDR.Contains(p.Addr()) || blocks[at] || within[at] || s.PrefixCount > 0)
			if p.Addr().Is6() && !goes {
				blocks[at] = true
			}
			return goes
		})
		s.SecondaryIPs = slices.DeleteFunc(slices.Clone(s.SecondaryIPs), func(a netip.Addr) bool {
			at, in := key(a), key(wouldBeIn(a))
			goes := a.Is6() && (!subnet.IPv6CIDR.Contains(a) || addrs[at] || blocks[in] || s.SecondaryIPCount > 0)
			if a.Is6() && !goes {
				addrs[at], within[in] = true, true
			}
			return goes
		})
		s.Prefixes, s.SecondaryIPs = nilIfEmpty(s.Prefixes), nilIfEmpty(s.SecondaryIPs)
		t.put(eniRef(n), s)
	}
}

func nilIfEmpty[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}

// driftIPv6 has the state lack some of the town's IPv6, or have more of it.
func driftIPv6(d dice, observed []*schema.Resource) {
	subnets, taken := map[string]netip.Prefix{}, map[plan.Term]bool{}
	for _, r := range observed {
		addrs, blocks := ipv6Uses(r)
		for _, p := range blocks {
			addrs = append(addrs, p.Addr())
		}
		for _, a := range addrs {
			taken[plan.Term{Addr: a}], taken[plan.Term{Addr: wouldBeIn(a), Index: 1}] = true, true
		}
	}
	for _, r := range observed {
		switch s := r.Spec.(type) {
		case *schema.VPCSpec:
			if !r.Observed() && d.chance(12) {
				c := *s
				c.IPv6CIDR = pick(d, append(slices.Clone(ipv6OfVPC), netip.Prefix{}, netip.Prefix{}))
				r.Spec = &c
			}
		case *schema.SubnetSpec:
			if subnets[r.Name] = s.IPv6CIDR; !r.Observed() && d.chance(12) {
				c := *s
				c.IPv6CIDR = pick(d, []netip.Prefix{{}, {}, within(ipv6OfVPC[0], 64, d.IntN(8))})
				r.Spec = &c
			}
			if s.IPv6CIDR.IsValid() && d.chance(15) {
				c := schema.SubnetStatus{}
				if was, ok := r.Status.(*schema.SubnetStatus); ok {
					c = *was
				}
				for range 1 + d.IntN(6) {
					if a := hostIn(d, s.IPv6CIDR); !taken[plan.Term{Addr: a}] && !taken[plan.Term{Addr: wouldBeIn(a)}] {
						taken[plan.Term{Addr: a}] = true
						c.UsedIPs = append(slices.Clone(c.UsedIPs), a)
					}
				}
				r.Status = &c
			}
		}
	}
	for _, r := range observed {
		if st, ok := r.Status.(*schema.ENIStatus); ok && subnets[spec[*schema.ENISpec](r).Subnet].IsValid() && d.chance(25) {
			c := *st
			driftENI(d, &c, subnets[spec[*schema.ENISpec](r).Subnet], taken)
			r.Status = &c
		}
	}
}

// driftENI has an ENI lack its IPv6 addresses, or have one or a prefix more.
func driftENI(d dice, s *schema.ENIStatus, cidr netip.Prefix, taken map[plan.Term]bool) {
	a := hostIn(d, cidr)
	switch n := d.IntN(4); {
	case n == 0:
		s.SecondaryIPs = slices.Clone(ipv4.addrs(s.SecondaryIPs))
	case n == 1:
		s.Prefixes = slices.Clone(ipv4.blocks(s.Prefixes))
	case n == 2 && !taken[plan.Term{Addr: a}] && !taken[plan.Term{Addr: wouldBeIn(a)}]:
		taken[plan.Term{Addr: a}], taken[plan.Term{Addr: wouldBeIn(a), Index: 1}] = true, true
		s.SecondaryIPs = append(slices.Clone(s.SecondaryIPs), a)
	case n == 3 && !taken[plan.Term{Addr: wouldBeIn(a), Index: 1}]:
		taken[plan.Term{Addr: wouldBeIn(a)}], taken[plan.Term{Addr: wouldBeIn(a), Index: 1}] = true, true
		s.Prefixes = append(slices.Clone(s.Prefixes), within(cidr, 80, int(wouldBeIn(a).As16()[9])))
	}
}
