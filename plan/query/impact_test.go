package query

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"enid/schema"
)

func resource(kind schema.Kind, name string, spec schema.Spec) *schema.Resource {
	return &schema.Resource{Ref: schema.Ref{Kind: kind, Name: name}, Spec: spec}
}

// drawCity answers a few instances of several networks, their ENIs and EIPs, and what
// joins the networks.
func drawCity(t *rapid.T, cloud schema.Provider) map[schema.Ref]*schema.Resource {
	city := map[schema.Ref]*schema.Resource{}
	add := func(kind schema.Kind, name string, spec schema.Spec) {
		r := resource(kind, name, spec)
		city[r.Ref] = r
	}
	add(schema.KindAccount, "main", &schema.AccountSpec{Provider: cloud})
	add(schema.KindAccount, "else", &schema.AccountSpec{Provider: cloud})
	for i := range 2 {
		v := fmt.Sprintf("v%d", i)
		add(schema.KindVPC, v, &schema.VPCSpec{Account: "main", Region: "r", CIDR: netip.MustParsePrefix("10.0.0.0/16")})
		add(schema.KindSubnet, fmt.Sprintf("s%d", i), &schema.SubnetSpec{VPC: v, Zone: "r-a", CIDR: netip.MustParsePrefix("10.0.0.0/24")})
	}
	for _, name := range []string{"g0", "g1", "g2"} {
		mutateGroup(t, city, name)
	}
	for i := range 5 {
		mutateInstance(t, city, fmt.Sprintf("i%d", i))
	}
	for _, name := range []string{"e0", "e1"} {
		mutateENI(t, city, name)
	}
	mutateLinks(t, city)
	return city
}

func put(city map[schema.Ref]*schema.Resource, r *schema.Resource) { city[r.Ref] = r }

func drawGroups(t *rapid.T) []string {
	return rapid.SampledFrom([][]string{{"g0"}, {"g1"}, {"g2"}, {"g0", "g1"}, {"g2", "g1"}}).Draw(t, "groups")
}

func drawAddress(t *rapid.T) (a netip.Addr) {
	text := rapid.SampledFrom([]string{"", "10.0.0.20", "10.0.0.21", "10.0.0.36", "10.0.0.37", "10.0.1.9"}).Draw(t, "address")
	if text != "" {
		a = netip.MustParseAddr(text)
	}
	return a
}

func providerOf(city map[schema.Ref]*schema.Resource) schema.Provider {
	return city[schema.Ref{Kind: schema.KindAccount, Name: "main"}].Spec.(*schema.AccountSpec).Provider
}

func mutateGroup(t *rapid.T, city map[schema.Ref]*schema.Resource, name string) {
	g := &schema.SecurityGroupSpec{VPC: "v0"}
	for range rapid.IntRange(0, 4).Draw(t, "rules") {
		r := drawRule(t, providerOf(city) == schema.AWS)
		if r.Peer.SecurityGroup == "" && rapid.IntRange(0, 3).Draw(t, "public") == 0 {
			r.Peer.CIDR = netip.MustParsePrefix(rapid.SampledFrom([]string{"0.0.0.0/0", "203.0.113.0/24", "203.0.113.0/25", "203.0.113.128/25", "198.51.100.7/32"}).Draw(t, "from"))
		}
		if r.Peer.SecurityGroup != "" && rapid.IntRange(0, 3).Draw(t, "with account") == 0 {
			r.Peer.Account = rapid.SampledFrom([]string{"main", "else"}).Draw(t, "account")
		}
		g.Rules = append(g.Rules, r)
	}
	put(city, resource(schema.KindSecurityGroup, name, g))
}

