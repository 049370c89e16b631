package cloud

import (
	"net/netip"
	"slices"

	"enid/plan"
	"enid/schema"
)

// secondaryRules are the rows of the catalogue that this file is about.
var secondaryRules = []schema.Rule{
	{ID: "eni.lifecycle", Class: schema.ClassPrecondition, Cloud: "any",
		Text:   "creating → available → attaching → in-use → detaching → available: addresses are assigned while available or in use.",
		Source: "A 4.2, 4.6", Code: "InvalidOperation.InvalidEniState"},
	{ID: "ip.secondary", Class: schema.ClassEffect, Cloud: "any",
		Text:   "An ENI has one primary and, up to its type's limit, several secondary private addresses.",
		Source: "B 04-02, A 4.1", Code: "PrivateIpAddressLimitExceeded",
		Note: "The source counts one public and two private addresses: the number depends on the type."},
	{ID: "prefix.auto", Class: schema.ClassEffect, Cloud: "aws",
		Text:   "prefixCount takes the lowest free /28 blocks, reserved or not.",
		Source: "B 04-03",
		Note:   "The cloud draws from reservations of type prefix first."},
	{ID: "prefix.capacity", Class: schema.ClassEffect, Cloud: "aws",
		Text:   "A prefix adds 16 usable addresses and takes one address slot of its ENI.",
		Source: "B 04-03; public"},
}

// unattachedSecondaries is how many secondary addresses an Alibaba ENI takes
// while it is available. Public.
const unattachedSecondaries = 10

var secondaryOperations = []*plan.Operation{
	{
		ID: "eni.unassign", Name: named("UnassignPrivateIpAddresses", "UnassignPrivateIpAddresses"), Kind: schema.KindENI, Action: plan.Update,
		Rank: rankUnassign, Gives: func(v *plan.View, target plan.Ref) bool {
			return !addressDiff(v, target).gone()
		},
		Changes: func(v *plan.View, target plan.Ref) (out []plan.Change) {
			d := addressDiff(v, target)
			for _, a := range d.removeIPs {
				out = append(out, plan.Change{Path: "spec.secondaryIPs", From: a})
			}
			for _, p := range d.removePrefixes {
				out = append(out, plan.Change{Path: "spec.prefixes", From: p})
			}
			return out
		},
		Requires: []plan.Requirement{eniModifiable("eni.lifecycle"), requesterManaged, factsOnAddresses},
		Effect:   unassign, Source: "A 4.1; B 04-02, 04-03",
	},
	{
		ID: "eni.assign", Name: named("AssignPrivateIpAddresses", "AssignPrivateIpAddresses"), Kind: schema.KindENI, Action: plan.Update,
		Rank: rankAssign, Order: countedLast, Gives: func(v *plan.View, target plan.Ref) bool {
			return addressDiff(v, target).adds() > 0
		},
		Changes: func(v *plan.View, target plan.Ref) (out []plan.Change) {
			d := addressDiff(v, target)
			for _, a := range d.addIPs {
				out = append(out, plan.Change{Path: "spec.secondaryIPs", To: a})
			}
			for _, p := range d.addPrefixes {
				out = append(out, plan.Change{Path: "spec.prefixes", To: p})
			}
			if d.autoIPs > 0 {
				out = append(out, plan.Change{Path: "spec.secondaryIPCount", From: len(d.is.SecondaryIPs), To: len(d.is.SecondaryIPs) + d.autoIPs})
			}
			if d.autoPrefixes > 0 {
				out = append(out, plan.Change{Path: "spec.prefixCount", From: len(d.is.Prefixes), To: len(d.is.Prefixes) + d.autoPrefixes})
			}
			return out
		},
		Requires: []plan.Requirement{secondaryInSubnet, secondaryAvailable, slotLimit, prefixManual, prefixInsufficient, eniModifiable("eni.lifecycle"), requesterManaged, exists(eniSubnet)},
		Effect:   assign, Source: "A 4.1; B 04-02, 04-03",
	},
}

// addresses is how an ENI's secondary addresses and prefixes differ from what is wanted.
type addresses struct {
	is                          schema.ENIStatus
	subnet                      string
	addIPs, removeIPs           []netip.Addr
	addPrefixes, removePrefixes []netip.Prefix
	autoIPs, autoPrefixes       int // to be chosen by the cloud
}

