package cloud

import (
	"net/netip"
	"slices"
	"strings"

	"enid/plan"
	"enid/schema"
)

// pool is what a subnet's addresses are handed out from.
type pool struct {
	ref      plan.Ref
	spec     *schema.SubnetSpec
	provider schema.Provider
	gateway  netip.Addr
	world    *plan.World
	want     *plan.World
	view     *plan.View
	sure     bool // what only a guess says is in use counts as free
}

// poolOf answers the pool of a subnet of the world, nil where there is no such subnet.
func poolOf(v *plan.View, subnet string) *pool {
	ref := subnetRef(subnet)
	r := now(v, ref)
	s := spec[*schema.SubnetSpec](r)
	if s == nil || !s.CIDR.IsValid() {
		return nil
	}
	p := schema.ProviderOf(inWorld(v), r)
	return &pool{ref: ref, spec: s, provider: p, gateway: schema.Gateway(p, s), world: v.World(), want: v.Want, view: v}
}

// size answers how many addresses the subnet has in all, at most 1<<24.
func (p *pool) size() int { return 1 << min(24, p.spec.CIDR.Addr().BitLen()-p.spec.CIDR.Bits()) }

// reserved answers how many addresses lie in reservations.
func (p *pool) reserved() (n int) {
	for _, r := range p.spec.Reservations {
		n += 1 << min(24, r.CIDR.Addr().BitLen()-r.CIDR.Bits())
	}
	return n
}

// takes reports whether somebody has the address, or will by the files.
func (p *pool) takes(a netip.Addr) bool {
	t := plan.Term{Index: indexAddr, Ref: p.ref, Addr: a}
	return p.world.Count(t) > 0 || p.want.Count(t) > 0 || p.world.Count(plan.Term{Index: indexLeaving, Addr: a}) > 0
}

// free reports whether the cloud could hand the address out by itself.
func (p *pool) free(a netip.Addr) bool {
	if schema.Kept(p.provider, p.spec.CIDR, a) || a == p.gateway || p.takes(a) {
		return false
	}
	for _, r := range p.spec.Reservations {
		if r.CIDR.Contains(a) {
			return false
		}
	}
	return true
}

// lowest answers the n lowest free addresses, fewer where there are not as many.
// Blocks of 256 that are full are passed over at once. A pool that is not there has none.
func (p *pool) lowest(n int) (out []netip.Addr) {
	if p == nil {
		return nil
	}
	for a := p.spec.CIDR.Masked().Addr(); p.spec.CIDR.Contains(a) && len(out) < n; {
		block := blockOf(a)
		if p.world.Count(plan.Term{Index: indexBlock, Ref: p.ref, Addr: block}) >= 256 {
			a = plus(block, 256)
			continue
		}
		if p.free(a) {
			out = append(out, a)
		}
		a = a.Next()
	}
	return out
}

func plus(a netip.Addr, n int) netip.Addr {
	b := a.AsSlice()
	for i := len(b) - 1; i >= 0 && n > 0; i-- {
		n += int(b[i])
		b[i] = byte(n)
		n >>= 8
	}
	out, _ := netip.AddrFromSlice(b)
	return out
}

// lowestFree answers the address that the cloud would hand out next, zero where
// none is left or the subnet is not there.
func lowestFree(e *plan.Effects, subnet string) netip.Addr {
	if p := poolOf(e.View, subnet); p != nil {
		if out := p.lowest(1); len(out) == 1 {
			return out[0]
		}
	}
	return netip.Addr{}
}

// free is the verdict whether a subnet can give the target the declared
// addresses (zero ones are the cloud's to choose) and as many more as auto.
func free(v *plan.View, target plan.Ref, subnet string, declared []netip.Addr, auto int) plan.Verdict {
	var taken []string
	var holders []plan.Ref
	for _, a := range declared {
		if !a.IsValid() {
			auto++
			continue
		}
		for _, ref := range holdersOf(v, subnet, a) {
			if ref != target && !guessed(v, ref, a) {
				taken = append(taken, a.String()+" is used by "+holderName(ref))
				holders = append(holders, ref)
			}
		}
	}
	if len(taken) > 0 {
		return plan.Fails("choose a free address, or free this one", "%s", strings.Join(taken, ", ")).Wait(holders...)
	}
	named := slices.ContainsFunc(declared, netip.Addr.IsValid) && addressesUnseen(v, subnet)
	if auto > 0 {
		if room := roomFor(v, subnet, auto); !named || !room.Holds {
			return room
		}
	}
	if named {
		return unseenUse(v, subnet, declared)
	}
	return plan.Holds("the addresses are free in %s", subnetRef(subnet))
}

// holdersOf answers what uses an address of a subnet. An instance that moved to
// another subnet of the VPC keeps its old address until its next start.
func holdersOf(v *plan.View, subnet string, a netip.Addr) []plan.Ref {
	if a.Is6() {
		return ipv6Holders(v, subnetRef(subnet), a)
	}
	refs := v.Members(plan.Term{Index: indexAddr, Ref: subnetRef(subnet), Addr: a})
	for _, ref := range v.Members(plan.Term{Index: indexLeaving, Addr: a}) {
		vpc := schema.VPCOf(inWorld(v), now(v, ref))
		s := spec[*schema.SubnetSpec](now(v, subnetRef(subnet)))
		if vpc != nil && s != nil && vpc.Name == s.VPC && !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	return refs
}

// holderName names who uses an address; a subnet uses what enid does not manage.
func holderName(ref plan.Ref) string {
	if ref.Kind == schema.KindSubnet {
		return "something that enid does not manage"
	}
	return ref.String()
}

// roomFor is the verdict whether a subnet has n addresses left to hand out. The
// cheap bound comes first: it is noted as one question, so that handing out one
// address does not have everybody look again.
func roomFor(v *plan.View, subnet string, n int) plan.Verdict {
	p := poolOf(v, subnet)
	if p == nil {
		return plan.Skipped() // that it exists is another requirement
	}
	used := plan.Term{Index: indexUsed, Ref: p.ref}
	leaving := plan.Term{Index: indexAllLeaving}
	gone := v.Count(leaving)
	spare := p.size() - 5 - p.reserved() - p.want.Count(used) - gone - n
	if spare >= 0 && !v.AtLeast(used, spare+1) && !v.AtLeast(leaving, gone+1) {
		return plan.Holds("%s has free addresses", p.ref)
	}
	v.Members(used) // note that any change counts from here on
	v.Members(leaving)
	if found := len(p.lowest(n)); found < n {
		return plan.Fails("free addresses, or declare a larger subnet", "%s has %d free addresses outside its reservations, and %d are asked for", p.ref, found, n)
	}
	if addressesUnseen(v, subnet) {
		return plan.Unknown("how many addresses of %s something has that enid does not manage only the state knows; if none is left, this step is blocked", p.ref)
	}
	return plan.Holds("%s has free addresses", p.ref)
}
