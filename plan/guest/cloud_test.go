package guest

import (
	"fmt"
	"net/netip"
	"time"

	"pgregory.net/rapid"

	"enid/plan"
	"enid/schema"
)

// The MACs of the worked example, document A 4.4.
const (
	mac0 = "00:16:3e:0e:16:21"
	mac1 = "00:16:3e:12:e7:27"
	mac2 = "00:16:3e:12:16:ec"
	mac3 = "00:16:3e:00:00:03"
)

// state is a cloud state in the making.
type state struct {
	host schema.HostSpec
	inst schema.InstanceSpec
	enis map[string]*schema.Resource
	more []*schema.Resource
}

func exampleState() *state {
	s := &state{enis: map[string]*schema.Resource{}}
	s.host = schema.HostSpec{Instance: "web-1", Queues: schema.Queues{Unmanaged: true}}
	s.inst = schema.InstanceSpec{Type: "ecs.g5.large", Subnet: "web"}
	s.attach("web-1-b", mac1, 1, "10.0.0.20")
	s.attach("web-1-c", mac2, 2, "10.0.0.21")
	return s
}

// attach adds an attached ENI of subnet web, and answers its spec and status.
func (s *state) attach(name, mac string, index int, addrs ...string) (*schema.ENISpec, *schema.ENIStatus) {
	spec := &schema.ENISpec{Subnet: "web"}
	status := &schema.ENIStatus{Phase: schema.PhaseInUse, MAC: mac, DeviceIndex: index, Instance: "web-1"}
	for i, a := range addrs {
		if ip := netip.MustParseAddr(a); i == 0 {
			status.PrivateIP = ip
		} else {
			status.SecondaryIPs = append(status.SecondaryIPs, ip)
		}
	}
	s.enis[name] = res(schema.KindENI, name, spec, status)
	return spec, status
}

func (s *state) eni(name string) (*schema.ENISpec, *schema.ENIStatus) {
	return s.enis[name].Spec.(*schema.ENISpec), s.enis[name].Status.(*schema.ENIStatus)
}

func res(kind schema.Kind, name string, spec schema.Spec, status schema.Status) *schema.Resource {
	return &schema.Resource{Ref: schema.Ref{Kind: kind, Name: name}, Spec: spec, Status: status}
}

func (s *state) world() *plan.World {
	w := plan.NewWorld(func(plan.Object, func(plan.Term)) {}, 16)
	put := func(r *schema.Resource) { w.Put(r.Ref, r) }
	put(res(schema.KindAccount, "main", &schema.AccountSpec{Provider: schema.Alibaba}, nil))
	put(res(schema.KindVPC, "prod", &schema.VPCSpec{Account: "main", Region: "cn-hangzhou", CIDR: netip.MustParsePrefix("10.0.0.0/16")}, nil))
	for i, name := range []string{"web", "db", "app"} {
		put(res(schema.KindSubnet, name, &schema.SubnetSpec{VPC: "prod", Zone: "cn-hangzhou-a", CIDR: netip.MustParsePrefix(fmt.Sprintf("10.0.%d.0/24", i))}, nil))
	}
	put(res(schema.KindInstance, "web-1", &s.inst, &schema.InstanceStatus{Phase: schema.PhaseRunning, MAC: mac0, PrivateIP: netip.MustParseAddr("10.0.0.19")}))
	put(res(schema.KindHost, "web-1", &s.host, nil))
	for _, r := range s.enis {
		put(r)
	}
	for _, r := range s.more {
		put(r)
	}
	return w
}

// exampleObjects are what a machine has before anything was done: eth0 with the
// primary's address and default route, three more NICs that are down.
func exampleObjects() Objects {
	o := Objects{Machine: Machine{OnlineCPUs: 2, Online: "3", CPUs: 2, Isolated: "0", NewQueueMask: "0"}}
	for i, mac := range []string{mac0, mac1, mac2, mac3} {
		name := fmt.Sprintf("eth%d", i)
		o.Links = append(o.Links, Link{Name: name, Index: i + 2, MAC: mac, PermMAC: mac, Up: i == 0, MTU: 1500, MinMTU: 68, MaxMTU: 9000})
		o.Channels = append(o.Channels, Channels{Link: name, Combined: 1, MaxCombined: 4})
		o.RPS = append(o.RPS, RPS{Link: name, Mask: "0"})
	}
	o.Addresses = []Address{{Link: "eth0", Prefix: netip.MustParsePrefix("10.0.0.19/24")}}
	o.Routes = []Route{{Table: TableMain, Dst: netip.MustParsePrefix("0.0.0.0/0"), Type: Unicast, Protocol: 3, Gateway: netip.MustParseAddr("10.0.0.253"), Link: "eth0", Metric: 100}}
	return o
}