func mutateInstance(t *rapid.T, city map[schema.Ref]*schema.Resource, name string) {
	s := &schema.InstanceSpec{NetworkType: schema.NetworkVPC, Subnet: rapid.SampledFrom([]string{"s0", "s0", "s1"}).Draw(t, "subnet"), Type: "t",
		PrivateIP: drawAddress(t), SecurityGroups: drawGroups(t), SessionManager: rapid.IntRange(0, 5).Draw(t, "session") == 0}
	if rapid.IntRange(0, 4).Draw(t, "classic") == 0 {
		s.NetworkType, s.Subnet, s.Account, s.SessionManager = schema.NetworkClassic, "", rapid.SampledFrom([]string{"main", "else"}).Draw(t, "owner"), false
		s.Region = rapid.SampledFrom([]string{"r", "q"}).Draw(t, "region")
	}
	if rapid.IntRange(0, 3).Draw(t, "has public") == 0 {
		s.PublicIP = &schema.PublicIP{}
	}
	put(city, resource(schema.KindInstance, name, s))
}

func mutateENI(t *rapid.T, city map[schema.Ref]*schema.Resource, name string) {
	s := &schema.ENISpec{Subnet: "s0", PrivateIP: drawAddress(t), SecurityGroups: drawGroups(t)}
	if rapid.Bool().Draw(t, "attached") {
		s.AttachTo = &schema.Attachment{Instance: rapid.SampledFrom([]string{"i0", "i1"}).Draw(t, "to")}
	}
	put(city, resource(schema.KindENI, name, s))
	eip := &schema.EIPSpec{Region: "r"}
	if rapid.Bool().Draw(t, "bound") {
		eip.BindTo = rapid.SampledFrom([]*schema.Binding{{Instance: "i1"}, {Instance: "i2"}, {ENI: "e0"}, {ENI: "e1"}}).Draw(t, "binding")
	}
	put(city, resource(schema.KindEIP, name, eip))
}

func mutateLinks(t *rapid.T, city map[schema.Ref]*schema.Resource) {
	delete(city, schema.Ref{Kind: schema.KindPeering, Name: "p"})
	delete(city, schema.Ref{Kind: schema.KindClassicLink, Name: "l"})
	if rapid.Bool().Draw(t, "peered") {
		put(city, resource(schema.KindPeering, "p", &schema.PeeringSpec{VPCs: []string{"v0", "v1"}}))
	}
	if rapid.Bool().Draw(t, "linked") {
		put(city, resource(schema.KindClassicLink, "l", &schema.ClassicLinkSpec{Instance: rapid.SampledFrom([]string{"i3", "i4"}).Draw(t, "linked one"), VPC: "v0"}))
	}
}

// change answers another city, some of whose documents differ.
func change(t *rapid.T, city map[schema.Ref]*schema.Resource) map[schema.Ref]*schema.Resource {
	next := map[schema.Ref]*schema.Resource{}
	for ref, r := range city {
		next[ref] = r
	}
	for range rapid.IntRange(0, 3).Draw(t, "changes") {
		i := rapid.IntRange(0, 5).Draw(t, "which")
		switch rapid.SampledFrom([]string{"group", "group", "group", "instance", "eni", "links", "gone", "vpc"}).Draw(t, "what") {
		case "group":
			mutateGroup(t, next, fmt.Sprintf("g%d", i%3))
		case "instance":
			mutateInstance(t, next, fmt.Sprintf("i%d", i))
		case "eni":
			mutateENI(t, next, fmt.Sprintf("e%d", i%2))
		case "links":
			mutateLinks(t, next)
		case "gone":
			delete(next, schema.Ref{Kind: schema.KindInstance, Name: fmt.Sprintf("i%d", i)})
		case "vpc":
			put(next, resource(schema.KindVPC, "v0", &schema.VPCSpec{Account: rapid.SampledFrom([]string{"main", "else"}).Draw(t, "moves to"), Region: "r", CIDR: netip.MustParsePrefix("10.0.0.0/16")}))
		}
	}
	return next
}

func topologyOf(city map[schema.Ref]*schema.Resource) *schema.Topology {
	var all []*schema.Resource
	for _, r := range city {
		all = append(all, r)
	}
	return schema.NewTopology(all)
}

