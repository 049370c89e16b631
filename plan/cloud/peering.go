package cloud

import (
	"enid/plan"
	"enid/schema"
)

// peeringRules are the rows of the catalogue that this file is about.
var peeringRules = []schema.Rule{
	{ID: "peering.immutable", Class: schema.ClassReplace, Cloud: "any",
		Text:   "The VPCs that a peering joins are fixed at its creation.",
		Source: "public"},
}

// peering joins two VPCs. Alibaba's Express Connect is a pair of router
// interfaces, named by what the first one is made with.
var peering = link{
	id: "peering", rule: "peering.immutable", kind: schema.KindPeering, fixed: peeringFixed, source: "A 2.3",
	create: named("CreateRouterInterface", "CreateVpcPeeringConnection"),
	delete: named("DeleteRouterInterface", "DeleteVpcPeeringConnection"),
}

func peeringFixed(v *plan.View, target plan.Ref) []plan.Change {
	is, want, ok := both[*schema.PeeringSpec](v, target)
	if !ok {
		return nil
	}
	return peeringDiffers(is, want)
}

func peeringDiffers(is, want *schema.PeeringSpec) []plan.Change {
	return fields{}.any("spec.vpcs", is.VPCs, want.VPCs, sameSet(is.VPCs, want.VPCs))
}
