package guest

import (
	"fmt"
	"strings"
)

// networkdDir is where systemd-networkd reads. enid's names sort before others', for
// the first file that matches a NIC is the only one: those of cloud-init and netplan
// begin with 10.
const (
	networkdDir  = "/etc/systemd/network"
	networkdName = "05-enid-"
)

// networkd answers the files of one interface for systemd-networkd. What comes up by
// them is marked as enid's own where networkd has a word for it: addresses by the
// label, routes by the protocol. Rules have none: enid sees that they serve, and
// leaves them.
func networkd(x NIC) []File {
	var b strings.Builder
	fmt.Fprintf(&b, "[Match]\n%s\n", networkdMatch(x))
	b.WriteString("\n[Link]\nRequiredForOnline=no\n")
	if m := x.ENI.Guest.MTU; m != 0 {
		fmt.Fprintf(&b, "MTUBytes=%d\n", m)
	}
	// As enid does, whatever the carrier: networkd would take all away with it.
	b.WriteString("\n[Network]\nConfigureWithoutCarrier=yes\nIPv6AcceptRA=no\n")
	if x.DHCP() {
		fmt.Fprintf(&b, "DHCP=ipv4\n\n[DHCPv4]\nUseRoutes=no\nUseGateway=no\nUseDNS=no\nUseDomains=no\nUseNTP=no\nUseHostname=no\nRouteMetric=%d\n", x.ENI.Guest.Metric)
	} else {
		b.WriteString("DHCP=no\n")
	}
	for _, a := range x.Addresses {
		fmt.Fprintf(&b, "\n[Address]\nAddress=%s\nAddPrefixRoute=no\n", a.Prefix)
		if label := AddressLabel(a.Link); a.Prefix.Addr().Is4() && len(label) <= 15 {
			fmt.Fprintf(&b, "Label=%s\n", label)
		}
	}
	for _, r := range x.Routes {
		b.WriteString(networkdRoute(r))
	}
	for _, r := range x.Rules {
		b.WriteString(networkdRule(r))
	}
	files := []File{{Path: networkdDir + "/" + networkdName + x.Link.Name + ".network", Mode: 0o644, Content: b.String()}}
	if x.Channels != nil && x.ENI.Guest.Queues.Count > 0 {
		files = append(files, networkdLink(x))
	}
	return files
}

// networkdMatch matches a NIC by its permanent MAC where it has one, since others
// may borrow the one it has.
func networkdMatch(x NIC) string {
	if x.Link.PermMAC != "" {
		return "PermanentMACAddress=" + x.MAC
	}
	return "MACAddress=" + x.MAC
}

// networkdLink sets the queues, where a number of them is declared. A .link file
// takes the place of systemd's own whole, so that it says again how a NIC is named:
// with systemd's policy, or the NIC would have another name after the next boot.
func networkdLink(x NIC) File {
	c := *x.Channels
	queues := fmt.Sprintf("CombinedChannels=%d\n", c.Combined)
	if c.MaxCombined == 0 {
		queues = fmt.Sprintf("RxChannels=%d\nTxChannels=%d\n", c.RX, c.TX)
	}
	return File{Path: networkdDir + "/" + networkdName + x.Link.Name + ".link", Mode: 0o644,
		Content: "[Match]\n" + networkdMatch(x) + "\n\n[Link]\n# The names that systemd's 99-default.link gives.\n" +
			"NamePolicy=keep kernel database onboard slot path\nAlternativeNamesPolicy=database onboard slot path\n" + queues}
}

func networkdRoute(r Route) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n[Route]\nDestination=%s\n", r.Dst)
	if r.Gateway.IsValid() {
		fmt.Fprintf(&b, "Gateway=%s\n", r.Gateway)
	}
	if r.Onlink {
		b.WriteString("GatewayOnLink=yes\n")
	}
	if r.Type == Local {
		b.WriteString("Type=local\n")
	}
	if r.Dst.Addr().Is4() && r.Scope != ScopeGlobal {
		fmt.Fprintf(&b, "Scope=%s\n", map[uint8]string{ScopeLink: "link", ScopeHost: "host"}[r.Scope])
	}
	if r.Metric != 0 {
		fmt.Fprintf(&b, "Metric=%d\n", r.Metric)
	}
	fmt.Fprintf(&b, "Table=%d\nProtocol=%d\n", r.Table, r.Protocol)
	return b.String()
}

func networkdRule(r Rule) string {
	var b strings.Builder
	b.WriteString("\n[RoutingPolicyRule]\n")
	if r.Src.IsValid() {
		fmt.Fprintf(&b, "From=%s\n", r.Src)
	}
	if r.Dst.IsValid() {
		fmt.Fprintf(&b, "To=%s\n", r.Dst)
	}
	if r.Suppress >= 0 {
		fmt.Fprintf(&b, "SuppressPrefixLength=%d\n", r.Suppress)
	}
	fmt.Fprintf(&b, "Table=%d\nPriority=%d\n", r.Table, r.Priority)
	return b.String()
}
