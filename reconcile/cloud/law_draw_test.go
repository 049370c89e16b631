package cloud

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"enid/schema"
)

// kindOf answers the kind of an operation's target.
func kindOf(op string) schema.Kind {
	name, _, _ := strings.Cut(op, ".")
	return map[string]schema.Kind{
		"vpc": schema.KindVPC, "subnet": schema.KindSubnet, "group": schema.KindSecurityGroup,
		"instance": schema.KindInstance, "eni": schema.KindENI, "eip": schema.KindEIP,
		"volume": schema.KindVolume, "snapshot": schema.KindSnapshot, "image": schema.KindImage, "key-pair": schema.KindKeyPair,
		"target-group": schema.KindTargetGroup, "peering": schema.KindPeering, "classic-link": schema.KindClassicLink,
		"vpc-endpoint": schema.KindVPCEndpoint, "traffic-mirror": schema.KindTrafficMirror,
	}[name]
}

// drawMore draws what is asked of the kinds around instances and networks.
func drawMore(t *rapid.T, kind schema.Kind, name func(schema.Kind) string) schema.Spec {
	switch kind {
	case schema.KindVolume:
		s := &schema.VolumeSpec{Account: "main", Zone: rapid.SampledFrom([]string{"us-1a", "us-1b"}).Draw(t, "zone"),
			Type: rapid.SampledFrom([]string{"gp3", "io2"}).Draw(t, "type"), SizeGiB: rapid.IntRange(10, 30).Draw(t, "size"),
			MultiAttach: rapid.Bool().Draw(t, "several")}
		for range rapid.IntRange(0, 2).Draw(t, "attachments") {
			s.AttachTo = append(s.AttachTo, schema.VolumeAttachment{Instance: name(schema.KindInstance),
				Device: rapid.SampledFrom([]string{"/dev/xvdb", "/dev/xvdc"}).Draw(t, "device"), Unmounted: rapid.Bool().Draw(t, "unmounted"),
				DeleteOnTermination: rapid.Bool().Draw(t, "goes")})
		}
		return s
	case schema.KindSnapshot:
		return &schema.SnapshotSpec{Of: schema.SnapshotOf{Volume: name(schema.KindVolume)}}
	case schema.KindImage:
		return &schema.ImageSpec{Account: "main", Region: "us-1", FromInstance: name(schema.KindInstance)}
	case schema.KindKeyPair:
		return &schema.KeyPairSpec{Account: "main", Region: "us-1"}
	case schema.KindTargetGroup:
		return &schema.TargetGroupSpec{VPC: name(schema.KindVPC), Targets: []string{name(schema.KindInstance)}}
	case schema.KindPeering:
		return &schema.PeeringSpec{VPCs: []string{name(schema.KindVPC), name(schema.KindVPC)}}
	case schema.KindClassicLink:
		return &schema.ClassicLinkSpec{Instance: name(schema.KindInstance), VPC: name(schema.KindVPC)}
	case schema.KindVPCEndpoint:
		return &schema.VPCEndpointSpec{VPC: name(schema.KindVPC), Service: "ssm", Subnets: []string{name(schema.KindSubnet)}}
	case schema.KindTrafficMirror:
		return &schema.TrafficMirrorSpec{Source: schema.MirrorSource{ENI: name(schema.KindENI)}, Target: schema.MirrorTarget{ENI: name(schema.KindENI)}}
	}
	panic("no spec is drawn for " + string(kind))
}

// drawIPv6 draws one of a few blocks of that size, or none.
func drawIPv6(t *rapid.T, bits int) netip.Prefix {
	b := netip.MustParseAddr("2001:db8::").As16()
	for _, at := range []int{56, 64, 80} {
		if at <= bits {
			b[at/8-1] = byte(rapid.IntRange(0, 2).Draw(t, "block"))
		}
	}
	if rapid.Bool().Draw(t, "no IPv6") {
		return netip.Prefix{}
	}
	return netip.PrefixFrom(netip.AddrFrom16(b), bits)
}

