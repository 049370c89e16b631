package cloud

import (
	"net/netip"
	"slices"

	"enid/schema"
	"enid/schema/tables"
)

// family is what sets the operations on an ENI's addresses of IPv4 and of IPv6
// apart; the rows of the table are made of it.
type family struct {
	noun             string // before "addresses": "" or "IPv6 "
	suffix           string // of the rows' ids
	assign, unassign string // the API's names, the same in both clouds
	source           string
	mismatch, excess map[string]string // codes: outside the subnet, more than an ENI takes
	perENI           func(tables.InstanceType) int
	// unattached is how many an Alibaba ENI takes while it is available, the primary
	// one included. Public.
	unattached int
}

var (
	ipv4 = family{
		assign: "AssignPrivateIpAddresses", unassign: "UnassignPrivateIpAddresses", source: "A 4.1; B 04-02, 04-03",
		mismatch: code("InvalidPrivateIpAddress.Mismatch", "InvalidParameterValue"), excess: code("InvalidOperation.Ipv4CountExceeded", "PrivateIpAddressLimitExceeded"),
		perENI: func(t tables.InstanceType) int { return t.IPv4PerENI }, unattached: 11,
	}
	ipv6 = family{
		noun: "IPv6 ", suffix: "-ipv6", assign: "AssignIpv6Addresses", unassign: "UnassignIpv6Addresses", source: "public",
		mismatch: code("InvalidVSwitchId.IpInvalid", "InvalidParameterValue"), excess: code("InvalidOperation.Ipv6CountExceeded", ""),
		perENI: func(t tables.InstanceType) int { return t.IPv6PerENI }, unattached: 10,
	}
	families = []*family{&ipv4, &ipv6}
)

func (f *family) has(a netip.Addr) bool { return a.Is4() == (f == &ipv4) }

// addrs and blocks answer those of the list that are of the family.
func (f *family) addrs(list []netip.Addr) []netip.Addr { return those(list, f.has) }

func (f *family) blocks(list []netip.Prefix) []netip.Prefix {
	return those(list, func(p netip.Prefix) bool { return f.has(p.Addr()) })
}

// those answers what of the list is of some kind; mostly it is all of it.
func those[T any](list []T, of func(T) bool) (out []T) {
	for i, x := range list {
		if !of(x) {
			out = slices.Clone(list[:i])
			for _, x := range list[i+1:] {
				if of(x) {
					out = append(out, x)
				}
			}
			return out
		}
	}
	return slices.Clip(list)
}

// counted answers how many the cloud is to choose: of IPv6 none.
func (f *family) counted(n int) int {
	if f == &ipv4 {
		return n
	}
	return 0
}

// slots answers how many address slots of the family an ENI takes.
func (f *family) slots(eni *schema.Resource) int {
	s := eniStatus(eni)
	four, six := s.Slots()
	if f == &ipv4 {
		return four
	}
	return six
}

// most answers how many slots of the family an ENI of the type has; false where
// that is not known.
func (f *family) most(t tables.InstanceType) (int, bool) {
	n := f.perENI(t)
	return max(n, 0), n != 0
}

// crowded answers the family of which an ENI would have more than the type takes,
// how many it has and how many those are; nil where it fits.
func crowded(eni *schema.Resource, t tables.InstanceType) (f *family, n, most int) {
	for _, f := range families {
		if most, known := f.most(t); known && f.slots(eni) > most {
			return f, f.slots(eni), most
		}
	}
	return nil, 0, 0
}

// fulfilled reports whether an ENI has what is declared, of either family.
func fulfilled(s schema.ENIStatus, want *schema.ENISpec) (addrs, blocks bool) {
	addrs, blocks = true, true
	for _, f := range families {
		addrs = addrs && fulfils(f.addrs(s.SecondaryIPs), f.addrs(want.SecondaryIPs), f.counted(want.SecondaryIPCount))
		blocks = blocks && fulfils(f.blocks(s.Prefixes), f.blocks(want.Prefixes), f.counted(want.PrefixCount))
	}
	return addrs, blocks
}
