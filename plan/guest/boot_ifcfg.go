package guest

import (
	"fmt"
	"net/netip"
	"strings"
)

const ifcfgDir = "/etc/sysconfig/network-scripts"

// ifcfg answers the files of one interface as the network scripts of Red Hat's
// family read them (document A 4.4.3), and NetworkManager with its dispatcher for
// routing rules: each line of route-* and rule-* is arguments of `ip`.
//
// An address has the length of one address: there is no word for "without a
// connected route in main", and in the primary's subnet such a route would move the
// subnet here when the primary flaps. The routes of the subnet are in route-*.
func ifcfg(x NIC) []File {
	name := x.Link.Name
	out := []File{ifcfgFile("ifcfg", name, ifcfgKeys(x))}
	text := map[string]string{}
	for _, r := range x.Routes {
		text["route"+six(r.Dst)] += routeArguments(r) + "\n"
	}
	for _, r := range x.Rules {
		text["rule"+six(r.Src)] += ruleArguments(r) + "\n"
	}
	for _, kind := range []string{"route", "rule", "route6", "rule6"} {
		if text[kind] != "" {
			out = append(out, ifcfgFile(kind, name, text[kind]))
		}
	}
	return out
}

func ifcfgFile(kind, name, content string) File {
	return File{Path: ifcfgDir + "/" + kind + "-" + name, Mode: 0o644, Content: content}
}

// six is the suffix of the family in names of files.
func six(p netip.Prefix) string {
	if p.Addr().Is6() {
		return "6"
	}
	return ""
}

func ifcfgKeys(x NIC) string {
	var b strings.Builder
	proto, v6 := "none", []string{}
	if x.DHCP() {
		proto = "dhcp"
	}
	n := 0
	var v4 strings.Builder
	for _, a := range x.Addresses {
		if a.Prefix.Addr().Is6() {
			v6 = append(v6, a.Prefix.Addr().String()+"/128")
			continue
		}
		suffix := ""
		if n > 0 {
			suffix = itoa(n) // IPADDR, IPADDR1, IPADDR2 ...
		}
		fmt.Fprintf(&v4, "IPADDR%s=%s\nPREFIX%s=32\n", suffix, a.Prefix.Addr(), suffix)
		n++
	}
	six := "no"
	if len(v6) > 0 {
		six = "yes"
	}
	fmt.Fprintf(&b, "DEVICE=%s\nBOOTPROTO=%s\nONBOOT=yes\nTYPE=Ethernet\nUSERCTL=no\nPEERDNS=no\nIPV6INIT=%s\nPERSISTENT_DHCLIENT=yes\nHWADDR=%s\nDEFROUTE=no\n",
		x.Link.Name, proto, six, x.MAC)
	b.WriteString(v4.String())
	if len(v6) > 0 {
		fmt.Fprintf(&b, "IPV6_AUTOCONF=no\nIPV6_DEFROUTE=no\nIPV6ADDR=%s\n", v6[0])
		if len(v6) > 1 {
			fmt.Fprintf(&b, "IPV6ADDR_SECONDARIES=%q\n", strings.Join(v6[1:], " "))
		}
	}
	if m := x.ENI.Guest.MTU; m != 0 {
		fmt.Fprintf(&b, "MTU=%d\n", m)
	}
	if x.Channels != nil {
		fmt.Fprintf(&b, "ETHTOOL_OPTS=\"-L %s %s\"\n", x.Link.Name, x.Channels.arguments())
	}
	return b.String()
}

// arguments answers the channels as `ethtool -L` takes them.
func (c Channels) arguments() string {
	if c.MaxCombined > 0 {
		return "combined " + itoa(c.Combined)
	}
	return fmt.Sprintf("rx %d tx %d", c.RX, c.TX)
}

// routeArguments answers a route as `ip route add` takes it.
func routeArguments(r Route) string {
	text := r.String()
	if r.Table != TableMain {
		text += " table " + TableName(r.Table)
	}
	return text
}

// ruleArguments answers a rule as `ip rule add` takes it.
func ruleArguments(r Rule) string {
	return r.String() + " priority " + itoa(int(r.Priority)) + " protocol " + itoa(int(r.Protocol))
}
