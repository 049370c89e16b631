package guest

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enid/plan"
	"enid/schema"
)

// blockedRules answers the rules that block a plan from the objects to the state,
// each once, and all details.
func blockedRules(t *testing.T, s *state, o Objects) (rules []string, details string, w *Wanted) {
	t.Helper()
	world := World(o)
	w, err := Want(s.world(), "web-1", world)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range w.Steps(makePlan(t, world, w.World), world).Steps {
		for _, b := range step.BlockedBy {
			details += b.Detail + "\n"
			if !slices.Contains(rules, b.Rule) && b.Rule != plan.RuleDependsOn {
				rules = append(rules, b.Rule)
			}
		}
	}
	return rules, details, w
}

// Each rule of the host, by the smallest state that breaks it.
func TestWantIsBlocked(t *testing.T) {
	eth1 := func(o *Objects) *Link { return &o.Links[1] }
	cases := []struct {
		rule, detail string
		change       func(s *state, o *Objects)
	}{
		{RuleVerify, "privateIP of ENI/web-1-b is enid's own guess", func(s *state, _ *Objects) {
			_, status := s.eni("web-1-b")
			status.Predicted = []string{"privateIP"}
		}},
		{RuleVerify, "10.9.9.9 is not in the subnet", func(s *state, _ *Objects) {
			_, status := s.eni("web-1-b")
			status.SecondaryIPs = []netip.Addr{netip.MustParseAddr("10.0.200.1")}
		}},
		{RuleVerify, "MTU 20000 is asked for", func(s *state, _ *Objects) {
			spec, _ := s.eni("web-1-b")
			spec.Guest = &schema.ENIGuest{MTU: 20000}
		}},
		{RuleMatchMAC, "no interface has the MAC " + mac1, func(_ *state, o *Objects) { eth1(o).PermMAC, eth1(o).MAC = mac3[:15]+"77", mac3[:15]+"77" }},
		{RuleMatchMAC, "eth1, eth3 all have", func(_ *state, o *Objects) { o.Links[3].PermMAC = mac1 }},
		{RuleMatchMAC, "eth1 belongs to bond0", func(_ *state, o *Objects) { eth1(o).Master = "bond0" }},
		{RuleMatchMAC, "the MAC of ENI/web-1-b is not known", func(s *state, _ *Objects) {
			_, status := s.eni("web-1-b")
			status.MAC = ""
		}},
		{RuleKeepDefault, "which is the primary interface", func(s *state, _ *Objects) {
			_, status := s.eni("web-1-b")
			status.MAC = mac0
		}},
		{RuleKeepDefault, "would take its place", func(_ *state, o *Objects) { o.Routes[0].Metric = 1024 }},
		{RuleKeepDefault, "no default route of the primary", func(_ *state, o *Objects) { o.Routes = nil }},
		{RuleTable, "table 254 is the kernel's own", func(s *state, _ *Objects) {
			spec, _ := s.eni("web-1-b")
			spec.Guest = &schema.ENIGuest{Table: 254}
		}},
		{RuleTable, "table 1001 is ENI/web-1-b's already", func(s *state, _ *Objects) {
			spec, _ := s.eni("web-1-c")
			spec.Guest = &schema.ENIGuest{Table: 1001, Metric: 5}
		}},
		{RuleMetric, "metric 1001 is ENI/web-1-b's already", func(s *state, _ *Objects) {
			spec, _ := s.eni("web-1-c")
			spec.Guest = &schema.ENIGuest{Metric: 1001, Table: 5}
		}},
		{RuleTable, "table 1001 holds a foreign route: `192.0.2.0/24 dev eth3 protocol 4`", func(_ *state, o *Objects) {
			o.Routes = append(o.Routes, Route{Table: 1001, Dst: netip.MustParsePrefix("192.0.2.0/24"), Type: Unicast, Protocol: 4, Link: "eth3"})
		}},
		{RuleMetric, "main has a foreign route with this metric", func(_ *state, o *Objects) {
			o.Routes = append(o.Routes, Route{Table: TableMain, Metric: 1001, Dst: netip.MustParsePrefix("0.0.0.0/0"), Type: Unicast, Protocol: 4, Link: "eth3"})
		}},
		{RuleClassic, "Instance/web-1 is classic", func(s *state, _ *Objects) { s.inst.NetworkType = schema.NetworkClassic }},
		{RulePublic, "47.1.2.3 is no private address", func(s *state, _ *Objects) {
			_, status := s.eni("web-1-b")
			status.SecondaryIPs = []netip.Addr{netip.MustParseAddr("47.1.2.3")}
		}},
		{RulePublic, "10.0.0.44 is no private address", func(s *state, _ *Objects) {
			_, status := s.eni("web-1-b")
			status.SecondaryIPs = []netip.Addr{netip.MustParseAddr("10.0.0.44")}
			s.more = append(s.more, res(schema.KindEIP, "odd", &schema.EIPSpec{}, &schema.EIPStatus{Address: netip.MustParseAddr("10.0.0.44")}))
		}},
		{RuleMaximum, "9 combined queues are asked for; the driver of eth0 has at most 4", func(s *state, _ *Objects) {
			s.inst.Type, s.host.Queues = "ecs.none", schema.Queues{Count: 9}
		}},
		{RuleMaximum, "an ENI of type ecs.g5.large has at most 2", func(s *state, _ *Objects) { s.host.Queues = schema.Queues{Count: 3} }},
		{RuleMaximum, "eth1 runs the XDP program 7 in its driver", func(s *state, o *Objects) { s.host.Queues, eth1(o).XDP = schema.Queues{Count: 2}, 7 }},
		{RuleRPS, "names no CPU that this machine has in use", func(s *state, _ *Objects) { s.host.RPS = schema.RPS{Mode: "mask", Mask: "f0"} }},
		{RuleIRQBalance, "irqbalance does not run, and no systemd runs here", func(s *state, _ *Objects) { s.host.IRQBalance = "enabled" }},
	}
	for _, c := range cases {
		s, o := exampleState(), exampleObjects()
		c.change(s, &o)
		rules, details, _ := blockedRules(t, s, o)
		detail := strings.Replace(c.detail, "10.9.9.9", "10.0.200.1", 1)
		if !cmp.Equal(rules, []string{c.rule}) || !strings.Contains(details, detail) {
			t.Errorf("%s, %q: blocked by %v:\n%s", c.rule, detail, rules, details)
		}
	}
}

