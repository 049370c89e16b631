package query

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"enid/schema"
)

// use is an address, or a prefix, that somebody has.
type use struct {
	as   string // primary, pending, secondary, prefix, endpoint, unmanaged
	cidr netip.Prefix
}

// single answers an address as a prefix, zero for no address.
func single(a netip.Addr) netip.Prefix {
	if !a.IsValid() {
		return netip.Prefix{}
	}
	return netip.PrefixFrom(a, a.BitLen())
}

// users are the kinds that have addresses of a subnet.
var users = []schema.Kind{schema.KindInstance, schema.KindENI, schema.KindVPCEndpoint}

// uses answers the addresses that a resource has, and how many IPv4 ones it has yet
// to get in which subnets, its first among them.
func (q *topology) uses(one *schema.Resource) (has []use, lacks map[string]int) {
	switch spec := one.Spec.(type) {
	case *schema.InstanceSpec:
		primary, pending := spec.PrivateIP, netip.Addr{}
		if s := statusOf[*schema.InstanceStatus](one); s != nil {
			pending = s.PendingPrivateIP
			if s.PrivateIP.IsValid() {
				primary = s.PrivateIP
			}
		}
		has = append(has, use{"primary", single(primary)})
		if pending != primary {
			has = append(has, use{"pending", single(pending)})
		}
		if !primary.IsValid() && !pending.IsValid() {
			lacks = map[string]int{spec.Subnet: 1}
		}
	case *schema.ENISpec:
		return eniUses(one, spec)
	case *schema.VPCEndpointSpec:
		if s := statusOf[*schema.VPCEndpointStatus](one); s != nil {
			for _, a := range s.Addresses {
				has = append(has, use{"endpoint", single(a.PrivateIP)})
			}
		}
		for _, name := range spec.Subnets {
			in := specOf[*schema.SubnetSpec](q.Get(schema.Ref{Kind: schema.KindSubnet, Name: name}))
			if spec.Type == "Gateway" || in == nil || slices.ContainsFunc(has, func(u use) bool { return in.CIDR.Contains(u.cidr.Addr()) }) {
				continue
			}
			if lacks == nil {
				lacks = map[string]int{}
			}
			lacks[name] = 1
		}
	}
	return has, lacks
}

func eniUses(one *schema.Resource, spec *schema.ENISpec) (has []use, lacks map[string]int) {
	s := statusOrSpec(one)
	has = append(has, use{"primary", single(s.PrivateIP)})
	for _, a := range s.SecondaryIPs {
		has = append(has, use{"secondary", single(a)})
	}
	for _, p := range s.Prefixes {
		has = append(has, use{"prefix", p})
	}
	first, more, blocks := lacking(one)
	if n := first + more + blockSize*blocks; n > 0 {
		lacks = map[string]int{spec.Subnet: n}
	}
	return has, lacks
}

// statusOrSpec answers which addresses an ENI has: those observed, and what is
// declared where nothing was.
func statusOrSpec(eni *schema.Resource) *schema.ENIStatus {
	spec := specOf[*schema.ENISpec](eni)
	s := statusOf[*schema.ENIStatus](eni)
	switch {
	case s == nil:
		return &schema.ENIStatus{PrivateIP: spec.PrivateIP, SecondaryIPs: spec.SecondaryIPs, Prefixes: spec.Prefixes}
	case !s.PrivateIP.IsValid() && spec.PrivateIP.IsValid():
		with := *s
		with.PrivateIP = spec.PrivateIP
		return &with
	}
	return s
}

// lacking answers how many primary addresses, further ones and prefixes of IPv4 the
// cloud has yet to choose for an ENI.
func lacking(eni *schema.Resource) (first, more, blocks int) {
	spec := specOf[*schema.ENISpec](eni)
	has := statusOrSpec(eni)
	if !has.PrivateIP.IsValid() {
		first = 1
	}
	more, blocks = spec.SecondaryIPCount, max(0, spec.PrefixCount-len(has.Prefixes))
	for _, a := range has.SecondaryIPs {
		if a.Is4() {
			more--
		}
	}
	return first, max(0, more), blocks
}

// holders finds who uses addresses of the subnet: whatever of its VPC has one in
// its CIDR, since an instance that moved keeps its old address until its next start.
func (q *topology) holders(r *Report, vpc string) {
	for _, kind := range users {
		for _, one := range q.OfKind(kind) {
			if in := schema.VPCOf(q, one); in == nil || in.Name != vpc {
				continue
			}
			has, lacks := q.uses(one)
			for _, u := range has {
				r.holds(one.String(), u)
			}
			if lacks[strings.TrimPrefix(r.Subnet, "Subnet/")] > 0 {
				r.Unplaced = append(r.Unplaced, one.String())
			}
		}
	}
	slices.SortStableFunc(r.Holders, func(a, b Holder) int {
		return cmp.Or(a.First.Compare(b.First), cmp.Compare(a.Holder, b.Holder))
	})
}

// holds notes what somebody uses; what is outside the subnet is not its matter, and
// of IPv6 it is counted only.
func (r *Report) holds(holder string, u use) {
	if r.IPv6 != nil && r.IPv6.CIDR.Contains(u.cidr.Addr()) {
		if u.as == "prefix" {
			r.IPv6.Prefixes++
		} else {
			r.IPv6.Addresses++
		}
	}
	if u.cidr.IsValid() && u.cidr.Addr().Is4() && u.cidr.Overlaps(r.CIDR) {
		smaller := u.cidr
		if smaller.Bits() < r.CIDR.Bits() {
			smaller = r.CIDR
		}
		r.Holders = append(r.Holders, Holder{rangeOf(spanOf(smaller)), holder, u.as})
	}
}
