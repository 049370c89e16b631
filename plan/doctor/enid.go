package doctor

import (
	"fmt"
	"net/netip"
	"strings"

	"enid/plan/guest"
)

func is6(a netip.Addr) bool { return a.Is6() && !a.Is4In6() }

// enidChecks judge what this process itself may do, and can see.
var enidChecks = []Check{
	{Name: "enid.capabilities", Finds: "This process lacks CAP_NET_ADMIN in this network namespace, or CAP_NET_RAW where DHCP is declared.", Judge: capabilities},
	{Name: "enid.read-only", Finds: "RPS masks or switches are declared, and their files cannot be written.", Judge: readOnly},
	{Name: "enid.no-sysfs", Finds: "No sysfs shows the interfaces of this network namespace.", Judge: noSysfs},
}

// Missing answers what a process without CAP_NET_ADMIN is told.
const Missing = "CAP_NET_ADMIN is missing: nothing of the network can be changed; run enid as root, or give it the capability (AmbientCapabilities=CAP_NET_ADMIN in its unit, `setcap cap_net_admin+ep` on its file)"

func capabilities(s *Seen) (out []Finding) {
	if !s.NetAdmin {
		out = append(out, Finding{Severity: Error, Seen: []string{"this process lacks CAP_NET_ADMIN in this network namespace"},
			Why:    "the kernel refuses every change of links, addresses, routes, rules and queues; looking works",
			Remedy: []string{"run enid as root, or in its unit: AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW"}})
	}
	if s.NetRaw || s.Wanted == nil {
		return out
	}
	for _, e := range s.Wanted.Host.ENIs {
		if e.Guest.Addressing == "dhcp" {
			return append(out, Finding{Severity: Error, Seen: []string{"this process lacks CAP_NET_RAW", e.Ref.String() + " declares addressing: dhcp"},
				Why: "DHCP is asked by raw packets, for the NIC has no address yet", Remedy: []string{"in its unit: AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW"}})
		}
	}
	return out
}

func readOnly(s *Seen) (out []Finding) {
	if len(s.Denied) == 0 {
		return nil
	}
	f := Finding{Severity: Error, Why: "what is declared of RPS masks or switches cannot be written; all else is done",
		Remedy: []string{"in a container: mount /proc/sys and /sys read-write; in its unit: ProtectKernelTunables=no", "or leave it: rps: unmanaged, no sysctls"}}
	for _, d := range s.Denied {
		f.Seen = append(f.Seen, d.Path+": "+d.Reason)
	}
	f.Seen = few(f.Seen)
	return append(out, f)
}

func noSysfs(s *Seen) []Finding {
	if !s.NoSys {
		return nil
	}
	return []Finding{{Severity: Warning, Seen: []string{"/sys/class/net does not show the interfaces of this network namespace"},
		Why:    "RPS masks are there alone, and how many CPUs the machine has: queues: auto takes one, masks are left alone",
		Remedy: []string{"mount -t sysfs sysfs /sys   # inside the network namespace"}}}
}

// programChecks judge programs that enid's users, or enid, would have use for.
var programChecks = []Check{
	{Name: "irqbalance.absent", Finds: "There are several receive queues, and irqbalance does not run.", Processes: []string{"irqbalance"}, Judge: irqbalance},
	{Name: "ethtool.absent", Finds: "ethtool is not installed.", Judge: ethtool, Files: programFiles("ethtool")},
}

func programFiles(name string) (out []string) {
	for _, dir := range []string{"/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"} {
		out = append(out, dir+name)
	}
	return out
}

func irqbalance(s *Seen) []Finding {
	if _, runs := s.process("irqbalance"); runs {
		return nil
	}
	var seen []string
	for _, link := range s.NICs() {
		if c, ok := s.World.Get(guest.Channels{Link: link}.Ref()).(guest.Channels); ok && c.Receive() > 1 {
			seen = append(seen, fmt.Sprintf("%s has %d receive queues", link, c.Receive()))
		}
	}
	if len(seen) == 0 || s.Wanted != nil && s.Wanted.Host.Spec.IRQBalance == "disabled" {
		return nil
	}
	return []Finding{{Severity: Info, Program: "irqbalance", Seen: append(seen, "irqbalance does not run"),
		Why:    "the interrupts of all queues may end on one CPU, and several queues gain nothing (mq.irqbalance.recommended)",
		Remedy: []string{"apt-get install irqbalance (or dnf), and systemctl enable --now irqbalance", "spec.irqbalance: enabled of a Host keeps it so"}}}
}

func ethtool(s *Seen) []Finding {
	for _, f := range s.Files {
		if strings.HasSuffix(f.Path, "/ethtool") {
			return nil
		}
	}
	return []Finding{{Severity: Info, Program: "ethtool", Seen: []string{"ethtool is not installed"},
		Why: "enid does not need it; the commands that its plans print do", Remedy: []string{"apt-get install ethtool (or dnf)"}}}
}