// drawState answers a random cloud state.
func drawState(t *rapid.T) *state {
	s := exampleState()
	clear(s.enis)
	s.host.Routing.Mode = rapid.SampledFrom([]string{"", "balanced", "strict"}).Draw(t, "mode")
	s.host.Routing.MetricBase = rapid.SampledFrom([]int{0, 50, 1101}).Draw(t, "metricBase")
	s.host.Addressing = rapid.SampledFrom([]string{"", "static", "static", "dhcp"}).Draw(t, "addressing")
	s.host.Queues = rapid.SampledFrom([]schema.Queues{{}, {Unmanaged: true}, {Auto: true}, {Count: 2}, {Count: 9}}).Draw(t, "queues")
	s.host.Sysctls = schema.Sysctls{ARPIgnore: drawSwitch(t), RPFilter: drawSwitch(t)}
	s.host.RPS = rapid.SampledFrom([]schema.RPS{{}, {Mode: "documented"}, {Mode: "off"}, {Mode: "mask", Mask: "2"}, {Mode: "mask", Mask: "f0"}}).Draw(t, "rps")
	s.host.XPS = rapid.SampledFrom([]string{"", "unmanaged", "auto", "off"}).Draw(t, "xps")
	s.host.RFS = rapid.SampledFrom([]schema.RFS{{}, {Unmanaged: true}, {Off: true}, {Entries: 4096}, {Entries: 5000}}).Draw(t, "rfs")
	s.host.IRQBalance = rapid.SampledFrom([]string{"", "unmanaged", "enabled", "disabled"}).Draw(t, "irqbalance")
	indexes := rapid.Permutation([]int{1, 2, 3, 4}).Draw(t, "indexes")
	for i, mac := range []string{mac1, mac2, mac3, "00:16:3e:00:00:99"} {
		if rapid.IntRange(0, 3).Draw(t, "absent") == 0 {
			continue
		}
		subnet := rapid.IntRange(0, 2).Draw(t, "subnet")
		var addrs []string
		for _, n := range rapid.SliceOfNDistinct(rapid.IntRange(20, 40), 1, 4, rapid.ID[int]).Draw(t, "addresses") {
			addrs = append(addrs, fmt.Sprintf("10.0.%d.%d", subnet, n))
		}
		spec, status := s.attach(fmt.Sprintf("eni-%d", i+1), mac, indexes[i], addrs...)
		spec.Subnet = []string{"web", "db", "app"}[subnet]
		status.Phase = rapid.SampledFrom([]schema.Phase{schema.PhaseInUse, schema.PhaseInUse, schema.PhaseInUse, schema.PhaseDetaching}).Draw(t, "phase")
		if rapid.IntRange(0, 5).Draw(t, "predicted") == 0 {
			status.Predicted = []string{"privateIP"}
		}
		if rapid.IntRange(0, 2).Draw(t, "prefix") == 0 {
			status.Prefixes = []netip.Prefix{netip.MustParsePrefix(fmt.Sprintf("10.0.%d.%d/28", subnet, 128+16*i))}
		}
		spec.Guest = &schema.ENIGuest{
			MTU:        rapid.SampledFrom([]int{0, 0, 1400, 20000}).Draw(t, "mtu"),
			Table:      rapid.SampledFrom([]int{0, 0, 2001, 254}).Draw(t, "table"),
			Addressing: rapid.SampledFrom([]string{"", "", "none"}).Draw(t, "own addressing"),
		}
	}
	return s
}

// drawSwitch answers a switch's value, nil where it is not declared.
func drawSwitch(t *rapid.T) *int {
	return rapid.SampledFrom([]*int{nil, nil, new(0), new(1), new(2)}).Draw(t, "switch")
}

