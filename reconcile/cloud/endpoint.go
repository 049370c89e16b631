package cloud

import (
	"slices"

	"enid/schema"
)

var noEndpoint = onAWS("InvalidVpcEndpointId.NotFound")

type endpoint struct {
	ref    schema.Ref
	spec   schema.VPCEndpointSpec
	status schema.VPCEndpointStatus
}

func endpointOf(r *schema.Resource) endpoint {
	p := endpoint{ref: r.Ref, spec: *r.Spec.(*schema.VPCEndpointSpec)}
	if s, ok := r.Status.(*schema.VPCEndpointStatus); ok {
		p.status = *s
		return p
	}
	for _, subnet := range p.spec.Subnets {
		p.status.Addresses = append(p.status.Addresses, schema.EndpointAddress{Subnet: subnet}) // at which address is not known
	}
	return p
}

func (e *edit) createEndpoint() error {
	if err := e.fresh(); err != nil {
		return err
	}
	p := endpoint{ref: e.call.Target, spec: *e.call.Want.Spec.(*schema.VPCEndpointSpec)}
	if e.Get(schema.Ref{Kind: schema.KindVPC, Name: p.spec.VPC}) == nil {
		return e.refuse(noVPC, "there is no VPC %s", p.spec.VPC)
	}
	p.status.CommonStatus = e.common(onAWS("vpce"))
	return e.place(p)
}

// modifyEndpoint adds and removes subnets and groups.
func (e *edit) modifyEndpoint() error {
	r := e.Get(e.call.Target)
	if r == nil {
		return e.refuse(noEndpoint, "there is no %s", e.call.Target)
	}
	if err := e.wanted(); err != nil {
		return err
	}
	p, want := endpointOf(r), e.call.Want.Spec.(*schema.VPCEndpointSpec)
	p.spec.Subnets, p.spec.SecurityGroups = want.Subnets, want.SecurityGroups
	return e.place(p)
}

// place gives an Interface endpoint an ENI, and with it an address, in each of
// its subnets; addresses in others go. Document B 04.
func (e *edit) place(p endpoint) error {
	if p.spec.Type == "Gateway" && len(p.spec.Subnets)+len(p.spec.SecurityGroups) > 0 {
		return e.refuse(badParameter, "a Gateway endpoint is in no subnet and no security group")
	}
	if len(p.spec.SecurityGroups) > 0 { // none: the VPC's own
		if err := e.member(p.spec.SecurityGroups, p.spec.VPC); err != nil {
			return err
		}
	}
	stays := func(a schema.EndpointAddress) bool { return slices.Contains(p.spec.Subnets, a.Subnet) }
	p.status.Addresses = slices.DeleteFunc(slices.Clone(p.status.Addresses), func(a schema.EndpointAddress) bool { return !stays(a) })
	for _, name := range p.spec.Subnets {
		from := e.pool(name)
		if from == nil || from.vpc != p.spec.VPC {
			return e.refuse(noSubnet, "there is no subnet %s in VPC %s", name, p.spec.VPC)
		}
		if slices.ContainsFunc(p.status.Addresses, func(a schema.EndpointAddress) bool { return a.Subnet == name }) {
			continue
		}
		free := from.choose(1)
		if len(free) == 0 {
			return e.refuse(noPrivateIP, "%s has no free address", name)
		}
		p.status.Addresses = append(p.status.Addresses, schema.EndpointAddress{Subnet: name, PrivateIP: free[0]})
	}
	e.set(p.ref, &p.spec, &p.status)
	return nil
}

func (e *edit) deleteEndpoint() error {
	ref := e.call.Target
	if e.Get(ref) == nil {
		return e.refuse(noEndpoint, "there is no %s", ref)
	}
	if by := e.linked[link{schema.KindTrafficMirror, ref}]; len(by) > 0 {
		return e.refuse(onAWS("TrafficMirrorTargetInUseException"), "%s is used by %s", ref, by[0])
	}
	e.remove(ref)
	return nil
}
