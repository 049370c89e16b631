package schema

import (
	"fmt"
	"net/netip"
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
		Note: "The source's example gateway 10.0.0.253 is one of the addresses that Alibaba Cloud keeps. An IPv6 address lies in the subnet's IPv6 CIDR, of which AWS keeps as many, and Alibaba Cloud the first and the last nine (public)."}, checkInSubnet},
	{Rule{ID: "private-ip.no-multicast", Class: ClassInvalid, Cloud: "any",
		Text:   "A private address, and the CIDR of a security rule's peer, is never multicast (wholly in 224.0.0.0/4), 255.255.255.255 or the broadcast address of its subnet. 0.0.0.0/0 stays legal.",
		Source: "A 2.2; public"}, checkMulticast},
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
			if vpc != nil && p.Bits() == PrefixBits(p.Addr()) {
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
		if block, err := a.addr.Prefix(PrefixBits(a.addr)); err == nil {
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
		if subnet == nil {
			return
		}
		s := subnet.Spec.(*SubnetSpec)
		provider := j.Provider(subnet)
		cidr, name := s.CIDROf(a.addr), cidrName(a.addr)
		allowed := fmt.Sprintf("a free address of %s (%s)", cidr, subnet.Ref)
		switch {
		case !cidr.IsValid():
			j.find(a.r, a.path, fmt.Sprintf("%s is an IPv6 address, and %s has no ipv6CIDR", a.addr, subnet.Ref),
				"IPv4 addresses, or spec.ipv6CIDR on "+subnet.Ref.String())
		case !cidr.Contains(a.addr):
			j.find(a.r, a.path, fmt.Sprintf("%s is outside %s's %s %s", a.addr, subnet.Ref, name, cidr), allowed)
		case a.addr == s.Gateway || a.addr == s.IPv6Gateway || provider != "" && a.addr == Gateway(provider, s):
			j.find(a.r, a.path, fmt.Sprintf("%s is %s's gateway", a.addr, subnet.Ref), allowed)
		case provider != "" && Kept(provider, cidr, a.addr):
			j.find(a.r, a.path, fmt.Sprintf("%s is kept by the cloud: %s", a.addr, keptText(provider, a.addr)), allowed)
		}
	})
}

// cidrName answers what people call a subnet's CIDR of a's family.
func cidrName(a netip.Addr) string {
	if a.Is4() {
		return "CIDR"
	}
	return "IPv6 CIDR"
}

func keptText(p Provider, a netip.Addr) string {
	switch head, tail := kept(p, a); {
	case head == 4:
		return "the first four addresses of a subnet and the last"
	case tail == 9:
		return "the first address of a subnet and the last nine"
	}
	return "the first address of a subnet and the last three"
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
		case a.addr.Is6() && !a.addr.IsGlobalUnicast():
			j.find(a.r, a.path, fmt.Sprintf("%s is link-local, loopback or unspecified", a.addr), "a unicast address of the subnet's IPv6 CIDR")
		case a.addr == broadcast:
			j.find(a.r, a.path, fmt.Sprintf("%s is the broadcast address", a.addr), "a unicast address")
		case subnet != nil && a.addr.Is4() && a.addr == LastAddr(subnet.Spec.(*SubnetSpec).CIDR):
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
