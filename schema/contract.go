package schema

import (
	"fmt"
	"strconv"
)

// contractChecks are what the contract of the files asks for between fields and
// resources, beyond JSON Schemas and the catalogue of rules.
var contractChecks = []func(*joined){
	checkAccounts, checkNetworkType, checkPublicIP, checkGateways, checkDeviceIndex, checkHosts, checkImages, checkMoved,
	checkPeerings, checkClassicLinks, checkTargets, checkEndpoints, checkMirrorEnds,
	checkDevices, checkVolumeAccounts, checkImageOrigin, checkImageRegion, checkKeyPairs,
}

// checkAccounts asks for an account where it cannot be filled in.
func checkAccounts(j *joined) {
	accounts := len(j.OfKind(KindAccount))
	allowed := "a declared Account; it may be left out where there is exactly one"
	for _, row := range kinds {
		for _, r := range j.OfKind(row.kind) {
			if s, ok := r.Spec.(owned); ok && s.inAccount("x") != nil {
				j.find(r, "spec.account", fmt.Sprintf("is required: there are %d Accounts", accounts), allowed)
			}
		}
	}
}

func checkNetworkType(j *joined) {
	each(j, KindInstance, func(r *Resource, s *InstanceSpec) {
		own := map[string]string{"account": s.Account, "region": s.Region, "zone": s.Zone}
		if s.NetworkType == NetworkClassic {
			for _, name := range []string{"region", "zone"} {
				if own[name] == "" {
					j.find(r, "spec."+name, "is required of a classic instance", "the "+name+" it is in")
				}
			}
			return
		}
		if s.Subnet == "" {
			j.find(r, "spec.subnet", "is required of an instance in a VPC", "the name of a declared Subnet")
		}
		for _, name := range []string{"account", "region", "zone"} {
			if own[name] != "" {
				j.find(r, "spec."+name, "belongs to classic instances; in a VPC the subnet says it", "to leave it out")
			}
		}
	})
}

func checkPublicIP(j *joined) {
	each(j, KindInstance, func(r *Resource, s *InstanceSpec) {
		if s.PublicIP != nil && s.PublicIP.BandwidthMbps == nil && j.Provider(r) == Alibaba {
			j.find(r, "spec.publicIP.bandwidthMbps", "is required on Alibaba Cloud", "the bandwidth in Mbit/s")
		}
	})
}

func checkGateways(j *joined) {
	each(j, KindSubnet, func(r *Resource, s *SubnetSpec) {
		if s.Gateway.Is4() && !s.CIDR.Contains(s.Gateway) {
			j.find(r, "spec.gateway", fmt.Sprintf("%s is outside the subnet", s.Gateway), "an address of "+s.CIDR.String())
		}
		if g := s.IPv6Gateway; g.IsValid() && !g.IsLinkLocalUnicast() && !s.IPv6CIDR.Contains(g) {
			j.find(r, "spec.ipv6Gateway", fmt.Sprintf("%s is neither link-local nor in the subnet", g), "an address of fe80::/10 or of "+s.IPv6CIDR.String())
		}
	})
}

func checkDeviceIndex(j *joined) {
	type slot struct {
		instance string
		index    int
	}
	taken := claims[slot]{}
	each(j, KindENI, func(r *Resource, s *ENISpec) {
		if a := s.AttachTo; a != nil && a.DeviceIndex != 0 {
			taken.take(j, slot{a.Instance, a.DeviceIndex}, r, "spec.attachTo.deviceIndex",
				fmt.Sprintf("deviceIndex %d of Instance/%s is declared twice", a.DeviceIndex, a.Instance), "an index once for an instance, from 1")
		}
	})
}

// checkHosts also keeps the tables that follow from a Host away from the
// kernel's own: the base alone does not show them.
func checkHosts(j *joined) {
	taken := claims[string]{}
	bases := map[string]int{}
	each(j, KindHost, func(r *Resource, s *HostSpec) {
		taken.take(j, s.Instance, r, "spec.instance", "Instance/"+s.Instance+" has two Hosts", "one Host for an instance")
		bases[s.Instance] = s.Routing.TableBase
	})
	each(j, KindENI, func(r *Resource, s *ENISpec) {
		if s.AttachTo == nil || s.AttachTo.DeviceIndex == 0 || s.Guest != nil && s.Guest.Table != 0 {
			return
		}
		base, hosted := bases[s.AttachTo.Instance]
		if table := base + s.AttachTo.DeviceIndex - 1; hosted && table >= 253 && table <= 255 {
			j.find(r, "spec.attachTo.deviceIndex", "gives the routing table "+strconv.Itoa(table)+", which is the kernel's own",
				"another deviceIndex, a tableBase that keeps clear of 253 to 255, or guest.table")
		}
	})
}

func checkImages(j *joined) {
	each(j, KindInstance, func(r *Resource, s *InstanceSpec) {
		if !anImage.MatchString(s.Image) && j.imageOf(s) == nil {
			j.advise(r, "spec.image", fmt.Sprintf("the image %s is not known%s", shown(s.Image), j.didYouMean(Ref{KindImage, s.Image})),
				"an Image, a cloud id (ami-..., m-...) or FAMILY-VERSION[-BITS] such as centos-7.2-64", "")
		}
	})
}
