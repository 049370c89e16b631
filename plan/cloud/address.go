package cloud

import (
	"net/netip"
	"slices"

	"enid/plan"
	"enid/schema"
)

// addressRules are the rows of the catalogue that this file is about.
var addressRules = []schema.Rule{
	{ID: "private-ip.available", Class: schema.ClassPrecondition, Cloud: "any",
		Text:   "A declared address is free, in state, when it is assigned; an instance whose address changes keeps the old one until its next start.",
		Source: "A 4.2", Code: "InvalidPrivateIpAddress.Duplicated",
		Note: "AWS answers InvalidIPAddress.InUse."},
	{ID: "private-ip.change.stopped", Class: schema.ClassPrecondition, Cloud: "alibaba",
		Text:   "The primary private address or the subnet of an instance changes only while it is stopped.",
		Source: "A 3.1", Code: "IncorrectInstanceStatus",
		Note: "The cloud's documents further ask for a primary ENI without secondary addresses."},
	{ID: "private-ip.change.same-zone", Class: schema.ClassPrecondition, Cloud: "alibaba",
		Text:   "The new subnet is in the zone and the VPC of the old one.",
		Source: "A 3.1", Code: "InvalidVSwitchId.Mismatch"},
	{ID: "private-ip.change.restart", Class: schema.ClassEffect, Cloud: "alibaba",
		Text:   "The new address takes effect at the next start and is pendingPrivateIP until then; another change waits for that start.",
		Source: "A 3.1", Code: "InvalidPrivateIp.Changing",
		Note: "The source says restart, of an instance that is stopped: a start is meant."},
	{ID: "private-ip.classic-immutable", Class: schema.ClassPrecondition, Cloud: "alibaba",
		Text:   "The intranet address of a classic instance never changes: a commit that changes it is blocked, not replaced.",
		Source: "A 2.2, 2.3", Code: "OperationDenied"},
	{ID: "eni.primary.fixed", Class: schema.ClassPrecondition, Cloud: "any",
		Text:   "A primary ENI comes and goes with its instance; on AWS its address and subnet never change.",
		Source: "A 4.1, 4.5, 4.6, 4.7; B 04", Code: "InvalidOperation.DetachPrimaryEniNotAllowed"},
}

// addressOperation changes the primary private address or the subnet of an
// instance. Document A 3.1.
var addressOperation = &plan.Operation{
	ID: "instance.address", Name: named("ModifyInstanceVpcAttribute", "ModifyNetworkInterfaceAttribute"), Kind: schema.KindInstance, Action: plan.Update,
	Rank: rankChangeStopped, Gives: func(v *plan.View, target plan.Ref) bool { return len(addressChanges(v, target)) > 0 },
	Changes:  addressChanges,
	Requires: []plan.Requirement{addressStopped, sameZone, classicImmutable, addressAvailable, primaryFixed, referencesExist, addressSettled},
	Effect:   changeAddress, Source: "A 3.1",
}

// addressChanges answers how the primary address differs from what is wanted.
func addressChanges(v *plan.View, target plan.Ref) []plan.Change {
	is, want, ok := both[*schema.InstanceSpec](v, target)
	if !ok || is.NetworkType != want.NetworkType {
		return nil
	}
	has := effectiveIP(now(v, target))
	f := fields{}.str("spec.subnet", is.Subnet, want.Subnet)
	return f.any("spec.privateIP", orNilAddr(has), orNilAddr(want.PrivateIP), !want.PrivateIP.IsValid() && len(f) == 0 || has == want.PrivateIP)
}

// effectiveIP answers the primary address as it is or will be after the next start.
func effectiveIP(r *schema.Resource) netip.Addr {
	s := instanceStatus(r)
	if s.PendingPrivateIP.IsValid() {
		return s.PendingPrivateIP
	}
	return s.PrivateIP
}

func orNilAddr(a netip.Addr) any {
	if !a.IsValid() {
		return nil
	}
	return a
}

// vpcOnly answers the wanted spec where the change is one that Alibaba serves.
func vpcOnly(v *plan.View, target plan.Ref) *schema.InstanceSpec {
	want := spec[*schema.InstanceSpec](wanted(v, target))
	if want == nil || want.NetworkType == schema.NetworkClassic || is(v, target, schema.AWS) {
		return nil
	}
	return want
}

var addressStopped = stoppedInstance("private-ip.change.stopped", code("IncorrectInstanceStatus", ""),
	func(v *plan.View, target plan.Ref) plan.Ref {
		if vpcOnly(v, target) == nil {
			return plan.Ref{}
		}
		return target
	})

