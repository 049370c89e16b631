package schema

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

var networkRules = []invalidRule{
	{Rule{ID: "classic.no-vpc-features", Class: ClassInvalid, Cloud: "alibaba",
		Text:   "A classic instance takes no subnet, is no target of ENI.attachTo, EIP.bindTo or EIP.convertFrom; each such field is rejected by name.",
		Source: "A 1, 2.2, 3.3", Code: "OperationDenied"}, checkClassic},
	{Rule{ID: "private-ip.unique", Class: ClassInvalid, Cloud: "any",
		Text:   "A declared private address is unique within its VPC; a classic address is unique among all classic instances. Addresses do not support VIPs: one address on two interfaces is this error.",
		Source: "A 1, A 2.3", Code: "InvalidPrivateIpAddress.Duplicated"}, checkUnique},
	{Rule{ID: "private-ip.in-subnet", Class: ClassInvalid, Cloud: "any",
		Text:   "A declared private address lies in its subnet's CIDR, is not the subnet's gateway, and none of the addresses that the cloud keeps: Alibaba the first one and the last three; AWS the first four and the last one.",
		Source: "A 2.1, 4.2, 4.4; public", Code: "InvalidPrivateIpAddress.Mismatch",
		Note: "The source's example gateway 10.0.0.253 is one of the addresses that Alibaba Cloud keeps."}, checkInSubnet},
	{Rule{ID: "private-ip.no-multicast", Class: ClassInvalid, Cloud: "any",
		Text:   "A private address, and the CIDR of a security rule's peer, is never multicast (wholly in 224.0.0.0/4), 255.255.255.255 or the broadcast address of its subnet. 0.0.0.0/0 stays legal.",
		Source: "A 2.2; public"}, checkMulticast},
	{Rule{ID: "subnet.in-vpc", Class: ClassInvalid, Cloud: "any",
		Text:   "A subnet's CIDR lies in its VPC's CIDR, does not overlap a sibling's, and its zone's name begins with the VPC's region.",
		Source: "A 2.1; public"}, checkSubnets},
}

func checkClassic(j *joined) {
	classic := func(name string) bool {
		s := specOf[*InstanceSpec](j, KindInstance, name)
		return s != nil && s.NetworkType == NetworkClassic
	}
	each(j, KindInstance, func(r *Resource, s *InstanceSpec) {
		if s.NetworkType == NetworkClassic && s.Subnet != "" {
			j.find(r, "spec.subnet", "a classic instance takes no subnet", "networkType: vpc, or no subnet")
		}
	})
	reject := func(r *Resource, path, name, what string) {
		if classic(name) {
			j.find(r, path, fmt.Sprintf("Instance/%s is classic and %s", name, what), "an instance in a VPC")
		}
	}
	each(j, KindENI, func(r *Resource, s *ENISpec) {
		if s.AttachTo != nil {
			reject(r, "spec.attachTo.instance", s.AttachTo.Instance, "takes no ENI")
		}
	})
	each(j, KindEIP, func(r *Resource, s *EIPSpec) {
		if s.BindTo != nil {
			reject(r, "spec.bindTo.instance", s.BindTo.Instance, "takes no EIP")
		}
		if s.ConvertFrom != nil {
			reject(r, "spec.convertFrom.instance", s.ConvertFrom.Instance, "its public address cannot become an EIP")
		}
	})
}

// privateAddress is one declared address.
type privateAddress struct {
	r    *Resource
	path string
	addr netip.Addr
}

// eachAddress calls see for every declared private address.
func (j *joined) eachAddress(see func(privateAddress)) {
	each(j, KindInstance, func(r *Resource, s *InstanceSpec) {
		if s.PrivateIP.IsValid() {
			see(privateAddress{r, "spec.privateIP", s.PrivateIP})
		}
	})
	each(j, KindENI, func(r *Resource, s *ENISpec) {
		if s.PrivateIP.IsValid() {
			see(privateAddress{r, "spec.privateIP", s.PrivateIP})
		}
		for i, a := range s.SecondaryIPs {
			see(privateAddress{r, fmt.Sprintf("spec.secondaryIPs[%d]", i), a})
		}
	})
}

// checkUnique counts an address inside a delegated prefix as the prefix's.
func checkUnique(j *joined) {
	type place struct {
		vpc  string // empty for the classic network
		what netip.Prefix
	}
	taken := claims[place]{}
	prefixes := claims[place]{}
	each(j, KindENI, func(r *Resource, s *ENISpec) {
		vpc := VPCOf(j, r)
		for i, p := range s.Prefixes {
			if vpc != nil && p.Bits() == 28 {
				prefixes.take(j, place{vpc.Name, p}, r, fmt.Sprintf("spec.prefixes[%d]", i), p.String()+" is declared twice", "a prefix once in a VPC")
			}
		}
	})
	j.eachAddress(func(a privateAddress) {
		at := place{what: netip.PrefixFrom(a.addr, a.addr.BitLen())}
		allowed := "an address once among all classic instances"
		if vpc := VPCOf(j, a.r); vpc != nil {
			at.vpc, allowed = vpc.Name, "an address once in a VPC"
		} else if s, ok := a.r.Spec.(*InstanceSpec); !ok || s.NetworkType != NetworkClassic {
			return
		}
		if block, err := a.addr.Prefix(28); err == nil && a.addr.Is4() {
			if holder, ok := prefixes[place{at.vpc, block}]; ok {
				j.conflict(holder, claim{a.r, a.path}, a.addr.String()+" lies in a delegated prefix", allowed)
			}
		}
		taken.take(j, at, a.r, a.path, a.addr.String()+" is declared twice", allowed)
	})
}