func TestWantUnblocked_host_attached(t *testing.T) {
	s := exampleState()
	_, status := s.eni("web-1-c")
	status.Phase, status.Instance = schema.PhaseAttaching, "web-1"
	rules, details, w := blockedRules(t, s, exampleObjects())
	if len(rules) > 0 || !slices.Equal(w.Waiting, []string{mac2}) {
		t.Errorf("%v %s, waiting for %v", rules, details, w.Waiting)
	}
	s.attach("web-1-d", "00:16:3e:00:00:99", 3, "10.0.0.22")
	if _, _, w := blockedRules(t, s, exampleObjects()); !slices.Equal(w.Waiting, []string{"00:16:3e:00:00:99", mac2}) {
		t.Errorf("waiting for %v", w.Waiting)
	}
}

// With DHCP or no addressing the ENI's other parts are done; an address that a
// client put there is routed.
func TestAddressing_host_verify(t *testing.T) {
	s, o := exampleState(), exampleObjects()
	spec, _ := s.eni("web-1-b")
	spec.Guest = &schema.ENIGuest{Addressing: "none", MTU: 1400, Queues: schema.Queues{Count: 2}}
	world := World(o)
	w, _ := Want(s.world(), "web-1", world)
	var own []string
	for _, step := range makePlan(t, world, w.World).Steps {
		if strings.HasPrefix(Chain(step.Target, world, w.World), "eth1") {
			own = append(own, step.Operation)
		}
	}
	if diff := cmp.Diff([]string{SetChannels, SetLinkUp, SetMTU}, own); diff != "" {
		t.Error(diff)
	}
	spec.Guest = &schema.ENIGuest{Addressing: "dhcp"}
	o.Addresses = append(o.Addresses, Address{Link: "eth1", Prefix: netip.MustParsePrefix("10.0.0.20/24")})
	if rules, details, w := blockedRules(t, s, o); len(rules) > 0 || w.World.Get(Rule{Priority: 9000, Src: netip.MustParsePrefix("10.0.0.20/32"), Table: 1001, Suppress: -1, Action: ActionTable, Protocol: Protocol}.Ref()) == nil {
		t.Errorf("%v %s", rules, details)
	}
}

// A file's world has no status: what is declared is taken as applied.
func TestDeclaredAsApplied_host_attached(t *testing.T) {
	s := exampleState()
	clear(s.enis)
	for i, name := range []string{"b", "a"} {
		spec := &schema.ENISpec{Subnet: "web", MAC: []string{mac1, mac2}[i], PrivateIP: netip.MustParseAddr("10.0.0.2" + itoa(i)), AttachTo: &schema.Attachment{Instance: "web-1"}}
		s.enis[name] = res(schema.KindENI, name, spec, nil)
	}
	h, err := Declared(s.world(), "web-1")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range h.ENIs {
		got = append(got, e.Ref.Name+" "+itoa(e.DeviceIndex)+" "+itoa(e.Guest.Table)+" "+e.MAC)
	}
	if diff := cmp.Diff([]string{"a 1 1001 " + mac2, "b 2 1002 " + mac1}, got); diff != "" {
		t.Error(diff)
	}
	if _, err := Declared(s.world(), "web-9"); err == nil {
		t.Error("a Host that is not there")
	}
}