// TestImpactAgainstReach holds that what Impacts says of every pair, and every packet
// of a few, is what Reach answers differently before and after.
func TestImpactAgainstReach(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		city := drawCity(t, rapid.SampledFrom([]schema.Provider{schema.Alibaba, schema.AWS}).Draw(t, "cloud"))
		was, is := topologyOf(city), topologyOf(change(t, city))
		i := Impacts(was, is)
		if i.Omitted != 0 {
			t.Fatal(i.Omitted)
		}
		names := append(instances(was, is), Internet)
		for _, from := range names {
			for _, to := range names {
				if from != to {
					dumbImpact(t, i, was, is, from, to)
				}
			}
		}
		for _, r := range i.Reach {
			if len(r.From) == 0 || len(r.To) == 0 || len(r.Opens)+len(r.Closes) == 0 || len(r.By) == 0 || r.Reason == "" || r.Rule == "" || !slices.IsSorted(r.From) || !slices.IsSorted(r.To) {
				t.Fatalf("%+v", r)
			}
			for _, by := range r.By {
				kind, name, _ := strings.Cut(by, "/")
				if ref := (schema.Ref{Kind: schema.Kind(kind), Name: name}); was.Get(ref) == nil && is.Get(ref) == nil {
					t.Fatalf("%s is nowhere: %+v", by, r)
				}
			}
		}
	})
}

