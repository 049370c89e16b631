package cloud

import (
	"fmt"
	"net/netip"
	"slices"

	"enid/plan"
	"enid/schema"
)

// pathObserveOnly is the annotation by which state holds a fact.
const pathObserveOnly = "metadata.annotations." + schema.ObserveOnly

// differs compares one resource with what is wanted of it, field by field and
// without regard to how a difference could be served.
func differs(world, want *plan.World, ref plan.Ref) []plan.Change {
	r, _ := world.Get(ref).(*schema.Resource)
	w, _ := want.Get(ref).(*schema.Resource)
	switch {
	case !operated(ref.Kind), w != nil && w.Observed(), w == nil && r != nil && (r.Observed() || described(r)):
		return nil
	case r != nil && r.Observed():
		return fields{{Path: pathObserveOnly, From: "true"}}
	case r == nil && w == nil:
		return nil
	case r == nil:
		return fields{{Path: "resource", To: "there"}}
	case w == nil:
		return fields{{Path: "resource", From: "there"}}
	}
	switch is := r.Spec.(type) {
	case *schema.VPCSpec:
		return vpcDiffers(is, w.Spec.(*schema.VPCSpec))
	case *schema.SubnetSpec:
		return subnetDiffers(is, w.Spec.(*schema.SubnetSpec))
	case *schema.SecurityGroupSpec:
		return groupDiffers(is, w.Spec.(*schema.SecurityGroupSpec))
	case *schema.InstanceSpec:
		f := instanceDiffers(is, w.Spec.(*schema.InstanceSpec), instanceStatus(r))
		return protectionDiffers(f, r, w, world)
	case *schema.ENISpec:
		return eniDiffers(is, w.Spec.(*schema.ENISpec), eniStatus(r))
	case *schema.EIPSpec:
		return eipDiffers(is, w.Spec.(*schema.EIPSpec), eipStatus(r), world)
	case *schema.VolumeSpec:
		return volumeDiffers(is, w.Spec.(*schema.VolumeSpec), volumeStatus(r))
	case *schema.SnapshotSpec:
		return snapshotDiffers(is, w.Spec.(*schema.SnapshotSpec))
	case *schema.ImageSpec:
		return imageDiffers(is, w.Spec.(*schema.ImageSpec), described(r))
	case *schema.KeyPairSpec:
		return keyPairDiffers(is, w.Spec.(*schema.KeyPairSpec))
	case *schema.TargetGroupSpec:
		return targetGroupDiffers(r, w, world)
	case *schema.PeeringSpec:
		return peeringDiffers(is, w.Spec.(*schema.PeeringSpec))
	case *schema.ClassicLinkSpec:
		return classicLinkDiffers(is, w.Spec.(*schema.ClassicLinkSpec))
	case *schema.VPCEndpointSpec:
		return endpointDiffers(r, w)
	case *schema.TrafficMirrorSpec:
		return mirrorDiffers(is, w.Spec.(*schema.TrafficMirrorSpec))
	}
	return nil
}

func vpcDiffers(is, want *schema.VPCSpec) []plan.Change {
	return fields{}.str("spec.account", is.Account, want.Account).str("spec.region", is.Region, want.Region).
		any("spec.cidr", is.CIDR, want.CIDR, is.CIDR == want.CIDR).
		any("spec.ipv6CIDR", is.IPv6CIDR, want.IPv6CIDR, is.IPv6CIDR == want.IPv6CIDR)
}

func subnetDiffers(is, want *schema.SubnetSpec) []plan.Change {
	return fields{}.str("spec.vpc", is.VPC, want.VPC).str("spec.zone", is.Zone, want.Zone).
		any("spec.cidr", is.CIDR, want.CIDR, is.CIDR == want.CIDR).
		any("spec.ipv6CIDR", is.IPv6CIDR, want.IPv6CIDR, is.IPv6CIDR == want.IPv6CIDR).
		any("spec.reservations", is.Reservations, want.Reservations, sameSet(is.Reservations, want.Reservations))
}

