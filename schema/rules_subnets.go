package schema

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

var subnetRules = []invalidRule{
	{Rule{ID: "subnet.in-vpc", Class: ClassInvalid, Cloud: "any",
		Text:   "A subnet's CIDR lies in its VPC's CIDR, does not overlap a sibling's, and its zone's name begins with the VPC's region.",
		Source: "A 2.1; public", Note: "So does its IPv6 CIDR in the VPC's (public)."}, checkSubnets},
	{Rule{ID: "subnet.ipv6-size", Class: ClassInvalid, Cloud: "any",
		Text:   "The IPv6 CIDR of a subnet is a /64; that of a VPC holds at least one. Neither is link-local, loopback or multicast.",
		Source: "public",
		Note:   "AWS came to take /44 to /64 in steps of four for a subnet; a guest needs a /64 for its own addresses."}, checkIPv6Sizes},
}

// cidrField is a field that says which addresses of one family a VPC and its
// subnets have. Both answer zero where there are none.
type cidrField struct {
	path, name string
	ofVPC      func(*VPCSpec) netip.Prefix
	ofSubnet   func(*SubnetSpec) netip.Prefix
}

var cidrFields = []cidrField{
	{"spec.cidr", "CIDR", func(s *VPCSpec) netip.Prefix { return s.CIDR }, func(s *SubnetSpec) netip.Prefix { return s.CIDR }},
	{"spec.ipv6CIDR", "IPv6 CIDR", func(s *VPCSpec) netip.Prefix { return s.IPv6CIDR }, func(s *SubnetSpec) netip.Prefix { return s.IPv6CIDR }},
}

func checkSubnets(j *joined) {
	siblings := map[string][]*Resource{}
	each(j, KindSubnet, func(r *Resource, s *SubnetSpec) {
		vpc := specOf[*VPCSpec](j, KindVPC, s.VPC)
		if vpc == nil {
			return
		}
		for _, f := range cidrFields {
			switch inner, outer := f.ofSubnet(s), f.ofVPC(vpc); {
			case !inner.IsValid():
			case !outer.IsValid():
				j.find(r, f.path, fmt.Sprintf("VPC/%s has no %s", s.VPC, f.name), "to leave it out, or "+f.path+" on the VPC")
			case !inside(outer, inner):
				j.find(r, f.path, fmt.Sprintf("%s is outside VPC/%s's %s", inner, s.VPC, f.name), "a CIDR inside "+outer.String())
			}
		}
		if !strings.HasPrefix(s.Zone, vpc.Region) {
			j.find(r, "spec.zone", fmt.Sprintf("%s is no zone of VPC/%s's region %s", s.Zone, s.VPC, vpc.Region),
				"a zone whose name begins with "+vpc.Region)
		}
		siblings[s.VPC] = append(siblings[s.VPC], r)
	})
	for _, vpc := range j.OfKind(KindVPC) {
		for _, f := range cidrFields {
			j.checkOverlap(f, siblings[vpc.Name])
		}
	}
}

// checkOverlap sorts siblings by address, so that each needs to be compared only
// with the one before it that reaches furthest: CIDRs nest or are apart.
func (j *joined) checkOverlap(f cidrField, siblings []*Resource) {
	cidr := func(r *Resource) netip.Prefix { return f.ofSubnet(r.Spec.(*SubnetSpec)) }
	slices.SortFunc(siblings, func(a, b *Resource) int { return cidr(a).Compare(cidr(b)) })
	var widest *Resource
	for _, r := range siblings {
		if widest != nil && cidr(widest).Overlaps(cidr(r)) {
			j.conflict(claim{widest, f.path}, claim{r, f.path},
				fmt.Sprintf("%s and %s overlap", cidr(widest), cidr(r)), "CIDRs of one VPC that do not overlap")
			continue
		}
		if cidr(r).IsValid() {
			widest = r
		}
	}
}

// subnetIPv6Bits is the size of a subnet's IPv6 CIDR. Public.
const subnetIPv6Bits = 64

func checkIPv6Sizes(j *joined) {
	scope := func(r *Resource, cidr netip.Prefix) {
		if cidr.IsValid() && !cidr.Addr().IsGlobalUnicast() {
			j.find(r, "spec.ipv6CIDR", fmt.Sprintf("%s has no address that is good beyond one link", cidr), "a CIDR of global or unique local addresses, such as 2001:db8::/56")
		}
	}
	each(j, KindVPC, func(r *Resource, s *VPCSpec) {
		if s.IPv6CIDR.IsValid() && s.IPv6CIDR.Bits() > subnetIPv6Bits {
			j.find(r, "spec.ipv6CIDR", fmt.Sprintf("%s is a /%d", s.IPv6CIDR, s.IPv6CIDR.Bits()), "a /64 or larger, such as the /56 that the clouds give")
		}
		scope(r, s.IPv6CIDR)
	})
	each(j, KindSubnet, func(r *Resource, s *SubnetSpec) {
		if s.IPv6CIDR.IsValid() && s.IPv6CIDR.Bits() != subnetIPv6Bits {
			j.find(r, "spec.ipv6CIDR", fmt.Sprintf("%s is a /%d", s.IPv6CIDR, s.IPv6CIDR.Bits()), "a /64")
		}
		scope(r, s.IPv6CIDR)
	})
}
