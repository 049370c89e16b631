package cloud

import (
	"net/netip"
	"slices"
)

// family is what sets the calls on an ENI's addresses of IPv4 and of IPv6 apart.
type family struct {
	has              func(netip.Addr) bool
	counted          bool // the cloud chooses some, where a number is asked for
	primary          int  // 1 where the primary address is of it
	unattached       int  // how many an Alibaba ENI takes while it is available; public
	outside, tooMany codes
}

var (
	ofIPv4 = family{netip.Addr.Is4, true, 1, 11, badPrivateIP, tooManyAddresses}
	ofIPv6 = family{netip.Addr.Is6, false, 0, 10, codes{"InvalidVSwitchId.IpInvalid", "InvalidParameterValue"}, tooManyIPv6}
)

// addrs and blocks answer those of the list that are of the family.
func (f *family) addrs(list []netip.Addr) []netip.Addr {
	return slices.DeleteFunc(slices.Clone(list), func(a netip.Addr) bool { return !f.has(a) })
}

func (f *family) blocks(list []netip.Prefix) []netip.Prefix {
	return slices.DeleteFunc(slices.Clone(list), func(p netip.Prefix) bool { return !f.has(p.Addr()) })
}
