package cloud

import (
	"net/netip"
	"slices"
	"time"

	"enid/schema"
)

func (e *edit) allocateEIP() error {
	if err := e.fresh(); err != nil {
		return err
	}
	p := eip{ref: e.call.Target, spec: *e.call.Want.Spec.(*schema.EIPSpec)}
	p.spec.BindTo, p.spec.ConvertFrom = nil, nil
	p.status = schema.EIPStatus{CommonStatus: e.common(codes{"eip", "eipalloc"}), Phase: schema.PhaseAvailable}
	e.setEIP(p)
	return nil
}

func (e *edit) eip() (eip, error) {
	r := e.Get(e.call.Target)
	if r == nil {
		return eip{}, e.refuse(noEIP, "there is no %s", e.call.Target)
	}
	return eipOf(r), nil
}

func (e *edit) releaseEIP() error {
	p, err := e.eip()
	if err != nil {
		return err
	}
	if p.status.Phase != schema.PhaseAvailable {
		return e.refuse(codes{"IncorrectEipStatus", "InvalidIPAddress.InUse"}, "%s is %s", p.ref, p.status.Phase)
	}
	e.remove(p.ref)
	return nil
}

// bind binds an EIP to an instance, or to an address of an ENI. Document A 2.1.
func (e *edit) bind() error {
	p, err := e.eip()
	if err == nil {
		err = e.wanted()
	}
	if err != nil {
		return err
	}
	to := e.call.Want.Spec.(*schema.EIPSpec).BindTo
	if to == nil {
		return e.refuse(badParameter, "nothing is named to bind it to")
	}
	if p.status.Phase != schema.PhaseAvailable {
		return e.refuse(eipState, "%s is %s", p.ref, p.status.Phase)
	}
	at := e.Get(boundRef(to))
	switch {
	case at == nil && to.Instance != "":
		return e.refuse(noInstance, "there is no instance %s", to.Instance)
	case at == nil:
		return e.refuse(noENI, "there is no ENI %s", to.ENI)
	case schema.RegionOf(e, at) != p.spec.Region:
		return e.refuse(codes{"InvalidParameter.Mismatch", "InvalidParameterValue"}, "%s is in another region than %s", at.Ref, p.ref)
	case at.Kind == schema.KindInstance:
		err = e.bindInstance(instanceOf(at))
	default:
		err = e.bindENI(eniOf(at), to.PrivateIP)
	}
	if err != nil {
		return err
	}
	binding := *to
	p.spec.BindTo, p.status.BoundTo, p.status.Phase = to, &binding, schema.PhaseAssociating
	e.setEIP(p)
	return nil
}

func (e *edit) bindInstance(i instance) error {
	switch {
	case i.classic():
		return e.refuse(denied, "%s is not in a VPC", i.ref)
	case !i.steady():
		return e.refuse(instanceState, "%s is %s", i.ref, i.status.Phase)
	case len(e.bound[i.ref]) > 0:
		return e.refuse(codes{"InvalidAssociation.Duplicated", "Resource.AlreadyAssociated"}, "%s has %s", i.ref, e.bound[i.ref][0])
	case i.status.PublicIP != nil && e.provider != schema.AWS:
		return e.refuse(codes{alibaba: "BIND_INSTANCE_HAVE_PORTMAP_OR_BIND_EIP"}, "%s has a NAT public address", i.ref)
	}
	return nil
}

func (e *edit) bindENI(n eni, addr netip.Addr) error {
	if !n.steady() {
		return e.refuse(eniState, "%s is %s", n.ref, n.status.Phase)
	}
	if !addr.IsValid() {
		addr = n.status.PrivateIP
	}
	if addr != n.status.PrivateIP && !slices.Contains(n.status.SecondaryIPs, addr) {
		return e.refuse(badPrivateIP, "%s has no address %s", n.ref, addr)
	}
	for _, ref := range e.bound[n.ref] {
		other := eipOf(e.Get(ref)).status.BoundTo.PrivateIP
		if other == addr || !other.IsValid() && addr == n.status.PrivateIP {
			return e.refuse(codes{"InvalidAssociation.Duplicated", "Resource.AlreadyAssociated"}, "%s of %s has %s", addr, n.ref, ref)
		}
	}
	return nil
}

func (e *edit) unbind() error {
	p, err := e.eip()
	if err != nil {
		return err
	}
	if p.status.Phase != schema.PhaseInUse {
		return e.refuse(codes{"IncorrectEipStatus", "InvalidAssociationID.NotFound"}, "%s is %s", p.ref, p.status.Phase)
	}
	p.status.Phase = schema.PhaseUnassociating
	e.setEIP(p)
	return nil
}

func (e *edit) changeBandwidth() error {
	p, err := e.eip()
	if err == nil {
		err = e.wanted()
	}
	if err != nil {
		return err
	}
	p.spec.BandwidthMbps = e.call.Want.Spec.(*schema.EIPSpec).BandwidthMbps
	e.setEIP(p)
	return nil
}

// convert makes an EIP of an instance's NAT public IP, for good. Document A 3.3.
func (e *edit) convert() error {
	if err := e.fresh(); err != nil {
		return err
	}
	p := eip{ref: e.call.Target, spec: *e.call.Want.Spec.(*schema.EIPSpec)}
	if p.spec.ConvertFrom == nil || e.provider == schema.AWS {
		return e.refuse(unsupported, "there is no NAT public address to convert")
	}
	r := e.Get(schema.Ref{Kind: schema.KindInstance, Name: p.spec.ConvertFrom.Instance})
	if r == nil {
		return e.refuse(noInstance, "there is no instance %s", p.spec.ConvertFrom.Instance)
	}
	i := instanceOf(r)
	ends := i.spec.Billing.ExpiresAt
	switch {
	case i.classic() || i.status.PublicIP == nil:
		return e.refuse(denied, "%s has no NAT public address in a VPC", i.ref)
	case !i.steady():
		return e.refuse(instanceState, "%s is %s", i.ref, i.status.Phase)
	case i.status.PendingSpecChange:
		return e.refuse(codes{alibaba: "InvalidInstanceId.PlanedChange"}, "%s has a change of its specification waiting", i.ref)
	case !ends.IsZero() && ends.Sub(e.call.At) <= 24*time.Hour:
		return e.refuse(codes{alibaba: "InvalidEndTime.OperateNotSupport"}, "%s ends within 24 h", i.ref)
	}
	to := &schema.Binding{Instance: i.ref.Name}
	p.spec.BindTo = to
	p.status = schema.EIPStatus{
		CommonStatus: e.common(codes{"eip", "eipalloc"}), Phase: schema.PhaseInUse,
		Address: i.status.PublicIP.Address, BoundTo: to, ConvertedFrom: i.ref.Name,
	}
	i.spec.PublicIP, i.status.PublicIP = nil, nil
	e.setInstance(i)
	e.setEIP(p)
	return nil
}
