package doctor

import (
	"fmt"
	"slices"
	"strings"

	"enid/schema"
)

// kernelChecks judge switches of the kernel that spoil several NICs.
var kernelChecks = []Check{
	{Name: "rp_filter.strict", Finds: "rp_filter is strict on a machine of several NICs, and not declared.", Judge: strict, Sysctls: []string{"ipv4/conf/*/rp_filter"}},
	{Name: "arp.flux", Finds: "Several NICs are in one subnet, and arp_ignore or arp_announce is 0 and not declared.", Judge: flux, Sysctls: []string{"ipv4/conf/*/arp_ignore", "ipv4/conf/*/arp_announce"}},
	{Name: "ipv6.off", Finds: "IPv6 addresses are declared, and IPv6 is off.", Judge: ipv6Off, Sysctls: []string{"ipv6/conf/*/disable_ipv6"}},
	{Name: "ipv6.router-advertisements", Finds: "IPv6 addresses are declared, and a router advertisement would bring a default route there.", Judge: advertisements, Sysctls: []string{"ipv6/conf/*/accept_ra", "ipv6/conf/*/accept_ra_defrtr", "ipv6/conf/*/forwarding"}},
	{Name: "promote_secondaries.off", Finds: "Without promote_secondaries the other addresses of a subnet go with the first.", Judge: promote, Sysctls: []string{"ipv4/conf/*/promote_secondaries"}},
}

// counts answers a switch as the kernel goes by it, the larger of all's and the
// interface's, and what of it was read.
func (s *Seen) counts(link, key string) (value int, seen string, ok bool) {
	all, is := s.Sysctls["ipv4/conf/all/"+key]
	own, ok := s.Sysctls["ipv4/conf/"+link+"/"+key]
	return max(all, own), fmt.Sprintf("net.ipv4.conf.%s.%s=%d, all.%s=%d", link, key, own, key, all), ok && is
}

// host answers where switches are declared, and what is declared there.
func (s *Seen) host() (name string, declared schema.Sysctls) {
	if s.Wanted == nil {
		return "the Host", declared
	}
	return "Host/" + s.Wanted.Host.Name, s.Wanted.Host.Spec.Sysctls
}

func strict(s *Seen) (out []Finding) {
	name, declared := s.host()
	secondary := s.secondary()
	if len(secondary) == 0 || declared.RPFilter != nil {
		return nil
	}
	var seen, where []string
	for _, link := range s.NICs() {
		if v, text, ok := s.counts(link, "rp_filter"); ok && v == 1 {
			seen, where = append(seen, text), append(where, link)
		}
	}
	if len(seen) == 0 {
		return nil
	}
	return []Finding{{Severity: Warning, Interface: strings.Join(where, ", "), Seen: seen,
		Why:    "the kernel drops a packet whose way back would leave by another NIC: what comes in by an ENI for a container, or for an address that enid has no rule for, is lost without a word",
		Remedy: []string{"declare in " + name + ": spec.sysctls: {rpFilter: 2}", "by hand: sysctl -w net.ipv4.conf." + where[0] + ".rp_filter=2   # each NIC"}}}
}

// flux: without arp_ignore the kernel answers ARP for any address of the machine on
// any NIC; of two in one subnet the wrong one may be the faster.
func flux(s *Seen) []Finding {
	name, declared := s.host()
	subnets := s.subnets()
	nics := s.NICs()
	var pairs, seen, fields []string
	for i, a := range nics {
		for _, b := range nics[i+1:] {
			for _, p := range subnets[a] {
				if pair := fmt.Sprintf("%s and %s are both in %s", a, b, p); slices.Contains(subnets[b], p) && !slices.Contains(pairs, pair) {
					pairs = append(pairs, pair)
				}
			}
		}
	}
	for _, x := range []struct {
		key, field string
		declared   *int
		good       int
	}{{"arp_ignore", "arpIgnore", declared.ARPIgnore, 1}, {"arp_announce", "arpAnnounce", declared.ARPAnnounce, 2}} {
		for _, link := range nics {
			if v, text, ok := s.counts(link, x.key); ok && v == 0 && x.declared == nil {
				if field := fmt.Sprintf("%s: %d", x.field, x.good); !slices.Contains(fields, field) {
					fields = append(fields, field)
				}
				seen = append(seen, text)
			}
		}
	}
	if len(pairs) == 0 || len(seen) == 0 {
		return nil
	}
	return []Finding{{Severity: Warning, Seen: append(pairs, seen...),
		Why:    "NICs of one subnet answer ARP for each other's addresses, and ask in each other's name: traffic comes in by the wrong ENI, where the cloud drops it",
		Remedy: []string{"declare in " + name + ": spec.sysctls: {" + strings.Join(fields, ", ") + "}"}}}
}

