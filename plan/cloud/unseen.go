package cloud

import (
	"net/netip"
	"slices"

	"enid/plan"
	"enid/schema"
)

// A world that was presumed (see Presume) says what the files say. What follows is
// what they do not: of what stood there before the change, when it was made, how
// often something was done to it, what else the cloud gave or somebody took. What
// the plan makes itself is known.

// unseen reports whether the object was there before the change, in a world that
// nobody observed: those have no time of creation. It is for kinds that have one.
func unseen(v *plan.View, r *schema.Resource) bool {
	return v.Presumed() && r != nil && (r.Status == nil || r.Status.Common().CreatedAt.IsZero())
}

// appliedUnseen reports whether an Approval was there before the change, so that it
// may have been used.
func appliedUnseen(v *plan.View, approval *schema.Resource) bool {
	return v.Presumed() && approval.Status != nil
}

// sure answers the verdict on an Approval, which is none where it may be used up.
func sure(v *plan.View, verdict plan.Verdict) plan.Verdict {
	r := now(v, verdict.Spends)
	if !verdict.Holds || r == nil || !appliedUnseen(v, r) {
		return verdict
	}
	return verdict.Unsure("whether %s was used already only the state knows; if it was, this step is blocked", r.Ref)
}

// indexUnseen reports whether the cloud chose the ENI's device index.
func indexUnseen(v *plan.View, eni *schema.Resource) bool {
	at := spec[*schema.ENISpec](eni).AttachTo
	return unseen(v, eni) && (at == nil || at.DeviceIndex == 0)
}

// unseenMount is the verdict on detaching from an instance that runs, of which only
// its host could say whether the volume is mounted. Where it may be stopped for it,
// that is planned: less than that is no surprise.
func unseenMount(v *plan.View, r *schema.Resource, instance plan.Ref) plan.Verdict {
	if attachmentTo(spec[*schema.VolumeSpec](r), v.Item).Unmounted {
		return plan.Unknown("it was applied as unmounted; whether the host of %s sees it mounted all the same only the state knows; if it does, %s is stopped first, or this step is blocked", instance, instance)
	}
	if _, stops := plan.Downtime(policiesOf(v, instance), v.At); stops.Holds {
		return plan.Fails("unmount it and apply a commit with unmounted: true",
			"%s is running and may have it mounted", instance).Enable("instance.stop", instance)
	}
	return plan.Unknown("whether %s has it mounted only the state knows; unless its host sees it unmounted, this step is blocked", instance)
}

// addressesUnseen reports whether a subnet was there before the change, so that the
// cloud may have given its addresses to others than the files tell. Presume leaves
// it a status; one that the plan makes has none.
func addressesUnseen(v *plan.View, subnet string) bool {
	r := now(v, subnetRef(subnet))
	return v.Presumed() && r != nil && r.Status != nil
}

// guessed reports whether the object has the address only as far as a plan would
// choose it.
func guessed(v *plan.View, ref plan.Ref, a netip.Addr) bool {
	r := now(v, ref)
	if !unseen(v, r) {
		return false
	}
	switch s := r.Spec.(type) {
	case *schema.ENISpec:
		st := eniStatus(r)
		return a.Is4() && a != s.PrivateIP && !slices.Contains(s.SecondaryIPs, a) &&
			!slices.ContainsFunc(s.Prefixes, func(p netip.Prefix) bool { return p.Contains(a) }) && len(st.Predicted) > 0
	case *schema.InstanceSpec:
		return a != s.PrivateIP && slices.Contains(instanceStatus(r).Predicted, "privateIP")
	case *schema.VPCEndpointSpec:
		return true
	}
	return false
}

// unseenUse is the verdict on declared addresses of a subnet of which the files do
// not tell everything.
func unseenUse(v *plan.View, subnet string, declared []netip.Addr) plan.Verdict {
	for _, a := range declared {
		for _, ref := range holdersOf(v, subnet, a) {
			if guessed(v, ref, a) {
				return plan.Unknown("which address of %s the cloud gave %s only the state knows; if it is %s, this step is blocked", subnetRef(subnet), ref, a)
			}
		}
	}
	return plan.Unknown("whether something else has %s of %s already only the state knows; if so, this step is blocked", someOf(declared), subnetRef(subnet))
}

// unseenBlocks answers the verdict on blocks that are free by what is known of the subnet.
func (p *pool) unseenBlocks(free plan.Verdict) plan.Verdict {
	if !addressesUnseen(p.view, p.ref.Name) {
		return free
	}
	return plan.Unknown("which addresses of %s the cloud gave to what did not ask for them only the state knows; if they leave no whole block, this step is blocked", p.ref)
}

// someOf names the addresses that are declared.
func someOf(declared []netip.Addr) string {
	return some(slices.DeleteFunc(slices.Clone(declared), func(a netip.Addr) bool { return !a.IsValid() }))
}
