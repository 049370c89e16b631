package guest

import (
	"fmt"
	"strings"

	"enid/plan"
)

// Command answers what a person would type for a step: the shell command that does
// the same as enid does. Deletes name all that identifies the object, since the
// kernel matches only what is given. world is the one before the plan's first step.
func Command(op string, target plan.Ref, world, wanted *plan.World) string {
	from, to := world.Get(target), wanted.Get(target)
	switch op {
	case SetLinkUp:
		return "ip link set dev " + target.Name + " up"
	case SetMTU:
		return fmt.Sprintf("ip link set dev %s mtu %d", target.Name, to.(Link).MTU)
	case SetPromote:
		return "echo 1 > /proc/sys/net/ipv4/conf/" + target.Name + "/promote_secondaries"
	case SetChannels:
		return channelsCommand(from.(Channels), to.(Channels))
	case SetRPS:
		q := to.(RPS)
		return fmt.Sprintf("echo %s > /sys/class/net/%s/queues/rx-%d/rps_cpus", q.Mask, q.Link, q.Queue)
	case AddAddress:
		m, _ := world.Get(MachineRef).(Machine)
		return addressCommand("add", to.(Address), m.Label)
	case DeleteAddress:
		a := from.(Address)
		return "ip -4 address delete " + a.Prefix.String() + " dev " + a.Link
	case AddRoute:
		return routeCommand("add", to.(Route))
	case ReplaceRoute:
		return routeCommand("replace", to.(Route))
	case DeleteRoute:
		return routeCommand("delete", from.(Route))
	case AddRule:
		return ruleCommand("add", to.(Rule))
	case DeleteRule:
		return ruleCommand("delete", from.(Rule))
	}
	return ""
}

func addressCommand(verb string, a Address, label bool) string {
	text := "ip -4 address " + verb + " " + a.Prefix.String() + " dev " + a.Link
	if a.NoPrefixRoute {
		text += " noprefixroute"
	}
	if label {
		return text + " label " + AddressLabel(a.Link)
	}
	return text + " proto " + itoa(AddressProtocol)
}

func routeCommand(verb string, r Route) string {
	text := "ip -4 route " + verb + " " + r.String()
	if r.Table != TableMain {
		text += " table " + TableName(r.Table)
	}
	return text
}

func ruleCommand(verb string, r Rule) string {
	return "ip -4 rule " + verb + " " + r.String() + " priority " + itoa(int(r.Priority)) + " protocol " + itoa(int(r.Protocol))
}

func channelsCommand(from, to Channels) string {
	var b strings.Builder
	b.WriteString("ethtool -L " + to.Link)
	for _, c := range channelChanges(from, to) {
		fmt.Fprintf(&b, " %s %d", c.Path, c.To)
	}
	return b.String()
}
