package guest

import (
	"net/netip"
	"strconv"
	"strings"

	"enid/plan"
)

// Route is a route of either family.
type Route struct {
	Table    uint32
	Dst      netip.Prefix // masked; 0.0.0.0/0 or ::/0 for a default route
	TOS      uint8
	Metric   uint32 // IPv6 has none of 0: the kernel makes it 1024
	Type     uint8  // Unicast, Local ...
	Scope    uint8  // of IPv4 only
	Protocol uint8
	Gateway  netip.Addr // zero: directly on the link
	Link     string     // empty: several, or none
	Onlink   bool
	Src      netip.Addr // the preferred source; zero: none
	// Extra is what else a foreign route has (several next hops ...), in words.
	Extra string
	// Nth counts further routes of the same place, which only others make.
	Nth int
}

// Ours reports whether enid made the route.
func (r Route) Ours() bool { return r.Protocol == Protocol }

// IPv6 reports whether it is an IPv6 route.
func (r Route) IPv6() bool { return r.Dst.Addr().Is6() }

// Default reports whether it is a default route.
func (r Route) Default() bool { return r.Dst.Bits() == 0 }

// Ref answers Route/PLACE: the kernel takes one route for a place, which is the
// table, the destination, the TOS and the metric. An IPv6 default route is ::/0
// here, for tables of both families have the same numbers.
func (r Route) Ref() plan.Ref {
	name := r.place()
	if r.Nth > 0 {
		name += " #" + itoa(r.Nth+1)
	}
	return plan.Ref{Kind: KindRoute, Name: name}
}

func (r Route) place() string {
	dst := dstText(r.Dst)
	if r.IPv6() && r.Default() {
		dst = r.Dst.String()
	}
	name := TableName(r.Table) + " " + dst
	if r.TOS != 0 {
		name += " tos " + itoa(int(r.TOS))
	}
	if r.Metric != 0 {
		name += " metric " + strconv.FormatUint(uint64(r.Metric), 10)
	}
	return name
}

// String answers the route as `ip route` writes it, without its table.
func (r Route) String() string {
	var b strings.Builder
	if r.Type == Local {
		b.WriteString("local ")
	} else if r.Type != Unicast {
		b.WriteString("type " + itoa(int(r.Type)) + " ")
	}
	b.WriteString(dstText(r.Dst))
	if r.Gateway.IsValid() {
		b.WriteString(" via " + r.Gateway.String())
	}
	if r.Link != "" {
		b.WriteString(" dev " + r.Link)
	}
	if r.Scope == ScopeLink {
		b.WriteString(" scope link")
	}
	if r.Src.IsValid() {
		b.WriteString(" src " + r.Src.String())
	}
	if r.Metric != 0 {
		b.WriteString(" metric " + strconv.FormatUint(uint64(r.Metric), 10))
	}
	b.WriteString(" protocol " + itoa(int(r.Protocol)))
	if r.Onlink {
		b.WriteString(" onlink")
	}
	if r.Extra != "" {
		b.WriteString(" " + r.Extra)
	}
	return b.String()
}

// TableName answers the table as `ip` names it: main, local, default or its number.
func TableName(t uint32) string {
	switch t {
	case TableMain:
		return "main"
	case TableLocal:
		return "local"
	case TableDefault:
		return "default"
	}
	return strconv.FormatUint(uint64(t), 10)
}

// ipFor is the command for a family: ip -4, ip -6.
func ipFor(v6 bool) string {
	if v6 {
		return "ip -6"
	}
	return "ip -4"
}

// dstText answers a destination or source as `ip` writes it.
func dstText(p netip.Prefix) string {
	switch {
	case p.Bits() == 0:
		return "default"
	case p.IsSingleIP():
		return p.Addr().String()
	}
	return p.String()
}

func itoa(n int) string { return strconv.Itoa(n) }
