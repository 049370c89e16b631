package guest

import (
	"net/netip"
	"strings"
	"time"

	"enid/plan"
	"enid/schema"
)

// The kinds of objects on a host.
const (
	KindMachine  schema.Kind = "Machine"
	KindLink     schema.Kind = "Link"
	KindAddress  schema.Kind = "Address"
	KindRoute    schema.Kind = "Route"
	KindRule     schema.Kind = "Rule"
	KindChannels schema.Kind = "Channels"
	KindRPS      schema.Kind = "RPS"
	KindSysctl   schema.Kind = "Sysctl"
	KindXPS      schema.Kind = "XPS"
	KindService  schema.Kind = "Service"

	KindSocketFlows schema.Kind = "SocketFlows"
	KindQueueFlows  schema.Kind = "QueueFlows"
)

// object is what every object of a host says of itself. Host plans, undo and the
// comparison ask for no more, so that a new kind is a type and its operations.
type object interface {
	Ref() plan.Ref
	// Interface answers the interface it belongs to, "" for none.
	Interface() string
	// Chain answers whose chain it belongs to, which is the unit of undo: what is
	// done to one chain does not need what is done to another.
	Chain() string
	// Differs compares it with what is wanted in its place, or was observed there:
	// a nil object is none. It is asked of the wanted one where there are both.
	Differs(is, want plan.Object) []plan.Change
}

// Machine is what concerns the whole machine. Nothing changes it.
type Machine struct {
	OnlineCPUs int // 0: not known
	// CPUs is how many bits a CPU mask of this kernel has (nr_cpu_ids).
	CPUs int
	// Online and Isolated are masks, as FormatMask writes them: the CPUs that run now,
	// of which alone a mask of a queue can be, and those that the kernel takes out of
	// every RPS mask.
	Online, Isolated string
	// NewQueueMask is the RPS mask that a queue is born with.
	NewQueueMask string
	// Label says that this kernel has no address protocol (before 5.18): the
	// label DEV:enid marks an address instead.
	Label bool
	// Networkd says that systemd-networkd runs and removes foreign routes or rules.
	Networkd bool
}

// Ref answers Machine/host.
func (Machine) Ref() plan.Ref { return MachineRef }

// MachineRef is the one Machine of a world.
var MachineRef = plan.Ref{Kind: KindMachine, Name: "host"}

// Link is a network interface. Carrier is not part of it: it changes by itself.
type Link struct {
	Name  string
	Index int
	MAC   string // lower case, colons; empty for links without one
	// PermMAC is the NIC's own, burnt-in address; empty where the driver has none.
	PermMAC        string
	Kind           string // vlan, bridge, veth ...; empty for a NIC
	Master         string // the bridge, bond or VRF that it belongs to; empty: none
	Up             bool   // administratively
	MTU            int    // bytes
	MinMTU, MaxMTU int    // bytes; 0: the driver does not say
	// XDP is the id of the program that its driver (not the stack) runs on every
	// packet; 0: none.
	XDP int
	// Promote says that, when a subnet's first address goes, the next one takes
	// its place (promote_secondaries, of this link or of all). Otherwise the
	// kernel removes all addresses of that subnet with it.
	Promote bool
	// NoIPv6 says that the kernel takes no IPv6 address on the link (disable_ipv6, or
	// IPv6 is off).
	NoIPv6 bool
}

// Ref answers Link/NAME.
func (l Link) Ref() plan.Ref { return LinkRef(l.Name) }

// LinkRef answers the reference of the link of that name.
func LinkRef(name string) plan.Ref { return plan.Ref{Kind: KindLink, Name: name} }

// stacked are link kinds that borrow the MAC of the NIC below them.
var stacked = map[string]bool{"vlan": true, "macvlan": true, "macvtap": true, "ipvlan": true, "bridge": true,
	"bond": true, "team": true, "vrf": true, "vxlan": true, "dummy": true, "ifb": true, "hsr": true, "macsec": true}

// Address is an address of a link, of either family.
type Address struct {
	Link   string
	Prefix netip.Prefix // with its host bits: 10.0.0.20/24
	Ours   bool         // it carries enid's mark
	// Lifetime is how long the kernel keeps it from the reading on, if nobody says
	// more; 0: for ever.
	Lifetime time.Duration
	// NoPrefixRoute says that the kernel made no connected route of it.
	NoPrefixRoute bool
	// Secondary says that it is not the first of its subnet on the link. The
	// kernel decides; it is never wanted one way or the other.
	Secondary bool
	// Order is the place in the kernel's list of the link, which decides who is
	// promoted. It is no property of the address: Normal drops it.
	Order int
	// Tentative says that an IPv6 address is not in use yet: the kernel looks for a
	// duplicate first. Duplicate says that it found one. Both change by themselves,
	// and are nobody's wish.
	Tentative, Duplicate bool
	// Auto says that the kernel made an IPv6 address by a router's word, or makes
	// temporary ones of it. It too is nobody's wish.
	Auto bool
}

// IPv6 reports whether it is an IPv6 address.
func (a Address) IPv6() bool { return a.Prefix.Addr().Is6() }

// Ref answers Address/eth1 10.0.0.20/24.
func (a Address) Ref() plan.Ref {
	return plan.Ref{Kind: KindAddress, Name: a.Link + " " + a.Prefix.String()}
}

// Channels are the queues of a NIC that its driver lets be set, as `ethtool -l`
// shows them. A link whose driver has none has no such object.
type Channels struct {
	Link                      string
	Combined, RX, TX          int
	MaxCombined, MaxRX, MaxTX int
}

// Ref answers Channels/NAME.
func (c Channels) Ref() plan.Ref { return plan.Ref{Kind: KindChannels, Name: c.Link} }

// Receive answers how many receive queues there are.
func (c Channels) Receive() int { return c.Combined + c.RX }

// Send answers how many send queues there are.
func (c Channels) Send() int { return c.Combined + c.TX }

// OursByMark reports whether an address with that protocol and label is enid's.
func OursByMark(protocol int, link, label string) bool {
	return protocol == AddressProtocol || label == AddressLabel(link)
}

// AddressLabel answers the label that marks an address where the kernel has no
// address protocol. A label has 15 bytes at most.
func AddressLabel(link string) string { return link + LabelSuffix }

// SameMAC reports whether two MAC addresses are the same one.
func SameMAC(a, b string) bool { return a != "" && strings.EqualFold(a, b) }
