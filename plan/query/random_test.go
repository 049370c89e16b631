package query

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"enid/schema"
)

// The dumb second implementation: one packet, every rule, the smallest priority,
// deny before allow.
type packet struct {
	protocol string // one that rules name, or gre
	port     int
}

func dumbCovers(r schema.SecurityRule, p packet) bool {
	if r.Protocol != "all" && r.Protocol != p.protocol {
		return false
	}
	if r.Ports == "" || p.protocol == "icmp" && r.Protocol == "icmp" {
		return true
	}
	if p.protocol != "tcp" && p.protocol != "udp" {
		return false
	}
	low, high := 0, 0
	if strings.Contains(r.Ports, "-") {
		fmt.Sscanf(r.Ports, "%d-%d", &low, &high)
	} else {
		fmt.Sscanf(r.Ports, "%d", &low)
		high = low
	}
	return low <= p.port && p.port <= high
}

func dumbLets(t *schema.Topology, direction string, at, far Interface, p packet, otherwise bool) bool {
	best, lets := 1000, otherwise
	for _, g := range at.SecurityGroups {
		for _, r := range t.Get(schema.Ref{Kind: schema.KindSecurityGroup, Name: g}).Spec.(*schema.SecurityGroupSpec).Rules {
			meant := r.Peer.SecurityGroup != "" && slices.Contains(far.SecurityGroups, r.Peer.SecurityGroup) ||
				r.Peer.SecurityGroup == "" && r.Peer.CIDR.Contains(far.PrivateIP)
			if r.Direction != direction || !meant || !dumbCovers(r, p) {
				continue
			}
			if r.Priority < best {
				best, lets = r.Priority, true
			}
			if r.Priority == best && r.Action == "deny" {
				lets = false
			}
		}
	}
	return lets
}

func drawRule(t *rapid.T, aws bool) schema.SecurityRule {
	r := schema.SecurityRule{
		Direction: rapid.SampledFrom([]string{"ingress", "ingress", "ingress", "egress"}).Draw(t, "direction"),
		Protocol:  rapid.SampledFrom([]string{"all", "tcp", "udp", "icmp"}).Draw(t, "protocol"),
		Ports:     rapid.SampledFrom([]string{"", "", "5", "3-7", "6-65535", "1-4"}).Draw(t, "ports"),
		Action:    "allow", Priority: 1,
	}
	if !aws {
		r.Action = rapid.SampledFrom([]string{"allow", "allow", "deny"}).Draw(t, "action")
		r.Priority = rapid.IntRange(1, 3).Draw(t, "priority")
	}
	if rapid.Bool().Draw(t, "by group") {
		r.Peer.SecurityGroup = rapid.SampledFrom([]string{"g0", "g1", "g2"}).Draw(t, "peer")
	} else {
		r.Peer.CIDR = netip.MustParsePrefix(rapid.SampledFrom([]string{"0.0.0.0/0", "10.0.0.0/24", "10.0.0.16/28", "10.0.0.20/32", "10.0.0.36/32"}).Draw(t, "cidr"))
	}
	return r
}

// drawTown answers two instances of one VPC, each in some of three groups.
func drawTown(t *rapid.T, cloud schema.Provider) *schema.Topology {
	resource := func(kind schema.Kind, name string, spec schema.Spec) *schema.Resource {
		return &schema.Resource{Ref: schema.Ref{Kind: kind, Name: name}, Spec: spec}
	}
	all := []*schema.Resource{
		resource(schema.KindAccount, "main", &schema.AccountSpec{Provider: cloud}),
		resource(schema.KindVPC, "v", &schema.VPCSpec{Account: "main", Region: "r", CIDR: netip.MustParsePrefix("10.0.0.0/16")}),
		resource(schema.KindSubnet, "s", &schema.SubnetSpec{VPC: "v", Zone: "r-a", CIDR: netip.MustParsePrefix("10.0.0.0/24")}),
	}
	for i := range 3 {
		g := &schema.SecurityGroupSpec{VPC: "v"}
		for range rapid.IntRange(0, 4).Draw(t, "rules") {
			g.Rules = append(g.Rules, drawRule(t, cloud == schema.AWS))
		}
		all = append(all, resource(schema.KindSecurityGroup, fmt.Sprintf("g%d", i), g))
	}
	sets := [][]string{{"g0"}, {"g1"}, {"g2"}, {"g0", "g1"}, {"g2", "g1"}}
	for name, a := range map[string]string{"a": "10.0.0.20", "b": "10.0.0.36"} {
		all = append(all, resource(schema.KindInstance, name, &schema.InstanceSpec{NetworkType: schema.NetworkVPC, Subnet: "s", Type: "t",
			PrivateIP: netip.MustParseAddr(a), SecurityGroups: rapid.SampledFrom(sets).Draw(t, "groups of "+name)}))
	}
	return schema.NewTopology(all)
}

