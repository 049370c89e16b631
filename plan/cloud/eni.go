package cloud

import (
	"net/netip"

	"enid/plan"
	"enid/schema"
	"enid/schema/tables"
)

// eniRules are the rows of the catalogue that this file is about.
var eniRules = []schema.Rule{
	{ID: "eni.quota.region", Class: schema.ClassLimit, Cloud: "alibaba",
		Text:   "An account has at most 100 secondary ENIs in a region, unless its quota says otherwise.",
		Source: "A 4.1; public", Code: "MaxEniCountExceeded",
		Note: "Now a quota of the console."},
	{ID: "eni.immutable", Class: schema.ClassReplace, Cloud: "any",
		Text:   "The VPC, subnet and primary private address of a secondary ENI are fixed at its creation: a change detaches, deletes, creates and attaches it, and loses its addresses.",
		Source: "A 4.2, 4.5"},
	{ID: "eni.modify.status", Class: schema.ClassPrecondition, Cloud: "alibaba",
		Text:   "Name, description and groups of a secondary ENI change only while it is available or in use.",
		Source: "A 4.5", Code: "InvalidOperation.InvalidEniState"},
	{ID: "eni.delete.available", Class: schema.ClassPrecondition, Cloud: "any",
		Text:   "Only an available ENI is deleted; one that is attached is detached first, as a step of its own.",
		Source: "A 4.7", Code: "InvalidOperation.InvalidEniState"},
	{ID: "eni.delete.releases", Class: schema.ClassEffect, Cloud: "any",
		Text:   "Deleting an ENI frees its private addresses and its memberships in security groups.",
		Source: "A 4.7"},
	{ID: "eni.recreate-new-ip", Class: schema.ClassEffect, Cloud: "aws",
		Text:   "An ENI that is created anew gives its address back and gets another one, unless one is declared.",
		Source: "B 04"},
	{ID: "eni.requester-managed", Class: schema.ClassPrecondition, Cloud: "aws",
		Text:   "An ENI that a service of the cloud owns is shown and never modified.",
		Source: "B 04; public", Code: "InvalidOperation.EniServiceManaged",
		Note: "The source calls its sentence about Fargate a guess."},
}

var (
	createENIName = named("CreateNetworkInterface", "CreateNetworkInterface")
	deleteENIName = named("DeleteNetworkInterface", "DeleteNetworkInterface")
)

var eniOperations = []*plan.Operation{
	{
		ID: "eni.create", Name: createENIName, Kind: schema.KindENI, Action: plan.Create,
		Rank: rankCreateENI, Order: creationOrder(rankCreateENI), Gives: creates(eniFixed), Changes: createChanges(eniFixed),
		Nature:   replacement,
		Requires: []plan.Requirement{eniAddressAvailable, eniQuota, absent("eni.immutable", "eni.delete"), requesterManaged, referencesExist},
		Effect:   createENI, Source: "A 4.2",
	},
	{
		ID: "eni.delete", Name: deleteENIName, Kind: schema.KindENI, Action: plan.Delete,
		Rank: rankDeleteENI, Gives: deleted, Changes: deleteChanges, Nature: deleteNature(nil),
		Requires: append(deleting(deleteENIName, nil), eniDeletable, requesterManaged, unmirrored, factsBound),
		Effect:   deleteENI, Source: "A 4.7",
	},
	{
		ID: "eni.modify", Name: named("ModifyNetworkInterfaceAttribute", "ModifyNetworkInterfaceAttribute"), Kind: schema.KindENI, Action: plan.Update,
		Rank: rankModify, Gives: func(v *plan.View, target plan.Ref) bool { return len(eniAttributes(v, target)) > 0 },
		Changes:  eniAttributes,
		Requires: []plan.Requirement{groupsFit, eniModifiable("eni.modify.status"), requesterManaged, referencesExist},
		Effect: func(e *plan.Effects, target plan.Ref) {
			want := spec[*schema.ENISpec](wanted(e.View, target))
			change(e, target, func(s *schema.ENISpec) {
				s.DisplayName, s.Description, s.SecurityGroups = want.DisplayName, want.Description, want.SecurityGroups
			})
		}, Source: "A 4.5",
	},
}

// eniFixed answers what the commit changes of what is fixed at an ENI's creation.
func eniFixed(v *plan.View, target plan.Ref) []plan.Change {
	is, want, ok := both[*schema.ENISpec](v, target)
	if !ok {
		return nil
	}
	has := eniStatus(now(v, target)).PrivateIP
	return fields{}.
		str("spec.subnet", is.Subnet, want.Subnet).
		any("spec.privateIP", orNilAddr(has), want.PrivateIP, !want.PrivateIP.IsValid() || has == want.PrivateIP)
}

func eniAttributes(v *plan.View, target plan.Ref) []plan.Change {
	is, want, ok := both[*schema.ENISpec](v, target)
	if !ok {
		return nil
	}
	return fields{}.
		str("spec.displayName", is.DisplayName, want.DisplayName).
		str("spec.description", is.Description, want.Description).
		any("spec.securityGroups", is.SecurityGroups, want.SecurityGroups, sameSet(is.SecurityGroups, want.SecurityGroups))
}

