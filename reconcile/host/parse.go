//go:build linux

package host

import (
	"encoding/binary"
	"fmt"
	"iter"
	"net/netip"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"enid/plan/guest"
)

// Attributes that neither the library nor golang.org/x/sys has a name for.
const (
	ifaProto = 11
	rtaPref  = 20
	rtaNHID  = 30
)

// protoRA is IFAPROT_KERNEL_RA: the kernel made the address of a router advertisement.
const protoRA = 2

// names answers interface names by index, and the other way round.
type names struct {
	byIndex map[int]string
	byName  map[string]int
}

// attributes are the attributes' types, without the flags that these may carry, and
// values. The library answers them as a slice, which costs as much as all else that
// is made of a message.
func attributes(b []byte) iter.Seq2[uint16, []byte] {
	return func(yield func(uint16, []byte) bool) {
		for len(b) >= unix.SizeofRtAttr {
			size := int(binary.NativeEndian.Uint16(b))
			if size < unix.SizeofRtAttr || size > len(b) {
				return // the kernel sends no such message
			}
			typ := binary.NativeEndian.Uint16(b[2:]) &^ (unix.NLA_F_NESTED | unix.NLA_F_NET_BYTEORDER)
			if !yield(typ, b[unix.SizeofRtAttr:size]) {
				return
			}
			b = b[min(len(b), (size+unix.RTA_ALIGNTO-1)&^(unix.RTA_ALIGNTO-1)):]
		}
	}
}

// parseLink reads the limits of the MTU itself, for which the library has no field,
// and the kind, of which the library makes a word of its own ("tuntap", "device").
func parseLink(b []byte) (l guest.Link, master int, ok bool) {
	if len(b) < unix.SizeofIfInfomsg {
		return l, 0, false
	}
	link, err := netlink.LinkDeserialize(nil, b)
	if err != nil {
		return l, 0, false
	}
	a := link.Attrs()
	l.Index, l.Name, l.MTU, l.Up = a.Index, a.Name, a.MTU, a.RawFlags&unix.IFF_UP != 0
	l.MAC, l.PermMAC = a.HardwareAddr.String(), a.PermHWAddr.String()
	for typ, value := range attributes(b[unix.SizeofIfInfomsg:]) {
		switch typ {
		case unix.IFLA_MIN_MTU:
			l.MinMTU = int(u32(value))
		case unix.IFLA_MAX_MTU:
			l.MaxMTU = int(u32(value))
		case unix.IFLA_XDP:
			l.XDP = driverXDP(value)
		case unix.IFLA_LINKINFO:
			for info, kind := range attributes(value) {
				if info == nl.IFLA_INFO_KIND {
					l.Kind = unix.ByteSliceToString(kind)
				}
			}
		}
	}
	return l, a.MasterIndex, true
}

// driverXDP answers the id of the XDP program in the driver or the NIC; 0: none. One
// of the stack (generic mode) is no concern of the driver's.
func driverXDP(v []byte) (id int) {
	for typ, value := range attributes(v) {
		if typ == unix.IFLA_XDP_DRV_PROG_ID || typ == unix.IFLA_XDP_HW_PROG_ID {
			id = int(u32(value))
		}
	}
	return id
}

func u32(v []byte) uint32 {
	if len(v) < 4 {
		return 0
	}
	return binary.NativeEndian.Uint32(v)
}

// known reports whether a message is of a family that is read here, and which.
func known(fam byte) (v6, ok bool) {
	return fam == unix.AF_INET6, fam == unix.AF_INET || fam == unix.AF_INET6
}

// addr answers an address of that family, zero where the bytes are of no such one.
func addr(v []byte, v6 bool) netip.Addr {
	a, ok := netip.AddrFromSlice(v)
	if !ok || a.Is6() != v6 {
		return netip.Addr{}
	}
	return a
}

