package cloud

import (
	"slices"

	"enid/plan"
	"enid/schema"
)

// mirrorRules are the rows of the catalogue that this file is about.
var mirrorRules = []schema.Rule{
	{ID: "traffic-mirror.immutable", Class: schema.ClassReplace, Cloud: "aws",
		Text:   "The source and the target of a traffic mirror are fixed at its creation.",
		Source: "public"},
}

// trafficMirror copies an ENI's traffic.
var trafficMirror = link{
	id: "traffic-mirror", rule: "traffic-mirror.immutable", kind: schema.KindTrafficMirror, fixed: mirrorFixed, source: "B 04",
	create: named("CreateTrafficMirrorSession", "CreateTrafficMirrorSession"),
	delete: named("DeleteTrafficMirrorSession", "DeleteTrafficMirrorSession"),
}

func mirrorFixed(v *plan.View, target plan.Ref) []plan.Change {
	is, want, ok := both[*schema.TrafficMirrorSpec](v, target)
	if !ok {
		return nil
	}
	return mirrorDiffers(is, want)
}

func mirrorDiffers(is, want *schema.TrafficMirrorSpec) []plan.Change {
	return fields{}.str("spec.source.eni", is.Source.ENI, want.Source.ENI).
		str("spec.target.eni", is.Target.ENI, want.Target.ENI).
		str("spec.target.vpcEndpoint", is.Target.VPCEndpoint, want.Target.VPCEndpoint)
}

// unmirrored is the requirement of deleting an ENI: no mirror copies from or to it.
var unmirrored = plan.Requirement{Rule: ruleDelete, Code: code("", "InterfaceInUseByTrafficMirrorSession"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	mirrors := slices.DeleteFunc(v.Members(plan.Term{Index: indexReferrers, Ref: target}), func(ref plan.Ref) bool {
		return ref.Kind != schema.KindTrafficMirror
	})
	if len(mirrors) > 0 {
		return plan.Fails("remove or change the mirror", "%s copies from or to it", mirrors[0]).Wait(mirrors...)
	}
	return plan.Holds("no mirror copies from or to it")
}}
