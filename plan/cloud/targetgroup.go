package cloud

import (
	"slices"

	"enid/plan"
	"enid/schema"
)

// targetGroupRules are the rows of the catalogue that this file is about.
var targetGroupRules = []schema.Rule{
	{ID: "target-group.immutable", Class: schema.ClassReplace, Cloud: "aws",
		Text:   "A target group's VPC is fixed at its creation.",
		Source: "public"},
	{ID: "target-group.same-vpc", Class: schema.ClassPrecondition, Cloud: "aws",
		Text:   "A target is registered by its instance only in a group of its own VPC.",
		Source: "public", Code: "InvalidTarget"},
}

var (
	createTargetGroupName = named("CreateTargetGroup", "CreateTargetGroup")
	deleteTargetGroupName = named("DeleteTargetGroup", "DeleteTargetGroup")
)

var targetGroupOperations = []*plan.Operation{
	{
		ID: "target-group.create", Name: createTargetGroupName, Kind: schema.KindTargetGroup, Action: plan.Create,
		Rank: rankCreateLink, Gives: creates(targetGroupFixed), Changes: createChanges(targetGroupFixed),
		Nature:   replacement,
		Requires: []plan.Requirement{absent("target-group.immutable", "target-group.delete"), referencesExist},
		Effect: func(e *plan.Effects, target plan.Ref) {
			createWith(e, target, &schema.TargetGroupStatus{CommonStatus: schema.CommonStatus{CreatedAt: schema.Time{Time: e.At.UTC()}}})
		}, Source: "B 01-02",
	},
	{
		ID: "target-group.delete", Name: deleteTargetGroupName, Kind: schema.KindTargetGroup, Action: plan.Delete,
		Rank: rankDeleteLink, Gives: deleted, Changes: deleteChanges, Nature: deleteNature(nil),
		Requires: deleting(deleteTargetGroupName, nil), Effect: deletePlain, Source: "B 01-02",
	},
	{
		ID: "target-group.register", Name: named("RegisterTargets", "RegisterTargets"), Kind: schema.KindTargetGroup, Action: plan.Register,
		Rank: rankRegister, Items: declaredTargets, Gives: func(v *plan.View, target plan.Ref) bool {
			return comesUp(now(v, instanceRef(v.Item))) && !slices.Contains(registered(inWorld(v), now(v, target)), v.Item)
		},
		Changes:  func(v *plan.View, _ plan.Ref) []plan.Change { return []plan.Change{{Path: pathRegistered, To: v.Item}} },
		Requires: []plan.Requirement{targetRuns, targetSameVPC},
		Effect:   register, Source: "B 01-02",
	},
	{
		ID: "target-group.deregister", Name: named("DeregisterTargets", "DeregisterTargets"), Kind: schema.KindTargetGroup, Action: plan.Deregister,
		Rank: rankDeregister, Items: registeredTargets, Gives: func(v *plan.View, target plan.Ref) bool {
			_, want, ok := both[*schema.TargetGroupSpec](v, target)
			return ok && !slices.Contains(want.Targets, v.Item)
		},
		Changes: func(v *plan.View, _ plan.Ref) []plan.Change {
			return []plan.Change{{Path: pathRegistered, From: v.Item}}
		},
		Requires: []plan.Requirement{notObserved, anotherServes},
		Effect:   deregister, Source: "B 01-02",
	},
}

// pathRegistered is the field that says who takes a group's traffic.
const pathRegistered = "status.registered"

func targetGroupFixed(v *plan.View, target plan.Ref) []plan.Change {
	is, want, ok := both[*schema.TargetGroupSpec](v, target)
	if !ok {
		return nil
	}
	return fields{}.str("spec.vpc", is.VPC, want.VPC)
}

// registered answers the instances that take a group's traffic. Where nothing
// was observed, those of its spec that run.
func registered(l lookup, r *schema.Resource) (names []string) {
	s := spec[*schema.TargetGroupSpec](r)
	if s == nil {
		return nil
	}
	if status, ok := r.Status.(*schema.TargetGroupStatus); ok {
		return status.Registered
	}
	for _, n := range s.Targets {
		if runs(l, n) {
			names = append(names, n)
		}
	}
	return names
}

// runs reports whether the instance is there and running.
func runs(l lookup, instance string) bool {
	r := l.Get(instanceRef(instance))
	return r != nil && instanceStatus(r).Phase == schema.PhaseRunning
}

// comesUp reports whether the instance runs, or is on its way there.
func comesUp(r *schema.Resource) bool {
	return r != nil && powered(instanceStatus(r).Phase, schema.PowerRunning)
}

