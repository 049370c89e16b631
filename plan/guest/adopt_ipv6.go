package guest

import (
	"net/netip"
	"slices"

	"enid/schema"
)

// vpcBits are the most that a VPC's CIDR is given, as the clouds do.
const (
	vpcBits     = 16
	vpcBitsIPv6 = 56
)

// nics answers the primary NIC, then the others.
func (a *adopting) nics() []*found {
	out := []*found{&a.primary}
	for i := range a.found {
		out = append(out, &a.found[i])
	}
	return out
}

// cidrs sets the CIDRs of the VPC, and what there is of IPv6: the subnets' CIDRs and
// gateways, and the NICs' addresses. A subnet is known by its IPv4 CIDR.
func (a *adopting) cidrs(vpc *schema.VPCSpec, provider schema.Provider) {
	var v4, v6 []netip.Prefix
	for _, f := range a.nics() {
		v4 = append(v4, f.subnet)
		s := a.subnet(f.subnet).Spec.(*schema.SubnetSpec)
		for _, x := range f.ipv6 {
			cidr := a.subnetOf(f.link.Name, x.Prefix)
			if s.IPv6CIDR.Contains(x.Prefix.Addr()) {
				cidr = s.IPv6CIDR // else one address would not show it
			}
			if why := a.unfit(x, cidr, s, v6, provider); why != "" {
				a.leave(x, why)
				continue
			}
			if !s.IPv6CIDR.IsValid() {
				s.IPv6CIDR, v6 = cidr, append(v6, cidr)
			}
			if f == &a.primary {
				a.leave(x, "an Instance declares none of IPv6")
				continue
			}
			f.addrs = append(f.addrs, x.Prefix.Addr())
		}
	}
	vpc.CIDR = a.vpc(v4, vpcBits)
	if len(v6) > 0 {
		vpc.IPv6CIDR = a.vpc(v6, vpcBitsIPv6)
	}
	for _, f := range a.nics() {
		gateway, _ := a.ways(f, true)
		s := a.subnet(f.subnet).Spec.(*schema.SubnetSpec)
		if s.IPv6CIDR.IsValid() && !s.IPv6Gateway.IsValid() && gateway != schema.GatewayIPv6(provider, s) &&
			(gateway.IsLinkLocalUnicast() || s.IPv6CIDR.Contains(gateway)) {
			s.IPv6Gateway = gateway
		}
	}
}

// unfit says why an IPv6 address of a NIC in subnet s is left alone, where it is; cidr is
// its own subnet, and others are those that are declared.
func (a *adopting) unfit(x Address, cidr netip.Prefix, s *schema.SubnetSpec, others []netip.Prefix, provider schema.Provider) string {
	addr := x.Prefix.Addr()
	switch {
	case x.Auto || x.Lifetime > 0:
		return "it comes and goes by itself (router advertisement, DHCP or temporary)"
	case cidr.Bits() != 64:
		return "of no /64"
	case s.IPv6CIDR.IsValid() && s.IPv6CIDR != cidr:
		return otherSubnet
	case s.IPv6CIDR != cidr && slices.Contains(others, cidr):
		return "in the /64 of another NIC's subnet"
	case !a.vpc(append(slices.Clone(others), cidr), vpcBitsIPv6).Addr().IsGlobalUnicast():
		return "no VPC holds it beside the other NICs' addresses"
	case schema.Kept(provider, cidr, addr):
		return "the cloud keeps such addresses for itself"
	case slices.ContainsFunc(a.nics(), func(f *found) bool { return slices.Contains(f.addrs, addr) }):
		return "another NIC has it too"
	}
	return ""
}
