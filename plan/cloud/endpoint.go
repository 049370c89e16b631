package cloud

import (
	"slices"
	"strings"

	"enid/plan"
	"enid/schema"
)

// endpointRules are the rows of the catalogue that this file is about.
var endpointRules = []schema.Rule{
	{ID: "vpc-endpoint.eni", Class: schema.ClassEffect, Cloud: "aws",
		Text:   "An interface endpoint is a managed ENI in each of its subnets and takes an address there.",
		Source: "B 04"},
	{ID: "vpc-endpoint.immutable", Class: schema.ClassReplace, Cloud: "aws",
		Text:   "An endpoint's VPC, service and type are fixed at its creation.",
		Source: "public"},
}

var (
	createEndpointName = named("CreateVpcEndpoint", "CreateVpcEndpoint")
	deleteEndpointName = named("DeleteVpcEndpoints", "DeleteVpcEndpoints")
)

var endpointOperations = []*plan.Operation{
	{
		ID: "vpc-endpoint.create", Name: createEndpointName, Kind: schema.KindVPCEndpoint, Action: plan.Create,
		Rank: rankCreateLink, Gives: creates(endpointFixed), Changes: createChanges(endpointFixed),
		Nature:   replacement,
		Requires: []plan.Requirement{endpointRoom, absent("vpc-endpoint.immutable", "vpc-endpoint.delete"), referencesExist},
		Effect: func(e *plan.Effects, target plan.Ref) {
			createWith(e, target, &schema.VPCEndpointStatus{
				CommonStatus: schema.CommonStatus{CreatedAt: schema.Time{Time: e.At.UTC()}},
				Addresses:    takeAddresses(e, nil, spec[*schema.VPCEndpointSpec](wanted(e.View, target)).Subnets),
			})
		}, Source: "B 03-02, B 04",
	},
	{
		ID: "vpc-endpoint.delete", Name: deleteEndpointName, Kind: schema.KindVPCEndpoint, Action: plan.Delete,
		Rank: rankDeleteLink, Gives: deleted, Changes: deleteChanges, Nature: deleteNature(nil),
		Requires: append(deleting(deleteEndpointName, nil), unreferenced(code("", "DependencyViolation"))),
		Effect: func(e *plan.Effects, target plan.Ref) {
			if n := len(endpointStatus(now(e.View, target)).Addresses); n > 0 {
				e.Note("vpc-endpoint.eni", "the addresses of its ENIs are freed, %d in all", n)
			}
			e.Put(target, nil)
		}, Source: "B 04",
	},
	{
		ID: "vpc-endpoint.modify", Name: named("ModifyVpcEndpoint", "ModifyVpcEndpoint"), Kind: schema.KindVPCEndpoint, Action: plan.Update,
		Rank: rankModify, Gives: func(v *plan.View, target plan.Ref) bool { return len(endpointChanges(v, target)) > 0 },
		Changes:  endpointChanges,
		Requires: []plan.Requirement{endpointRoom, groupsFit, referencesExist},
		Effect:   modifyEndpoint, Source: "B 04",
	},
}

func endpointFixed(v *plan.View, target plan.Ref) []plan.Change {
	is, want, ok := both[*schema.VPCEndpointSpec](v, target)
	if !ok {
		return nil
	}
	return fields{}.str("spec.vpc", is.VPC, want.VPC).
		any("spec.service", is.Service, want.Service, serviceOf(is) == serviceOf(want)).
		str("spec.type", is.Type, want.Type)
}

func endpointChanges(v *plan.View, target plan.Ref) []plan.Change {
	is, want, ok := both[*schema.VPCEndpointSpec](v, target)
	if !ok {
		return nil
	}
	has := endpointSubnets(now(v, target))
	return fields{}.any("spec.subnets", has, want.Subnets, sameSet(has, want.Subnets)).
		any("spec.securityGroups", is.SecurityGroups, want.SecurityGroups, sameSet(is.SecurityGroups, want.SecurityGroups))
}

