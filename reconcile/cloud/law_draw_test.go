package cloud

import (
	"fmt"
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
