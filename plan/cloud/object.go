package cloud

import (
	"net/netip"

	"enid/plan"
	"enid/schema"
)

func instanceRef(name string) plan.Ref { return plan.Ref{Kind: schema.KindInstance, Name: name} }
func subnetRef(name string) plan.Ref   { return plan.Ref{Kind: schema.KindSubnet, Name: name} }
func vpcRef(name string) plan.Ref      { return plan.Ref{Kind: schema.KindVPC, Name: name} }
func groupRef(name string) plan.Ref    { return plan.Ref{Kind: schema.KindSecurityGroup, Name: name} }
func eniRef(name string) plan.Ref      { return plan.Ref{Kind: schema.KindENI, Name: name} }
func accountRef(name string) plan.Ref  { return plan.Ref{Kind: schema.KindAccount, Name: name} }

// lookup reads resources through a view, so that the reads are noted.
type lookup struct{ get func(plan.Ref) plan.Object }

func (l lookup) Get(ref schema.Ref) *schema.Resource {
	r, _ := l.get(ref).(*schema.Resource)
	return r
}

func inWorld(v *plan.View) lookup { return lookup{v.Get} }
func inWant(v *plan.View) lookup  { return lookup{v.Wanted} }

// now and wanted answer the target in the world and in the files, nil where it is not there.
func now(v *plan.View, target plan.Ref) *schema.Resource    { return inWorld(v).Get(target) }
func wanted(v *plan.View, target plan.Ref) *schema.Resource { return inWant(v).Get(target) }

// both answers the target's specs in the world and in the files; ok where both
// are there and the target is not merely observed.
func both[S schema.Spec](v *plan.View, target plan.Ref) (is, want S, ok bool) {
	w := wanted(v, target)
	if w == nil || w.Observed() {
		return is, want, false
	}
	r := now(v, target)
	if r == nil || r.Observed() {
		return is, want, false
	}
	is, _ = r.Spec.(S)
	want, ok = w.Spec.(S)
	return is, want, ok
}

// spec answers a resource's spec, the zero pointer where there is none.
func spec[S schema.Spec](r *schema.Resource) (s S) {
	if r != nil {
		s, _ = r.Spec.(S)
	}
	return s
}

// provider answers the target's cloud, in the files or else in the world.
func provider(v *plan.View, target plan.Ref) schema.Provider {
	if w := wanted(v, target); w != nil {
		if p := schema.ProviderOf(inWant(v), w); p != "" {
			return p
		}
	}
	if r := now(v, target); r != nil {
		return schema.ProviderOf(inWorld(v), r)
	}
	return ""
}

// is reports whether the target is in that cloud.
func is(v *plan.View, target plan.Ref, p schema.Provider) bool { return provider(v, target) == p }

// eniStatus answers a copy of an ENI's status, with what the spec implies where
// nothing was observed.
func eniStatus(r *schema.Resource) schema.ENIStatus {
	var s schema.ENIStatus
	if r == nil {
		return s
	}
	if have, ok := r.Status.(*schema.ENIStatus); ok {
		s = *have
	}
	sp := spec[*schema.ENISpec](r)
	if s.Phase == "" {
		s.Phase = schema.PhaseAvailable
		if s.Instance == "" && r.Status == nil && sp.AttachTo != nil {
			s.Instance, s.DeviceIndex = sp.AttachTo.Instance, sp.AttachTo.DeviceIndex
		}
		if s.Instance != "" {
			s.Phase = schema.PhaseInUse
		}
	}
	if !s.PrivateIP.IsValid() {
		s.PrivateIP = sp.PrivateIP
	}
	if s.MAC == "" {
		s.MAC = sp.MAC
	}
	if r.Status == nil {
		s.SecondaryIPs, s.Prefixes = sp.SecondaryIPs, sp.Prefixes
	}
	return s
}

// instanceStatus answers a copy of an instance's status, likewise.
func instanceStatus(r *schema.Resource) schema.InstanceStatus {
	var s schema.InstanceStatus
	if r == nil {
		return s
	}
	if have, ok := r.Status.(*schema.InstanceStatus); ok {
		s = *have
	}
	sp := spec[*schema.InstanceSpec](r)
	if s.Phase == "" {
		s.Phase = schema.PhaseRunning
		if sp.Power == schema.PowerStopped {
			s.Phase = schema.PhaseStopped
		}
	}
	if !s.PrivateIP.IsValid() {
		s.PrivateIP = sp.PrivateIP
	}
	if s.MAC == "" {
		s.MAC = sp.MAC
	}
	if r.Status == nil && asks(sp) {
		s.PublicIP = &schema.PublicIPStatus{}
	}
	return s
}

// eipStatus answers a copy of an EIP's status, likewise.
func eipStatus(r *schema.Resource) schema.EIPStatus {
	var s schema.EIPStatus
	if r == nil {
		return s
	}
	if have, ok := r.Status.(*schema.EIPStatus); ok {
		s = *have
	} else {
		s.BoundTo = spec[*schema.EIPSpec](r).BindTo
	}
	if s.Phase == "" {
		s.Phase = schema.PhaseAvailable
		if s.BoundTo != nil {
			s.Phase = schema.PhaseInUse
		}
	}
	return s
}

// attachedTo answers the instance that an ENI is attached to, "" for none.
func attachedTo(r *schema.Resource) string {
	if s, ok := r.Status.(*schema.ENIStatus); ok {
		return s.Instance
	}
	if at := spec[*schema.ENISpec](r).AttachTo; at != nil {
		return at.Instance
	}
	return ""
}

// boundTo answers what an EIP is bound to, zero for nothing.
func boundTo(r *schema.Resource) plan.Ref {
	b := spec[*schema.EIPSpec](r).BindTo
	if s, ok := r.Status.(*schema.EIPStatus); ok {
		b = s.BoundTo
	}
	return bindingRef(b)
}

func bindingRef(b *schema.Binding) plan.Ref {
	switch {
	case b == nil:
		return plan.Ref{}
	case b.Instance != "":
		return instanceRef(b.Instance)
	}
	return eniRef(b.ENI)
}

// eniAddrs answers every address that an ENI uses, those of IPv4 prefixes included.
func eniAddrs(r *schema.Resource) (addrs []netip.Addr) {
	s := eniStatus(r)
	if s.PrivateIP.IsValid() {
		addrs = append(addrs, s.PrivateIP)
	}
	addrs = append(addrs, s.SecondaryIPs...)
	for _, p := range s.Prefixes {
		addrs = append(addrs, members(p)...)
	}
	return addrs
}

// members answers the addresses of a delegated prefix; none of an IPv6 one, which
// has more than anybody can name.
func members(p netip.Prefix) (addrs []netip.Addr) {
	for a := p.Masked().Addr(); a.Is4() && p.Contains(a) && len(addrs) < 16; a = a.Next() {
		addrs = append(addrs, a)
	}
	return addrs
}

// instanceAddrs answers the addresses of a VPC instance's primary ENI, the one
// that waits for the next start included.
func instanceAddrs(r *schema.Resource) (addrs []netip.Addr) {
	s := instanceStatus(r)
	for _, a := range []netip.Addr{s.PrivateIP, s.PendingPrivateIP} {
		if a.IsValid() {
			addrs = append(addrs, a)
		}
	}
	return addrs
}

// leaving answers the address that an instance gives up at its next start, zero
// for none.
func leaving(r *schema.Resource) netip.Addr {
	if s, ok := r.Status.(*schema.InstanceStatus); ok && s.PendingPrivateIP.IsValid() && s.PrivateIP != s.PendingPrivateIP {
		return s.PrivateIP
	}
	return netip.Addr{}
}
