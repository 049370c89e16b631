package doctor

import (
	"fmt"
	"slices"
	"strings"

	"enid/plan/guest"
	"enid/schema"
)

var dhcpChecks = []Check{
	{Name: "dhcp.client", Finds: "A DHCP client runs on the NIC of an ENI.", Judge: dhcpClient, Processes: []string{"dhclient", "dhcpcd", "udhcpc"},
		Files: []string{"/etc/dhcpcd.conf", "/var/lib/dhcp/*.leases", "/var/lib/dhclient/*.lease*"}},
	{Name: "ifupdown", Finds: "/etc/network/interfaces configures the NIC of an ENI.", Judge: ifupdown, Files: []string{"/etc/network/interfaces", "/etc/network/interfaces.d/*"}},
	{Name: "ifcfg.default-route", Finds: "An ifcfg file has DHCP take a default route on the NIC of an ENI.", Judge: ifcfg, Files: []string{"/etc/sysconfig/network-scripts/ifcfg-*"}},
	{Name: "wicked", Finds: "wicked configures the NIC of an ENI.", Judge: wicked, Processes: []string{"wickedd"}, Files: []string{"/etc/sysconfig/network/ifcfg-*"}},
}

// dhcpClient: a client on a secondary NIC takes a default route, and rewrites
// resolv.conf.
func dhcpClient(s *Seen) (out []Finding) {
	for _, n := range s.secondary() {
		for _, p := range s.Processes {
			words := strings.Fields(strings.Join(p.Args, " "))
			client := slices.Contains([]string{"dhclient", "dhcpcd", "udhcpc"}, p.Name)
			if !client || !slices.Contains(words, n.Name) && !(p.Name == "dhcpcd" && s.dhcpcdTakes(words, n)) {
				continue
			}
			f := Finding{Severity: Warning, Program: p.Name, Interface: n.Name, Seen: append([]string{p.String()}, s.leases(n)...),
				Why: "a DHCP client of a secondary NIC takes a default route there, which competes with the primary's, rewrites resolv.conf, and removes addresses when its lease ends"}
			switch p.Name {
			case "dhclient":
				f.Remedy = []string{"dhclient -x " + n.Name + "   # ends it and keeps what it configured"}
			case "dhcpcd":
				f.Remedy = []string{"/etc/dhcpcd.conf:", "  denyinterfaces " + n.Name, "dhcpcd --rebind"}
			default:
				f.Remedy = []string{fmt.Sprintf("kill %d", p.PID)}
			}
			if n.eni != nil && n.eni.Guest.Addressing == "dhcp" {
				f.Remedy = append(f.Remedy, "addressing: dhcp is declared: one client is enough")
			}
			f.removes = []schema.Kind{guest.KindAddress, guest.KindRoute}
			out = append(out, f)
		}
	}
	return out
}

// dhcpcdTakes reports whether a dhcpcd that was given no interfaces takes the NIC.
func (s *Seen) dhcpcdTakes(words []string, n nic) bool {
	for _, l := range s.links() {
		if slices.Contains(words, l.Name) {
			return false // it was told which
		}
	}
	for _, f := range s.matching("/etc/dhcpcd.conf") {
		for _, line := range f.lines() {
			if names, ok := strings.CutPrefix(line, "denyinterfaces "); ok && slices.Contains(strings.Fields(names), n.Name) {
				return false
			}
		}
	}
	return true
}

// leases answers where dhclient keeps a lease of the NIC.
func (s *Seen) leases(n nic) (out []string) {
	for _, f := range append(s.matching("/var/lib/dhcp/*.leases"), s.matching("/var/lib/dhclient/*.lease*")...) {
		for at, line := range f.lines() {
			if line == `interface "`+n.Name+`";` {
				out = append(out, f.at(at, line))
				break // a lease for each renewal
			}
		}
	}
	return out
}

func ifupdown(s *Seen) (out []Finding) {
	files := append(s.matching("/etc/network/interfaces"), s.matching("/etc/network/interfaces.d/*")...)
	for _, n := range s.secondary() {
		for _, f := range files {
			for at, line := range f.lines() {
				w := strings.Fields(line)
				if len(w) < 4 || w[0] != "iface" || w[1] != n.Name || w[3] == "manual" || strings.Contains(f.Path, "enid") {
					continue
				}
				out = append(out, Finding{Severity: Warning, Program: "ifupdown", Interface: n.Name, Seen: []string{f.at(at, line)},
					Why:    "`ifup` and `ifdown` add and remove addresses and routes of " + n.Name + " at boot, when it is plugged in and by hand",
					Remedy: []string{f.Path + ":", "  iface " + n.Name + " " + w[2] + " manual"}, removes: []schema.Kind{guest.KindAddress, guest.KindRoute}})
			}
		}
	}
	return out
}

// ifcfg: document A 4.4.3 writes DEFROUTE=no for a secondary ENI.
func ifcfg(s *Seen) (out []Finding) {
	for _, n := range s.secondary() {
		for _, f := range s.matching("/etc/sysconfig/network-scripts/ifcfg-" + n.Name) {
			by := map[string]setting{}
			for _, x := range f.settings() {
				by[x.key] = x
			}
			dhcp, def := by["BOOTPROTO"], by["DEFROUTE"]
			if !strings.EqualFold(dhcp.value, "dhcp") || no(def.value) {
				continue
			}
			out = append(out, Finding{Severity: Warning, Program: "initscripts", Interface: n.Name, Seen: []string{dhcp.at},
				Why:    "at boot it asks DHCP for " + n.Name + " and takes a default route there, which competes with the primary's",
				Remedy: []string{f.Path + ":", "  DEFROUTE=no", "  PEERDNS=no"}})
		}
	}
	return out
}

func wicked(s *Seen) (out []Finding) {
	p, runs := s.process("wickedd")
	if !runs {
		return nil
	}
	for _, n := range s.secondary() {
		for _, f := range s.matching("/etc/sysconfig/network/ifcfg-" + n.Name) {
			out = append(out, Finding{Severity: Warning, Program: "wicked", Interface: n.Name, Seen: []string{p.String(), f.Path},
				Why:    "it configures " + n.Name + " after that file, and removes addresses and routes there when it reloads",
				Remedy: []string{"rm " + f.Path + "   # wicked leaves an interface without a file alone"}, removes: []schema.Kind{guest.KindAddress, guest.KindRoute}})
		}
	}
	return out
}
