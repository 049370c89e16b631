package doctor

import (
	"fmt"
	"path"
	"strings"

	"enid/plan/guest"
	"enid/schema"
)

var networkManagerChecks = []Check{{Name: "networkmanager.manages", Finds: "NetworkManager manages the NIC of an ENI, or nothing keeps it from doing so.", Processes: []string{"NetworkManager"}, Judge: networkManager,
	Files: append([]string{"/etc/NetworkManager/NetworkManager.conf", "/run/NetworkManager/devices/*"},
		patterns("/NetworkManager/conf.d/*.conf", "/etc", "/run", "/usr/lib")...)}}

// networkManager: a device that it manages it configures by a connection, its own
// default one if there is none.
func networkManager(s *Seen) (out []Finding) {
	p, runs := s.process("NetworkManager")
	if !runs {
		return nil
	}
	unmanaged := s.unmanagedDevices()
	for _, n := range s.secondary() {
		evidence := []string{p.String()}
		managed, known := false, false
		for _, f := range s.matching(fmt.Sprintf("/run/NetworkManager/devices/%d", n.Index)) {
			for _, x := range f.settings() {
				if x.section == "device" && x.key == "managed" {
					managed, known, evidence = !no(x.value), true, append(evidence, x.at)
				}
			}
		}
		severity := Error
		switch {
		case known && !managed, !known && excludes(unmanaged, n):
			continue
		case !known:
			severity = Warning
			evidence = append(evidence, "no unmanaged-devices= leaves "+n.Name+" out")
		}
		out = append(out, Finding{Severity: severity, Program: "NetworkManager", Interface: n.Name, Seen: evidence,
			Why: "it configures " + n.Name + " by a connection of its own: it removes addresses and routes there that it has not made, and takes a default route from DHCP",
			Remedy: []string{"/etc/NetworkManager/conf.d/90-enid.conf:", "  [keyfile]", "  unmanaged-devices+=" + "mac:" + n.mac(),
				"systemctl reload NetworkManager"},
			removes: []schema.Kind{guest.KindRoute, guest.KindAddress}})
	}
	return out
}

// unmanagedDevices answers what the settings leave out: a later file replaces what
// an earlier one says, and adds with +=.
func (s *Seen) unmanagedDevices() (out []string) {
	files := append(s.matching("/etc/NetworkManager/NetworkManager.conf"), s.layered("/NetworkManager/conf.d/*.conf", "/etc", "/run", "/usr/lib")...)
	for _, f := range files {
		for _, x := range f.settings() {
			key, adds := strings.CutSuffix(x.key, "+")
			if x.section != "keyfile" || key != "unmanaged-devices" {
				continue
			}
			if !adds {
				out = nil
			}
			out = append(out, strings.FieldsFunc(x.value, func(r rune) bool { return r == ';' || r == ',' })...)
		}
	}
	return out
}

// excludes reports whether specifications of devices cover a NIC. What is known of
// them: mac:, interface-name: with = and wildcards, *, except:.
func excludes(specs []string, n nic) (covered bool) {
	for _, spec := range specs {
		spec = strings.TrimSpace(spec)
		if rest, except := strings.CutPrefix(spec, "except:"); except {
			if covers(rest, n) {
				return false
			}
		} else if covers(spec, n) {
			covered = true
		}
	}
	return covered
}

func covers(spec string, n nic) bool {
	if spec == "*" {
		return true
	}
	if mac, ok := strings.CutPrefix(spec, "mac:"); ok {
		return guest.SameMAC(mac, n.MAC) || guest.SameMAC(mac, n.PermMAC)
	}
	name, ok := strings.CutPrefix(spec, "interface-name:")
	if exact, is := strings.CutPrefix(name, "="); is {
		return ok && exact == n.Name
	}
	matches, err := path.Match(strings.TrimPrefix(name, "~"), n.Name)
	return ok && err == nil && matches
}
