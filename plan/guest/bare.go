package guest

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"

	"enid/plan"
	"enid/schema"
)

// unknown stands in a model for a number that only the machine has. It is nothing that
// a Host can declare, so that what is declared is always a difference.
const unknown = -1

// bare answers a machine before enid has touched it, as far as files can say:
//
//	interfaces  eth0 is the primary one, eth1 and up are the ENIs by device index; they
//	            are down. A NIC whose MAC no file says has one made of its ENI's name.
//	primary     it is up, and main has its default route with the best metric there is,
//	            of IPv6 too where its subnet has IPv6
//	kernel      5.18 or later: addresses carry enid's mark. IPv6 is on.
//	values      MTU, switches, queues and flows are unknown: what is declared is set.
//	            A driver takes the declared number of queues unless its type's is known.
//	disks       a volume's is called as declared, and full
//	programs    systemd runs, and irqbalance stands as the Host does not want it; what grows
//	            partitions and file systems is installed
//	files       the distribution reads whatever format the Host asks for
//
// Nobody else has put anything there.
func (a asked) bare() Objects {
	o := Objects{Machine: Machine{Online: "0", Isolated: "0", NewQueueMask: "0"}}
	primary := a.links[schema.Ref{}]
	o.Links = append(o.Links, Link{Name: primary, Index: 2, MAC: a.host.PrimaryMAC, PermMAC: a.host.PrimaryMAC, Up: true})
	a.values(&o, primary, a.host.Spec.Steering(schema.ENIGuest{}).Queues)
	for _, v6 := range []bool{false, true} {
		if n := a.host.net(v6); !v6 || n.Subnet.IsValid() {
			way := Route{Table: TableMain, Dst: netip.PrefixFrom(none(v6), 0), Type: Unicast, Protocol: protocolDHCP, Gateway: n.Gateway, Link: primary}
			if v6 {
				way.Protocol, way.Metric, way.Gateway = ProtocolRA, IPv6Metric, n.Router
			}
			o.Routes = append(o.Routes, way)
		}
	}
	if a.primary.IsValid() && a.host.Subnet.IsValid() {
		o.Addresses = append(o.Addresses, Address{Link: primary, Prefix: netip.PrefixFrom(a.primary, a.host.Subnet.Bits())})
	}
	for _, e := range a.host.ENIs {
		if name, there := a.links[e.Ref]; there {
			o.Links = append(o.Links, Link{Name: name, Index: len(o.Links) + 2, MAC: e.MAC, PermMAC: e.MAC})
			a.values(&o, name, e.Guest.Queues)
		}
	}
	if rfs := a.host.Spec.RFS; rfs.Off || rfs.Entries > 0 {
		o.More = append(o.More, SocketFlows{Entries: unknown})
	}
	off := a.host.Spec.IRQBalance != "enabled"
	o.More = append(o.More, Service{Name: IRQBalance, Systemd: true, Load: "loaded", Active: off, Enabled: off})
	a.bareVolumes(&o)
	for _, dir := range Folders {
		o.More = append(o.More, File{Path: dir, Folder: true})
	}
	return o
}

// values adds what an interface has of numbers, those that its Host declares.
func (a asked) values(o *Objects, link string, q schema.Queues) {
	if q.Count > 0 {
		o.Channels = append(o.Channels, Channels{Link: link, MaxCombined: max(q.Count, a.host.TypeQueues)})
	}
	for _, x := range Switches {
		if x.Declared(a.host.Spec.Sysctls) != nil {
			o.More = append(o.More, Sysctl{Link: link, Key: x.Key, Value: unknown})
		}
	}
}

// protocolDHCP is the protocol of routes that a DHCP client made (RTPROT_DHCP).
const protocolDHCP = 16

// madeMAC answers a MAC for the NIC of an ENI of which none is known: a locally
// administered one, made of its name, which no cloud gives.
func madeMAC(of plan.Ref) string {
	sum := sha256.Sum256([]byte(of.String()))
	text := "02"
	for _, b := range sum[:5] {
		text += ":" + hex.EncodeToString([]byte{b})
	}
	return text
}