func groupDiffers(is, want *schema.SecurityGroupSpec) []plan.Change {
	return fields{}.str("spec.vpc", is.VPC, want.VPC).str("spec.networkType", string(is.NetworkType), string(want.NetworkType)).
		str("spec.account", is.Account, want.Account).str("spec.region", is.Region, want.Region).
		any("spec.rules", is.Rules, want.Rules, sameSet(is.Rules, want.Rules))
}

func instanceDiffers(is, want *schema.InstanceSpec, s schema.InstanceStatus) []plan.Change {
	f := fields{}.
		str("spec.networkType", string(is.NetworkType), string(want.NetworkType)).
		str("spec.type", is.Type, want.Type).str("spec.image", is.Image, want.Image).
		str("spec.account", is.Account, want.Account).str("spec.region", is.Region, want.Region).str("spec.zone", is.Zone, want.Zone).
		str("spec.keyPair", is.KeyPair, want.KeyPair).str("spec.iamRole", is.IAMRole, want.IAMRole).
		str("spec.userData", is.UserData.Digest(), want.UserData.Digest()).
		str("spec.creditSpecification", is.CreditSpecification, want.CreditSpecification).
		str("spec.rootDevice", is.RootDevice, want.RootDevice).
		str("spec.subnet", is.Subnet, want.Subnet).
		any("spec.securityGroups", is.SecurityGroups, want.SecurityGroups, sameSet(is.SecurityGroups, want.SecurityGroups)).
		any("spec.ioOptimized", is.IOOptimized, want.IOOptimized, on(is.IOOptimized, false) == on(want.IOOptimized, false) || ioDecided(want.Type)).
		str("spec.billing.method", is.Billing.Method, want.Billing.Method).
		any("spec.rootVolume", is.RootVolume, want.RootVolume, rootVolumeFulfils(is.RootVolume, want.RootVolume)).
		any("spec.relocation", is.Relocation, want.Relocation, want.Relocation <= is.Relocation || want.Power == schema.PowerStopped)
	ip := s.PrivateIP
	if s.PendingPrivateIP.IsValid() {
		ip = s.PendingPrivateIP
	}
	f = f.any("spec.privateIP", ip, want.PrivateIP, !want.PrivateIP.IsValid() || ip == want.PrivateIP)
	f = f.mac(s.MAC, want.MAC, s.Predicted)
	on, off := s.Phase == schema.PhaseRunning || s.Phase == schema.PhasePending, s.Phase == schema.PhaseStopped || s.Phase == schema.PhaseStopping
	f = f.any("spec.power", s.Phase, want.Power, on && want.Power != schema.PowerStopped || off && want.Power == schema.PowerStopped)
	return publicIPDiffers(f, is, want, s)
}

// protectionDiffers compares termination protection, which AWS instances have
// unless it is turned off.
func protectionDiffers(f fields, r, w *schema.Resource, world *plan.World) fields {
	is, want := spec[*schema.InstanceSpec](r).TerminationProtection, spec[*schema.InstanceSpec](w).TerminationProtection
	if seen := instanceStatus(r).TerminationProtection; seen != nil {
		is = seen
	}
	if equal(is, want) {
		return f
	}
	aws := schema.ProviderOf(lookup{world.Get}, r) == schema.AWS
	return f.any("spec.terminationProtection", is, want, (is == nil && aws || is != nil && *is) == (want == nil && aws || want != nil && *want))
}

func publicIPDiffers(f fields, is, want *schema.InstanceSpec, s schema.InstanceStatus) fields {
	wants := want.PublicIP != nil && (want.NetworkType == schema.NetworkClassic || !zeroBandwidth(want.PublicIP))
	if wants != (s.PublicIP != nil) {
		return f.any("spec.publicIP", s.PublicIP, want.PublicIP, false)
	}
	if !wants || is.PublicIP == nil {
		return f
	}
	// A lower rotation asks for nothing: it counts raises.
	return f.any("spec.publicIP.bandwidthMbps", is.PublicIP.BandwidthMbps, want.PublicIP.BandwidthMbps, equal(is.PublicIP.BandwidthMbps, want.PublicIP.BandwidthMbps)).
		any("spec.publicIP.rotation", is.PublicIP.Rotation, want.PublicIP.Rotation, want.PublicIP.Rotation <= is.PublicIP.Rotation)
}