func (d addresses) adds() int {
	return len(d.addIPs) + len(d.addPrefixes) + d.autoIPs + d.autoPrefixes
}

func (d addresses) gone() bool { return len(d.removeIPs)+len(d.removePrefixes) == 0 }

func addressDiff(v *plan.View, target plan.Ref) (d addresses) {
	is, want, ok := both[*schema.ENISpec](v, target)
	if !ok {
		return d
	}
	d.is, d.subnet = eniStatus(now(v, target)), is.Subnet
	d.addIPs, d.removeIPs, d.autoIPs = listDiff(d.is.SecondaryIPs, want.SecondaryIPs, want.SecondaryIPCount)
	d.addPrefixes, d.removePrefixes, d.autoPrefixes = listDiff(d.is.Prefixes, want.Prefixes, want.PrefixCount)
	return d
}

// listDiff compares what is there with a declared list, or with a count: then
// the last ones go.
func listDiff[T comparable](have, want []T, count int) (add, remove []T, auto int) {
	if len(want) > 0 || count == 0 {
		return missing(have, want), missing(want, have), 0
	}
	if len(have) > count {
		return nil, have[count:], 0
	}
	return nil, nil, count - len(have)
}

// countedLast has declared addresses assigned before those that the cloud chooses.
func countedLast(v *plan.View, target plan.Ref) int {
	if s := spec[*schema.ENISpec](wanted(v, target)); s != nil && s.SecondaryIPCount+s.PrefixCount > 0 {
		return 1
	}
	return 0
}

// eniSubnet answers the subnet in which the ENI is.
func eniSubnet(v *plan.View, target plan.Ref) plan.Ref {
	if s := spec[*schema.ENISpec](now(v, target)); s != nil {
		return subnetRef(s.Subnet)
	}
	return plan.Ref{}
}

// secondaryInSubnet is the requirement that what is added lies in the subnet in
// which the ENI is now: a replacement that waits for its Approval has not moved it.
var secondaryInSubnet = plan.Requirement{Rule: "private-ip.in-subnet", Code: code("InvalidPrivateIpAddress.Mismatch", "InvalidParameterValue"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	d := addressDiff(v, target)
	subnet := spec[*schema.SubnetSpec](now(v, subnetRef(d.subnet)))
	if subnet == nil {
		return plan.Skipped() // that it exists is another requirement
	}
	for _, a := range d.addIPs {
		if !subnet.CIDR.Contains(a) {
			return plan.Fails("settle the replacement first", "%s is outside %s, in which %s is", a, subnet.CIDR, target).Wait(target)
		}
	}
	for _, p := range d.addPrefixes {
		if !subnet.CIDR.Contains(p.Addr()) {
			return plan.Fails("settle the replacement first", "%s is outside %s, in which %s is", p, subnet.CIDR, target).Wait(target)
		}
	}
	return plan.Skipped()
}}

// factsOnAddresses keeps an address to which a fact is bound.
var factsOnAddresses = plan.Requirement{Rule: ruleObserveOnly, Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	d := addressDiff(v, target)
	for _, ref := range v.Members(plan.Term{Index: indexBound, Ref: target}) {
		if r := now(v, ref); r.Observed() && slices.Contains(d.removeIPs, boundAddr(v, eipStatus(r).BoundTo)) {
			return plan.Fails("unbind it by other means first", "%s, a fact that enid only observes, is bound to an address that goes", ref)
		}
	}
	return plan.Skipped()
}}

var secondaryAvailable = plan.Requirement{Rule: "private-ip.available", Code: code("InvalidPrivateIpAddress.Duplicated", "InvalidIPAddress.InUse"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	d := addressDiff(v, target)
	if len(d.addIPs)+d.autoIPs == 0 {
		return plan.Skipped()
	}
	return free(v, target, d.subnet, d.addIPs, d.autoIPs)
}}

