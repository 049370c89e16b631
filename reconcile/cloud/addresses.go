package cloud

import (
	"net/netip"
	"slices"

	"enid/schema"
)

// pool is a subnet from which addresses are handed out.
type pool struct {
	*edit
	name    string
	spec    *schema.SubnetSpec
	vpc     string
	gateway netip.Addr
}

// pool answers the subnet of that name, nil where there is none.
func (e *edit) pool(name string) *pool {
	r := e.Get(schema.Ref{Kind: schema.KindSubnet, Name: name})
	if r == nil {
		return nil
	}
	spec := r.Spec.(*schema.SubnetSpec)
	return &pool{edit: e, name: name, spec: spec, vpc: spec.VPC, gateway: schema.Gateway(e.provider, spec)}
}

// kept reports whether the cloud keeps the address for itself.
func (p *pool) kept(a netip.Addr) bool {
	return a == p.gateway || a == p.spec.IPv6Gateway || schema.Kept(p.provider, p.spec.CIDROf(a), a)
}

// taken answers who else has the address, zero for nobody.
func (p *pool) taken(a netip.Addr) schema.Ref {
	owners := p.owners[place{p.vpc, a}]
	if a.Is6() {
		owners = slices.Concat(owners, p.delegated[place{p.vpc, blockOf(a)}])
	}
	for _, owner := range owners {
		if owner != p.call.Target {
			return owner
		}
	}
	return schema.Ref{}
}

// unavailable reports whether the cloud never hands the address out by itself.
func (p *pool) unavailable(a netip.Addr) bool {
	return p.kept(a) || len(p.owners[place{p.vpc, a}]) > 0 || slices.ContainsFunc(p.spec.Reservations,
		func(r schema.Reservation) bool { return r.CIDR.Contains(a) })
}

// choose answers the n lowest addresses that are free and that the files keep
// for nobody, fewer where there are not as many.
func (p *pool) choose(n int) (out []netip.Addr) {
	a, known := p.lowest[p.name]
	if !known {
		a = p.spec.CIDR.Masked().Addr()
	}
	free := false // whether one was passed by
	for ; p.spec.CIDR.Contains(a) && len(out) < n; a = a.Next() {
		if p.unavailable(a) {
			continue
		}
		if !free {
			free = true
			p.lowest[p.name] = a
		}
		if p.call.KeptAddress == nil || !p.call.KeptAddress(a) {
			out = append(out, a)
		}
	}
	return out
}

// freed notes that an address may be handed out again.
func (m *memory) freed(p place) {
	for _, subnet := range m.subnets[p.vpc] {
		if low, ok := m.lowest[subnet.Name]; ok && subnet.Spec.(*schema.SubnetSpec).CIDR.Contains(p.addr) && p.addr.Less(low) {
			m.lowest[subnet.Name] = p.addr
		}
	}
}

// check refuses declared addresses that are outside the subnet, kept by the
// cloud, or somebody else's.
func (p *pool) check(addrs []netip.Addr, outside, used codes) error {
	for _, a := range addrs {
		switch owner, cidr := p.taken(a), p.spec.CIDROf(a); {
		case !cidr.IsValid():
			return p.refuse(noIPv6, "%s has no IPv6 CIDR", p.name)
		case !cidr.Contains(a):
			return p.refuse(outside, "%s is not in %s of %s", a, cidr, p.name)
		case p.kept(a):
			return p.refuse(outside, "%s is kept by the cloud", a)
		case !owner.IsZero():
			return p.refuse(used, "%s is in use by %s", a, owner)
		}
	}
	return nil
}

// choosePrefixes answers the n lowest /28s of which no address is in use or
// kept, whether reserved or not, fewer where there are not as many.
func (p *pool) choosePrefixes(n int) (out []netip.Prefix) {
	for a := p.spec.CIDR.Masked().Addr(); p.spec.CIDR.Contains(a) && len(out) < n; {
		block := netip.PrefixFrom(a, 28)
		free := true
		for range 16 {
			free = free && !p.kept(a) && len(p.owners[place{p.vpc, a}]) == 0 &&
				(p.call.KeptAddress == nil || !p.call.KeptAddress(a))
			a = a.Next()
		}
		if free {
			out = append(out, block)
		}
	}
	return out
}

// one answers the declared address, or one that the driver chose.
func (p *pool) one(declared netip.Addr, outside, used, full codes) (a netip.Addr, chosen bool, err error) {
	if declared.IsValid() {
		return declared, false, p.check([]netip.Addr{declared}, outside, used)
	}
	free := p.choose(1)
	if len(free) == 0 {
		return a, false, p.refuse(full, "%s has no free address", p.name)
	}
	return free[0], true, nil
}

// predict adds or removes a field of the list of those that the driver chose.
func predict(fields []string, field string, chosen bool) []string {
	i := slices.Index(fields, field)
	switch {
	case chosen && i < 0:
		return append(slices.Clone(fields), field)
	case !chosen && i >= 0:
		return slices.Delete(slices.Clone(fields), i, i+1)
	}
	return fields
}