// declaredTargets answers the targets that the files give a group.
func declaredTargets(v *plan.View, target plan.Ref) []string {
	if _, want, ok := both[*schema.TargetGroupSpec](v, target); ok {
		return want.Targets
	}
	return nil
}

func registeredTargets(v *plan.View, target plan.Ref) []string {
	return registered(inWorld(v), now(v, target))
}

// targetRuns is the cloud's refusal of a target that does not run yet: where phases
// take time the step waits for it.
var targetRuns = plan.Requirement{Rule: "instance.lifecycle", Code: code("", "InvalidTarget"), Check: func(v *plan.View, _ plan.Ref) plan.Verdict {
	ref := instanceRef(v.Item)
	if now(v, ref) == nil {
		return plan.Skipped() // nothing declares it any more
	}
	return inPhase(ref, instanceStatus(now(v, ref)).Phase, "running", []schema.Phase{schema.PhaseRunning})
}}

// targetSameVPC is the cloud's own refusal of a target in another VPC.
var targetSameVPC = plan.Requirement{Rule: "target-group.same-vpc", Code: code("", "InvalidTarget"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	group, instance := spec[*schema.TargetGroupSpec](now(v, target)), now(v, instanceRef(v.Item))
	if group == nil || instance == nil {
		return plan.Skipped()
	}
	at := ""
	if vpc := schema.VPCOf(inWorld(v), instance); vpc != nil {
		at = vpc.Name
	}
	if at != group.VPC {
		return plan.Fails("take it out of the targets, or declare it in that VPC", "%s is in VPC %q, and %s in %s", instance.Ref, at, target, group.VPC).Wait(instance.Ref, target)
	}
	return plan.Holds("%s is in the VPC of the group", instance.Ref)
}}

func register(e *plan.Effects, target plan.Ref) {
	names := registeredTargets(e.View, target)
	change(e, target, func(s *schema.TargetGroupSpec) { s.Targets = with(s.Targets, e.Item) })
	putRegistered(e, target, with(names, e.Item))
}

func deregister(e *plan.Effects, target plan.Ref) {
	names := registeredTargets(e.View, target)
	if !slices.Contains(declaredTargets(e.View, target), e.Item) {
		change(e, target, func(s *schema.TargetGroupSpec) { s.Targets = without(s.Targets, e.Item) })
	} else {
		e.Note("instance.drain", "%s takes no traffic of %s until it runs again and is registered", instanceRef(e.Item), target)
	}
	putRegistered(e, target, without(names, e.Item))
}

// putRegistered puts the group with those who take its traffic.
func putRegistered(e *plan.Effects, target plan.Ref, names []string) {
	r := now(e.View, target)
	var s schema.TargetGroupStatus
	if have, ok := r.Status.(*schema.TargetGroupStatus); ok {
		s = *have
	}
	s.Registered = names
	e.Put(target, r.With(nil, &s))
}

// targetGroupDiffers compares who takes traffic with who should: a target that
// is stopped cannot, and is no difference.
func targetGroupDiffers(r, w *schema.Resource, world *plan.World) []plan.Change {
	is, want := r.Spec.(*schema.TargetGroupSpec), w.Spec.(*schema.TargetGroupSpec)
	serves := map[string]bool{}
	for _, n := range registered(lookup{world.Get}, r) {
		serves[n] = true
	}
	f := fields{}.str("spec.vpc", is.VPC, want.VPC)
	for _, n := range want.Targets {
		instance, _ := world.Get(instanceRef(n)).(*schema.Resource)
		idle := instance == nil || instanceStatus(instance).Phase != schema.PhaseRunning && instanceStatus(instance).Phase != schema.PhasePending
		f = f.any(pathRegistered, nil, n, serves[n] || idle)
		delete(serves, n)
	}
	for _, n := range registered(lookup{world.Get}, r) {
		f = f.any(pathRegistered, n, nil, !serves[n])
	}
	return f
}

// indexTargets adds the terms of those who take a group's traffic or, where
// nothing was observed, would if they ran.
func indexTargets(r *schema.Resource, spec *schema.TargetGroupSpec, add func(plan.Term)) {
	names := spec.Targets
	if status, ok := r.Status.(*schema.TargetGroupStatus); ok {
		names = status.Registered
	}
	for i, n := range names {
		if !slices.Contains(names[:i], n) {
			add(plan.Term{Index: indexTargetGroups, Ref: instanceRef(n)})
		}
	}
}
