package schema

import "fmt"

var interfaceRules = []invalidRule{
	{Rule{ID: "eni.security-groups", Class: ClassInvalid, Cloud: "any",
		Text:   "Alibaba: an ENI, and a VPC instance's primary one, is in 1 to 5 security groups, all of its VPC; a classic instance in any number of classic groups of its account and region, none included. AWS: at least 1, at most 16, same VPC.",
		Source: "A 4.1, 4.2, 4.5", Code: "SecurityGroupsPerInterfaceLimitExceeded"}, checkGroups},
	{Rule{ID: "eni.attributes", Class: ClassInvalid, Cloud: "any",
		Text:   "An ENI has one primary private address, one MAC, one name, one description. No MAC is declared twice.",
		Source: "A 4.1"}, checkMACs},
	{Rule{ID: "mirror.same-vpc", Class: ClassInvalid, Cloud: "aws",
		Text:   "Traffic mirroring copies from an ENI to a target in the same VPC; to another VPC only through a VPC endpoint.",
		Source: "B 04", Note: "A peering or a transit gateway carries the copy too (public)."}, checkMirrors},
}

var mostGroups = map[Provider]int{Alibaba: 5, AWS: 16}

func checkGroups(j *joined) {
	each(j, KindENI, func(r *Resource, s *ENISpec) {
		// What another service owns may be in no group of ours.
		j.countGroups(r, s.SecurityGroups, s.ManagedBy == "")
		j.groupsOfVPC(r, s.SecurityGroups)
	})
	checkEndpointGroups(j)
	each(j, KindInstance, func(r *Resource, s *InstanceSpec) {
		if s.NetworkType == NetworkClassic {
			j.groupsOfClassic(r, s.SecurityGroups)
			return
		}
		j.countGroups(r, s.SecurityGroups, true)
		j.groupsOfVPC(r, s.SecurityGroups)
	})
}

// checkEndpointGroups lets an endpoint be in no group of the files: the cloud then
// takes the VPC's default one.
func checkEndpointGroups(j *joined) {
	each(j, KindVPCEndpoint, func(r *Resource, s *VPCEndpointSpec) {
		j.countGroups(r, s.SecurityGroups, false)
		j.groupsOfVPC(r, s.SecurityGroups)
	})
}

func (j *joined) countGroups(r *Resource, groups []string, some bool) {
	most, known := mostGroups[j.Provider(r)]
	if known && (len(groups) > most || some && len(groups) == 0) {
		j.find(r, "spec.securityGroups", fmt.Sprintf("there are %d security groups", len(groups)),
			fmt.Sprintf("1 to %d on %s", most, j.Provider(r)))
	}
}

func (j *joined) groupsOfVPC(r *Resource, groups []string) {
	vpc := VPCOf(j, r)
	if vpc == nil {
		return
	}
	for i, name := range groups {
		s := specOf[*SecurityGroupSpec](j, KindSecurityGroup, name)
		path := fmt.Sprintf("spec.securityGroups[%d]", i)
		switch {
		case s == nil || s.VPC == vpc.Name:
		case s.VPC == "":
			j.find(r, path, fmt.Sprintf("SecurityGroup/%s is classic", name), "groups of "+vpc.Ref.String())
		default:
			j.find(r, path, fmt.Sprintf("SecurityGroup/%s is of VPC/%s", name, s.VPC), "groups of "+vpc.Ref.String())
		}
	}
}

func (j *joined) groupsOfClassic(r *Resource, groups []string) {
	const allowed = "classic groups of the instance's account and region"
	for i, name := range groups {
		group := j.Get(Ref{KindSecurityGroup, name})
		if group == nil {
			continue
		}
		path := fmt.Sprintf("spec.securityGroups[%d]", i)
		switch s := group.Spec.(*SecurityGroupSpec); {
		case s.VPC != "":
			j.find(r, path, fmt.Sprintf("%s is of VPC/%s", group.Ref, s.VPC), allowed)
		case j.Region(group) != j.Region(r):
			j.find(r, path, fmt.Sprintf("%s is in %s", group.Ref, s.Region), allowed)
		case AccountOf(j, group) != AccountOf(j, r):
			j.find(r, path, fmt.Sprintf("%s is of Account/%s", group.Ref, s.Account), allowed)
		}
	}
}

func checkMACs(j *joined) {
	taken := claims[string]{}
	const allowed = "a MAC address once: it states what the cloud gave"
	each(j, KindInstance, func(r *Resource, s *InstanceSpec) {
		if s.MAC != "" {
			taken.take(j, s.MAC, r, "spec.mac", s.MAC+" is declared twice", allowed)
		}
	})
	each(j, KindENI, func(r *Resource, s *ENISpec) {
		if s.MAC != "" {
			taken.take(j, s.MAC, r, "spec.mac", s.MAC+" is declared twice", allowed)
		}
	})
}

func checkMirrors(j *joined) {
	vpcOf := func(eni string) *Resource { return VPCOf(j, j.Get(Ref{KindENI, eni})) }
	each(j, KindTrafficMirror, func(r *Resource, s *TrafficMirrorSpec) {
		if s.Target.ENI == "" {
			return
		}
		from, to := vpcOf(s.Source.ENI), vpcOf(s.Target.ENI)
		if from != nil && to != nil && from.Ref != to.Ref {
			j.find(r, "spec.target.eni", fmt.Sprintf("ENI/%s is in %s, the source in %s", s.Target.ENI, to.Ref, from.Ref),
				fmt.Sprintf("an ENI in %s, or a vpcEndpoint that leads to %s", from.Ref, to.Ref))
		}
	})
}
