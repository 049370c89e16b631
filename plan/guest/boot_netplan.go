package guest

import (
	"fmt"
	"strings"
)

// netplanDir is where netplan reads; enid's file comes late, and has a name of its own
// for each NIC.
const (
	netplanDir  = "/etc/netplan"
	netplanName = "90-enid-"
	netplanID   = "enid-"
	// dropInName and dropInFile are where systemd-networkd reads what is to be added
	// to what netplan generates for that name.
	dropInName = "10-netplan-" + netplanID
	dropInFile = "50-enid.conf"
)

// netplan answers the files of one interface for netplan, and for what it has no
// word for a drop-in of networkd's: rules with suppress_prefixlength, and the MTU,
// for which netplan would take the naming of the NIC over. Another renderer than
// networkd has the rules without them, which is strict routing.
//
// Addresses have the length of one address, since netplan has no word for "without
// a connected route in main". What comes up is none of enid's own by any mark: enid
// sees that it serves, and leaves it.
func netplan(x NIC) []File {
	id := netplanID + x.Link.Name
	var b, more strings.Builder
	fmt.Fprintf(&b, "network:\n  version: 2\n  ethernets:\n    %s:\n      match: {macaddress: %q}\n", id, x.MAC)
	b.WriteString("      optional: true\n      ignore-carrier: true\n      accept-ra: false\n")
	if x.DHCP() {
		fmt.Fprintf(&b, "      dhcp4: true\n      dhcp4-overrides: {use-routes: false, use-dns: false, use-domains: false, use-ntp: false, use-hostname: false, route-metric: %d}\n", x.ENI.Guest.Metric)
	} else {
		b.WriteString("      dhcp4: false\n")
	}
	if len(x.Addresses) > 0 {
		b.WriteString("      addresses:\n")
	}
	for _, a := range x.Addresses {
		fmt.Fprintf(&b, "        - %q\n", fmt.Sprintf("%s/%d", a.Prefix.Addr(), a.Prefix.Addr().BitLen()))
	}
	if len(x.Routes) > 0 {
		b.WriteString("      routes:\n")
	}
	for _, r := range x.Routes {
		b.WriteString("        - {" + netplanRoute(r) + "}\n")
	}
	if m := x.ENI.Guest.MTU; m != 0 {
		fmt.Fprintf(&more, "\n[Link]\nMTUBytes=%d\n", m)
	}
	policy := "      routing-policy:\n"
	for _, r := range x.Rules {
		if r.Suppress >= 0 {
			more.WriteString(networkdRule(r))
			continue
		}
		b.WriteString(policy + "        - {" + netplanRule(r) + "}\n")
		policy = ""
	}
	out := []File{{Path: netplanDir + "/" + netplanName + x.Link.Name + ".yaml", Mode: 0o600, Content: b.String()}}
	if more.Len() > 0 {
		out[0].Content = "# With it goes " + networkdDir + "/" + dropInName + x.Link.Name + ".network.d/" + dropInFile +
			", for what netplan has no word for (suppress_prefixlength, or an MTU\n# without naming the NIC). Without it routing is strict: only what is below.\n" + out[0].Content
		out = append(out, File{Path: networkdDir + "/" + dropInName + x.Link.Name + ".network.d/" + dropInFile, Mode: 0o644, Content: strings.TrimPrefix(more.String(), "\n")})
	}
	return out
}

func netplanRoute(r Route) string {
	to := fmt.Sprintf("to: %q", r.Dst)
	if r.Gateway.IsValid() {
		to += fmt.Sprintf(", via: %q", r.Gateway)
	}
	if r.Onlink {
		to += ", on-link: true"
	}
	if r.Type == Local {
		to += ", type: local"
	}
	if r.Dst.Addr().Is4() && r.Scope != ScopeGlobal {
		to += ", scope: " + map[uint8]string{ScopeLink: "link", ScopeHost: "host"}[r.Scope]
	}
	if r.Metric != 0 {
		to += fmt.Sprintf(", metric: %d", r.Metric)
	}
	if r.Table != TableMain {
		to += fmt.Sprintf(", table: %d", r.Table)
	}
	return to
}

func netplanRule(r Rule) string {
	text := fmt.Sprintf("from: %q", r.Src)
	if r.Dst.IsValid() {
		text += fmt.Sprintf(", to: %q", r.Dst)
	}
	return text + fmt.Sprintf(", table: %d, priority: %d", r.Table, r.Priority)
}
