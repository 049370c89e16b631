package cloud

import (
	"net/netip"
	"slices"

	"enid/plan"
	"enid/schema"
	"enid/schema/tables"
)

// repair takes back what breaks an `invalid` rule, in the order in which things
// were built: what was there first stays.
func (t *town) repair() {
	for t.dropDangling() {
	}
	taken := map[string]map[netip.Addr]bool{} // by subnet
	index := map[schema.Attachment]bool{}
	for _, ref := range slices.Clone(t.order) {
		switch r := t.set[ref]; {
		case r == nil:
		case ref.Kind == schema.KindInstance:
			s := *spec[*schema.InstanceSpec](r)
			t.repairInstance(&s, taken)
			t.put(ref, &s)
		case ref.Kind == schema.KindENI:
			s := *spec[*schema.ENISpec](r)
			t.repairENI(&s, taken, index)
			t.put(ref, &s)
		}
	}
	t.repairEIPs()
	t.repairStored()
}

// dropDangling removes what lives in something that is gone, and answers whether
// there was anything.
func (t *town) dropDangling() (dropped bool) {
	for _, ref := range t.order {
		r := t.set[ref]
		if r == nil {
			continue
		}
		var gone bool
		switch s := r.Spec.(type) {
		case *schema.SubnetSpec:
			gone = t.set[vpcRef(s.VPC)] == nil
		case *schema.SecurityGroupSpec:
			gone = s.VPC != "" && t.set[vpcRef(s.VPC)] == nil
			s = copied[schema.SecurityGroupSpec](t, ref)
			s.Rules = slices.DeleteFunc(slices.Clone(s.Rules), func(r schema.SecurityRule) bool {
				return r.Peer.SecurityGroup != "" && t.set[groupRef(r.Peer.SecurityGroup)] == nil
			})
			t.put(ref, s)
		case *schema.InstanceSpec:
			gone = s.Subnet != "" && t.set[subnetRef(s.Subnet)] == nil
		case *schema.ENISpec:
			gone = t.set[subnetRef(s.Subnet)] == nil
		default:
			gone = !t.linked(ref) || !t.stored(ref)
		}
		if gone {
			delete(t.set, ref)
			dropped = true
		}
	}
	return dropped
}

// take answers a where it is a usable address that nobody has taken, else zero.
func (t *town) take(subnet string, a netip.Addr, taken map[string]map[netip.Addr]bool) netip.Addr {
	r := t.set[subnetRef(subnet)]
	s, p := spec[*schema.SubnetSpec](r), schema.ProviderOf(t, r)
	if taken[subnet] == nil {
		taken[subnet] = map[netip.Addr]bool{}
	}
	if !a.IsValid() || !s.CIDR.Contains(a) || schema.Kept(p, s.CIDR, a) || a == schema.Gateway(p, s) || taken[subnet][a] {
		return netip.Addr{}
	}
	taken[subnet][a] = true
	return a
}

func (t *town) repairInstance(s *schema.InstanceSpec, taken map[string]map[netip.Addr]bool) {
	vpc := ""
	if s.NetworkType == schema.NetworkClassic {
		if taken[""] == nil {
			taken[""] = map[netip.Addr]bool{}
		}
		if taken[""][s.PrivateIP] {
			s.PrivateIP = netip.Addr{}
		}
		taken[""][s.PrivateIP] = s.PrivateIP.IsValid()
	} else {
		s.PrivateIP = t.take(s.Subnet, s.PrivateIP, taken)
		vpc = spec[*schema.SubnetSpec](t.set[subnetRef(s.Subnet)]).VPC
	}
	s.SecurityGroups = t.fitting(s.SecurityGroups, vpc, s.Region)
	if known, ok := tables.Lookup(string(schema.AWS), s.Type); !ok || !known.Burstable {
		s.CreditSpecification = ""
	}
}