func instances(sides ...*schema.Topology) (names []string) {
	for _, s := range sides {
		for _, r := range s.OfKind(schema.KindInstance) {
			names = append(names, r.String())
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// packets are some that the rules drawn tell apart.
var packets = []packet{{"tcp", 1}, {"tcp", 3}, {"tcp", 5}, {"tcp", 6}, {"tcp", 22}, {"udp", 4}, {"icmp", 0}, {"gre", 0}}

func dumbImpact(t *rapid.T, i *Impact, was, is *schema.Topology, from, to string) {
	there := func(s *schema.Topology, end string) bool {
		return end == Internet || s.Get(schema.Ref{Kind: schema.KindInstance, Name: strings.TrimPrefix(end, "Instance/")}) != nil
	}
	fromNew, toNew := !there(was, from), !there(was, to)
	told := there(is, from) && there(is, to) && !(fromNew && toNew)
	for _, p := range packets {
		got := 0
		for _, r := range i.Reach {
			if slices.Contains(r.From, from) && slices.Contains(r.To, to) && len(r.CIDRs) == 0 {
				if holds(r.Opens, p) {
					got++
				}
				if holds(r.Closes, p) {
					got--
				}
			}
		}
		want := 0
		if told && from != Internet && to != Internet {
			want = dumbReach(t, is, from, to, p) - dumbReach(t, was, from, to, p)
		}
		if from == Internet || to == Internet {
			dumbInternet(t, i, was, is, from, to, p, told)
			continue
		}
		if got != want {
			t.Fatalf("%s to %s, %v: %d, wanted %d\n%+v", from, to, p, got, want, i.Reach)
		}
	}
}

// dumbReach answers 1 where the packet gets through.
func dumbReach(t *rapid.T, s *schema.Topology, from, to string, p packet) int {
	a, err := Reach(s, Question{From: from, To: to})
	if err != nil {
		return 0
	}
	if holds(a.Open, p) {
		return 1
	}
	return 0
}

// dumbInternet looks single addresses of the internet up.
func dumbInternet(t *rapid.T, i *Impact, was, is *schema.Topology, from, to string, p packet, told bool) {
	for _, text := range []string{"8.8.8.8", "203.0.113.1", "203.0.113.200", "198.51.100.7", "198.51.100.8"} {
		a := netip.MustParseAddr(text)
		got, want := 0, 0
		for _, r := range i.Reach {
			in := func(all []netip.Prefix) bool {
				return slices.ContainsFunc(all, func(c netip.Prefix) bool { return c.Contains(a) })
			}
			if !slices.Contains(r.From, from) || !slices.Contains(r.To, to) || len(r.CIDRs) > 0 && !within(r, a) || len(r.CIDRs) > 0 && !in(r.CIDRs) {
				continue
			}
			if holds(r.Opens, p) {
				got++
			}
			if holds(r.Closes, p) {
				got--
			}
		}
		if told {
			want = dumbFaces(is, from, to, a, p) - dumbFaces(was, from, to, a, p)
		}
		if got != want {
			t.Fatalf("%s to %s, %s %v: %d, wanted %d\n%+v", from, to, a, p, got, want, i.Reach)
		}
	}
}

// within: the smallest of CIDRs and Except that has the address decides.
func within(r ReachChange, a netip.Addr) bool {
	best, in := -1, false
	for _, c := range r.CIDRs {
		if c.Contains(a) && c.Bits() > best {
			best, in = c.Bits(), true
		}
	}
	for _, c := range r.Except {
		if c.Contains(a) && c.Bits() > best {
			best, in = c.Bits(), false
		}
	}
	return in
}

func dumbFaces(s *schema.Topology, from, to string, a netip.Addr, p packet) int {
	q := &topology{Topology: s}
	name, direction := to, "ingress"
	if to == Internet {
		name, direction = from, "egress"
	}
	m, err := q.machine(name)
	if err != nil {
		return 0
	}
	if direction == "ingress" && m.vpc != nil && m.spec.SessionManager && p == (packet{"tcp", 22}) {
		return 1
	}
	for _, at := range q.public(m) {
		free := direction == "egress" && q.egressByDefault(m.cloud, at.SecurityGroups)
		if dumbLets(s, direction, at, Interface{PrivateIP: a}, p, free) {
			return 1
		}
	}
	return 0
}

// TestImpactAgainstCIDR holds that the subnets that are named, and their counts, are
// those whose reports differ.
func TestImpactAgainstCIDR(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		city := drawCity(t, rapid.SampledFrom([]schema.Provider{schema.Alibaba, schema.AWS}).Draw(t, "cloud"))
		next := change(t, city)
		if rapid.Bool().Draw(t, "subnet changes") {
			put(next, resource(schema.KindSubnet, "s0", &schema.SubnetSpec{VPC: "v0", Zone: "r-a", CIDR: netip.MustParsePrefix("10.0.0.0/27"),
				IPv6CIDR: netip.MustParsePrefix("2001:db8::/64"), Reservations: []schema.Reservation{{CIDR: netip.MustParsePrefix("10.0.0.0/28")}}}))
		}
		if rapid.Bool().Draw(t, "more addresses") {
			e := *next[schema.Ref{Kind: schema.KindENI, Name: "e0"}].Spec.(*schema.ENISpec)
			e.SecondaryIPs = []netip.Addr{netip.MustParseAddr("10.0.0.99"), netip.MustParseAddr("2001:db8::7")}
			e.Prefixes = []netip.Prefix{netip.MustParsePrefix("10.0.0.16/28")}
			put(next, resource(schema.KindENI, "e0", &e))
		}
		if rapid.Bool().Draw(t, "endpoint") {
			put(next, resource(schema.KindVPCEndpoint, "p", &schema.VPCEndpointSpec{VPC: "v0", Subnets: []string{"s0"}}))
		}
		if rapid.Bool().Draw(t, "subnet goes") {
			delete(next, schema.Ref{Kind: schema.KindSubnet, Name: "s1"})
		}
		was, is := topologyOf(city), topologyOf(next)
		named := map[string]SubnetChange{}
		for _, s := range Impacts(was, is).Subnets {
			named[s.Subnet] = s
		}
		for _, name := range []string{"Subnet/s0", "Subnet/s1"} {
			old, six, lack := dumbUse(was, name)
			now, six2, lack2 := dumbUse(is, name)
			got, told := named[name]
			if differ := !reflect.DeepEqual(old, now) || six != six2 || lack != lack2; told != differ {
				t.Fatalf("%s: told %v, %+v to %+v", name, told, old, now)
			}
			if told && (!reflect.DeepEqual(got.Before, old) || !reflect.DeepEqual(got.After, now) || got.IPv6Before != six || got.IPv6After != six2 ||
				got.UnplacedBefore != lack || got.UnplacedAfter != lack2) {
				t.Fatalf("%+v, wanted %+v %+v, IPv6 %d %d, to be placed %d %d", got, old, now, six, six2, lack, lack2)
			}
		}
	})
}

// dumbUse reads the whole report of a subnet.
func dumbUse(s *schema.Topology, name string) (*Counts, int, int) {
	r, err := CIDR(s, name)
	if err != nil {
		return nil, 0, 0
	}
	six := 0
	if r.IPv6 != nil {
		six = r.IPv6.Addresses + r.IPv6.Prefixes
	}
	return &r.Counts, six, len(r.Unplaced)
}

// crowdsOf answers n apps and m databases of one VPC, and the databases' group.
func crowdsOf(n, m int, rules ...schema.SecurityRule) *schema.Topology {
	all := []*schema.Resource{
		resource(schema.KindAccount, "main", &schema.AccountSpec{Provider: schema.AWS}),
		resource(schema.KindVPC, "v", &schema.VPCSpec{Account: "main", Region: "r", CIDR: netip.MustParsePrefix("10.0.0.0/16")}),
		resource(schema.KindSubnet, "s", &schema.SubnetSpec{VPC: "v", Zone: "r-a", CIDR: netip.MustParsePrefix("10.0.0.0/16")}),
		resource(schema.KindSecurityGroup, "app", &schema.SecurityGroupSpec{VPC: "v"}),
		resource(schema.KindSecurityGroup, "db", &schema.SecurityGroupSpec{VPC: "v", Rules: rules}),
	}
	add := func(name, group string, n int) {
		for i := range n {
			all = append(all, resource(schema.KindInstance, fmt.Sprintf("%s-%04d", name, i+1), &schema.InstanceSpec{Subnet: "s", Type: "m5.large",
				PrivateIP: address(int64(0x0a000000 + len(all) + 4)), SecurityGroups: []string{group}}))
		}
	}
	add("app", "app", n)
	add("db", "db", m)
	return schema.NewTopology(all)
}

var postgres = schema.SecurityRule{Direction: "ingress", Protocol: "tcp", Ports: "5432", Peer: schema.Peer{SecurityGroup: "app"}, Action: "allow", Priority: 1}

// TestImpactOfAGroup holds that a rule between groups is one line, however many are in
// them, and that one of a CIDR names those in it.
func TestImpactOfAGroup(t *testing.T) {
	got := Impacts(crowdsOf(1000, 3), crowdsOf(1000, 3, postgres))
	if len(got.Reach) != 1 || len(got.Subnets)+len(got.Quotas)+len(got.Queues) > 0 {
		t.Fatalf("%d lines, %+v", len(got.Reach), got.Subnets)
	}
	r := got.Reach[0]
	want := ReachChange{From: r.From, To: []string{"Instance/db-0001", "Instance/db-0002", "Instance/db-0003"}, Opens: []Service{{"tcp", "5432"}}, Closes: []Service{},
		Rule: ruleAWS, Reason: "SecurityGroup/db lets tcp 5432 through: spec.rules[0] (ingress, peer SecurityGroup/app)", By: []string{"SecurityGroup/db"}}
	if !reflect.DeepEqual(r, want) || len(r.From) != 1000 || r.From[0] != "Instance/app-0001" {
		t.Fatalf("%+v", r)
	}
	byCIDR := postgres
	byCIDR.Peer = schema.Peer{CIDR: netip.MustParsePrefix("10.0.0.12/31")}
	got = Impacts(crowdsOf(1000, 3, postgres), crowdsOf(1000, 3, byCIDR))
	if len(got.Reach) != 1 || len(got.Reach[0].From) != 998 || len(got.Reach[0].Closes) != 1 || slices.Contains(got.Reach[0].From, "Instance/app-0004") {
		t.Fatalf("%+v", got.Reach)
	}
}

// TestImpactBound holds that what is not compared is counted, exactly.
func TestImpactBound(t *testing.T) {
	was, is := crowdsOf(10, 3), crowdsOf(10, 3, postgres)
	for most, want := range []int{10*3 + 3*10 + 3*2, 10*3 + 3*2, 3 * 2, 0} {
		if i := impacts(was, is, most); i.Omitted != want {
			t.Errorf("at most %d: %d omitted, wanted %d", most, i.Omitted, want)
		}
	}
}
