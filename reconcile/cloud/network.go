package cloud

import (
	"net/netip"
	"slices"

	"enid/schema"
)

// fresh refuses to create what is there.
func (e *edit) fresh() error {
	kind := e.call.Target.Kind
	if only := only[kind]; only != "" && e.provider != "" && e.provider != only {
		return e.refuse(unsupported, "%s is a kind of another cloud", kind)
	}
	if e.Get(e.call.Target) != nil {
		return e.refuse(conflict, "%s is there already", e.call.Target)
	}
	return e.wanted()
}

// only is the cloud of kinds that one cloud alone has.
var only = map[schema.Kind]schema.Provider{
	schema.KindClassicLink: schema.Alibaba,
	schema.KindTargetGroup: schema.AWS, schema.KindVPCEndpoint: schema.AWS, schema.KindTrafficMirror: schema.AWS,
	schema.KindKeyPair: schema.AWS, schema.KindImage: schema.AWS, schema.KindVolume: schema.AWS, schema.KindSnapshot: schema.AWS,
}

// wanted refuses a call that needs a resource to be asked for.
func (e *edit) wanted() error {
	if e.call.Want == nil {
		return e.refuse(badParameter, "nothing is asked for")
	}
	return nil
}

func (e *edit) createVPC() error {
	if err := e.fresh(); err != nil {
		return err
	}
	status := e.common(codes{"vpc", "vpc"})
	e.set(e.call.Target, e.call.Want.Spec, &status)
	return nil
}

// deleteUnused deletes a VPC, a subnet or a group that nothing uses.
func (e *edit) deleteUnused() error {
	ref := e.call.Target
	missing := map[schema.Kind]codes{schema.KindVPC: noVPC, schema.KindSubnet: noSubnet, schema.KindSecurityGroup: noGroup}
	if e.Get(ref) == nil {
		return e.refuse(missing[ref.Kind], "there is no %s", ref)
	}
	if n := e.uses[ref]; n > 0 {
		return e.refuse(inUse, "%s is used by %d resources", ref, n)
	}
	e.remove(ref)
	return nil
}

func (e *edit) createSubnet() error {
	if err := e.fresh(); err != nil {
		return err
	}
	spec := *e.call.Want.Spec.(*schema.SubnetSpec)
	vpc := e.Get(schema.Ref{Kind: schema.KindVPC, Name: spec.VPC})
	if vpc == nil {
		return e.refuse(noVPC, "there is no VPC %s", spec.VPC)
	}
	if err := e.inVPC(spec.VPC, spec.CIDR, vpc.Spec.(*schema.VPCSpec).CIDR); err != nil {
		return err
	}
	if err := e.inVPC(spec.VPC, spec.IPv6CIDR, vpc.Spec.(*schema.VPCSpec).IPv6CIDR); err != nil {
		return err
	}
	spec.Reservations = nil // each is a call of its own
	e.set(e.call.Target, &spec, &schema.SubnetStatus{CommonStatus: e.common(codes{"vsw", "subnet"})})
	return nil
}

// inVPC refuses a CIDR that is not in its VPC's of the same family, or overlaps
// another subnet's; none at all has its place.
func (e *edit) inVPC(vpc string, cidr, outer netip.Prefix) error {
	if !cidr.IsValid() {
		return nil
	}
	if !outer.Contains(cidr.Addr()) || cidr.Bits() < outer.Bits() {
		return e.refuse(outsideVPC, "%s is not in the VPC's %s", cidr, outer)
	}
	for _, r := range e.subnets[vpc] {
		if other := r.Spec.(*schema.SubnetSpec).CIDROf(cidr.Addr()); r.Ref != e.call.Target && other.Overlaps(cidr) {
			return e.refuse(overlapping, "%s overlaps %s of %s", cidr, other, r.Ref)
		}
	}
	return nil
}

func (e *edit) subnet() (r *schema.Resource, spec schema.SubnetSpec, err error) {
	if r = e.Get(e.call.Target); r == nil {
		return nil, spec, e.refuse(noSubnet, "there is no %s", e.call.Target)
	}
	return r, *r.Spec.(*schema.SubnetSpec), nil
}

// reserve makes the reservations that are asked for and not there. Addresses in
// them that are in use stay so.
func (e *edit) reserve() error {
	_, spec, err := e.subnet()
	if err == nil {
		err = e.wanted()
	}
	if err != nil {
		return err
	}
	spec.Reservations = slices.Clone(spec.Reservations)
	for _, r := range e.call.Want.Spec.(*schema.SubnetSpec).Reservations {
		if slices.Contains(spec.Reservations, r) {
			continue
		}
		if !spec.CIDR.Contains(r.CIDR.Addr()) || r.CIDR.Bits() < spec.CIDR.Bits() {
			return e.refuse(badParameter, "%s is not in the subnet's %s", r.CIDR, spec.CIDR)
		}
		for _, other := range spec.Reservations {
			if other.CIDR.Overlaps(r.CIDR) {
				return e.refuse(badParameter, "%s overlaps the reservation %s", r.CIDR, other.CIDR)
			}
		}
		spec.Reservations = append(spec.Reservations, r)
	}
	e.set(e.call.Target, &spec, nil)
	return nil
}

// unreserve gives back the reservations that are no longer asked for.
func (e *edit) unreserve() error {
	_, spec, err := e.subnet()
	if err != nil {
		return err
	}
	var want []schema.Reservation
	if e.call.Want != nil {
		want = e.call.Want.Spec.(*schema.SubnetSpec).Reservations
	}
	spec.Reservations = slices.DeleteFunc(slices.Clone(spec.Reservations), func(r schema.Reservation) bool { return !slices.Contains(want, r) })
	e.set(e.call.Target, &spec, nil)
	return nil
}
