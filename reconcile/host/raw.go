//go:build linux

package host

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"enid/plan/guest"
)

// object is an address, a route or a rule in the kernel's own words: the body of
// the message in which it lists it, which is also the one that makes it again.
// Nothing of it is translated, so that nothing is lost: attributes that enid has
// never heard of come back as they were. Either family.
type object struct {
	Type uint16 `json:"type"` // unix.RTM_NEWADDR, RTM_NEWROUTE or RTM_NEWRULE
	Body []byte `json:"body"`
	// Kept says that it outlived the turn: where it is missing later, somebody else
	// took it.
	Kept bool `json:"kept,omitempty"`
}

// header is how long the fixed part of a body is.
func (o object) header() int {
	if o.Type == unix.RTM_NEWADDR {
		return unix.SizeofIfAddrmsg
	}
	return unix.SizeofRtMsg // a rule's has the same shape
}

func (o object) family() uint8 { return o.Body[0] }

// attr answers the value of an attribute, nil where it has none.
func (o object) attr(typ uint16) []byte {
	for t, value := range attributes(o.Body[o.header():]) {
		if t == typ {
			return value
		}
	}
	return nil
}

// table answers the table of a route, or the one that a rule looks up.
func (o object) table() uint32 {
	if v := o.attr(unix.RTA_TABLE); v != nil { // FRA_TABLE has the same number
		return u32(v)
	}
	return uint32(o.Body[4])
}

// protocol answers who made it, as its kind has it.
func (o object) protocol() uint8 {
	switch o.Type {
	case unix.RTM_NEWROUTE:
		return o.Body[5]
	case unix.RTM_NEWRULE:
		return first(o.attr(nl.FRA_PROTOCOL))
	}
	return first(o.attr(ifaProto))
}

func first(v []byte) uint8 {
	if len(v) == 0 {
		return 0
	}
	return v[0]
}

// ours reports whether it carries enid's mark.
func (o object) ours() bool {
	if o.Type != unix.RTM_NEWADDR {
		return o.protocol() == guest.Protocol
	}
	label := unix.ByteSliceToString(o.attr(unix.IFA_LABEL))
	return o.protocol() == guest.AddressProtocol || strings.HasSuffix(label, guest.LabelSuffix)
}

// kernels reports whether the kernel made it by itself, with an address or because
// a link came up.
func (o object) kernels() bool {
	if o.Type == unix.RTM_NEWADDR { // IFAPROT_KERNEL_*; before 5.18 a link-local one has none
		p := o.protocol()
		return p >= 1 && p <= 3 || o.family() == unix.AF_INET6 && o.Body[3] == unix.RT_SCOPE_LINK
	}
	return o.protocol() == unix.RTPROT_KERNEL
}

// links answers the indexes of the links that it is on, or leads over.
func (o object) links() (out []int) {
	if o.Type == unix.RTM_NEWADDR {
		return []int{int(binary.NativeEndian.Uint32(o.Body[4:]))}
	}
	if o.Type == unix.RTM_NEWRULE {
		return nil
	}
	if v := o.attr(unix.RTA_OIF); v != nil {
		out = append(out, int(u32(v)))
	}
	for hop := range hops(o.attr(unix.RTA_MULTIPATH)) {
		out = append(out, int(binary.NativeEndian.Uint32(hop[4:])))
	}
	return out
}

// hops answers the next hops of a route of several, each with its header.
func hops(b []byte) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(b) >= unix.SizeofRtNexthop {
			n := int(binary.NativeEndian.Uint16(b))
			if n < unix.SizeofRtNexthop || n > len(b) || !yield(b[:n]) {
				return
			}
			b = b[min((n+3)&^3, len(b)):]
		}
	}
}

// addr answers an attribute as an address; zero: there is none.
func (o object) addr(typ uint16) netip.Addr {
	a, _ := netip.AddrFromSlice(o.attr(typ))
	return a
}

// local answers an address itself: of IPv6 the kernel names it once where it has no
// peer.
func (o object) local() netip.Addr {
	if a := o.addr(unix.IFA_LOCAL); a.IsValid() {
		return a
	}
	return o.addr(unix.IFA_ADDRESS)
}

