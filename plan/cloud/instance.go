package cloud

import (
	"time"

	"enid/plan"
	"enid/schema"
)

// instanceRules are the rows of the catalogue that this file is about.
var instanceRules = []schema.Rule{
	{ID: "instance.type-change.stopped", Class: schema.ClassPrecondition, Cloud: "any",
		Text:   "The type of an instance changes only while it is stopped: downtime.",
		Source: "B 01-02", Code: "InvalidInstanceStatus.NotStopped"},
	{ID: "instance.key-pair.at-launch", Class: schema.ClassReplace, Cloud: "aws",
		Text:   "A key pair is set when an instance is first created.",
		Source: "B 01-02",
		Note:   "In the guest, keys can be changed at will."},
	{ID: "instance.image-replaces", Class: schema.ClassReplace, Cloud: "aws",
		Text:   "A new image means a new instance.",
		Source: "B 02"},
	{ID: "instance.immutable", Class: schema.ClassReplace, Cloud: "any",
		Text:   "An instance's network type, root device, I/O optimization (where its type leaves the choice) and, if classic, its account, region and zone are fixed at its creation.",
		Source: "public"},
	{ID: "instance.user-data", Class: schema.ClassEffect, Cloud: "aws",
		Text:   "User data runs at the first boot; it changes while the instance is stopped, and does not run by itself again.",
		Source: "B 01-02", Code: "IncorrectInstanceState",
		Note: "It runs in cloud-final, not cloud-config as the source says."},
}

var (
	runName    = named("RunInstances", "RunInstances")
	deleteName = named("DeleteInstance", "TerminateInstances")
	modifyName = named("ModifyInstanceAttribute", "ModifyInstanceAttribute")
)

var instanceOperations = []*plan.Operation{
	{
		ID: "instance.create", Name: runName, Kind: schema.KindInstance, Action: plan.Create,
		Rank: rankCreateInstance, Order: creationOrder(rankCreateInstance), Gives: creates(instanceFixed), Changes: createChanges(instanceFixed),
		Nature: replacement,
		Requires: []plan.Requirement{
			classicClosed, absentFor("instance.key-pair.at-launch", "spec.keyPair"), absentFor("instance.image-replaces", "spec.image"),
			absentFor("instance.immutable", "spec.networkType", "spec.rootDevice", "spec.account", "spec.region", "spec.zone", "spec.ioOptimized"),
			referencesExist, imageReady, keyReady, instanceAddressAvailable, classicAddressAssigned,
		},
		Effect: runInstance, Takes: time.Minute, Source: "A 2.1, B 01-02",
	},
	{
		ID: "instance.delete", Name: deleteName, Kind: schema.KindInstance, Action: plan.Delete,
		Rank: rankDeleteInstance, Gives: deleted, Changes: deleteChanges, Nature: deleteNature(instanceLosesData),
		Requires: append(deleting(deleteName, instanceLosesData),
			lifecycle("running or stopped", schema.PhaseRunning, schema.PhaseStopped, schema.PhaseTerminated), drained, terminationProtected, remainingENIs, remainingVolumes, factsBound, notSelf),
		Effect: deleteInstance, Takes: time.Minute, Source: "A 4.3, 4.7; B 01-02",
	},
	{
		ID: "instance.type", Name: typeChangeName, Kind: schema.KindInstance, Action: plan.Update,
		Rank: rankChangeStopped, Gives: differ(instanceType), Changes: changed(instanceType),
		Requires: []plan.Requirement{stopped("instance.type-change.stopped", code("InvalidInstanceStatus.NotStopped", "IncorrectInstanceState")), typeHoldsENIs, typeTakesENIs},
		Effect: func(e *plan.Effects, target plan.Ref) {
			change(e, target, func(s *schema.InstanceSpec) { s.Type = wantedInstance(e, target).Type })
		}, Source: "B 01-02",
	},
	{
		ID: "instance.groups", Name: modifyName, Kind: schema.KindInstance, Action: plan.Update,
		Rank: rankModify, Gives: differ(instanceGroups), Changes: changed(instanceGroups),
		Requires: []plan.Requirement{groupsFit, referencesExist, lifecycle("running or stopped", schema.PhaseRunning, schema.PhaseStopped)},
		Effect: func(e *plan.Effects, target plan.Ref) {
			change(e, target, func(s *schema.InstanceSpec) { s.SecurityGroups = wantedInstance(e, target).SecurityGroups })
		}, Source: "A 4.5",
	},
	protectionOperation,
	{
		ID: "instance.credits", Name: named("ModifyInstanceAttribute", "ModifyInstanceCreditSpecification"), Kind: schema.KindInstance, Action: plan.Update,
		Rank: rankModify, Gives: differ(instanceCredits), Changes: changed(instanceCredits),
		Requires: []plan.Requirement{lifecycle("running or stopped", schema.PhaseRunning, schema.PhaseStopped)},
		Effect: func(e *plan.Effects, target plan.Ref) {
			change(e, target, func(s *schema.InstanceSpec) { s.CreditSpecification = wantedInstance(e, target).CreditSpecification })
		}, Source: "B 01-02",
	},
	{
		ID: "instance.user-data", Name: modifyName, Kind: schema.KindInstance, Action: plan.Update,
		Rank: rankChangeStopped, Gives: differ(instanceUserData), Changes: changed(instanceUserData),
		Requires: []plan.Requirement{stopped("instance.user-data", code("IncorrectInstanceStatus", "IncorrectInstanceState"))},
		Effect: func(e *plan.Effects, target plan.Ref) {
			change(e, target, func(s *schema.InstanceSpec) { s.UserData = wantedInstance(e, target).UserData })
			e.Note("instance.user-data", "it does not run by itself again: user data runs at the first boot only")
		}, Source: "B 01-02",
	},
	{
		ID: "instance.iam-role", Name: named("AttachInstanceRamRole", "AssociateIamInstanceProfile"), Kind: schema.KindInstance, Action: plan.Update,
		Rank: rankModify, Gives: differ(instanceRole), Changes: changed(instanceRole),
		Requires: []plan.Requirement{lifecycle("running or stopped", schema.PhaseRunning, schema.PhaseStopped)},
		Effect: func(e *plan.Effects, target plan.Ref) {
			change(e, target, func(s *schema.InstanceSpec) { s.IAMRole = wantedInstance(e, target).IAMRole })
		}, Source: "public",
	},
}

