package cloud

import "enid/schema"

// mostClassicLinks is how many classic instances a VPC is linked to. Public.
const mostClassicLinks = 1000

var (
	noPeering     = codes{"InvalidRouterInterfaceId.NotFound", "InvalidVpcPeeringConnectionID.NotFound"}
	noClassicLink = codes{"InvalidParameter.InvalidInstanceIdAndVpcId", "InvalidParameterValue"}
	noMirror      = onAWS("InvalidTrafficMirrorSessionNotFound")
)

// createPeering joins two VPCs. Document A 2.3.
func (e *edit) createPeering() error {
	if err := e.fresh(); err != nil {
		return err
	}
	vpcs := e.call.Want.Spec.(*schema.PeeringSpec).VPCs
	if len(vpcs) != 2 || vpcs[0] == vpcs[1] {
		return e.refuse(badParameter, "two VPCs are joined, not %v", vpcs)
	}
	for _, name := range vpcs {
		if e.Get(schema.Ref{Kind: schema.KindVPC, Name: name}) == nil {
			return e.refuse(noVPC, "there is no VPC %s", name)
		}
	}
	e.setPlain(codes{"ri", "pcx"})
	return nil
}

// createClassicLink joins a classic instance to a VPC of its region. Document A 2.3.
func (e *edit) createClassicLink() error {
	if err := e.fresh(); err != nil {
		return err
	}
	spec := e.call.Want.Spec.(*schema.ClassicLinkSpec)
	vpc := schema.Ref{Kind: schema.KindVPC, Name: spec.VPC}
	to, r := e.Get(vpc), e.Get(schema.Ref{Kind: schema.KindInstance, Name: spec.Instance})
	switch {
	case r == nil:
		return e.refuse(noInstance, "there is no instance %s", spec.Instance)
	case to == nil:
		return e.refuse(noVPC, "there is no VPC %s", spec.VPC)
	case schema.RegionOf(e, r) != schema.RegionOf(e, to):
		return e.refuse(codes{alibaba: "InvalidInstanceId.LimitedRegion"}, "%s is in another region than %s", r.Ref, to.Ref)
	case len(e.linked[link{schema.KindClassicLink, vpc}]) >= mostClassicLinks:
		return e.refuse(codes{alibaba: "QuotaExceeded"}, "%s is linked to %d instances", vpc, mostClassicLinks)
	}
	i := instanceOf(r)
	switch {
	case !i.classic():
		return e.refuse(denied, "%s is in a VPC", i.ref)
	case !i.steady():
		return e.refuse(codes{alibaba: "InvalidStatus.InstanceStatus"}, "%s is %s", i.ref, i.status.Phase)
	}
	e.setPlain(codes{"cl", "cl"})
	return nil
}

func (e *edit) deleteClassicLink() error {
	link := e.Get(e.call.Target)
	if link == nil {
		return e.refuse(noClassicLink, "there is no %s", e.call.Target)
	}
	r := e.Get(schema.Ref{Kind: schema.KindInstance, Name: link.Spec.(*schema.ClassicLinkSpec).Instance})
	if r != nil && !instanceOf(r).steady() {
		return e.refuse(codes{"InvalidStatus.InstanceStatus", "IncorrectInstanceState"}, "%s is %s", r.Ref, instanceOf(r).status.Phase)
	}
	e.remove(link.Ref)
	return nil
}

// createMirror copies an ENI's traffic to another of the same VPC, or to an
// endpoint. Document B 04.
func (e *edit) createMirror() error {
	if err := e.fresh(); err != nil {
		return err
	}
	spec := e.call.Want.Spec.(*schema.TrafficMirrorSpec)
	from := e.Get(schema.Ref{Kind: schema.KindENI, Name: spec.Source.ENI})
	if from == nil {
		return e.refuse(noENI, "there is no ENI %s", spec.Source.ENI)
	}
	if spec.Target.VPCEndpoint != "" {
		if e.Get(schema.Ref{Kind: schema.KindVPCEndpoint, Name: spec.Target.VPCEndpoint}) == nil {
			return e.refuse(noEndpoint, "there is no endpoint %s", spec.Target.VPCEndpoint)
		}
		e.setPlain(onAWS("tms"))
		return nil
	}
	to := e.Get(schema.Ref{Kind: schema.KindENI, Name: spec.Target.ENI})
	if to == nil {
		return e.refuse(noENI, "there is no ENI %s", spec.Target.ENI)
	}
	if mine, its := schema.VPCOf(e, from), schema.VPCOf(e, to); mine == nil || its == nil || mine.Ref != its.Ref {
		return e.refuse(badParameter, "%s and %s are in different VPCs", from.Ref, to.Ref)
	}
	e.setPlain(onAWS("tms"))
	return nil
}