// place answers where the kernel has room for one of it: for an address the link
// and the address itself, for a route table, destination and metric, for a rule
// all that enid ever says of one.
func (o object) place() string {
	switch o.Type {
	case unix.RTM_NEWADDR:
		return fmt.Sprint("address ", o.links(), o.local(), "/", o.Body[1], " peer ", o.addr(unix.IFA_ADDRESS))
	case unix.RTM_NEWROUTE:
		metric := u32(o.attr(unix.RTA_PRIORITY))
		if o.family() == unix.AF_INET6 {
			metric = cmp.Or(metric, 1024) // the kernel's word for none
		}
		return fmt.Sprint("route ", o.family(), " table ", o.table(), " ", o.addr(unix.RTA_DST), "/", o.Body[1], " from ", o.Body[2], " tos ", o.Body[3], " metric ", metric)
	}
	suppress := int32(-1)
	if v := o.attr(nl.FRA_SUPPRESS_PREFIXLEN); v != nil {
		suppress = int32(u32(v))
	}
	return fmt.Sprint("rule ", o.family(), " ", u32(o.attr(nl.FRA_PRIORITY)), " from ", o.addr(nl.FRA_SRC), "/", o.Body[2], " to ", o.addr(nl.FRA_DST), "/", o.Body[1],
		" table ", o.table(), " suppress ", suppress)
}

// level answers the priority of a rule: rules of one level stand one behind another.
func (o object) level() string {
	return fmt.Sprint(o.family(), " ", u32(o.attr(nl.FRA_PRIORITY)))
}

// Flags that say how something is at the moment, and not what it is.
const (
	passingAddress = unix.IFA_F_SECONDARY | unix.IFA_F_TENTATIVE | unix.IFA_F_PERMANENT | unix.IFA_F_DADFAILED |
		unix.IFA_F_OPTIMISTIC | unix.IFA_F_DEPRECATED
	lastingRoute = unix.RTNH_F_ONLINK | unix.RTNH_F_PERVASIVE
	lastingRule  = 1 | 2 // FIB_RULE_PERMANENT, FIB_RULE_INVERT
)

// form answers what it is, without what passes: two of the same form are the same.
func (o object) form() string {
	head := slices.Clone(o.Body[:o.header()])
	type attribute struct {
		typ   uint16
		value []byte
	}
	var attrs []attribute
	for typ, value := range attributes(o.Body[o.header():]) {
		attrs = append(attrs, attribute{typ, value})
	}
	switch o.Type {
	case unix.RTM_NEWADDR:
		head[2] = 0 // IFA_FLAGS has them all
	default:
		lasting := uint32(lastingRoute)
		if o.Type == unix.RTM_NEWRULE {
			lasting = lastingRule
		}
		binary.NativeEndian.PutUint32(head[8:], binary.NativeEndian.Uint32(head[8:])&lasting)
	}
	slices.SortStableFunc(attrs, func(a, b attribute) int { return cmp.Compare(a.typ, b.typ) })
	var out strings.Builder
	out.WriteString(fmt.Sprintf("%d %x", o.Type, head))
	for _, a := range attrs {
		v := a.value
		switch {
		case o.Type == unix.RTM_NEWADDR && a.typ == unix.IFA_CACHEINFO, o.Type == unix.RTM_NEWROUTE && a.typ == unix.RTA_CACHEINFO:
			continue
		case o.Type == unix.RTM_NEWADDR && a.typ == unix.IFA_FLAGS:
			v = binary.NativeEndian.AppendUint32(nil, u32(v)&^passingAddress)
		case o.Type == unix.RTM_NEWROUTE && a.typ == unix.RTA_MULTIPATH:
			v = living(v)
		}
		fmt.Fprintf(&out, " %d:%x", a.typ, v)
	}
	return out.String()
}

// living answers next hops without what says that one is dead at the moment.
func living(b []byte) []byte {
	b = slices.Clone(b)
	for hop := range hops(b) {
		hop[2] &= lastingRoute
	}
	return b
}

// String answers it as a person would name it.
func (o object) String() string { return o.named(names{}) }

func (o object) named(n names) string {
	dev := ""
	if l := o.links(); len(l) > 0 {
		dev = fmt.Sprintf(" dev %s", cmp.Or(n.byIndex[l[0]], fmt.Sprintf("#%d", l[0])))
	}
	length := func(a netip.Addr, bits uint8) string {
		if !a.IsValid() || a.IsUnspecified() && bits == 0 {
			return "default"
		}
		return netip.PrefixFrom(a, int(bits)).String()
	}
	switch o.Type {
	case unix.RTM_NEWADDR:
		return "address " + length(o.local(), o.Body[1]) + dev
	case unix.RTM_NEWROUTE:
		return "route " + length(o.addr(unix.RTA_DST), o.Body[1]) + dev + " table " + guest.TableName(o.table())
	}
	return fmt.Sprintf("rule %d from %s lookup %s", u32(o.attr(nl.FRA_PRIORITY)), length(o.addr(nl.FRA_SRC), o.Body[2]), guest.TableName(o.table()))
}
