package schema

import (
	"slices"
	"strings"
)

// kindRow is what there is to know of a kind to read it. A further kind is a
// row here, a file in jsonschema/ and its spec type.
type kindRow struct {
	kind   Kind
	spec   func() Spec
	status func() Status
}

// commonStatus is the status of kinds that have no fields of their own in it.
func commonStatus() Status { return new(CommonStatus) }

var kinds = []kindRow{
	{KindAccount, func() Spec { return new(AccountSpec) }, commonStatus},
	{KindVPC, func() Spec { return new(VPCSpec) }, commonStatus},
	{KindSubnet, func() Spec { return new(SubnetSpec) }, func() Status { return new(SubnetStatus) }},
	{KindSecurityGroup, func() Spec { return new(SecurityGroupSpec) }, commonStatus},
	{KindInstance, func() Spec { return new(InstanceSpec) }, func() Status { return new(InstanceStatus) }},
	{KindENI, func() Spec { return new(ENISpec) }, func() Status { return new(ENIStatus) }},
	{KindEIP, func() Spec { return new(EIPSpec) }, func() Status { return new(EIPStatus) }},
	{KindTargetGroup, func() Spec { return new(TargetGroupSpec) }, func() Status { return new(TargetGroupStatus) }},
	{KindPeering, func() Spec { return new(PeeringSpec) }, commonStatus},
	{KindClassicLink, func() Spec { return new(ClassicLinkSpec) }, commonStatus},
	{KindVPCEndpoint, func() Spec { return new(VPCEndpointSpec) }, func() Status { return new(VPCEndpointStatus) }},
	{KindTrafficMirror, func() Spec { return new(TrafficMirrorSpec) }, commonStatus},
	{KindKeyPair, func() Spec { return new(KeyPairSpec) }, commonStatus},
	{KindImage, func() Spec { return new(ImageSpec) }, commonStatus},
	{KindVolume, func() Spec { return new(VolumeSpec) }, func() Status { return new(VolumeStatus) }},
	{KindSnapshot, func() Spec { return new(SnapshotSpec) }, commonStatus},
	{KindHost, func() Spec { return new(HostSpec) }, commonStatus},
	{KindPolicy, func() Spec { return new(PolicySpec) }, commonStatus},
	{KindApproval, func() Spec { return new(ApprovalSpec) }, func() Status { return new(ApprovalStatus) }},
}

// Kinds answers all kinds of enid/v1, in the order in which they build on one another.
func Kinds() []Kind {
	names := make([]Kind, len(kinds))
	for i, row := range kinds {
		names[i] = row.kind
	}
	return names
}

// KindNamed answers the kind that people mean by name: any case, plural or not.
func KindNamed(name string) (Kind, bool) {
	for _, row := range kinds {
		k := string(row.kind)
		plural := k + "s"
		if stem, ok := strings.CutSuffix(k, "y"); ok {
			plural = stem + "ies"
		}
		if strings.EqualFold(name, k) || strings.EqualFold(name, plural) {
			return row.kind, true
		}
	}
	return "", false
}

// rowOf answers a kind's row, nil where there is no such kind.
func rowOf(kind Kind) *kindRow {
	i := slices.IndexFunc(kinds, func(r kindRow) bool { return r.kind == kind })
	if i < 0 {
		return nil
	}
	return &kinds[i]
}