// comparison answers what differs between an instance and what is wanted of it.
type comparison func(is, want *schema.InstanceSpec) []plan.Change

func differ(c comparison) func(*plan.View, plan.Ref) bool {
	return func(v *plan.View, target plan.Ref) bool {
		is, want, ok := both[*schema.InstanceSpec](v, target)
		return ok && len(c(is, want)) > 0
	}
}

func changed(c comparison) func(*plan.View, plan.Ref) []plan.Change {
	return func(v *plan.View, target plan.Ref) []plan.Change {
		is, want, _ := both[*schema.InstanceSpec](v, target)
		return c(is, want)
	}
}

func instanceFixed(v *plan.View, target plan.Ref) []plan.Change {
	is, want, ok := both[*schema.InstanceSpec](v, target)
	if !ok {
		return nil
	}
	return fields{}.
		str("spec.keyPair", is.KeyPair, want.KeyPair).
		str("spec.image", is.Image, want.Image).
		str("spec.networkType", string(is.NetworkType), string(want.NetworkType)).
		str("spec.rootDevice", is.RootDevice, want.RootDevice).
		str("spec.account", is.Account, want.Account).
		str("spec.region", is.Region, want.Region).
		str("spec.zone", is.Zone, want.Zone).
		any("spec.ioOptimized", is.IOOptimized, want.IOOptimized, sameIO(is, want))
}

// sameIO reports whether an instance is I/O optimized as wanted: by its type where
// that decides, else where it was asked for.
func sameIO(is, want *schema.InstanceSpec) bool {
	return on(is.IOOptimized, false) == on(want.IOOptimized, false) || ioDecided(want.Type)
}

func instanceType(is, want *schema.InstanceSpec) []plan.Change {
	return fields{}.str("spec.type", is.Type, want.Type)
}

func instanceGroups(is, want *schema.InstanceSpec) []plan.Change {
	return fields{}.any("spec.securityGroups", is.SecurityGroups, want.SecurityGroups, sameSet(is.SecurityGroups, want.SecurityGroups))
}

func instanceCredits(is, want *schema.InstanceSpec) []plan.Change {
	return fields{}.str("spec.creditSpecification", is.CreditSpecification, want.CreditSpecification)
}

func instanceUserData(is, want *schema.InstanceSpec) []plan.Change {
	return fields{}.str("spec.userData", is.UserData.Digest(), want.UserData.Digest())
}

func instanceRole(is, want *schema.InstanceSpec) []plan.Change {
	return fields{}.str("spec.iamRole", is.IAMRole, want.IAMRole)
}

// groupsFit is the requirement that the groups that the files ask for are of the
// VPC in which the target is now: a replacement that waits for its Approval has
// not moved it yet.
var groupsFit = plan.Requirement{Rule: "eni.security-groups", Code: code("InvalidOperation.VpcMismatch", "InvalidGroup.NotFound"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	r, w := now(v, target), wanted(v, target)
	if r == nil || w == nil {
		return plan.Skipped()
	}
	at := ""
	if vpc := schema.VPCOf(inWorld(v), r); vpc != nil {
		at = vpc.Name
	}
	for _, f := range w.Spec.References() {
		group := spec[*schema.SecurityGroupSpec](now(v, f.Ref))
		if f.Ref.Kind == schema.KindSecurityGroup && group != nil && group.VPC != at {
			return plan.Fails("settle the replacement first", "%s is not of the network in which %s is", f.Ref, target).Wait(target, f.Ref)
		}
	}
	return plan.Holds("the groups are of the network in which it is")
}}

// equal reports whether two optional values are the same.
func equal[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// absentFor is absent under the rule that fixes the given fields.
func absentFor(rule string, paths ...string) plan.Requirement {
	return absentWhere(instanceFixed, rule, "instance.delete", paths)
}

func typeChangeName(v *plan.View, target plan.Ref) string {
	if is(v, target, schema.AWS) {
		return "ModifyInstanceAttribute"
	}
	if s := spec[*schema.InstanceSpec](wanted(v, target)); s != nil && s.Billing.Method == "subscription" {
		return "ModifyPrepayInstanceSpec"
	}
	return "ModifyInstanceSpec"
}

func wantedInstance(e *plan.Effects, target plan.Ref) *schema.InstanceSpec {
	return spec[*schema.InstanceSpec](wanted(e.View, target))
}

// observe puts the instance with its status as edit leaves it.
func observe(e *plan.Effects, target plan.Ref, edit func(*schema.InstanceStatus)) {
	r := now(e.View, target)
	s := instanceStatus(r)
	edit(&s)
	e.Put(target, r.With(nil, &s))
}
