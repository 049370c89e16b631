package schema

import (
	"encoding/binary"
	"net/netip"
)

// Gateway answers a subnet's gateway: the declared one, or the cloud's default,
// which is the third from last on Alibaba Cloud (.253 in a /24) and the second
// on AWS. Document A 4.2, 4.4; public. It is zero where s has no IPv4 CIDR.
func Gateway(p Provider, s *SubnetSpec) netip.Addr {
	if s.Gateway.IsValid() || !s.CIDR.IsValid() || !s.CIDR.Addr().Is4() {
		return s.Gateway
	}
	first, last := bounds(s.CIDR)
	if p == AWS {
		return addr4(min(first+1, last))
	}
	return addr4(max(first, last-min(last, 2)))
}

// Kept reports whether the cloud keeps a for itself in a subnet of that CIDR:
// Alibaba the first address and the last three, AWS the first four and the last.
func Kept(p Provider, cidr netip.Prefix, a netip.Addr) bool {
	if !cidr.Contains(a) || !a.Is4() {
		return false
	}
	first, last := bounds(cidr)
	n := number(a)
	if p == AWS {
		return n-first < 4 || n == last
	}
	return n == first || last-n < 3
}

// bounds answers the first and the last address of an IPv4 CIDR as numbers.
func bounds(cidr netip.Prefix) (first, last uint32) {
	first = number(cidr.Masked().Addr())
	return first, first | uint32(1<<(32-cidr.Bits())-1)
}

// lastAddr answers the last address of an IPv4 CIDR, its broadcast address.
func lastAddr(cidr netip.Prefix) netip.Addr {
	_, last := bounds(cidr)
	return addr4(last)
}

func number(a netip.Addr) uint32 {
	b := a.As4()
	return binary.BigEndian.Uint32(b[:])
}

func addr4(n uint32) netip.Addr {
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, n)))
}