// drawObjects answers a random machine: what others and what an earlier enid left.
func drawObjects(t *rapid.T) Objects {
	o := exampleObjects()
	link := rapid.SampledFrom([]string{"eth0", "eth1", "eth2", "eth3"})
	protocol := rapid.SampledFrom([]uint8{3, 4, Protocol, Protocol})
	for i := range o.Links {
		o.Links[i].Up = i == 0 || rapid.Bool().Draw(t, "up")
		o.Links[i].Promote = rapid.Bool().Draw(t, "promote")
		for _, x := range Switches[:rapid.IntRange(0, len(Switches)).Draw(t, "switches")] {
			o.More = append(o.More, Sysctl{Link: o.Links[i].Name, Key: x.Key, Value: rapid.IntRange(0, 2).Draw(t, "value"), All: rapid.IntRange(0, 1).Draw(t, "all")})
		}
	}
	drawSteering(t, &o)
	seen := map[plan.Ref]bool{o.Addresses[0].Ref(): true}
	first := map[string]bool{}
	for range rapid.IntRange(0, 6).Draw(t, "addresses") {
		a := Address{Link: link.Draw(t, "link"), Ours: rapid.Bool().Draw(t, "ours"), NoPrefixRoute: rapid.Bool().Draw(t, "noprefixroute"),
			Prefix: netip.MustParsePrefix(fmt.Sprintf("10.0.%d.%d/24", rapid.IntRange(0, 2).Draw(t, "subnet"), rapid.IntRange(20, 40).Draw(t, "host")))}
		if seen[a.Ref()] {
			continue
		}
		if a.Ours && rapid.Bool().Draw(t, "leased") {
			a.Lifetime = time.Duration(rapid.IntRange(1, 9).Draw(t, "lifetime")) * time.Second
		}
		net := a.Link + a.Prefix.Masked().String()
		a.Secondary = first[net]
		seen[a.Ref()], first[net] = true, true
		o.Addresses = append(o.Addresses, a)
	}
	for i := range o.Links {
		if rapid.Bool().Draw(t, "client") {
			o.More = append(o.More, drawLease(t, o.Links[i].Name))
		}
	}
	for range rapid.IntRange(0, 6).Draw(t, "routes") {
		o.Routes = append(o.Routes, Route{Table: rapid.SampledFrom([]uint32{TableMain, 1001, 1002, 1003, 2001, 2999}).Draw(t, "table"),
			Dst: netip.MustParsePrefix(rapid.SampledFrom([]string{"0.0.0.0/0", "10.0.0.0/24", "192.0.2.0/24"}).Draw(t, "dst")), Type: Unicast,
			Metric: rapid.SampledFrom([]uint32{0, 50, 1001, 1102}).Draw(t, "metric"), Protocol: protocol.Draw(t, "protocol"), Link: link.Draw(t, "via")})
	}
	for range rapid.IntRange(0, 6).Draw(t, "rules") {
		o.Rules = append(o.Rules, Rule{Priority: rapid.SampledFrom([]uint32{5000, 7000, 9000, 9001}).Draw(t, "priority"), Suppress: -1, Action: ActionTable,
			Src:   netip.MustParsePrefix(fmt.Sprintf("10.0.0.%d/32", rapid.IntRange(20, 24).Draw(t, "src"))),
			Table: rapid.SampledFrom([]uint32{TableMain, 1001, 1002, 2999}).Draw(t, "lookup"), Protocol: protocol.Draw(t, "by")})
	}
	return o
}

// drawLease answers a client that asks for some address, and what it was answered.
func drawLease(t *rapid.T, link string) Lease {
	draw := func() netip.Addr {
		return netip.MustParseAddr(fmt.Sprintf("10.0.%d.%d", rapid.IntRange(0, 2).Draw(t, "subnet"), rapid.IntRange(20, 40).Draw(t, "host")))
	}
	l := Lease{Link: link, For: draw()}
	switch rapid.IntRange(0, 4).Draw(t, "answer") {
	case 0:
		l.Address, l.Lifetime = netip.PrefixFrom(l.For, 24), time.Duration(rapid.IntRange(0, 9).Draw(t, "lifetime"))*time.Second
	case 1:
		l.Other = netip.PrefixFrom(draw(), 24)
	case 2:
		l.Lost = "the lease ran out"
	case 3:
		l.Trouble = "operation not permitted"
	}
	return l
}

// drawSteering adds what queues have beside channels, where a machine has it at all.
func drawSteering(t *rapid.T, o *Objects) {
	if rapid.Bool().Draw(t, "flows") {
		o.More = append(o.More, SocketFlows{Entries: rapid.SampledFrom([]int{0, 4096, 32768}).Draw(t, "entries")})
	}
	for i := range o.Links {
		l := &o.Links[i]
		l.XDP = rapid.SampledFrom([]int{0, 0, 0, 7}).Draw(t, "xdp")
		if rapid.Bool().Draw(t, "xps") {
			o.More = append(o.More, XPS{Link: l.Name, Mask: rapid.SampledFrom([]string{"0", "1", "3"}).Draw(t, "xps mask")})
		}
		if rapid.Bool().Draw(t, "share") {
			o.More = append(o.More, QueueFlows{Link: l.Name, Count: rapid.SampledFrom([]int{0, 4096}).Draw(t, "count")})
		}
	}
	s := Service{Name: IRQBalance, Systemd: rapid.Bool().Draw(t, "systemd")}
	if s.Systemd {
		s.Load = rapid.SampledFrom([]string{"loaded", "not-found", "masked"}).Draw(t, "load")
	}
	if s.Load == "loaded" {
		s.Active, s.Enabled = rapid.Bool().Draw(t, "active"), rapid.Bool().Draw(t, "enabled")
	}
	if rapid.IntRange(0, 3).Draw(t, "process") == 0 {
		s.PID, s.Active = 77, true
		s.Enabled = s.Enabled || !s.Systemd
	}
	o.More = append(o.More, s)
}