func checkInSubnet(j *joined) {
	j.eachAddress(func(a privateAddress) {
		subnet := SubnetOf(j, a.r)
		if subnet == nil || !a.addr.Is4() {
			return // an IPv6 address lies in no IPv4 CIDR
		}
		s := subnet.Spec.(*SubnetSpec)
		provider := j.Provider(subnet)
		allowed := fmt.Sprintf("a free address of %s (%s)", s.CIDR, subnet.Ref)
		switch {
		case !s.CIDR.Contains(a.addr):
			j.find(a.r, a.path, fmt.Sprintf("%s is outside %s's CIDR %s", a.addr, subnet.Ref, s.CIDR), allowed)
		case a.addr == s.Gateway || provider != "" && a.addr == Gateway(provider, s):
			j.find(a.r, a.path, fmt.Sprintf("%s is %s's gateway", a.addr, subnet.Ref), allowed)
		case provider != "" && Kept(provider, s.CIDR, a.addr):
			j.find(a.r, a.path, fmt.Sprintf("%s is kept by the cloud: %s", a.addr, keptText[provider]), allowed)
		}
	})
}

var keptText = map[Provider]string{
	Alibaba: "the first address of a subnet and the last three",
	AWS:     "the first four addresses of a subnet and the last",
}

var (
	multicast = netip.MustParsePrefix("224.0.0.0/4")
	broadcast = netip.MustParseAddr("255.255.255.255")
)

func checkMulticast(j *joined) {
	j.eachAddress(func(a privateAddress) {
		subnet := SubnetOf(j, a.r)
		switch {
		case a.addr.IsMulticast():
			j.find(a.r, a.path, fmt.Sprintf("%s is a multicast address", a.addr), "a unicast address")
		case a.addr == broadcast:
			j.find(a.r, a.path, fmt.Sprintf("%s is the broadcast address", a.addr), "a unicast address")
		case subnet != nil && a.addr.Is4() && a.addr == lastAddr(subnet.Spec.(*SubnetSpec).CIDR):
			j.find(a.r, a.path, fmt.Sprintf("%s is %s's broadcast address", a.addr, subnet.Ref), "a unicast address")
		}
	})
	each(j, KindSecurityGroup, func(r *Resource, s *SecurityGroupSpec) {
		for i, rule := range s.Rules {
			c := rule.Peer.CIDR
			if !c.IsValid() {
				continue
			}
			if multicast.Contains(c.Addr()) && c.Bits() >= multicast.Bits() || c.Addr() == broadcast {
				j.find(r, fmt.Sprintf("spec.rules[%d].peer.cidr", i),
					fmt.Sprintf("%s has no unicast address", c), "a CIDR that is not multicast or broadcast")
			}
		}
	})
}

func checkSubnets(j *joined) {
	siblings := map[string][]*Resource{}
	each(j, KindSubnet, func(r *Resource, s *SubnetSpec) {
		vpc := specOf[*VPCSpec](j, KindVPC, s.VPC)
		if vpc == nil {
			return
		}
		if !vpc.CIDR.Contains(s.CIDR.Addr()) || s.CIDR.Bits() < vpc.CIDR.Bits() {
			j.find(r, "spec.cidr", fmt.Sprintf("%s is outside VPC/%s's CIDR", s.CIDR, s.VPC), "a CIDR inside "+vpc.CIDR.String())
		}
		if !strings.HasPrefix(s.Zone, vpc.Region) {
			j.find(r, "spec.zone", fmt.Sprintf("%s is no zone of VPC/%s's region %s", s.Zone, s.VPC, vpc.Region),
				"a zone whose name begins with "+vpc.Region)
		}
		siblings[s.VPC] = append(siblings[s.VPC], r)
	})
	for _, vpc := range j.OfKind(KindVPC) {
		j.checkOverlap(siblings[vpc.Name])
	}
}

// checkOverlap sorts siblings by address, so that each needs to be compared only
// with the one before it that reaches furthest: CIDRs nest or are apart.
func (j *joined) checkOverlap(siblings []*Resource) {
	cidr := func(r *Resource) netip.Prefix { return r.Spec.(*SubnetSpec).CIDR }
	slices.SortFunc(siblings, func(a, b *Resource) int { return cidr(a).Compare(cidr(b)) })
	var widest *Resource
	for _, r := range siblings {
		if widest != nil && cidr(widest).Overlaps(cidr(r)) {
			j.conflict(claim{widest, "spec.cidr"}, claim{r, "spec.cidr"},
				fmt.Sprintf("%s and %s overlap", cidr(widest), cidr(r)), "CIDRs of one VPC that do not overlap")
			continue
		}
		widest = r
	}
}
