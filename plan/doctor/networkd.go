package doctor

import (
	"fmt"
	"path"
	"strings"

	"enid/plan/guest"
	"enid/schema"
)

// NetworkdFiles are the patterns of networkd's own settings.
var NetworkdFiles = append([]string{"/etc/systemd/networkd.conf", "/run/systemd/netif/state"},
	patterns("/systemd/networkd.conf.d/*.conf", systemdRoots...)...)

var networkdChecks = []Check{
	{Name: "networkd.foreign", Finds: "systemd-networkd removes other programs' routes or rules.", Files: NetworkdFiles, Processes: []string{"systemd-network"}, Judge: networkdForeign},
	{Name: "networkd.manages", Finds: "systemd-networkd configures the NIC of an ENI.", Files: []string{"/run/systemd/netif/links/*"}, Processes: []string{"systemd-network"}, Judge: networkdManages},
}

// NetworkdRemoves reports whether systemd-networkd removes the routes and rules of
// other programs, by its settings: its defaults are yes to both. Their lines are
// answered too.
func NetworkdRemoves(s *Seen) (routes, rules bool, lines []string) {
	routes, rules = true, true
	files := append(s.matching("/etc/systemd/networkd.conf"), s.layered("/systemd/networkd.conf.d/*.conf", systemdRoots...)...)
	for _, f := range files {
		for _, x := range f.settings() {
			if x.section != "Network" || x.value == "" {
				continue
			}
			switch x.key {
			case "ManageForeignRoutes":
				routes, lines = !no(x.value), append(lines, x.at)
			case "ManageForeignRoutingPolicyRules":
				rules, lines = !no(x.value), append(lines, x.at)
			}
		}
	}
	return routes, rules, lines
}

func networkdForeign(s *Seen) []Finding {
	p, runs := s.process("systemd-network")
	state := s.matching("/run/systemd/netif/state")
	routes, rules, lines := NetworkdRemoves(s)
	if !runs && len(state) == 0 || !routes && !rules {
		return nil
	}
	f := Finding{Severity: Error, Program: "systemd-networkd",
		Remedy: []string{
			"/etc/systemd/networkd.conf.d/90-enid.conf:", "  [Network]", "  ManageForeignRoutes=no", "  ManageForeignRoutingPolicyRules=no",
			"systemctl restart systemd-networkd"}}
	if runs {
		f.Seen = append(f.Seen, p.String())
	} else {
		f.Severity = Warning
		f.Seen = append(f.Seen, state[0].Path+": it has run since boot")
	}
	var what []string
	if routes {
		what, f.removes = append(what, "routes"), append(f.removes, guest.KindRoute)
	}
	if rules {
		what, f.removes = append(what, "rules"), append(f.removes, guest.KindRule)
	}
	if f.Seen = append(f.Seen, lines...); len(lines) == 0 {
		f.Seen = append(f.Seen, "neither ManageForeignRoutes= nor ManageForeignRoutingPolicyRules= is set: both are yes")
	}
	f.Why = fmt.Sprintf("it removes other programs' %s, enid's among them, when it starts and when an interface is configured anew", strings.Join(what, " and "))
	return []Finding{f}
}

// networkdManages: what networkd configures it takes for its own, addresses too.
func networkdManages(s *Seen) (out []Finding) {
	for _, n := range s.secondary() {
		for _, f := range s.matching(fmt.Sprintf("/run/systemd/netif/links/%d", n.Index)) {
			by := map[string]setting{}
			for _, x := range f.settings() {
				by[x.key] = x
			}
			file := by["NETWORK_FILE"].value
			// What `enid host export` and persist: write is networkd's to configure, and says
			// the same.
			if file == "" || by["ADMIN_STATE"].value == "unmanaged" || strings.Contains(path.Base(file), "enid") {
				continue
			}
			out = append(out, Finding{Severity: Error, Program: "systemd-networkd", Interface: n.Name, Seen: []string{by["NETWORK_FILE"].at},
				Why: fmt.Sprintf("it configures %s after %s: it removes addresses and routes there that it has not made, and may take a default route from DHCP", n.Name, file),
				Remedy: []string{"/etc/systemd/network/04-enid-unmanaged-" + n.Name + ".network:", "  [Match]", "  MACAddress=" + n.mac(), "  [Link]", "  Unmanaged=yes",
					"networkctl reload"},
				removes: []schema.Kind{guest.KindRoute, guest.KindAddress}})
		}
	}
	return out
}
