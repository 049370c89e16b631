package guest

import (
	"net/netip"
	"strconv"

	"enid/plan"
)

// Rule is a policy rule of either family.
type Rule struct {
	Priority uint32
	Src, Dst netip.Prefix // zero: all; masked
	// AnyIPv6 says that it is an IPv6 rule with neither source nor destination to
	// show it.
	AnyIPv6 bool
	Table   uint32
	// Suppress is the prefix length up to which an answer of the table does not
	// count; -1: every answer counts.
	Suppress int
	Protocol uint8
	Action   uint8 // ActionTable, or another of the kernel's
	// Extra is what else a foreign rule has (fwmark, iif ...), in words.
	Extra string
	// Nth counts further rules that read the same, which only others make.
	Nth int
	// Link is the interface that the rule is for, and Own its ENI's table. It comes
	// after Way, which is that table's default route, and Home, the address or the
	// local route of the delegated prefix. The kernel knows none of them: they are
	// what enid makes of source and table.
	Link      string
	Own       uint32
	Way, Home plan.Ref
}

// Ours reports whether enid made the rule.
func (r Rule) Ours() bool { return r.Protocol == Protocol }

// IPv6 reports whether it is an IPv6 rule.
func (r Rule) IPv6() bool { return r.AnyIPv6 || r.Src.Addr().Is6() || r.Dst.Addr().Is6() }

// Ref answers Rule/9000: from 10.0.0.20 lookup 1001. Of a foreign rule the name
// ends with its protocol, for the kernel takes both beside each other.
func (r Rule) Ref() plan.Ref {
	name := r.Numbered()
	if !r.Ours() {
		name += " protocol " + itoa(int(r.Protocol))
	}
	if r.Nth > 0 {
		name += " #" + itoa(r.Nth+1)
	}
	return plan.Ref{Kind: KindRule, Name: name}
}

// Numbered answers the rule with its priority, as `ip rule` lists it.
func (r Rule) Numbered() string {
	return strconv.FormatUint(uint64(r.Priority), 10) + ": " + r.String()
}

// String answers the rule as `ip rule` writes it, without priority and protocol.
func (r Rule) String() string {
	text := "from all"
	switch {
	case r.Src.IsValid():
		text = "from " + dstText(r.Src)
	case r.AnyIPv6:
		text = "from ::/0"
	}
	if r.Dst.IsValid() {
		text += " to " + dstText(r.Dst)
	}
	if r.Extra != "" {
		text += " " + r.Extra
	}
	if r.Action == ActionTable {
		text += " lookup " + TableName(r.Table)
	} else {
		text += " action " + itoa(int(r.Action))
	}
	if r.Suppress >= 0 {
		text += " suppress_prefixlength " + itoa(r.Suppress)
	}
	return text
}