// TestReachAgainstDumb_reach_same_vpc_other_group compares the answer for single
// packets with the dumb implementation's, on both clouds.
func TestReachAgainstDumb_reach_same_vpc_other_group(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cloud := rapid.SampledFrom([]schema.Provider{schema.Alibaba, schema.AWS}).Draw(t, "cloud")
		town := drawTown(t, cloud)
		a, err := Reach(town, Question{From: "a", To: "b"})
		if err != nil {
			t.Fatal(err)
		}
		from, to := a.From.Interfaces[0], a.To.Interfaces[0]
		shared := cloud == schema.Alibaba && common(from, to) != ""
		any := false
		for _, p := range []packet{{"tcp", 1}, {"tcp", 3}, {"tcp", 5}, {"tcp", 6}, {"tcp", 65535}, {"udp", 4}, {"udp", 7}, {"icmp", 0}, {"gre", 0}} {
			way := func(from, to Interface) bool {
				free := cloud == schema.Alibaba || slices.ContainsFunc(from.SecurityGroups, func(g string) bool {
					rules := town.Get(schema.Ref{Kind: schema.KindSecurityGroup, Name: g}).Spec.(*schema.SecurityGroupSpec).Rules
					return !slices.ContainsFunc(rules, func(r schema.SecurityRule) bool { return r.Direction == "egress" })
				})
				return dumbLets(town, "ingress", to, from, p, shared) && dumbLets(town, "egress", from, to, p, free)
			}
			want := way(from, to) && (cloud == schema.AWS || way(to, from))
			any = any || want
			if got := holds(a.Open, p); got != want {
				t.Fatalf("%v: open %v, wanted %v; %+v", p, got, want, a)
			}
			if p.protocol == "tcp" {
				one, err := Reach(town, Question{From: "a", To: "b", Port: p.port})
				if err != nil || one.Reachable != want {
					t.Fatalf("%v: reachable %v, wanted %v, %v", p, one.Reachable, want, err)
				}
			}
		}
		if any && !a.Reachable || a.Reachable != (len(a.Open) > 0) || len(a.Changes) == 0 {
			t.Fatalf("%+v", a)
		}
	})
}

// holds reports whether a list of services has the packet.
func holds(open []Service, p packet) bool {
	protocol := p.protocol
	if protocol == "gre" {
		protocol = "other"
	}
	return slices.ContainsFunc(open, func(s Service) bool {
		if s.Protocol != "all" && s.Protocol != protocol {
			return false
		}
		return s.Ports == "" || dumbCovers(schema.SecurityRule{Protocol: s.Protocol, Ports: s.Ports}, p)
	})
}

// TestClasses_cidr_report holds that the classes partition the CIDR exactly, as an
// address by address look has it, and that the strip and the free blocks agree.
func TestClasses_cidr_report(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cloud := rapid.SampledFrom([]schema.Provider{schema.Alibaba, schema.AWS}).Draw(t, "cloud")
		town, cidr := drawSubnet(t, cloud)
		r, err := CIDR(town, "s")
		if err != nil {
			t.Fatal(err)
		}
		total, blocks, strip := int64(0), 0, strings.Builder{}
		for _, row := range r.Strip().Rows {
			strip.WriteString(row.Cells)
		}
		unit := r.Strip().Unit
		clear := int64(0)
		for a := cidr.Addr(); cidr.Contains(a); a = a.Next() {
			want := dumbClass(town, cloud, cidr, a, r.Gateway)
			for c, ranges := range [...][]Range{kept: r.Kept, used: r.Used, reserved: r.Reserved, unused: r.Unused} {
				in := slices.ContainsFunc(ranges, func(one Range) bool { return one.First.Compare(a) <= 0 && a.Compare(one.Last) <= 0 })
				if in != (class(c) == want) {
					t.Fatalf("%v: in class %d %v, wanted %d\n%+v", a, c, in, want, r)
				}
			}
			if clear++; want == kept || want == used {
				clear = 0
			}
			if number(a)%blockSize == blockSize-1 {
				if clear >= blockSize {
					blocks++
				}
				clear = min(clear, 0)
			}
			cell := strip.String()[total/unit]
			if unit == 1 && cell != [...]byte{kept: CellKept, used: CellUsed, reserved: CellReserved, unused: CellUnused}[want] {
				t.Fatalf("%v: drawn as %c, is %d", a, cell, want)
			}
			total++
		}
		c := r.Counts
		if c.Total != total || c.Kept+c.Used+c.Reserved+c.Unused != total || c.FreeBlocks != blocks || len(r.FreeBlocks) != blocks || int64(strip.Len())*unit != total {
			t.Fatalf("%+v, %d addresses, %d blocks", c, total, blocks)
		}
		for _, s := range r.Reserve {
			if !cidr.Contains(s.CIDR.Addr()) || s.CIDR.Bits() > 28 || s.CIDR.Bits() < cidr.Bits() || s.CIDR != s.CIDR.Masked() ||
				c.FreeBlocks > 0 && len((spans{spanOf(s.CIDR)}).without(r.kinds[unused])) > 0 {
				t.Fatalf("reserve %v in %v", s, cidr)
			}
		}
	})
}