// The table is the metric, unless one of them is declared otherwise.
func TestTableIsTheMetric_host_table(t *testing.T) {
	for _, c := range []struct{ metricBase, tableBase, metric, table, wantMetric, wantTable int }{
		{0, 0, 0, 0, 1002, 1002}, {0, 0, 500, 0, 500, 500}, {0, 0, 0, 600, 1002, 600},
		{0, 2001, 500, 0, 500, 2002}, {3001, 0, 0, 0, 3002, 1002}, {0, 0, 500, 600, 500, 600},
	} {
		s := exampleState()
		s.host.Routing.MetricBase, s.host.Routing.TableBase = c.metricBase, c.tableBase
		spec, _ := s.eni("web-1-c")
		spec.Guest = &schema.ENIGuest{Metric: c.metric, Table: c.table}
		h, _ := Declared(s.world(), "web-1")
		if g := h.ENIs[1].Guest; g.Metric != c.wantMetric || g.Table != c.wantTable {
			t.Errorf("%+v: metric %d, table %d", c, g.Metric, g.Table)
		}
	}
}

// A VLAN, bridge or macvlan with the NIC's MAC is not the NIC; a permanent MAC
// counts before one that was set.
func TestByMAC_host_match_mac(t *testing.T) {
	nic, vlan := Link{Name: "eth1", MAC: "02:00:00:00:00:01", PermMAC: mac1}, Link{Name: "eth1.5", MAC: mac1, Kind: "vlan"}
	veth, other := Link{Name: "veth1", MAC: mac1, Kind: "veth"}, Link{Name: "eth2", MAC: mac1, PermMAC: mac2}
	for _, c := range []struct {
		links []Link
		want  []Link
	}{
		{[]Link{vlan, nic, veth, other}, []Link{nic}},
		{[]Link{vlan, veth, other}, []Link{veth}},
		{[]Link{vlan, other}, nil},
	} {
		if diff := cmp.Diff(c.want, ByMAC(c.links, strings.ToUpper(mac1))); diff != "" {
			t.Error(diff)
		}
	}
}

// The source contradicts itself about images that it lists: the driver decides.
func TestImages_mq_image(t *testing.T) {
	cases := []struct {
		image, want string
		change      func(s *state, o *Objects)
	}{
		{"centos-7.2-64", "the driver of eth0 has 4 at most", nil},
		{"sles-12-sp1", "the driver of eth0 has 4 at most", nil},
		{"Debian-8.9", "Debian-8.9 lacks several queues", nil},
		{"centos-7.2-64", "the driver of eth0 lets none be set", func(_ *state, o *Objects) { o.Channels = nil }},
		{"centos-7.2-64", "", func(s *state, _ *Objects) { s.host.Queues = schema.Queues{Unmanaged: true} }},
		{"centos-8.2-64", "", nil},
		{"m-gold", "", nil},
	}
	for _, c := range cases {
		s, o := exampleState(), exampleObjects()
		s.host.Queues, s.inst.Image = schema.Queues{Auto: true}, c.image
		if c.change != nil {
			c.change(s, &o)
		}
		w, err := Want(s.world(), "web-1", World(o))
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(w.Advice, func(a plan.Advice) bool { return a.Rule == RuleImage })
		if got := i >= 0; got != (c.want != "") || got && !strings.Contains(w.Advice[i].Detail, c.want) {
			t.Errorf("%s: %+v, want %q", c.image, w.Advice, c.want)
		}
	}
}

// With another client that brought the address nothing is blocked, and enid asks for
// no lease; a default route that the client took is named.
func TestDHCP_host_dhcp_no_dns(t *testing.T) {
	s, o := exampleState(), exampleObjects()
	spec, _ := s.eni("web-1-b")
	spec.Guest = &schema.ENIGuest{Addressing: "dhcp"}
	o.Addresses = append(o.Addresses, Address{Link: "eth1", Prefix: netip.MustParsePrefix("10.0.0.20/24")})
	rules, details, w := blockedRules(t, s, o)
	if len(rules) > 0 || w.Primary != "eth0" || w.World.Get(LeaseRef("eth1")) != nil {
		t.Errorf("%v %s, primary %s", rules, details, w.Primary)
	}
	o.Routes = append(o.Routes, Route{Table: TableMain, Dst: netip.MustParsePrefix("0.0.0.0/0"), Type: Unicast, Protocol: 16, Gateway: netip.MustParseAddr("10.0.0.253"), Link: "eth1", Metric: 200})
	if rules, details, _ = blockedRules(t, s, o); !slices.Equal(rules, []string{RuleDHCP}) || !strings.Contains(details, "took the default route") {
		t.Errorf("a client that takes a default route: %v %s", rules, details)
	}
}