// rootVolumeFulfils reports whether a root volume is as wanted; what the files do
// not say is left alone, but for its going with its instance, which is the default.
func rootVolumeFulfils(is, want *schema.RootVolume) bool {
	var a, b schema.RootVolume
	if is != nil {
		a = *is
	}
	if want != nil {
		b = *want
	}
	kept := func(v schema.RootVolume) bool { return v.DeleteOnTermination != nil && !*v.DeleteOnTermination }
	return (b.Type == "" || a.Type == b.Type) && (b.SizeGiB == 0 || a.SizeGiB == b.SizeGiB) &&
		(b.IOPS == 0 || a.IOPS == b.IOPS) && (b.ThroughputMiBps == 0 || a.ThroughputMiBps == b.ThroughputMiBps) && kept(a) == kept(b)
}

// mac compares what the cloud gave with what the files state: a MAC that was
// only predicted, or is not known, is no difference but is recorded.
func (f fields) mac(is, want string, predicted []string) fields {
	return f.any("spec.mac", is, want, want == "" || is == "" || is == want || slices.Contains(predicted, "mac"))
}

func eniDiffers(is, want *schema.ENISpec, s schema.ENIStatus) []plan.Change {
	f := fields{}.str("spec.subnet", is.Subnet, want.Subnet).
		str("spec.displayName", is.DisplayName, want.DisplayName).str("spec.description", is.Description, want.Description).
		any("spec.securityGroups", is.SecurityGroups, want.SecurityGroups, sameSet(is.SecurityGroups, want.SecurityGroups)).
		any("spec.privateIP", s.PrivateIP, want.PrivateIP, !want.PrivateIP.IsValid() || s.PrivateIP == want.PrivateIP).
		mac(s.MAC, want.MAC, s.Predicted)
	addrs, blocks := fulfilled(s, want)
	f = f.any("spec.secondaryIPs", s.SecondaryIPs, want.SecondaryIPs, addrs)
	f = f.any("spec.prefixes", s.Prefixes, want.Prefixes, blocks)
	if want.ManagedBy != "" {
		return f
	}
	at, index := "", 0
	if want.AttachTo != nil {
		at, index = want.AttachTo.Instance, want.AttachTo.DeviceIndex
	}
	f = f.str("spec.attachTo.instance", s.Instance, at)
	f = f.any("status.phase", s.Phase, schema.PhaseInUse, at == "" || s.Phase != schema.PhaseDetaching)
	return f.any("spec.attachTo.deviceIndex", s.DeviceIndex, index, index == 0 || s.DeviceIndex == index)
}

// fulfils reports whether what an ENI has is the declared list, or as many as
// declared.
func fulfils[T netip.Addr | netip.Prefix](have, want []T, count int) bool {
	if len(want) == 0 {
		return len(have) == count
	}
	if len(have) != len(want) {
		return false
	}
	for _, x := range want {
		if !slices.Contains(have, x) {
			return false
		}
	}
	return true
}

func eipDiffers(is, want *schema.EIPSpec, s schema.EIPStatus, world *plan.World) []plan.Change {
	f := fields{}.str("spec.account", is.Account, want.Account).str("spec.region", is.Region, want.Region).
		any("spec.bandwidthMbps", is.BandwidthMbps, want.BandwidthMbps, is.BandwidthMbps == want.BandwidthMbps)
	if want.BindTo == nil && want.ConvertFrom != nil {
		return f // it stays bound where the conversion left it
	}
	f = f.any("spec.bindTo", s.BoundTo, want.BindTo, bindingText(world, s.BoundTo) == bindingText(world, want.BindTo))
	return f.any("status.phase", s.Phase, schema.PhaseInUse, want.BindTo == nil || s.Phase != schema.PhaseUnassociating)
}

// bindingText answers where a binding leads, an ENI's address spelled out.
func bindingText(world *plan.World, b *schema.Binding) string {
	if b == nil {
		return ""
	}
	ip := b.PrivateIP
	if eni, ok := world.Get(eniRef(b.ENI)).(*schema.Resource); ok && b.ENI != "" && !ip.IsValid() {
		ip = eniStatus(eni).PrivateIP
	}
	return fmt.Sprintf("%s|%s|%s", b.Instance, b.ENI, ip)
}
