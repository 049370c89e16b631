package cloud

import (
	"slices"

	"enid/plan"
	"enid/schema"
)

// classicLinkRules are the rows of the catalogue that this file is about.
var classicLinkRules = []schema.Rule{
	{ID: "classic-link.immutable", Class: schema.ClassReplace, Cloud: "alibaba",
		Text:   "The instance and the VPC that a ClassicLink joins are fixed at its creation.",
		Source: "public"},
	{ID: "classic-link.status", Class: schema.ClassPrecondition, Cloud: "alibaba",
		Text:   "A classic instance is linked to a VPC, and detached from it, while it is running or stopped.",
		Source: "public", Code: "InvalidStatus.InstanceStatus"},
}

// classicLink joins a classic instance to a VPC.
var classicLink = link{
	id: "classic-link", rule: "classic-link.immutable", kind: schema.KindClassicLink, fixed: classicLinkFixed, source: "A 2.3",
	create: named("AttachClassicLinkVpc", "AttachClassicLinkVpc"),
	delete: named("DetachClassicLinkVpc", "DetachClassicLinkVpc"),
	also:   []plan.Requirement{linkedStatus},
}

func classicLinkFixed(v *plan.View, target plan.Ref) []plan.Change {
	is, want, ok := both[*schema.ClassicLinkSpec](v, target)
	if !ok {
		return nil
	}
	return classicLinkDiffers(is, want)
}

func classicLinkDiffers(is, want *schema.ClassicLinkSpec) []plan.Change {
	return fields{}.str("spec.instance", is.Instance, want.Instance).str("spec.vpc", is.VPC, want.VPC)
}

// linkedStatus is the requirement that the instance of a link, the one that is
// or else the one that comes, is running or stopped.
var linkedStatus = plan.Requirement{Rule: "classic-link.status", Code: code("InvalidStatus.InstanceStatus", ""), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	s := spec[*schema.ClassicLinkSpec](now(v, target))
	if s == nil {
		s = spec[*schema.ClassicLinkSpec](wanted(v, target))
	}
	if s == nil || now(v, instanceRef(s.Instance)) == nil {
		return plan.Skipped() // that it exists is another requirement
	}
	ref := instanceRef(s.Instance)
	return inPhase(ref, instanceStatus(now(v, ref)).Phase, "running or stopped", []schema.Phase{schema.PhaseRunning, schema.PhaseStopped})
}}

// linksOf answers the ClassicLinks of an instance.
func linksOf(v *plan.View, instance plan.Ref) []plan.Ref {
	if !classic(spec[*schema.InstanceSpec](now(v, instance))) {
		return nil
	}
	return slices.DeleteFunc(v.Members(plan.Term{Index: indexReferrers, Ref: instance}), func(ref plan.Ref) bool {
		return ref.Kind != schema.KindClassicLink
	})
}
