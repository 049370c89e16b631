package cloud

import (
	"net/netip"

	"enid/plan"
	"enid/schema"
)

// secondaryRequiresRules are the rows of the catalogue that this file is about.
var secondaryRequiresRules = []schema.Rule{
	{ID: "ipv6.subnet", Class: schema.ClassPrecondition, Cloud: "any",
		Text:   "IPv6 addresses and prefixes are assigned where the subnet has an IPv6 CIDR.",
		Source: "public", Code: "InvalidVSwitch.Ipv6NotTurnOn"},
}

// ipv6Subnet is the requirement that the subnet in which the ENI is has IPv6 by now.
var ipv6Subnet = plan.Requirement{Rule: "ipv6.subnet", Code: code("InvalidVSwitch.Ipv6NotTurnOn", ""), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	d := ipv6.diff(v, target)
	subnet := spec[*schema.SubnetSpec](now(v, subnetRef(d.subnet)))
	switch {
	case subnet == nil:
		return plan.Skipped() // that it exists is another requirement
	case !subnet.IPv6CIDR.IsValid():
		return plan.Fails("settle what keeps the subnet from getting one (spec.ipv6CIDR)", "%s has no IPv6 CIDR yet", subnetRef(d.subnet)).Wait(subnetRef(d.subnet))
	}
	return plan.Holds("%s has the IPv6 CIDR %s", subnetRef(d.subnet), subnet.IPv6CIDR)
}}

// inSubnet is the requirement that what is added lies in the subnet in which the
// ENI is now: a replacement that waits for its Approval has not moved it. Where the
// subnet is to get another IPv6 CIDR, it waits for that.
func (f *family) inSubnet() plan.Requirement {
	return plan.Requirement{Rule: "private-ip.in-subnet", Code: f.mismatch, Check: func(v *plan.View, target plan.Ref) plan.Verdict {
		d := f.diff(v, target)
		subnet := spec[*schema.SubnetSpec](now(v, subnetRef(d.subnet)))
		if subnet == nil {
			return plan.Skipped() // that it exists is another requirement
		}
		settles := []plan.Ref{target}
		if f == &ipv6 {
			settles = append(settles, subnetRef(d.subnet))
		}
		outside := func(what any, cidr netip.Prefix) plan.Verdict {
			return plan.Fails("settle the replacement first", "%s is outside %s, in which %s is", what, cidr, target).Wait(settles...)
		}
		for _, a := range d.addIPs {
			if cidr := subnet.CIDROf(a); cidr.IsValid() && !cidr.Contains(a) {
				return outside(a, cidr)
			}
		}
		for _, p := range d.addPrefixes {
			if cidr := subnet.CIDROf(p.Addr()); cidr.IsValid() && !cidr.Contains(p.Addr()) {
				return outside(p, cidr)
			}
		}
		return plan.Skipped()
	}}
}

func (f *family) available() plan.Requirement {
	return plan.Requirement{Rule: "private-ip.available", Code: code("InvalidPrivateIpAddress.Duplicated", "InvalidIPAddress.InUse"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
		d := f.diff(v, target)
		if len(d.addIPs)+d.autoIPs == 0 {
			return plan.Skipped()
		}
		return free(v, target, d.subnet, d.addIPs, d.autoIPs)
	}}
}

// slotLimit bounds an ENI's addresses and prefixes by the type of the instance
// that it is attached to or will be, so that none is assigned that would keep it
// from being attached; one that is available takes fewer on Alibaba.
func (f *family) slotLimit() plan.Requirement {
	return plan.Requirement{Rule: "eni.limit.instance-type", Code: f.excess, Check: func(v *plan.View, target plan.Ref) plan.Verdict {
		n := f.slots(now(v, target)) + f.diff(v, target).adds()
		instance := instanceOf(v, target)
		if instance.IsZero() && n > f.unattached && !is(v, target, schema.AWS) {
			return plan.Fails("attach it, or declare fewer addresses", "%s would have %d %saddresses, and takes %d while it is not attached", target, n, f.noun, f.unattached).Wait(target)
		}
		if instance.IsZero() {
			instance = attachTarget(v, target)
		}
		t, ok := typeOf(v, instance)
		most, known := f.most(t)
		if !ok || !known {
			return plan.Skipped()
		}
		if n > most {
			return plan.Fails("declare fewer addresses, or choose a larger type", "%s would have %d %saddresses and prefixes, and type %s of %s takes %d on an ENI", target, n, f.noun, t.Name, instance, most).Wait(instance)
		}
		return plan.Holds("%s takes %d of %d %saddresses", target, n, most, f.noun)
	}}
}

// blocksFree is the requirement that whole blocks are free.
func (f *family) blocksFree() plan.Requirement {
	return plan.Requirement{Rule: "prefix.insufficient", Code: code("", "InsufficientCidrBlocks"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
		d := f.diff(v, target)
		p := poolOf(v, d.subnet)
		switch {
		case len(d.addPrefixes)+d.autoPrefixes == 0 || p == nil:
			return plan.Skipped()
		case f == &ipv6:
			return p.ipv6Blocks(v, target, d.addPrefixes)
		}
		return p.ipv4Blocks(v, target, d)
	}}
}