func drawSubnet(t *rapid.T, cloud schema.Provider) (*schema.Topology, netip.Prefix) {
	cidr := netip.PrefixFrom(netip.MustParseAddr("10.0.16.0"), rapid.IntRange(21, 29).Draw(t, "bits"))
	size := int(spans{spanOf(cidr)}.count())
	addr := func() netip.Addr {
		return address(number(cidr.Addr()) + int64(rapid.IntRange(-2, size+1).Draw(t, "address")))
	}
	resource := func(kind schema.Kind, name string, spec schema.Spec, status schema.Status) *schema.Resource {
		return &schema.Resource{Ref: schema.Ref{Kind: kind, Name: name}, Spec: spec, Status: status}
	}
	subnet := &schema.SubnetSpec{VPC: "v", Zone: "r-a", CIDR: cidr}
	if rapid.Bool().Draw(t, "gateway declared") {
		subnet.Gateway = addr()
	}
	for range rapid.IntRange(0, 2).Draw(t, "reservations") {
		block, _ := addr().Prefix(rapid.IntRange(26, 28).Draw(t, "reserved bits"))
		subnet.Reservations = append(subnet.Reservations, schema.Reservation{CIDR: block})
	}
	status := &schema.SubnetStatus{}
	for range rapid.IntRange(0, 3).Draw(t, "unmanaged") {
		status.UsedIPs = append(status.UsedIPs, addr())
	}
	prefix, _ := addr().Prefix(28)
	six := func() netip.Addr { // of the subnet or not, it is no IPv4 address
		return netip.AddrFrom16([16]byte{0x20, 0x01, 7: byte(rapid.IntRange(0, 1).Draw(t, "IPv6")), 15: 7})
	}
	if rapid.Bool().Draw(t, "has IPv6") {
		subnet.IPv6CIDR, _ = six().Prefix(64)
	}
	status.UsedIPs = append(status.UsedIPs, six())
	block, _ := six().Prefix(80)
	return schema.NewTopology([]*schema.Resource{
		resource(schema.KindAccount, "main", &schema.AccountSpec{Provider: cloud}, nil),
		resource(schema.KindVPC, "v", &schema.VPCSpec{Account: "main", Region: "r"}, nil),
		resource(schema.KindSubnet, "s", subnet, status),
		resource(schema.KindInstance, "i", &schema.InstanceSpec{Subnet: "s", PrivateIP: addr()}, &schema.InstanceStatus{PendingPrivateIP: addr()}),
		resource(schema.KindENI, "e", &schema.ENISpec{Subnet: "s", PrivateIP: addr(), SecondaryIPs: []netip.Addr{addr(), six()}, Prefixes: []netip.Prefix{prefix, block}}, nil),
		resource(schema.KindVPCEndpoint, "p", &schema.VPCEndpointSpec{VPC: "v", Subnets: []string{"s"}},
			&schema.VPCEndpointStatus{Addresses: []schema.EndpointAddress{{Subnet: "s", PrivateIP: addr()}}}),
	}), cidr
}

// dumbClass looks one address up in everything there is.
func dumbClass(t *schema.Topology, cloud schema.Provider, cidr netip.Prefix, a, gateway netip.Addr) class {
	get := func(kind schema.Kind, name string) *schema.Resource { return t.Get(schema.Ref{Kind: kind, Name: name}) }
	subnet, instance, eni, endpoint := get(schema.KindSubnet, "s"), get(schema.KindInstance, "i"), get(schema.KindENI, "e"), get(schema.KindVPCEndpoint, "p")
	e := eni.Spec.(*schema.ENISpec)
	uses := slices.Concat(subnet.Status.(*schema.SubnetStatus).UsedIPs, e.SecondaryIPs, []netip.Addr{
		instance.Spec.(*schema.InstanceSpec).PrivateIP, instance.Status.(*schema.InstanceStatus).PendingPrivateIP, e.PrivateIP,
		endpoint.Status.(*schema.VPCEndpointStatus).Addresses[0].PrivateIP})
	switch {
	case schema.Kept(cloud, cidr, a) || a == gateway:
		return kept
	case slices.Contains(uses, a) || e.Prefixes[0].Contains(a):
		return used
	case slices.ContainsFunc(subnet.Spec.(*schema.SubnetSpec).Reservations, func(r schema.Reservation) bool { return r.CIDR.Contains(a) }):
		return reserved
	}
	return unused
}
