package guest

import (
	"fmt"
	"slices"
	"strings"

	"enid/plan"
)

// script answers a shell script that makes the configuration: at boot, or on a
// machine without enid. Run again, it finds all there. It finds NICs by MAC and
// refuses to start where one is missing, so that nothing is half done; addresses
// carry the label as their mark, for which every iproute2 has a word.
func (w *Wanted) script() File {
	var b, vars strings.Builder
	b.WriteString(Shebang + Mark(w.Host.Name) + "\n" + scriptHead)
	primary, known := w.World.Get(LinkRef(w.Primary)).(Link)
	if mac := nicMAC(primary); known && plainMAC.MatchString(mac) {
		if q := w.queueCommands(w.Primary, "$nic0") + w.switchCommands(w.Primary, "$nic0"); q != "" {
			fmt.Fprintf(&vars, "nic0=$(nic %s)\n", mac)
			b.WriteString("\n# The primary's queues and switches.\n" + q)
		}
	}
	if f, ok := w.World.Get(SocketFlowsRef).(SocketFlows); ok {
		fmt.Fprintf(&b, "\n# How many flows the machine remembers.\necho %d > /proc/sys/net/%s\n", f.Entries, SocketFlowsKey)
	}
	for n, x := range w.NICs {
		if !plainMAC.MatchString(x.MAC) {
			continue
		}
		nic := fmt.Sprintf("$nic%d", n+1)
		fmt.Fprintf(&vars, "nic%d=$(nic %s)\n", n+1, x.MAC)
		fmt.Fprintf(&b, "\n# Device index %d.\n%sip link set dev \"%s\" up\n", x.ENI.DeviceIndex, w.queueCommands(x.Link.Name, nic), nic)
		if m := x.ENI.Guest.MTU; m != 0 {
			fmt.Fprintf(&b, "ip link set dev \"%s\" mtu %d\n", nic, m)
		}
		b.WriteString(w.switchCommands(x.Link.Name, nic))
		if x.DHCP() {
			b.WriteString("# Its primary address is a DHCP client's to put there: without routes, without DNS.\n")
		}
		for _, a := range x.Addresses {
			fmt.Fprintf(&b, "add %s address add %s dev \"%s\" noprefixroute%s\n", family(a.Prefix.Addr().Is6()), a.Prefix, nic, label(a, nic))
		}
		for _, r := range x.Routes {
			if r.Table == TableMain && r.Default() {
				fmt.Fprintf(&vars, "behind %s %d\n", family(r.Dst.Addr().Is6()), r.Metric)
			}
			fmt.Fprintf(&b, "add %s route add %s\n", family(r.Dst.Addr().Is6()), strings.Replace(routeArguments(r), "dev "+r.Link, `dev "`+nic+`"`, 1))
		}
		for _, r := range x.Rules {
			fmt.Fprintf(&b, "add %s rule add %s\n", family(r.Src.Addr().Is6()), ruleArguments(r))
		}
	}
	script := b.String()
	script = strings.Replace(script, "NICS\n", vars.String(), 1)
	return File{Path: "enid-host.sh", Mode: 0o755, Content: script, Ours: true, Format: "commands", Host: w.Host.Name}
}

// Shebang is the line before the script's mark.
const Shebang = "#!/bin/sh\n"

// scriptHead are the script's functions.
const scriptHead = `# Makes this machine's secondary ENIs what they should be. Run again, it changes nothing.
set -eu

# nic MAC: the NIC with that MAC, by the permanent one where it has one; not those that borrow it.
nic() {
	found=$(ip -d -o link show |
		grep -vE ' (vlan|macvlan|macvtap|ipvlan|bridge|bond|team|vrf|vxlan|dummy|ifb|hsr|macsec) ' |
		sed -nE "/permaddr/{/permaddr $1/!d}; /(ether|permaddr) $1/s/^[0-9]+: ([^:@ ]+).*/\1/p")
	case $found in
	'' | *[!A-Za-z0-9._-]*)
		echo "not one NIC with the MAC $1: ${found:-none}; nothing was done" >&2
		exit 1
		;;
	esac
	echo "$found"
}

# behind FAMILY METRIC: main has the primary's default route in front of that metric.
behind() {
	ip "$1" route show default | awk -v most="$2" '
		!/proto 101 / { metric = 0; for (i = 1; i < NF; i++) if ($i == "metric") metric = $(i + 1); if (metric < most) found = 1 }
		END { exit !found }' && return
	echo "main has no default route of the primary in front of metric $2; nothing was done" >&2
	exit 1
}

# channels NIC ARGUMENTS...: sets them; some drivers restart the NIC for a change that is none.
channels() {
	said=$(LC_ALL=C ethtool -L "$@" 2>&1) || case $said in
	*unmodified* | *'no channel'*) ;;
	*)
		echo "ethtool -L $*: $said" >&2
		exit 1
		;;
	esac
}

# add ARGUMENTS...: ip with these arguments; what is there already is done.
add() {
	said=$(LC_ALL=C ip "$@" 2>&1) || case $said in
	*'File exists'* | *'already assigned'*) ;;
	*)
		echo "ip $*: $said" >&2
		exit 1
		;;
	esac
}

NICS
`

func family(v6 bool) string {
	if v6 {
		return "-6"
	}
	return "-4"
}

// label is the mark of an address whose NIC's name leaves room for it.
func label(a Address, nic string) string {
	if a.Prefix.Addr().Is6() || len(AddressLabel(a.Link)) > 15 {
		return ""
	}
	return ` label "` + nic + LabelSuffix + `"`
}

// queueCommands set the channels and the masks of a NIC. A driver may refuse, or
// restart the NIC for a change that is none.
func (w *Wanted) queueCommands(link, nic string) string {
	var b strings.Builder
	if c, ok := w.World.Get(Channels{Link: link}.Ref()).(Channels); ok {
		fmt.Fprintf(&b, "channels \"%s\" %s\n", nic, c.arguments())
	}
	for _, s := range w.steering(link) {
		fmt.Fprintf(&b, "echo %s > \"/sys/class/net/%s/queues/%s\"\n", s.Value(), nic, s.File())
	}
	return b.String()
}

// switchCommands set the switches of a NIC that the Host declares, before it has any
// address.
func (w *Wanted) switchCommands(link, nic string) string {
	var b strings.Builder
	for _, x := range Switches {
		if s, ok := w.World.Get(sysctlRef(link, x.Key)).(Sysctl); ok {
			s.Link = nic
			fmt.Fprintf(&b, "echo %d > \"/proc/sys/%s\"\n", s.Value, s.Path())
		}
	}
	return b.String()
}

// steering answers what is wanted of a link's queues beside the channels, by file.
func (w *Wanted) steering(link string) (out []Steering) {
	w.World.Each(func(_ plan.Ref, o plan.Object) {
		if s, ok := o.(Steering); ok && s.Interface() == link {
			out = append(out, s)
		}
	})
	slices.SortFunc(out, func(a, b Steering) int { return strings.Compare(a.File(), b.File()) })
	return out
}