// soundIPv6 holds CIDRs and addresses of IPv6 to what they lie in, and prefixes to
// their one owner.
func soundIPv6(r *schema.Resource, now map[schema.Ref]*schema.Resource) error {
	switch s := r.Spec.(type) {
	case *schema.SubnetSpec:
		vpc := now[schema.Ref{Kind: schema.KindVPC, Name: s.VPC}].Spec.(*schema.VPCSpec)
		if s.IPv6CIDR.IsValid() && !vpc.IPv6CIDR.Contains(s.IPv6CIDR.Addr()) {
			return fmt.Errorf("%s has %s, and the VPC %s", r.Ref, s.IPv6CIDR, vpc.IPv6CIDR)
		}
	case *schema.ENISpec:
		st, ok := r.Status.(*schema.ENIStatus)
		if !ok {
			return nil
		}
		subnet := now[schema.Ref{Kind: schema.KindSubnet, Name: s.Subnet}].Spec.(*schema.SubnetSpec)
		for _, a := range st.SecondaryIPs {
			if a.Is6() && !subnet.IPv6CIDR.Contains(a) {
				return fmt.Errorf("%s has %s, and the subnet %s", r.Ref, a, subnet.IPv6CIDR)
			}
		}
		for _, p := range st.Prefixes {
			if p.Addr().Is6() && !subnet.IPv6CIDR.Contains(p.Addr()) {
				return fmt.Errorf("%s has %s, and the subnet %s", r.Ref, p, subnet.IPv6CIDR)
			}
			if other := within(p, r, subnet.VPC, now); p.Addr().Is6() && other != nil {
				return fmt.Errorf("%s has %s, and %s something in it", r.Ref, p, other.Ref)
			}
		}
	}
	return nil
}

// within answers another ENI of the VPC that has anything in the prefix, or nil.
func within(p netip.Prefix, than *schema.Resource, vpc string, now map[schema.Ref]*schema.Resource) *schema.Resource {
	for _, r := range now {
		st, ok := r.Status.(*schema.ENIStatus)
		if !ok || r.Ref == than.Ref || now[schema.Ref{Kind: schema.KindSubnet, Name: r.Spec.(*schema.ENISpec).Subnet}].Spec.(*schema.SubnetSpec).VPC != vpc {
			continue
		}
		if slices.Contains(st.Prefixes, p) || slices.ContainsFunc(st.SecondaryIPs, p.Contains) {
			return r
		}
	}
	return nil
}

// outlived reports whether what a field names may be gone: it was needed once, or
// is declared and not there yet.
func outlived(f schema.FieldRef) bool {
	switch f.Path {
	case "spec.convertFrom.instance", "spec.account", "spec.keyPair", "spec.fromInstance", "spec.fromSnapshot", "spec.of.volume", "spec.of.instance":
		return true
	}
	return strings.HasPrefix(f.Path, "spec.targets[")
}

// soundVolume compares what a volume says of its attachments with its phase, and
// with what is at the devices of its instances.
func soundVolume(v volume, slots map[string]schema.Ref) error {
	phases := map[schema.Phase]bool{schema.PhaseInUse: true, schema.PhaseAttaching: true, schema.PhaseDetaching: true}
	if (len(v.status.AttachedTo) > 0) != phases[v.status.Phase] {
		return fmt.Errorf("%s: %+v", v.ref, v.status)
	}
	if v.steady() && len(v.spec.AttachTo) != len(v.status.AttachedTo) {
		return fmt.Errorf("%s: %+v %+v", v.ref, v.spec, v.status)
	}
	seen := map[string]bool{}
	for _, a := range v.status.AttachedTo {
		key := a.Instance + " " + a.Device
		if other, twice := slots[key]; twice || seen[a.Instance] {
			return fmt.Errorf("%s and %s both at %s", other, v.ref, key)
		}
		slots[key], seen[a.Instance] = v.ref, true
	}
	if len(seen) > 1 && !v.spec.MultiAttach {
		return fmt.Errorf("%s is attached to several: %+v", v.ref, v.status)
	}
	return nil
}