// fitting answers those groups that are of the VPC (or classic, of the region),
// at least one of a VPC.
func (t *town) fitting(groups []string, vpc, region string) (out []string) {
	for _, g := range append(slices.Clone(groups), t.all(schema.KindSecurityGroup)...) {
		s := spec[*schema.SecurityGroupSpec](t.set[groupRef(g)])
		fits := s != nil && s.VPC == vpc && (vpc != "" || s.Region == region) && !slices.Contains(out, g)
		if fits && (slices.Contains(groups, g) || vpc != "" && len(out) == 0) {
			out = append(out, g)
		}
	}
	if len(out) == 0 && vpc != "" {
		n := t.name()
		t.put(groupRef(n), &schema.SecurityGroupSpec{VPC: vpc})
		out = []string{n}
	}
	return out
}

func (t *town) repairENI(s *schema.ENISpec, taken map[string]map[netip.Addr]bool, index map[schema.Attachment]bool) {
	subnet := spec[*schema.SubnetSpec](t.set[subnetRef(s.Subnet)])
	s.SecurityGroups = t.fitting(s.SecurityGroups, subnet.VPC, "")
	s.PrivateIP = t.take(s.Subnet, s.PrivateIP, taken)
	var kept []netip.Addr
	for _, a := range s.SecondaryIPs { // those of IPv6 are repaired by themselves
		if a.Is4() {
			a = t.take(s.Subnet, a, taken)
		}
		if a.IsValid() {
			kept = append(kept, a)
		}
	}
	s.SecondaryIPs = kept
	s.Prefixes = slices.DeleteFunc(slices.Clone(s.Prefixes), func(p netip.Prefix) bool {
		if p.Addr().Is6() {
			return false
		}
		if !subnet.CIDR.Contains(p.Addr()) {
			return true
		}
		for _, a := range members(p) {
			if taken[s.Subnet][a] {
				return true
			}
		}
		for _, a := range members(p) {
			taken[s.Subnet][a] = true
		}
		return false
	})
	if len(s.Prefixes) == 0 {
		s.Prefixes = nil
	}
	if s.AttachTo == nil {
		return
	}
	to := spec[*schema.InstanceSpec](t.set[instanceRef(s.AttachTo.Instance)])
	switch {
	case to == nil || classic(to):
		s.AttachTo = nil
	case s.AttachTo.DeviceIndex != 0 && index[*s.AttachTo]:
		s.AttachTo = &schema.Attachment{Instance: s.AttachTo.Instance}
	default:
		index[*s.AttachTo] = true
	}
}

// repairEIPs has each target bound once, and instances with an EIP without a NAT
// public IP.
func (t *town) repairEIPs() {
	bound := map[plan.Ref]bool{}
	for _, n := range t.all(schema.KindEIP) {
		s := copied[schema.EIPSpec](t, eipRef(n))
		to := bindingRef(s.BindTo)
		if s.BindTo == nil && s.ConvertFrom != nil {
			to = instanceRef(s.ConvertFrom.Instance)
		}
		if s.BindTo != nil && s.BindTo.ENI != "" {
			s.BindTo = t.onENI(s.BindTo)
		}
		if r := t.set[to]; r == nil || bound[to] || s.BindTo == nil && s.ConvertFrom == nil || schema.RegionOf(t, r) != s.Region ||
			schema.AccountOf(t, r) != s.Account || classic(spec[*schema.InstanceSpec](r)) {
			s.BindTo, s.ConvertFrom = nil, nil
		}
		if s.BindTo != nil || s.ConvertFrom != nil {
			bound[to] = true
		}
		t.put(eipRef(n), s)
		if i := copied[schema.InstanceSpec](t, to); to.Kind == schema.KindInstance && bound[to] && i != nil && t.in(to, schema.Alibaba) && i.PublicIP != nil {
			i.PublicIP = nil
			t.put(to, i)
		}
	}
}

// onENI answers the binding, without its address where the ENI does not declare it.
func (t *town) onENI(b *schema.Binding) *schema.Binding {
	e := spec[*schema.ENISpec](t.set[eniRef(b.ENI)])
	if e == nil || !b.PrivateIP.IsValid() || slices.Contains(append(slices.Clone(e.SecondaryIPs), e.PrivateIP), b.PrivateIP) {
		return b
	}
	return &schema.Binding{ENI: b.ENI}
}