// serviceOf answers the service without the cloud's prefix: ssm, also for
// com.amazonaws.REGION.ssm.
func serviceOf(s *schema.VPCEndpointSpec) string {
	if name, long := strings.CutPrefix(s.Service, "com.amazonaws."); long {
		_, name, _ = strings.Cut(name, ".")
		return name
	}
	return s.Service
}

// endpointStatus answers a copy of an endpoint's status. Where nothing was
// observed, it has an ENI in each subnet of its spec, at an address that is not known.
func endpointStatus(r *schema.Resource) (s schema.VPCEndpointStatus) {
	if r == nil {
		return s
	}
	if have, ok := r.Status.(*schema.VPCEndpointStatus); ok {
		return *have
	}
	for _, subnet := range spec[*schema.VPCEndpointSpec](r).Subnets {
		s.Addresses = append(s.Addresses, schema.EndpointAddress{Subnet: subnet})
	}
	return s
}

// endpointSubnets answers the subnets in which an endpoint has an ENI.
func endpointSubnets(r *schema.Resource) (names []string) {
	for _, a := range endpointStatus(r).Addresses {
		names = append(names, a.Subnet)
	}
	return names
}

// endpointRoom is the requirement that each subnet that an endpoint comes into
// has an address for its ENI.
var endpointRoom = plan.Requirement{Rule: "private-ip.available", Code: code("", "InsufficientFreeAddressesInSubnet"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	want := spec[*schema.VPCEndpointSpec](wanted(v, target))
	if want == nil {
		return plan.Skipped()
	}
	comes := want.Subnets
	if r := now(v, target); r != nil {
		comes = missing(endpointSubnets(r), want.Subnets)
	}
	last := plan.Skipped()
	for _, subnet := range comes {
		if last = roomFor(v, subnet, 1); !last.Holds {
			return last
		}
	}
	return last
}}

// takeAddresses answers the addresses of an endpoint's ENIs, with the lowest free
// one of each further subnet.
func takeAddresses(e *plan.Effects, has []schema.EndpointAddress, further []string) []schema.EndpointAddress {
	out := slices.Clone(has)
	for _, subnet := range further {
		a := lowestFree(e, subnet)
		out = append(out, schema.EndpointAddress{Subnet: subnet, PrivateIP: a})
		e.Note("vpc-endpoint.eni", "it has an ENI in %s, with the lowest free address %s", subnetRef(subnet), a)
	}
	return out
}

func modifyEndpoint(e *plan.Effects, target plan.Ref) {
	r, want := now(e.View, target), spec[*schema.VPCEndpointSpec](wanted(e.View, target))
	status := endpointStatus(r)
	kept := slices.DeleteFunc(slices.Clone(status.Addresses), func(a schema.EndpointAddress) bool {
		return !slices.Contains(want.Subnets, a.Subnet)
	})
	status.Addresses = takeAddresses(e, kept, missing(endpointSubnets(r), want.Subnets))
	change(e, target, func(s *schema.VPCEndpointSpec) { s.Subnets, s.SecurityGroups = want.Subnets, want.SecurityGroups })
	e.Put(target, now(e.View, target).With(nil, &status))
}

// endpointDiffers compares the subnets in which an endpoint has an ENI, and what
// else it was made with.
func endpointDiffers(r, w *schema.Resource) []plan.Change {
	is, want := r.Spec.(*schema.VPCEndpointSpec), w.Spec.(*schema.VPCEndpointSpec)
	has := is.Subnets
	if status, ok := r.Status.(*schema.VPCEndpointStatus); ok {
		has = nil
		for _, a := range status.Addresses {
			has = append(has, a.Subnet)
		}
	}
	return fields{}.str("spec.vpc", is.VPC, want.VPC).str("spec.type", is.Type, want.Type).
		any("spec.service", is.Service, want.Service, serviceOf(is) == serviceOf(want)).
		any("spec.subnets", has, want.Subnets, sameSet(has, want.Subnets)).
		any("spec.securityGroups", is.SecurityGroups, want.SecurityGroups, sameSet(is.SecurityGroups, want.SecurityGroups))
}
