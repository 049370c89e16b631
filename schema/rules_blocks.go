package schema

import (
	"fmt"
	"net/netip"
	"slices"
)

// prefixBits is the size of a delegated prefix: 16 addresses. Document B 04-03.
const prefixBits = 28

// PrefixBits answers the size of a delegated prefix of a's family: a /28 or, of
// IPv6, a /80. Document B 04-03; public.
func PrefixBits(a netip.Addr) int {
	if a.Is4() {
		return prefixBits
	}
	return 80
}

var blockRules = []invalidRule{
	{Rule{ID: "prefix.size", Class: ClassInvalid, Cloud: "aws",
		Text:   "A delegated prefix is an aligned /28 inside the ENI's subnet: 16 addresses. Several per ENI.",
		Source: "B 04-03", Note: "Of IPv6 it is a /80 inside the subnet's IPv6 CIDR (public)."}, checkPrefixes},
	{Rule{ID: "reservation.in-subnet", Class: ClassInvalid, Cloud: "aws",
		Text:   "A reservation lies in its subnet, aligned, without overlap; a /28 or larger.",
		Source: "B 04-03", Note: "The source knows /28 only; any larger block can be reserved (public)."}, checkReservations},
}

func inside(outer, inner netip.Prefix) bool {
	return inner.Bits() >= outer.Bits() && outer.Contains(inner.Addr())
}

func checkPrefixes(j *joined) {
	each(j, KindENI, func(r *Resource, s *ENISpec) {
		subnet := specOf[*SubnetSpec](j, KindSubnet, s.Subnet)
		for i, p := range s.Prefixes {
			path := fmt.Sprintf("spec.prefixes[%d]", i)
			size, name := fmt.Sprintf("an aligned /%d", PrefixBits(p.Addr())), cidrName(p.Addr())
			switch {
			case p.Bits() != PrefixBits(p.Addr()) && p.Addr().Is4():
				j.find(r, path, fmt.Sprintf("%s is a /%d", p, p.Bits()), size+": 16 addresses")
			case p.Bits() != PrefixBits(p.Addr()):
				j.find(r, path, fmt.Sprintf("%s is a /%d", p, p.Bits()), size)
			case subnet == nil:
			case !subnet.CIDROf(p.Addr()).IsValid():
				j.find(r, path, fmt.Sprintf("%s is of IPv6, and Subnet/%s has no ipv6CIDR", p, s.Subnet), "an aligned /28, or spec.ipv6CIDR on Subnet/"+s.Subnet)
			case !inside(subnet.CIDROf(p.Addr()), p):
				j.find(r, path, fmt.Sprintf("%s is outside Subnet/%s's %s", p, s.Subnet, name), size+" inside "+subnet.CIDROf(p.Addr()).String())
			}
		}
	})
}

func checkReservations(j *joined) {
	each(j, KindSubnet, func(r *Resource, s *SubnetSpec) {
		path := func(i int) string { return fmt.Sprintf("spec.reservations[%d].cidr", i) }
		order := make([]int, len(s.Reservations))
		for i, reserved := range s.Reservations {
			order[i] = i
			switch c := reserved.CIDR; {
			case c.Bits() > prefixBits:
				j.find(r, path(i), fmt.Sprintf("%s is smaller than a /28", c), "a /28 or larger")
			case !inside(s.CIDR, c):
				j.find(r, path(i), fmt.Sprintf("%s is outside the subnet", c), "a block inside "+s.CIDR.String())
			}
		}
		slices.SortFunc(order, func(a, b int) int { return s.Reservations[a].CIDR.Compare(s.Reservations[b].CIDR) })
		widest := 0
		for n, i := range order {
			if n > 0 && s.Reservations[widest].CIDR.Overlaps(s.Reservations[i].CIDR) {
				j.conflict(claim{r, path(widest)}, claim{r, path(i)}, fmt.Sprintf("%s and %s overlap", s.Reservations[widest].CIDR, s.Reservations[i].CIDR), "reservations that do not overlap")
				continue
			}
			widest = i
		}
	})
}