// ipv6 answers the secondary NICs whose ENIs declare IPv6 addresses.
func (s *Seen) ipv6() (out []nic) {
	for _, n := range s.secondary() {
		if n.eni != nil && slices.ContainsFunc(n.eni.Addresses, is6) {
			out = append(out, n)
		}
	}
	return out
}

func ipv6Off(s *Seen) (out []Finding) {
	for _, n := range s.ipv6() {
		f := Finding{Severity: Error, Interface: n.Name, Why: fmt.Sprintf("%s declares IPv6 addresses, which the kernel does not take there", n.eni.Ref)}
		all, there := s.Sysctls["ipv6/conf/all/disable_ipv6"]
		own := s.Sysctls["ipv6/conf/"+n.Name+"/disable_ipv6"]
		switch {
		case !there:
			f.Seen = []string{"there is no /proc/sys/net/ipv6"}
			f.Remedy = []string{"take ipv6.disable=1 off the kernel's command line (/etc/default/grub, update-grub), and reboot"}
		case own != 0:
			f.Seen = []string{fmt.Sprintf("net.ipv6.conf.%s.disable_ipv6=%d, all.disable_ipv6=%d", n.Name, own, all)}
			f.Remedy = []string{"sysctl -w net.ipv6.conf." + n.Name + ".disable_ipv6=0   # and the same in /etc/sysctl.d"}
		default:
			continue
		}
		out = append(out, f)
	}
	return out
}

// advertisements: a router's advertisement on a secondary NIC brings a default
// route of the kernel's own.
func advertisements(s *Seen) (out []Finding) {
	for _, n := range s.ipv6() {
		at := "ipv6/conf/" + n.Name + "/"
		ra, takes := s.Sysctls[at+"accept_ra"], s.Sysctls[at+"accept_ra_defrtr"]
		if takes == 0 || ra == 0 || ra == 1 && s.Sysctls[at+"forwarding"] != 0 {
			continue
		}
		out = append(out, Finding{Severity: Warning, Interface: n.Name,
			Seen:   []string{fmt.Sprintf("net.ipv6.conf.%s.accept_ra=%d, accept_ra_defrtr=%d", n.Name, ra, takes)},
			Why:    "a router advertisement on " + n.Name + " brings an IPv6 default route there, which competes with the primary's; enid leaves it alone",
			Remedy: []string{"sysctl -w net.ipv6.conf." + n.Name + ".accept_ra_defrtr=0   # and the same in /etc/sysctl.d"}})
	}
	return out
}

// promote: enid turns it on itself before it removes a first address; others do not.
func promote(s *Seen) (out []Finding) {
	for _, n := range s.secondary() {
		v, text, ok := s.counts(n.Name, "promote_secondaries")
		if n.eni == nil || len(n.eni.Addresses) < 2 || !ok || v != 0 {
			continue
		}
		out = append(out, Finding{Severity: Info, Interface: n.Name, Seen: []string{text},
			Why:    "where another program removes the first address of the subnet, the kernel removes all others with it; enid turns the switch on itself before it removes one",
			Remedy: []string{"sysctl -w net.ipv4.conf." + n.Name + ".promote_secondaries=1"}})
	}
	return out
}
