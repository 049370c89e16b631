package cloud

import (
	"net/netip"
	"slices"
	"time"

	"enid/plan"
	"enid/schema"
)

// Presume answers the world in which all that the files want is there as they want
// it, for who has no state to ask: the files of a revision taken as applied. What a
// cloud would choose is chosen as a plan would; when something was made is not
// known, nor is whatever else only an observation could say.
func Presume(want *plan.World) *plan.World {
	refs := want.Refs()
	world := plan.NewWorld(index, len(refs))
	world.Presume()
	for _, ref := range refs {
		if r := want.Get(ref).(*schema.Resource); given(r) {
			world.Put(ref, r)
		}
	}
	plan.Fulfil(domain, world, want, time.Time{})
	for _, ref := range refs {
		w := want.Get(ref).(*schema.Resource)
		r, _ := world.Get(ref).(*schema.Resource)
		made := r
		switch {
		case r == nil:
			made = w
		case r.Spec != w.Spec:
			made = overfull(world, r.With(w.Spec, stated(world, w, r)))
		}
		if made = standing(made); made != r {
			world.Put(ref, made)
		}
	}
	return world
}

// overfull answers an ENI with the addresses and prefixes that its subnet has no
// room left for, others' ones: the files take more than there is, and which of them
// go short is not for a guess to say.
func overfull(world *plan.World, r *schema.Resource) *schema.Resource {
	eni, ok := r.Spec.(*schema.ENISpec)
	if !ok {
		return r
	}
	s := eniStatus(r)
	subnet := spec[*schema.SubnetSpec](lookup{world.Get}.Get(subnetRef(eni.Subnet)))
	ips, blocks := eni.SecondaryIPCount-len(ipv4.addrs(s.SecondaryIPs)), eni.PrefixCount-len(ipv4.blocks(s.Prefixes))
	if subnet == nil || ips <= 0 && blocks <= 0 {
		return r
	}
	s.SecondaryIPs, s.Prefixes = slices.Clone(s.SecondaryIPs), slices.Clone(s.Prefixes)
	for a := subnet.CIDR.Masked().Addr().Next(); ips > 0; a = a.Next() {
		if !slices.Contains(eniAddrs(r), a) {
			s.SecondaryIPs, s.Predicted, ips = append(s.SecondaryIPs, a), with(s.Predicted, "secondaryIPs"), ips-1
		}
	}
	for a := subnet.CIDR.Masked().Addr(); blocks > 0; a = plus(a, 16) {
		if block := netip.PrefixFrom(a, 28); !slices.Contains(s.Prefixes, block) {
			s.Prefixes, s.Predicted, blocks = append(s.Prefixes, block), with(s.Predicted, "prefixes"), blocks-1
		}
	}
	return r.With(nil, &s)
}

// standing marks what has no time of creation and can be there before a change or come
// with it: see unseen.
func standing(r *schema.Resource) *schema.Resource {
	switch {
	case r.Status != nil:
	case r.Kind == schema.KindSubnet:
		return r.With(nil, &schema.SubnetStatus{})
	case r.Kind == schema.KindApproval:
		return r.With(nil, &schema.ApprovalStatus{})
	}
	return r
}

// given reports whether a document says what there is, and no operation makes it:
// a fact, a description, what a service of the cloud owns, and what decides about
// plans themselves.
func given(r *schema.Resource) bool {
	eni := spec[*schema.ENISpec](r)
	return !operated(r.Kind) || r.Observed() || described(r) || eni != nil && eni.ManagedBy != ""
}