var sameZone = plan.Requirement{Rule: "private-ip.change.same-zone", Code: code("InvalidVSwitchId.Mismatch", ""), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	want := vpcOnly(v, target)
	is := spec[*schema.InstanceSpec](now(v, target))
	if want == nil || is == nil || want.Subnet == is.Subnet {
		return plan.Skipped()
	}
	from, to := spec[*schema.SubnetSpec](now(v, subnetRef(is.Subnet))), spec[*schema.SubnetSpec](now(v, subnetRef(want.Subnet)))
	switch {
	case from == nil || to == nil:
		return plan.Skipped() // that they exist is another requirement
	case from.VPC != to.VPC:
		return plan.Fails("choose a subnet of the same VPC and zone", "%s is in VPC %s, and %s in %s", subnetRef(want.Subnet), to.VPC, subnetRef(is.Subnet), from.VPC)
	case from.Zone != to.Zone:
		return plan.Fails("choose a subnet of the same VPC and zone", "%s is in zone %s, and %s in %s", subnetRef(want.Subnet), to.Zone, subnetRef(is.Subnet), from.Zone)
	}
	return plan.Holds("%s is in the same VPC and zone", subnetRef(want.Subnet))
}}

var classicImmutable = plan.Requirement{Rule: "private-ip.classic-immutable", Code: code("OperationDenied", ""), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	if s := spec[*schema.InstanceSpec](now(v, target)); s == nil || s.NetworkType != schema.NetworkClassic {
		return plan.Skipped()
	}
	return plan.Fails("take the change back", "a classic instance's intranet address never changes; %s has %s", target, effectiveIP(now(v, target)))
}}

var primaryFixed = plan.Requirement{Rule: "eni.primary.fixed", Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	if !is(v, target, schema.AWS) {
		return plan.Skipped()
	}
	return plan.Fails("take the change back, or declare a new instance", "the address and subnet of a primary ENI are fixed with its instance")
}}

// addressSettled refuses a second change before the first took effect.
var addressSettled = plan.Requirement{Rule: "private-ip.change.restart", Code: code("InvalidPrivateIp.Changing", ""), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	r := now(v, target)
	switch {
	case r == nil:
		return plan.Skipped()
	case instanceStatus(r).PendingPrivateIP.IsValid():
	case unseen(v, r) && spec[*schema.InstanceSpec](r).Power == schema.PowerStopped:
		return plan.Unknown("whether an earlier change of the address waits for the start of %s only the state knows; if one does, this step is blocked until then", target)
	default:
		return plan.Skipped()
	}
	return plan.Fails("start the instance first", "%s waits for the next start", instanceStatus(r).PendingPrivateIP).Wait(target)
}}

var addressAvailable = plan.Requirement{Rule: "private-ip.available", Code: code("InvalidPrivateIpAddress.Duplicated", ""), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	want := vpcOnly(v, target)
	if want == nil {
		return plan.Skipped()
	}
	return free(v, target, want.Subnet, []netip.Addr{want.PrivateIP}, 0)
}}

var instanceAddressAvailable = plan.Requirement{Rule: "private-ip.available", Code: code("InvalidPrivateIpAddress.Duplicated", "InvalidIPAddress.InUse"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	want := spec[*schema.InstanceSpec](wanted(v, target))
	if want == nil || want.NetworkType == schema.NetworkClassic {
		return plan.Skipped()
	}
	return free(v, target, want.Subnet, []netip.Addr{want.PrivateIP}, 0)
}}

func changeAddress(e *plan.Effects, target plan.Ref) {
	want := wantedInstance(e, target)
	addr, predicted := want.PrivateIP, false
	if !addr.IsValid() {
		addr, predicted = lowestFree(e, want.Subnet), true
	}
	change(e, target, func(s *schema.InstanceSpec) { s.Subnet, s.PrivateIP = want.Subnet, want.PrivateIP })
	observe(e, target, func(s *schema.InstanceStatus) {
		s.PendingPrivateIP = addr
		s.Predicted = without(s.Predicted, "privateIP")
		if predicted {
			s.Predicted = with(s.Predicted, "privateIP")
		}
	})
	e.Note("private-ip.change.restart", "%s takes effect at the next start", addr)
}

// creationOrder puts the other half of a replacement before everything else: what
// its delete freed (an address, a place in a quota) is there for it, and nobody
// else takes it in between. After it come creations with declared addresses, then
// those for which the cloud chooses one.
func creationOrder(rank int) func(*plan.View, plan.Ref) int {
	return func(v *plan.View, target plan.Ref) int {
		if halfReplaced(v, target) {
			return -1000 * rank
		}
		return declaredFirst(v, target)
	}
}

// halfReplaced reports whether the target was deleted to be created anew: then
// it is gone, and the Approval without which nothing is replaced is spent.
func halfReplaced(v *plan.View, target plan.Ref) bool {
	if now(v, target) != nil {
		return false
	}
	return slices.ContainsFunc(approvalsOf(v, target), func(a *schema.Resource) bool {
		s, _ := a.Status.(*schema.ApprovalStatus)
		return s != nil && s.UsedBy != ""
	})
}

// declaredFirst orders creations with declared addresses before those for which
// the cloud chooses one.
func declaredFirst(v *plan.View, target plan.Ref) int {
	w := wanted(v, target)
	if w == nil {
		return 0
	}
	switch s := w.Spec.(type) {
	case *schema.InstanceSpec:
		if s.PrivateIP.IsValid() {
			return 0
		}
	case *schema.ENISpec:
		if s.PrivateIP.IsValid() && s.SecondaryIPCount == 0 && s.PrefixCount == 0 {
			return 0
		}
	}
	return 1
}
