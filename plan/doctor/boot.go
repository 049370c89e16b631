package doctor

import (
	"regexp"
	"strings"

	"enid/plan/guest"
	"enid/schema"
)

// hotplugRules are the udev rules by which cloud-init hears of NICs: 10- before
// version 22.
var hotplugRules = []string{"/udev/rules.d/90-cloud-init-hook-hotplug.rules", "/udev/rules.d/10-cloud-init-hook-hotplug.rules"}

var bootChecks = []Check{
	{Name: "cloud-init.hotplug", Finds: "cloud-init configures NICs that are plugged in.", Judge: cloudInit, Files: append([]string{"/etc/cloud/cloud.cfg", "/etc/cloud/cloud.cfg.d/*.cfg"},
		append(patterns(hotplugRules[0], udevRoots...), patterns(hotplugRules[1], udevRoots...)...)...)},
	{Name: "ec2-net-utils", Finds: "amazon-ec2-net-utils or ec2-net-utils configures every ENI.", Judge: ec2NetUtils, Files: append([]string{ec2net, "/run/systemd/network/70-*.network"},
		append(patterns(vpcPolicyRules, udevRoots...), patterns(ec2netRules, udevRoots...)...)...)},
	{Name: "guest-agent.google", Finds: "Google's guest agent configures secondary NICs.", Judge: googleAgent, Processes: []string{"google_guest_ag"}, Files: []string{"/etc/default/instance_configs.cfg"}},
	{Name: "guest-agent.alibaba", Finds: "Alibaba Cloud's multi-nic-util configures every ENI.", Judge: multiNICUtil, Files: append([]string{"/etc/eni_utils/eni.conf"}, patterns("/systemd/system/eni.service", systemdRoots...)...)},
}

// hotplugWord is hotplug as an event of updates.network.when, in a list of either form.
var hotplugWord = regexp.MustCompile(`^-\s*["']?hotplug\b|\bwhen:.*\bhotplug\b`)

// cloudInit: on a new NIC it renders the network anew from the metadata and has it
// applied.
func cloudInit(s *Seen) []Finding {
	var evidence, remedy []string
	for _, folder := range hotplugRules {
		for _, f := range s.layered(folder, udevRoots...) {
			evidence = append(evidence, f.Path)
			remedy = append(remedy, "rm "+f.Path+" && udevadm control --reload")
		}
	}
	last := "99-enid.cfg"
	for _, f := range append(s.matching("/etc/cloud/cloud.cfg"), s.matching("/etc/cloud/cloud.cfg.d/*.cfg")...) {
		if strings.HasSuffix(f.Path, "/"+last) {
			continue
		}
		for n, line := range f.lines() {
			if hotplugWord.MatchString(line) {
				evidence = append(evidence, f.at(n, line))
			}
		}
	}
	// Its last file says when; with the rule gone too, nothing hears of NICs.
	if ours := s.matching("/etc/cloud/cloud.cfg.d/" + last); len(evidence) == 0 || len(remedy) == 0 && len(ours) > 0 {
		return nil
	}
	return []Finding{{Severity: Warning, Program: "cloud-init", Seen: evidence,
		Why: "when a NIC is plugged in or out it writes the network's configuration anew from the metadata, secondary ENIs included, and has it applied: addresses and rules of theirs appear beside enid's, and what applies them may remove enid's",
		Remedy: append([]string{"/etc/cloud/cloud.cfg.d/" + last + ":", "  updates:", "    network:", "      when: [boot-new-instance]"},
			remedy...),
		removes: []schema.Kind{guest.KindRoute, guest.KindAddress, guest.KindRule}}}
}

// The rules by which amazon-ec2-net-utils (2.x, on networkd) and ec2-net-utils (1.x,
// on ifcfg) hear of NICs.
const (
	vpcPolicyRules = "/udev/rules.d/99-vpc-policy-routes.rules"
	ec2netRules    = "/udev/rules.d/53-ec2-network-interfaces.rules"
	ec2net         = "/etc/sysconfig/network-scripts/ec2net-functions"
)

// ec2NetUtils configures every ENI that it sees, again each minute.
func ec2NetUtils(s *Seen) []Finding {
	f := Finding{Severity: Error, Program: "amazon-ec2-net-utils",
		Why:     "it configures every ENI that it finds, with addresses, tables from 10000 up and rules of its own, when one is plugged in and again each minute; what it changes is applied by reloading systemd-networkd, which removes what is not its own",
		removes: []schema.Kind{guest.KindRoute, guest.KindAddress, guest.KindRule}}
	for _, folder := range []string{vpcPolicyRules, ec2netRules} {
		for _, rules := range s.layered(folder, udevRoots...) {
			f.Seen = append(f.Seen, rules.Path)
			f.Remedy = append(f.Remedy, "ln -sf /dev/null /etc"+folder)
		}
	}
	if len(f.Seen) == 0 {
		return nil
	}
	f.Remedy = append(f.Remedy, "udevadm control --reload")
	for _, n := range s.secondary() {
		f.Remedy = append(f.Remedy, "systemctl mask --now policy-routes@"+n.Name+".service refresh-policy-routes@"+n.Name+".timer")
		for _, file := range s.matching("/run/systemd/network/70-" + n.Name + ".network") {
			f.Seen = append(f.Seen, file.Path)
			f.Remedy = append(f.Remedy, "rm "+file.Path+" && networkctl reload")
		}
	}
	return []Finding{f}
}

func googleAgent(s *Seen) []Finding {
	p, runs := s.process("google_guest_ag")
	if !runs {
		return nil
	}
	for _, f := range s.matching("/etc/default/instance_configs.cfg") {
		for _, x := range f.settings() {
			if x.section == "NetworkInterfaces" && x.key == "setup" && no(x.value) {
				return nil
			}
		}
	}
	return []Finding{{Severity: Warning, Program: "google-guest-agent", Seen: []string{p.String()},
		Why:     "it configures secondary NICs by DHCP, and adds and removes local routes (protocol 66)",
		Remedy:  []string{"/etc/default/instance_configs.cfg:", "  [NetworkInterfaces]", "  setup = false", "systemctl restart google-guest-agent"},
		removes: []schema.Kind{guest.KindRoute, guest.KindAddress}}}
}

// multiNICUtil is Alibaba Cloud's tool for images that do not set ENIs up.
func multiNICUtil(s *Seen) []Finding {
	f := Finding{Severity: Warning, Program: "multi-nic-util",
		Why:    "Alibaba Cloud's eni.service writes ifcfg files for every ENI from the metadata and brings them up with addresses and routes of its own",
		Remedy: []string{"systemctl disable --now eni.service"}, removes: []schema.Kind{guest.KindRoute, guest.KindAddress}}
	for _, unit := range s.layered("/systemd/system/eni.service", systemdRoots...) {
		f.Seen = append(f.Seen, unit.Path)
	}
	for _, conf := range s.matching("/etc/eni_utils/eni.conf") {
		f.Seen = append(f.Seen, conf.Path)
	}
	if len(f.Seen) == 0 {
		return nil
	}
	return []Finding{f}
}
