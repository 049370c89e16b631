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

var secondaryOperations = slices.Concat(addressOperations(&ipv4, prefixManual), addressOperations(&ipv6, ipv6Subnet))

// addressOperations are the two rows of a family; asks is what only its assigning
// asks for.
func addressOperations(f *family, asks plan.Requirement) []*plan.Operation {
	unassigns := []plan.Requirement{eniModifiable("eni.lifecycle"), requesterManaged}
	if f == &ipv4 { // no EIP is ever bound to an IPv6 address
		unassigns = append(unassigns, factsOnAddresses)
	}
	return []*plan.Operation{
		{
			ID: "eni.unassign" + f.suffix, Name: named(f.unassign, f.unassign), Kind: schema.KindENI, Action: plan.Update,
			Rank: rankUnassign, Gives: func(v *plan.View, target plan.Ref) bool { return !f.diff(v, target).gone() },
			Changes: f.unassignChanges, Requires: unassigns,
			Effect: f.unassignAll, Source: f.source,
		},
		{
			ID: "eni.assign" + f.suffix, Name: named(f.assign, f.assign), Kind: schema.KindENI, Action: plan.Update,
			Rank: rankAssign, Order: countedLast, Gives: func(v *plan.View, target plan.Ref) bool { return f.diff(v, target).adds() > 0 },
			Changes:  f.assignChanges,
			Requires: []plan.Requirement{f.inSubnet(), f.available(), f.slotLimit(), asks, f.blocksFree(), eniModifiable("eni.lifecycle"), requesterManaged, exists(eniSubnet)},
			Effect:   f.assignAll, Source: f.source,
		},
	}
}

// addresses is how an ENI's secondary addresses and prefixes of a family differ
// from what is wanted.
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

func (f *family) diff(v *plan.View, target plan.Ref) (d addresses) {
	is, want, ok := both[*schema.ENISpec](v, target)
	if !ok {
		return d
	}
	d.is, d.subnet = eniStatus(now(v, target)), is.Subnet
	d.addIPs, d.removeIPs, d.autoIPs = listDiff(f.addrs(d.is.SecondaryIPs), f.addrs(want.SecondaryIPs), f.counted(want.SecondaryIPCount))
	d.addPrefixes, d.removePrefixes, d.autoPrefixes = listDiff(f.blocks(d.is.Prefixes), f.blocks(want.Prefixes), f.counted(want.PrefixCount))
	return d
}

func (f *family) unassignChanges(v *plan.View, target plan.Ref) (out []plan.Change) {
	d := f.diff(v, target)
	for _, a := range d.removeIPs {
		out = append(out, plan.Change{Path: "spec.secondaryIPs", From: a})
	}
	for _, p := range d.removePrefixes {
		out = append(out, plan.Change{Path: "spec.prefixes", From: p})
	}
	return out
}

func (f *family) assignChanges(v *plan.View, target plan.Ref) (out []plan.Change) {
	d := f.diff(v, target)
	for _, a := range d.addIPs {
		out = append(out, plan.Change{Path: "spec.secondaryIPs", To: a})
	}
	for _, p := range d.addPrefixes {
		out = append(out, plan.Change{Path: "spec.prefixes", To: p})
	}
	if n := len(f.addrs(d.is.SecondaryIPs)); d.autoIPs > 0 {
		out = append(out, plan.Change{Path: "spec.secondaryIPCount", From: n, To: n + d.autoIPs})
	}
	if n := len(f.blocks(d.is.Prefixes)); d.autoPrefixes > 0 {
		out = append(out, plan.Change{Path: "spec.prefixCount", From: n, To: n + d.autoPrefixes})
	}
	return out
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

// factsOnAddresses keeps an address to which a fact is bound.
var factsOnAddresses = plan.Requirement{Rule: ruleObserveOnly, Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	d := ipv4.diff(v, target)
	for _, ref := range v.Members(plan.Term{Index: indexBound, Ref: target}) {
		if r := now(v, ref); r.Observed() && slices.Contains(d.removeIPs, boundAddr(v, eipStatus(r).BoundTo)) {
			return plan.Fails("unbind it by other means first", "%s, a fact that enid only observes, is bound to an address that goes", ref)
		}
	}
	return plan.Skipped()
}}

func (f *family) assignAll(e *plan.Effects, target plan.Ref) {
	d := f.diff(e.View, target)
	want := spec[*schema.ENISpec](wanted(e.View, target))
	p := poolOf(e.View, d.subnet)
	s := d.is
	s.SecondaryIPs = append(slices.Clone(s.SecondaryIPs), d.addIPs...)
	s.Prefixes = append(slices.Clone(s.Prefixes), d.addPrefixes...)
	if d.autoIPs > 0 {
		chosen := p.lowest(d.autoIPs)
		s.SecondaryIPs, s.Predicted = append(s.SecondaryIPs, chosen...), with(s.Predicted, "secondaryIPs")
		e.Note("ip.secondary", "the cloud chooses %s; the lowest free: %v", plan.Count(len(chosen), "address"), chosen)
	}
	if d.autoPrefixes > 0 {
		chosen := p.blocks(d.autoPrefixes)
		s.Prefixes, s.Predicted = append(s.Prefixes, chosen...), with(s.Predicted, "prefixes")
		e.Note("prefix.auto", "the cloud chooses %s; the lowest free: %v", plan.Count(len(chosen), "block"), chosen)
	}
	if n := len(d.addPrefixes) + d.autoPrefixes; n > 0 {
		usable := plan.Count(16*n, "usable address")
		if f == &ipv6 {
			usable = plan.Count(n, "/80")
		}
		e.Note("prefix.capacity", "%s added, for %s", usable, plan.Count(n, "address slot"))
	}
	putAddresses(e, target, s, want)
}

func (f *family) unassignAll(e *plan.Effects, target plan.Ref) {
	d := f.diff(e.View, target)
	want := spec[*schema.ENISpec](wanted(e.View, target))
	s := d.is
	s.SecondaryIPs = missing(d.removeIPs, s.SecondaryIPs)
	s.Prefixes = missing(d.removePrefixes, s.Prefixes)
	// The cloud chooses IPv4 alone: the files declare what else there is.
	if len(ipv4.addrs(s.SecondaryIPs)) == 0 {
		s.Predicted = without(s.Predicted, "secondaryIPs")
	}
	if len(ipv4.blocks(s.Prefixes)) == 0 {
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
			sp.SecondaryIPCount = len(ipv4.addrs(s.SecondaryIPs))
		} else {
			sp.SecondaryIPs = s.SecondaryIPs
		}
		if want.PrefixCount > 0 {
			sp.PrefixCount = len(ipv4.blocks(s.Prefixes))
		} else {
			sp.Prefixes = s.Prefixes
		}
	})
	e.Put(target, now(e.View, target).With(nil, &s))
}
