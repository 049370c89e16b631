package cloud

import (
	"enid/plan"
	"enid/schema"
)

// relocateRules are the rows of the catalogue that this file is about.
var relocateRules = []schema.Rule{
	{ID: "instance.retirement", Class: schema.ClassPrecondition, Cloud: "aws",
		Text:   "Moving off a retiring host (relocation) is a stop and a start; a reboot does not do it. With an instance-store root it is blocked: the data would be lost.",
		Source: "B 01-02", Code: "UnsupportedOperation",
		Note: "An instance that the files have stopped moves with its next start: there relocation is only recorded. A lower relocation asks for nothing."},
}

// relocateOperation moves an instance off its host: whatever starts comes up on
// another one. It serves instances that are to run; one that the files have
// stopped moves with its next start by itself, so that there a raise of
// relocation is no difference and is only recorded.
var relocateOperation = &plan.Operation{
	ID: "instance.relocate", Name: named("StartInstances", "StartInstances"), Kind: schema.KindInstance, Action: plan.Start,
	Rank: rankRelocate, Gives: func(v *plan.View, target plan.Ref) bool {
		is, want, ok := both[*schema.InstanceSpec](v, target)
		return ok && relocates(is, want)
	},
	Changes: func(v *plan.View, target plan.Ref) []plan.Change {
		is, want, _ := both[*schema.InstanceSpec](v, target)
		return []plan.Change{{Path: "spec.relocation", From: orNilInt(is.Relocation), To: want.Relocation}}
	},
	Requires: []plan.Requirement{rootSurvives, stopped("instance.retirement", code("", "IncorrectInstanceState"))},
	Effect: func(e *plan.Effects, target plan.Ref) {
		change(e, target, func(s *schema.InstanceSpec) { s.Relocation = wantedInstance(e, target).Relocation })
		e.Note("instance.retirement", "it starts on another host")
		start(e, target)
	}, Takes: takesToStart, Source: "B 01-02",
}

// relocates reports whether the files raise relocation for an instance that is to
// run. A lower number asks for nothing.
func relocates(is, want *schema.InstanceSpec) bool {
	return want.Relocation > is.Relocation && want.Power != schema.PowerStopped
}

// rootSurvives refuses to move an instance whose data would be lost with its host.
var rootSurvives = plan.Requirement{Rule: "instance.retirement", Code: code("", "UnsupportedOperation"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	if s := spec[*schema.InstanceSpec](now(v, target)); s == nil || s.RootDevice != "instance-store" {
		return plan.Skipped()
	}
	return plan.Fails("replace it by an instance with an EBS root", "%s has an instance-store root: its data would be lost with the host", target)
}}

// retirement answers the cloud's notice that an instance's host goes, nil for none.
func retirement(r *schema.Resource) *schema.Retirement {
	if s, ok := r.Status.(*schema.InstanceStatus); ok {
		return s.Retirement
	}
	return nil
}
