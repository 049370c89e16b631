package schema

import "net/netip"

// TargetGroupSpec is a load balancer's group of instances. Document B 01-02.
type TargetGroupSpec struct {
	VPC     string   `json:"vpc"`
	Targets []string `json:"targets,omitempty"` // instances
}

// TargetGroupStatus is what was observed of a target group.
type TargetGroupStatus struct {
	CommonStatus
	// Registered are the instances that take traffic now; a declared target that
	// is stopped is not among them.
	Registered []string `json:"registered,omitempty"`
}

// PeeringSpec joins two VPCs (Alibaba: Express Connect). Document A 2.3.
type PeeringSpec struct {
	VPCs []string `json:"vpcs"` // two
}

// ClassicLinkSpec joins a classic instance to a VPC. Document A 2.3.
type ClassicLinkSpec struct {
	Instance string `json:"instance"` // classic
	VPC      string `json:"vpc"`
}

// VPCEndpointSpec is a private way to a service. Document B 03-02, B 04.
type VPCEndpointSpec struct {
	VPC            string   `json:"vpc"`
	Service        string   `json:"service"`           // ssm, or com.amazonaws.REGION.ssm
	Type           string   `json:"type,omitempty"`    // Interface (default) or Gateway
	Subnets        []string `json:"subnets,omitempty"` // an Interface endpoint has an ENI in each
	SecurityGroups []string `json:"securityGroups,omitempty"`
}

// VPCEndpointStatus is what was observed of an endpoint.
type VPCEndpointStatus struct {
	CommonStatus
	// Addresses are those of its ENIs, one for each subnet.
	Addresses []EndpointAddress `json:"addresses,omitempty"`
}

// EndpointAddress is the address of an endpoint's ENI.
type EndpointAddress struct {
	Subnet    string     `json:"subnet"`
	PrivateIP netip.Addr `json:"privateIP"`
}

// TrafficMirrorSpec copies an ENI's traffic. Document B 04.
type TrafficMirrorSpec struct {
	Source MirrorSource `json:"source"`
	Target MirrorTarget `json:"target"`
}

// MirrorSource is the ENI whose traffic is copied.
type MirrorSource struct {
	ENI string `json:"eni"`
}

// MirrorTarget is where the copy goes: an ENI or an endpoint.
type MirrorTarget struct {
	ENI         string `json:"eni,omitempty"`
	VPCEndpoint string `json:"vpcEndpoint,omitempty"`
}

// Kind answers KindTargetGroup.
func (*TargetGroupSpec) Kind() Kind { return KindTargetGroup }

// References answers the VPC and the targets.
func (s *TargetGroupSpec) References() []FieldRef {
	var r refs
	r.add("spec.vpc", KindVPC, s.VPC)
	r.all("spec.targets", KindInstance, s.Targets)
	return r
}

func (s *TargetGroupSpec) place() place { return place{up: ref(KindVPC, s.VPC)} }

// Kind answers KindPeering.
func (*PeeringSpec) Kind() Kind { return KindPeering }

// References answers both VPCs.
func (s *PeeringSpec) References() []FieldRef {
	var r refs
	r.all("spec.vpcs", KindVPC, s.VPCs)
	return r
}

func (s *PeeringSpec) place() place {
	if len(s.VPCs) == 0 {
		return place{}
	}
	return place{up: ref(KindVPC, s.VPCs[0])}
}

// Kind answers KindClassicLink.
func (*ClassicLinkSpec) Kind() Kind { return KindClassicLink }

// References answers the instance and the VPC.
func (s *ClassicLinkSpec) References() []FieldRef {
	var r refs
	r.add("spec.instance", KindInstance, s.Instance)
	r.add("spec.vpc", KindVPC, s.VPC)
	return r
}

func (s *ClassicLinkSpec) place() place { return place{up: ref(KindInstance, s.Instance)} }

// Kind answers KindVPCEndpoint.
func (*VPCEndpointSpec) Kind() Kind { return KindVPCEndpoint }

// References answers the VPC, the subnets and the groups.
func (s *VPCEndpointSpec) References() []FieldRef {
	var r refs
	r.add("spec.vpc", KindVPC, s.VPC)
	r.all("spec.subnets", KindSubnet, s.Subnets)
	r.all("spec.securityGroups", KindSecurityGroup, s.SecurityGroups)
	return r
}

func (s *VPCEndpointSpec) place() place { return place{up: ref(KindVPC, s.VPC)} }

// Kind answers KindTrafficMirror.
func (*TrafficMirrorSpec) Kind() Kind { return KindTrafficMirror }

// References answers the source and the target.
func (s *TrafficMirrorSpec) References() []FieldRef {
	var r refs
	r.add("spec.source.eni", KindENI, s.Source.ENI)
	r.add("spec.target.eni", KindENI, s.Target.ENI)
	r.add("spec.target.vpcEndpoint", KindVPCEndpoint, s.Target.VPCEndpoint)
	return r
}

func (s *TrafficMirrorSpec) place() place { return place{up: ref(KindENI, s.Source.ENI)} }