var eniAddressAvailable = plan.Requirement{Rule: "private-ip.available", Code: code("InvalidPrivateIpAddress.Duplicated", "InvalidIPAddress.InUse"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	want := spec[*schema.ENISpec](wanted(v, target))
	if want == nil {
		return plan.Skipped()
	}
	return free(v, target, want.Subnet, []netip.Addr{want.PrivateIP}, 0)
}}

// eniQuota counts the secondary ENIs of the account in the region.
var eniQuota = plan.Requirement{Rule: "eni.quota.region", Code: code("MaxEniCountExceeded", "NetworkInterfaceLimitExceeded"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	want := wanted(v, target)
	account := schema.AccountOf(inWant(v), want)
	quota := eniQuotaOf(v, account)
	if quota == 0 {
		return plan.Skipped()
	}
	region := schema.RegionOf(inWant(v), want)
	if !v.AtLeast(plan.Term{Index: indexAllENIs}, quota) {
		return plan.Holds("fewer than the limit of %d secondary ENIs in %s exist anywhere", quota, region)
	}
	enis := enisIn(v, account, region, quota)
	if enis >= quota {
		return plan.Fails("raise the account's quota (spec.quotas.enisPerRegion), or delete ENIs", "account %s has used %d of %d secondary ENIs in %s", account, enis, quota, region)
	}
	return plan.Holds("account %s has used %d of %d secondary ENIs in %s", account, enis, quota, region)
}}

// eniQuotaOf answers an account's quota of secondary ENIs per region; 0: none.
func eniQuotaOf(v *plan.View, account string) int {
	if s := spec[*schema.AccountSpec](wanted(v, accountRef(account))); s != nil {
		return s.ENIQuota()
	}
	return 0
}

// enisIn counts the secondary ENIs of an account in a region. It notes only what
// can change whether they are fewer than the quota: that a subnet takes more
// than its part of the room that is left or, where none is, that one goes.
func enisIn(v *plan.View, account, region string, quota int) (n int) {
	var used []plan.Term
	for _, ref := range v.Members(plan.Term{Index: indexParts, Ref: accountRef(account)}) {
		if vpc := spec[*schema.VPCSpec](now(v, ref)); vpc == nil || vpc.Region != region {
			continue
		}
		for _, subnet := range v.Members(plan.Term{Index: indexParts, Ref: ref}) {
			t := plan.Term{Index: indexENIsIn, Ref: subnet}
			used, n = append(used, t), n+v.Count(t)
		}
	}
	for _, t := range used {
		if n >= quota {
			v.AtLeast(t, v.Count(t))
			continue
		}
		v.AtLeast(t, v.Count(t)+(quota-n-1)/len(used)+1)
	}
	return n
}

// requesterManaged keeps ENIs that a service of the cloud owns as they are.
var requesterManaged = plan.Requirement{Rule: "eni.requester-managed", Code: code("InvalidOperation.EniServiceManaged", "OperationNotPermitted"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	s := spec[*schema.ENISpec](now(v, target))
	if s == nil {
		s = spec[*schema.ENISpec](wanted(v, target))
	}
	if s == nil || s.ManagedBy == "" {
		return plan.Skipped()
	}
	return plan.Fails("change it through the service that owns it; annotate the import with "+schema.ObserveOnly,
		"%s belongs to %s and is only shown", target, s.ManagedBy)
}}

// eniModifiable is the requirement that the ENI is available or in use.
func eniModifiable(rule string) plan.Requirement {
	return plan.Requirement{Rule: rule, Code: code("InvalidOperation.InvalidEniState", "IncorrectState"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
		r := now(v, target)
		if r == nil {
			return plan.Fails("settle what keeps it from being created", "%s does not exist", target)
		}
		return inPhase(target, eniStatus(r).Phase, "available or in-use", []schema.Phase{schema.PhaseAvailable, schema.PhaseInUse})
	}}
}

var eniDeletable = plan.Requirement{Rule: "eni.delete.available", Code: code("InvalidOperation.InvalidEniState", "InvalidNetworkInterface.InUse"), Check: detachedFirst}

func createENI(e *plan.Effects, target plan.Ref) {
	want := spec[*schema.ENISpec](wanted(e.View, target))
	status := schema.ENIStatus{
		CommonStatus: schema.CommonStatus{CreatedAt: schema.Time{Time: e.At.UTC()}},
		Phase:        schema.PhaseAvailable, MAC: want.MAC, PrivateIP: want.PrivateIP,
	}
	if !want.PrivateIP.IsValid() {
		status.PrivateIP = lowestFree(e, want.Subnet)
		status.Predicted = []string{"privateIP"}
		e.Note("private-ip.at-creation", "the cloud assigns an address of %s; the lowest free one is %s", subnetRef(want.Subnet), status.PrivateIP)
	}
	createWith(e, target, &status)
}

func deleteENI(e *plan.Effects, target plan.Ref) {
	e.Note("eni.delete.releases", "its private addresses and its memberships in groups are freed")
	if replacing(e.View, target) && is(e.View, target, schema.AWS) {
		e.Note("eni.recreate-new-ip", "the one created anew gets another address unless one is declared")
	}
	unbindAll(e, target)
	e.Put(target, nil)
}

// typeOf answers what the tables know of an instance's type in the world.
func typeOf(v *plan.View, instance plan.Ref) (tables.InstanceType, bool) {
	s := spec[*schema.InstanceSpec](now(v, instance))
	if s == nil {
		return tables.InstanceType{}, false
	}
	return tables.Lookup(string(provider(v, instance)), s.Type)
}
