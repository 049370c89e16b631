package cloud

import (
	"net/netip"

	"enid/schema"
)

// The copies that operations work on: spec as applied and status, where nothing
// was observed as the spec implies.
type (
	instance struct {
		ref    schema.Ref
		spec   schema.InstanceSpec
		status schema.InstanceStatus
	}
	eni struct {
		ref    schema.Ref
		spec   schema.ENISpec
		status schema.ENIStatus
	}
	eip struct {
		ref    schema.Ref
		spec   schema.EIPSpec
		status schema.EIPStatus
	}
)

func instanceOf(r *schema.Resource) instance {
	i := instance{ref: r.Ref, spec: *r.Spec.(*schema.InstanceSpec)}
	if s, ok := r.Status.(*schema.InstanceStatus); ok {
		i.status = *s
	}
	if i.status.Phase == "" {
		i.status.Phase = schema.PhaseRunning
		if i.spec.Power == schema.PowerStopped {
			i.status.Phase = schema.PhaseStopped
		}
	}
	if !i.status.PrivateIP.IsValid() {
		i.status.PrivateIP = i.spec.PrivateIP
	}
	if i.status.TerminationProtection == nil {
		i.status.TerminationProtection = i.spec.TerminationProtection
	}
	return i
}

// steady reports whether the instance is running or stopped.
func (i instance) steady() bool {
	return i.status.Phase == schema.PhaseRunning || i.status.Phase == schema.PhaseStopped
}

func (i instance) classic() bool { return i.spec.NetworkType == schema.NetworkClassic }

func eniOf(r *schema.Resource) eni {
	n := eni{ref: r.Ref, spec: *r.Spec.(*schema.ENISpec)}
	if s, ok := r.Status.(*schema.ENIStatus); ok {
		n.status = *s
	} else {
		n.status.SecondaryIPs, n.status.Prefixes = n.spec.SecondaryIPs, n.spec.Prefixes
		if at := n.spec.AttachTo; at != nil {
			n.status.Instance, n.status.DeviceIndex = at.Instance, at.DeviceIndex
		}
	}
	if n.status.Phase == "" {
		n.status.Phase = schema.PhaseAvailable
		if n.status.Instance != "" {
			n.status.Phase = schema.PhaseInUse
		}
	}
	if !n.status.PrivateIP.IsValid() {
		n.status.PrivateIP = n.spec.PrivateIP
	}
	return n
}

// steady reports whether the ENI is available or in use.
func (n eni) steady() bool {
	return n.status.Phase == schema.PhaseAvailable || n.status.Phase == schema.PhaseInUse
}

func eipOf(r *schema.Resource) eip {
	p := eip{ref: r.Ref, spec: *r.Spec.(*schema.EIPSpec)}
	if s, ok := r.Status.(*schema.EIPStatus); ok {
		p.status = *s
	} else {
		p.status.BoundTo = p.spec.BindTo
	}
	if p.status.Phase == "" {
		p.status.Phase = schema.PhaseAvailable
		if p.status.BoundTo != nil {
			p.status.Phase = schema.PhaseInUse
		}
	}
	return p
}

// boundRef answers what a binding binds to, zero for nothing.
func boundRef(b *schema.Binding) schema.Ref {
	switch {
	case b == nil:
		return schema.Ref{}
	case b.Instance != "":
		return schema.Ref{Kind: schema.KindInstance, Name: b.Instance}
	}
	return schema.Ref{Kind: schema.KindENI, Name: b.ENI}
}

// addresses answers every private address that a resource has; of IPv6 prefixes see
// blocks.
func addresses(r *schema.Resource) (out []netip.Addr) {
	add := func(a netip.Addr) {
		if a.IsValid() {
			out = append(out, a)
		}
	}
	switch r.Kind {
	case schema.KindInstance:
		i := instanceOf(r)
		add(i.status.PrivateIP)
		add(i.status.PendingPrivateIP)
	case schema.KindENI:
		n := eniOf(r)
		add(n.status.PrivateIP)
		out = append(out, n.status.SecondaryIPs...)
		for _, p := range n.status.Prefixes {
			for a := p.Masked().Addr(); a.Is4() && p.Contains(a); a = a.Next() {
				add(a)
			}
		}
	case schema.KindVPCEndpoint:
		for _, at := range endpointOf(r).status.Addresses {
			add(at.PrivateIP)
		}
	case schema.KindSubnet:
		if s, ok := r.Status.(*schema.SubnetStatus); ok {
			out = append(out, s.UsedIPs...)
		}
	}
	return out
}
