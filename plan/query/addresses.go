package query

import (
	"encoding/binary"
	"net/netip"
)

// number answers an IPv4 address as a number.
func number(a netip.Addr) int64 {
	b := a.As4()
	return int64(binary.BigEndian.Uint32(b[:]))
}

// address answers the IPv4 address of a number.
func address(n int64) netip.Addr {
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, uint32(n))))
}

// spanOf answers the addresses of an IPv4 CIDR.
func spanOf(p netip.Prefix) span {
	first := number(p.Masked().Addr())
	return span{first, first + 1<<(32-p.Bits()) - 1}
}
