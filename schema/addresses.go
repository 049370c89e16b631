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

// awsRouter answers for a VPC on its links. Public.
var awsRouter = netip.MustParseAddr("fe80:ec2::1")

// GatewayIPv6 answers a subnet's IPv6 gateway: the declared one, or the cloud's
// default, which is link-local on AWS (public). It is zero where s has no IPv6
// CIDR, and where none is known: on Alibaba Cloud the guest learns it.
func GatewayIPv6(p Provider, s *SubnetSpec) netip.Addr {
	if s.IPv6Gateway.IsValid() || !s.IPv6CIDR.IsValid() || p != AWS {
		return s.IPv6Gateway
	}
	return awsRouter
}

// Kept reports whether the cloud keeps a for itself in a subnet of that CIDR, of
// either family: Alibaba the first address and the last three (IPv6: nine), AWS
// the first four and the last.
func Kept(p Provider, cidr netip.Prefix, a netip.Addr) bool {
	if !cidr.Contains(a) {
		return false
	}
	head, tail := kept(p, a)
	if a.Is4() {
		first, last := bounds(cidr)
		n := number(a)
		return n-first < uint32(head) || last-n < uint32(tail)
	}
	return fewFrom(cidr.Masked().Addr(), a, head) || fewFrom(a, LastAddr(cidr), tail)
}

// kept answers how many addresses of a's family the cloud keeps at the two ends
// of a subnet. Public.
func kept(p Provider, a netip.Addr) (head, tail int) {
	switch {
	case p == AWS:
		return 4, 1
	case a.Is4():
		return 1, 3
	}
	return 1, 9
}

// fewFrom reports whether b is one of the n IPv6 addresses from a on.
func fewFrom(a, b netip.Addr, n int) bool {
	x, y := a.As16(), b.As16()
	return [8]byte(x[:8]) == [8]byte(y[:8]) && binary.BigEndian.Uint64(y[8:])-binary.BigEndian.Uint64(x[8:]) < uint64(n)
}

// bounds answers the first and the last address of an IPv4 CIDR as numbers.
func bounds(cidr netip.Prefix) (first, last uint32) {
	first = number(cidr.Masked().Addr())
	return first, first | uint32(1<<(32-cidr.Bits())-1)
}

// LastAddr answers the last address of a CIDR of either family; of IPv4 it is the
// broadcast address.
func LastAddr(cidr netip.Prefix) netip.Addr {
	b := cidr.Addr().AsSlice()
	for i := cidr.Bits(); i < 8*len(b); i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	last, _ := netip.AddrFromSlice(b)
	return last
}

func number(a netip.Addr) uint32 {
	b := a.As4()
	return binary.BigEndian.Uint32(b[:])
}

func addr4(n uint32) netip.Addr {
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, n)))
}
