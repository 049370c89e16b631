//go:build linux

package host

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"enid/plan/guest"
)

// Requests are built attribute by attribute: the library's typed calls make and
// send theirs in one.

func addrAttr(typ int, a netip.Addr) *nl.RtAttr { return nl.NewRtAttr(typ, a.AsSlice()) }

func u32Attr(typ uint16, v uint32) *nl.Uint32Attribute {
	return &nl.Uint32Attribute{Type: typ, Value: v}
}

// family answers the kernel's number of an address family.
func family(v6 bool) int {
	if v6 {
		return unix.AF_INET6
	}
	return unix.AF_INET
}

const exclusive = unix.NLM_F_CREATE | unix.NLM_F_EXCL

// addressRequest makes or removes an address. A removal names address, length and
// link, which is all that tells it from others.
func addressRequest(a guest.Address, index int, label, add bool) *nl.NetlinkRequest {
	msg := nl.NewIfAddrmsg(family(a.IPv6()))
	msg.Prefixlen, msg.Index = uint8(a.Prefix.Bits()), uint32(index)
	local := addrAttr(unix.IFA_LOCAL, a.Prefix.Addr())
	if !add {
		req := nl.NewNetlinkRequest(unix.RTM_DELADDR, 0)
		req.Data = []nl.NetlinkRequestData{msg, local}
		return req
	}
	req := nl.NewNetlinkRequest(unix.RTM_NEWADDR, exclusive)
	req.Data = []nl.NetlinkRequestData{msg, local, addrAttr(unix.IFA_ADDRESS, a.Prefix.Addr())}
	if !a.IPv6() && a.Prefix.Bits() < 31 {
		req.AddData(addrAttr(unix.IFA_BROADCAST, broadcast(a.Prefix)))
	}
	if a.NoPrefixRoute {
		req.AddData(u32Attr(unix.IFA_FLAGS, unix.IFA_F_NOPREFIXROUTE))
	}
	if a.Lifetime > 0 {
		req.AddData(nl.NewRtAttr(unix.IFA_CACHEINFO, cacheInfo(a.Lifetime)))
	}
	if label && !a.IPv6() {
		req.AddData(nl.NewRtAttr(unix.IFA_LABEL, nl.ZeroTerminated(guest.AddressLabel(a.Link))))
	} else {
		req.AddData(nl.NewRtAttr(ifaProto, nl.Uint8Attr(guest.AddressProtocol)))
	}
	return req
}

// lifetimeRequest has the kernel keep an address for another while, or for ever.
func lifetimeRequest(a guest.Address, index int, label bool) *nl.NetlinkRequest {
	req := addressRequest(a, index, label, true)
	req.Flags = req.Flags&^exclusive | unix.NLM_F_REPLACE
	return req
}

// cacheInfo answers the lifetimes of an address as the kernel takes them: in whole
// seconds, preferred and valid, and two times that are the kernel's to say.
func cacheInfo(life time.Duration) []byte {
	b := make([]byte, 16)
	s := uint32(max(1, min(life/time.Second, forever-1)))
	binary.NativeEndian.PutUint32(b, s)
	binary.NativeEndian.PutUint32(b[4:], s)
	return b
}

// forever is INFINITY_LIFE_TIME.
const forever = 1<<32 - 1

// broadcast answers the last address of a subnet.
func broadcast(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().As4()
	n := binary.BigEndian.Uint32(b[:]) | uint32(1<<(32-p.Bits())-1)
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, n)))
}

// routeRequest makes (flags say how) or removes a route. A removal names
// interface, gateway, metric and protocol, or it would take the primary's.
func routeRequest(r guest.Route, index, typ, flags int) *nl.NetlinkRequest {
	msg := &nl.RtMsg{RtMsg: unix.RtMsg{Family: uint8(family(r.IPv6())), Dst_len: uint8(r.Dst.Bits()), Tos: r.TOS,
		Table: smallTable(r.Table), Protocol: r.Protocol, Scope: r.Scope, Type: r.Type}}
	if r.Onlink && typ == unix.RTM_NEWROUTE {
		msg.Flags = unix.RTNH_F_ONLINK
	}
	req := nl.NewNetlinkRequest(typ, flags)
	req.Data = []nl.NetlinkRequestData{msg, u32Attr(unix.RTA_TABLE, r.Table), u32Attr(unix.RTA_OIF, uint32(index))}
	if r.Dst.Bits() > 0 {
		req.AddData(addrAttr(unix.RTA_DST, r.Dst.Addr()))
	}
	if r.Gateway.IsValid() {
		req.AddData(addrAttr(unix.RTA_GATEWAY, r.Gateway))
	}
	if r.Metric != 0 {
		req.AddData(u32Attr(unix.RTA_PRIORITY, r.Metric))
	}
	if r.Src.IsValid() {
		req.AddData(addrAttr(unix.RTA_PREFSRC, r.Src))
	}
	return req
}

// smallTable is a table in a message's fixed part, where one byte is for it.
func smallTable(table uint32) uint8 {
	if table > 255 {
		return unix.RT_TABLE_UNSPEC
	}
	return uint8(table)
}

// ruleRequest makes or removes a rule, always with priority, table and protocol:
// without a priority it is not idempotent, without the others it would match too much.
func ruleRequest(r guest.Rule, typ, flags int) *nl.NetlinkRequest {
	// fib_rule_hdr has the shape of a route's; the type is the action.
	msg := &nl.RtMsg{RtMsg: unix.RtMsg{Family: uint8(family(r.IPv6())), Dst_len: bits(r.Dst), Src_len: bits(r.Src),
		Table: smallTable(r.Table), Type: guest.ActionTable}}
	req := nl.NewNetlinkRequest(typ, flags)
	req.Data = []nl.NetlinkRequestData{msg, u32Attr(nl.FRA_PRIORITY, r.Priority), u32Attr(nl.FRA_TABLE, r.Table),
		nl.NewRtAttr(nl.FRA_PROTOCOL, nl.Uint8Attr(r.Protocol))}
	if r.Src.IsValid() {
		req.AddData(addrAttr(nl.FRA_SRC, r.Src.Addr()))
	}
	if r.Dst.IsValid() {
		req.AddData(addrAttr(nl.FRA_DST, r.Dst.Addr()))
	}
	if r.Suppress >= 0 {
		req.AddData(u32Attr(nl.FRA_SUPPRESS_PREFIXLEN, uint32(r.Suppress)))
	}
	return req
}

func bits(p netip.Prefix) uint8 {
	if !p.IsValid() {
		return 0
	}
	return uint8(p.Bits())
}

// linkRequest brings a link up or down, or sets its MTU (0: leaves it).
func linkRequest(index, mtu int, change, flags uint32) *nl.NetlinkRequest {
	msg := nl.NewIfInfomsg(unix.AF_UNSPEC)
	msg.Index, msg.Flags, msg.Change = int32(index), flags, change
	req := nl.NewNetlinkRequest(unix.RTM_NEWLINK, 0)
	req.Data = []nl.NetlinkRequestData{msg}
	if mtu != 0 {
		req.AddData(u32Attr(unix.IFLA_MTU, uint32(mtu)))
	}
	return req
}
