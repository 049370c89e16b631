//go:build linux

package host

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"enid/plan/guest"
)

// ruleWords are the attributes of rules that enid itself never sets.
var ruleWords = map[uint16]string{nl.FRA_IIFNAME: "iif", nl.FRA_GOTO: "goto", nl.FRA_FWMARK: "fwmark", nl.FRA_FLOW: "flow",
	nl.FRA_TUN_ID: "tun_id", nl.FRA_SUPPRESS_IFGROUP: "suppress_ifgroup", nl.FRA_FWMASK: "fwmask", nl.FRA_OIFNAME: "oif",
	nl.FRA_L3MDEV: "l3mdev", nl.FRA_UID_RANGE: "uidrange", nl.FRA_IP_PROTO: "ipproto", nl.FRA_SPORT_RANGE: "sport",
	nl.FRA_DPORT_RANGE: "dport", fraDSCP: "dscp"}

// fraDSCP is FRA_DSCP, which the library has no name for.
const fraDSCP = 25

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
	var extra []string
	if msg.Tos != 0 {
		extra = append(extra, fmt.Sprintf("tos %d", msg.Tos))
	}
	if msg.Flags&netlink.FibRuleInvert != 0 {
		extra = append(extra, "not")
	}
	for _, attr := range attributes(b[unix.SizeofRtMsg:]) {
		switch v := attr.Value; attr.Attr.Type {
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
		case nl.FRA_PAD:
		default:
			if text := ruleExtra(attr.Attr.Type, v); text != "" {
				extra = append(extra, text)
			}
		}
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

func ruleExtra(typ uint16, v []byte) string {
	switch word := ruleWords[typ]; {
	case word == "suppress_ifgroup" && u32(v) == ^uint32(0):
		return ""
	case word == "iif", word == "oif":
		return word + " " + unix.ByteSliceToString(v)
	case word == "":
		return fmt.Sprintf("attribute %d %x", typ, v)
	default:
		return fmt.Sprintf("%s %x", word, v)
	}
}