// slotLimit bounds an ENI's addresses and prefixes by the type of the instance
// that it is attached to or will be, so that none is assigned that would keep it
// from being attached; one that is available takes fewer on Alibaba.
var slotLimit = plan.Requirement{Rule: "eni.limit.instance-type", Code: code("InvalidOperation.Ipv4CountExceeded", "PrivateIpAddressLimitExceeded"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	d := addressDiff(v, target)
	n := slots(now(v, target)) + d.adds()
	instance := instanceOf(v, target)
	if instance.IsZero() && n > unattachedSecondaries+1 && !is(v, target, schema.AWS) {
		return plan.Fails("attach it, or declare fewer addresses", "%s would have %d addresses, and takes %d while it is not attached", target, n, unattachedSecondaries+1).Wait(target)
	}
	if instance.IsZero() {
		instance = attachTarget(v, target)
	}
	t, ok := typeOf(v, instance)
	if !ok || t.IPv4PerENI == 0 {
		return plan.Skipped()
	}
	if n > t.IPv4PerENI {
		return plan.Fails("declare fewer addresses, or choose a larger type", "%s would have %d addresses and prefixes, and type %s of %s takes %d on an ENI", target, n, t.Name, instance, t.IPv4PerENI).Wait(instance)
	}
	return plan.Holds("%s takes %d of %d addresses", target, n, t.IPv4PerENI)
}}

func assign(e *plan.Effects, target plan.Ref) {
	d := addressDiff(e.View, target)
	want := spec[*schema.ENISpec](wanted(e.View, target))
	p := poolOf(e.View, d.subnet)
	s := d.is
	s.SecondaryIPs = append(slices.Clone(s.SecondaryIPs), d.addIPs...)
	s.Prefixes = append(slices.Clone(s.Prefixes), d.addPrefixes...)
	if d.autoIPs > 0 {
		chosen := p.lowest(d.autoIPs)
		s.SecondaryIPs, s.Predicted = append(s.SecondaryIPs, chosen...), with(s.Predicted, "secondaryIPs")
		e.Note("ip.secondary", "the cloud chooses %s; the lowest free: %v", count(len(chosen), "address", "es"), chosen)
	}
	if d.autoPrefixes > 0 {
		chosen := p.blocks(d.autoPrefixes)
		s.Prefixes, s.Predicted = append(s.Prefixes, chosen...), with(s.Predicted, "prefixes")
		e.Note("prefix.auto", "the cloud chooses %s; the lowest free: %v", count(len(chosen), "block", "s"), chosen)
	}
	if n := len(d.addPrefixes) + d.autoPrefixes; n > 0 {
		e.Note("prefix.capacity", "%d usable addresses are added, for %s", 16*n, count(n, "address slot", "s"))
	}
	putAddresses(e, target, s, want)
}

func unassign(e *plan.Effects, target plan.Ref) {
	d := addressDiff(e.View, target)
	want := spec[*schema.ENISpec](wanted(e.View, target))
	s := d.is
	s.SecondaryIPs = missing(d.removeIPs, s.SecondaryIPs)
	s.Prefixes = missing(d.removePrefixes, s.Prefixes)
	if len(s.SecondaryIPs) == 0 {
		s.Predicted = without(s.Predicted, "secondaryIPs")
	}
	if len(s.Prefixes) == 0 {
		s.Predicted = without(s.Predicted, "prefixes")
	}
	unbindAddrs(e, target, d.removeIPs)
	putAddresses(e, target, s, want)
}

// putAddresses puts the ENI with its addresses; the applied spec asks for what
// it has now, so that what is still missing stays a difference.
func putAddresses(e *plan.Effects, target plan.Ref, s schema.ENIStatus, want *schema.ENISpec) {
	change(e, target, func(sp *schema.ENISpec) {
		sp.SecondaryIPs, sp.Prefixes, sp.SecondaryIPCount, sp.PrefixCount = nil, nil, 0, 0
		if want.SecondaryIPCount > 0 {
			sp.SecondaryIPCount = len(s.SecondaryIPs)
		} else {
			sp.SecondaryIPs = s.SecondaryIPs
		}
		if want.PrefixCount > 0 {
			sp.PrefixCount = len(s.Prefixes)
		} else {
			sp.Prefixes = s.Prefixes
		}
	})
	e.Put(target, now(e.View, target).With(nil, &s))
}
