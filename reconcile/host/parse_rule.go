//go:build linux

package host

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"enid/plan/guest"
)

// ruleWords are the attributes of rules that enid itself never sets, in `ip rule`'s
// words.
var ruleWords = map[uint16]string{nl.FRA_IIFNAME: "iif", nl.FRA_GOTO: "goto", nl.FRA_FLOW: "realms",
	nl.FRA_TUN_ID: "tun_id", nl.FRA_SUPPRESS_IFGROUP: "suppress_ifgroup", nl.FRA_OIFNAME: "oif",
	nl.FRA_L3MDEV: "l3mdev", nl.FRA_UID_RANGE: "uidrange", nl.FRA_IP_PROTO: "ipproto", nl.FRA_SPORT_RANGE: "sport",
	nl.FRA_DPORT_RANGE: "dport", fraDSCP: "dscp"}

// The library has no name for these. The masks are of ports, all ones where `ip rule`
// writes none.
const (
	fraDSCP      = 25
	fraSportMask = 28
	fraDportMask = 29
)

// parseRule keeps what netlink.Rule would drop: the action (RuleList reads none),
// and any selector that the library does not know.
func parseRule(b []byte) (r guest.Rule, ok bool) {
	if len(b) < unix.SizeofRtMsg {
		return r, false
	}
	v6, ok := known(b[0])
	if !ok {
		return r, false
	}
	msg := nl.DeserializeRtMsg(b) // fib_rule_hdr has its shape; the type is the action
	r.Suppress, r.Table, r.Action = -1, uint32(msg.Table), msg.Type
	var src, dst netip.Addr
	var mark, mask uint32
	var extra []string
	if msg.Tos != 0 {
		extra = append(extra, fmt.Sprintf("tos %d", msg.Tos))
	}
	if msg.Flags&netlink.FibRuleInvert != 0 {
		extra = append(extra, "not")
	}
	for typ, v := range attributes(b[unix.SizeofRtMsg:]) {
		switch typ {
		case nl.FRA_SRC:
			src = addr(v, v6)
		case nl.FRA_DST:
			dst = addr(v, v6)
		case nl.FRA_PRIORITY:
			r.Priority = u32(v)
		case nl.FRA_TABLE:
			r.Table = u32(v)
		case nl.FRA_PROTOCOL:
			r.Protocol = v[0]
		case nl.FRA_SUPPRESS_PREFIXLEN:
			r.Suppress = int(int32(u32(v)))
		case nl.FRA_FWMARK:
			mark = u32(v)
		case nl.FRA_FWMASK:
			mask = u32(v)
		case nl.FRA_PAD:
		default:
			if text := ruleExtra(typ, v); text != "" {
				extra = append(extra, text)
			}
		}
	}
	if text := markText(mark, mask); text != "" {
		extra = append(extra, text)
	}
	if src.IsValid() {
		r.Src = netip.PrefixFrom(src, int(msg.Src_len)).Masked()
	}
	if dst.IsValid() {
		r.Dst = netip.PrefixFrom(dst, int(msg.Dst_len)).Masked()
	}
	r.AnyIPv6 = v6 && !src.IsValid() && !dst.IsValid()
	r.Extra = strings.Join(extra, " ")
	return r, true
}

// markText answers the mark that a rule is for; one of 0 is no mark only without a mask.
func markText(mark, mask uint32) string {
	switch {
	case mark == 0 && mask == 0:
		return ""
	case mask == ^uint32(0):
		return fmt.Sprintf("fwmark %#x", mark)
	default:
		return fmt.Sprintf("fwmark %#x/%#x", mark, mask)
	}
}

// ruleExtra answers a selector in `ip rule`'s words, and numbers where that has names;
// one that there is no word for, or that is of an unknown size, in hexadecimal digits.
func ruleExtra(typ uint16, v []byte) string {
	switch word := ruleWords[typ]; {
	case word == "suppress_ifgroup" && u32(v) == ^uint32(0),
		(typ == fraSportMask || typ == fraDportMask) && string(v) == "\xff\xff":
		return ""
	case word == "":
		return fmt.Sprintf("attribute %d %x", typ, v)
	case word == "iif", word == "oif":
		return word + " " + unix.ByteSliceToString(v)
	case word == "tun_id" && len(v) == 8: // the one in network order
		return fmt.Sprintf("%s %d", word, binary.BigEndian.Uint64(v))
	case word == "uidrange" && len(v) == 8:
		return fmt.Sprintf("%s %d-%d", word, u32(v), u32(v[4:]))
	case (word == "sport" || word == "dport") && len(v) == 4:
		from, to := binary.NativeEndian.Uint16(v), binary.NativeEndian.Uint16(v[2:])
		if from == to {
			return fmt.Sprintf("%s %d", word, from)
		}
		return fmt.Sprintf("%s %d-%d", word, from, to)
	case word == "realms" && u32(v)>>16 != 0:
		return fmt.Sprintf("%s %d/%d", word, u32(v)>>16, u32(v)&0xffff)
	case len(v) == 4:
		return fmt.Sprintf("%s %d", word, u32(v))
	case len(v) == 1:
		return fmt.Sprintf("%s %d", word, v[0])
	default:
		return fmt.Sprintf("%s %x", word, v)
	}
}