// parseAddress reads what netlink.Addr has no field for: the protocol, which is
// enid's mark. A link-local address of IPv6 is left out: the kernel gives each link
// its own, and no topology has any.
func parseAddress(b []byte, n names) (a guest.Address, ok bool) {
	if len(b) < unix.SizeofIfAddrmsg {
		return a, false
	}
	v6, ok := known(b[0])
	if !ok {
		return a, false
	}
	msg := nl.DeserializeIfAddrmsg(b)
	a.Link = n.byIndex[int(msg.Index)]
	flags, proto, label, local := uint32(msg.Flags), 0, "", netip.Addr{}
	for typ, v := range attributes(b[unix.SizeofIfAddrmsg:]) {
		switch typ {
		case unix.IFA_LOCAL:
			local = addr(v, v6)
		case unix.IFA_ADDRESS: // IPv6 has no other where there is no peer
			if v6 && !local.IsValid() {
				local = addr(v, v6)
			}
		case unix.IFA_LABEL:
			label = unix.ByteSliceToString(v)
		case unix.IFA_FLAGS:
			flags = u32(v)
		case unix.IFA_CACHEINFO:
			a.Lifetime = lifetime(v)
		case ifaProto:
			proto = int(v[0])
		}
	}
	a.Prefix = netip.PrefixFrom(local, int(msg.Prefixlen))
	a.NoPrefixRoute = flags&unix.IFA_F_NOPREFIXROUTE != 0
	if v6 { // IFA_F_TEMPORARY has the number of IFA_F_SECONDARY
		a.Auto = flags&(unix.IFA_F_TEMPORARY|unix.IFA_F_MANAGETEMPADDR) != 0 || proto == protoRA
		a.Tentative, a.Duplicate = flags&unix.IFA_F_TENTATIVE != 0, flags&unix.IFA_F_DADFAILED != 0
	} else {
		a.Secondary = flags&unix.IFA_F_SECONDARY != 0
	}
	a.Ours = guest.OursByMark(proto, a.Link, label)
	return a, local.IsValid() && a.Link != "" && !(v6 && local.IsLinkLocalUnicast())
}

// lifetime reads how long an address is valid, in ifa_cacheinfo.
func lifetime(v []byte) time.Duration {
	if len(v) < 8 {
		return 0
	}
	s := u32(v[4:])
	if s == forever {
		return 0
	}
	return max(1, time.Duration(s)) * time.Second
}

// parseRoute keeps what netlink.Route would drop: any attribute that enid never
// sets shows in Extra, so that a route with one is never taken for the wanted one.
func parseRoute(b []byte, n names) (r guest.Route, ok bool) {
	if len(b) < unix.SizeofRtMsg {
		return r, false
	}
	v6, ok := known(b[0])
	if !ok {
		return r, false
	}
	msg := nl.DeserializeRtMsg(b)
	if msg.Flags&unix.RTM_F_CLONED != 0 {
		return r, false
	}
	r.TOS, r.Table, r.Protocol, r.Scope, r.Type = msg.Tos, uint32(msg.Table), msg.Protocol, msg.Scope, msg.Type
	r.Onlink = msg.Flags&unix.RTNH_F_ONLINK != 0
	dst := netip.IPv4Unspecified()
	if v6 {
		dst = netip.IPv6Unspecified()
	}
	var extra []string
	for typ, v := range attributes(b[unix.SizeofRtMsg:]) {
		switch typ {
		case unix.RTA_DST:
			dst = addr(v, v6)
		case unix.RTA_TABLE:
			r.Table = u32(v)
		case unix.RTA_OIF:
			r.Link = n.byIndex[int(u32(v))]
		case unix.RTA_GATEWAY:
			r.Gateway = addr(v, v6)
		case unix.RTA_PRIORITY:
			r.Metric = u32(v)
		case unix.RTA_PREFSRC:
			r.Src = addr(v, v6)
		case unix.RTA_CACHEINFO:
		case rtaPref: // of IPv6; enid's own is medium
			if len(v) > 0 && v[0] != 0 {
				extra = append(extra, routeExtra(typ, v))
			}
		default:
			extra = append(extra, routeExtra(typ, v))
		}
	}
	r.Extra = strings.Join(extra, " ")
	r.Dst = netip.PrefixFrom(dst, int(msg.Dst_len))
	return r, true
}

func routeExtra(typ uint16, v []byte) string {
	switch typ {
	case unix.RTA_MULTIPATH:
		return "nexthops several"
	case rtaNHID:
		return fmt.Sprintf("nhid %d", u32(v))
	case unix.RTA_VIA:
		return "via inet6"
	case unix.RTA_METRICS:
		return fmt.Sprintf("metrics %x", v)
	}
	return fmt.Sprintf("attribute %d %x", typ, v)
}
