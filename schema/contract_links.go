package schema

import "fmt"

// checkPeerings takes a pair of VPCs for the same in either order.
func checkPeerings(j *joined) {
	taken := claims[[2]string]{}
	each(j, KindPeering, func(r *Resource, s *PeeringSpec) {
		if len(s.VPCs) != 2 || s.VPCs[0] == s.VPCs[1] {
			return // the schema's matter
		}
		pair := [2]string{min(s.VPCs[0], s.VPCs[1]), max(s.VPCs[0], s.VPCs[1])}
		taken.take(j, pair, r, "spec.vpcs", fmt.Sprintf("VPC/%s and VPC/%s are peered twice", pair[0], pair[1]), "one Peering for a pair of VPCs")
		a, b := specOf[*VPCSpec](j, KindVPC, s.VPCs[0]), specOf[*VPCSpec](j, KindVPC, s.VPCs[1])
		if a == nil || b == nil {
			return
		}
		here, there := j.Provider(j.Get(Ref{KindVPC, s.VPCs[0]})), j.Provider(j.Get(Ref{KindVPC, s.VPCs[1]}))
		if here != "" && there != "" && here != there {
			j.find(r, "spec.vpcs[1]", fmt.Sprintf("VPC/%s is on %s, VPC/%s on %s", s.VPCs[1], cloudNames[there], s.VPCs[0], cloudNames[here]),
				"two VPCs of one cloud")
		}
		if a.CIDR.Overlaps(b.CIDR) {
			j.advise(r, "spec.vpcs", fmt.Sprintf("%s and %s overlap: no route leads to addresses that both have", a.CIDR, b.CIDR),
				"VPCs whose CIDRs do not overlap", "")
		}
	})
}

// checkClassicLinks holds to what the cloud documents: one VPC for an instance, of
// its account and region. Document A 2.3; public.
func checkClassicLinks(j *joined) {
	linked := claims[string]{}
	each(j, KindClassicLink, func(r *Resource, s *ClassicLinkSpec) {
		linked.take(j, s.Instance, r, "spec.instance", "Instance/"+s.Instance+" is linked to two VPCs", "one ClassicLink for an instance")
		instance, vpc := j.Get(Ref{KindInstance, s.Instance}), j.Get(Ref{KindVPC, s.VPC})
		if instance == nil {
			return
		}
		if spec, ok := instance.Spec.(*InstanceSpec); ok && spec.NetworkType != NetworkClassic {
			j.find(r, "spec.instance", fmt.Sprintf("%s is in a VPC already", instance.Ref), "an instance with networkType: classic")
			return
		}
		if vpc == nil {
			return
		}
		if here, there := j.Region(instance), j.Region(vpc); here != there {
			j.find(r, "spec.vpc", fmt.Sprintf("%s is in %s, %s in %s", vpc.Ref, there, instance.Ref, here), "a VPC in "+here)
		}
		if here, there := AccountOf(j, instance), AccountOf(j, vpc); here != "" && there != "" && here != there {
			j.find(r, "spec.vpc", fmt.Sprintf("%s is of Account/%s, %s of Account/%s", vpc.Ref, there, instance.Ref, here), "a VPC of Account/"+here)
		}
	})
}

// inVPC reports the field where what it names lies in another VPC, or in none; it
// answers whether what is named is there and lies in that VPC.
func (j *joined) inVPC(r *Resource, path string, ref Ref, vpc string) bool {
	named := j.Get(ref)
	if named == nil || j.Get(Ref{KindVPC, vpc}) == nil {
		return false
	}
	allowed := fmt.Sprintf("one in VPC/%s", vpc)
	switch in := VPCOf(j, named); {
	case in != nil && in.Name != vpc:
		j.find(r, path, fmt.Sprintf("%s is in %s", ref, in.Ref), allowed)
	case in == nil && ref.Kind == KindInstance:
		if s, ok := named.Spec.(*InstanceSpec); ok && s.NetworkType == NetworkClassic {
			j.find(r, path, fmt.Sprintf("%s is classic", ref), allowed)
		}
	default:
		return in != nil
	}
	return false
}

func checkTargets(j *joined) {
	each(j, KindTargetGroup, func(r *Resource, s *TargetGroupSpec) {
		for i, name := range s.Targets {
			j.inVPC(r, fmt.Sprintf("spec.targets[%d]", i), Ref{KindInstance, name}, s.VPC)
		}
	})
}

// checkEndpoints also holds to one subnet for each zone. public.
func checkEndpoints(j *joined) {
	each(j, KindVPCEndpoint, func(r *Resource, s *VPCEndpointSpec) {
		if s.Type == "Gateway" {
			const allowed = "to leave it out, or type: Interface"
			if len(s.Subnets) > 0 {
				j.find(r, "spec.subnets", "a Gateway endpoint is a route and has no ENI", allowed)
			}
			if len(s.SecurityGroups) > 0 {
				j.find(r, "spec.securityGroups", "a Gateway endpoint is a route and has no ENI", allowed)
			}
			return
		}
		zones := map[string]string{}
		for i, name := range s.Subnets {
			path := fmt.Sprintf("spec.subnets[%d]", i)
			if !j.inVPC(r, path, Ref{KindSubnet, name}, s.VPC) {
				continue
			}
			subnet := specOf[*SubnetSpec](j, KindSubnet, name)
			if other, taken := zones[subnet.Zone]; taken && other != name {
				j.find(r, path, fmt.Sprintf("Subnet/%s is in %s, as Subnet/%s is", name, subnet.Zone, other), "one subnet in each zone")
			}
			zones[subnet.Zone] = name
		}
	})
}

func checkMirrorEnds(j *joined) {
	each(j, KindTrafficMirror, func(r *Resource, s *TrafficMirrorSpec) {
		if s.Source.ENI != "" && s.Source.ENI == s.Target.ENI {
			j.find(r, "spec.target.eni", "is the source itself", "another ENI, or a vpcEndpoint")
		}
	})
}
