package guest

import (
	"fmt"
	"net/netip"
	"testing"

	"enid/plan"
	"enid/schema"
)

// manyHosts answers a world of that many Hosts, each with its instance and eight
// ENIs: ten resources a Host. The first few have one address more.
func manyHosts(hosts, more int) *plan.World {
	w := exampleState().world().Flatten()
	put := func(r *schema.Resource) { w.Put(r.Ref, r) }
	next := netip.MustParseAddr("10.1.0.0")
	address := func() netip.Addr { next = next.Next(); return next }
	put(res(schema.KindVPC, "large", &schema.VPCSpec{Account: "main", Region: "cn-hangzhou", CIDR: netip.MustParsePrefix("10.0.0.0/8")}, nil))
	put(res(schema.KindSubnet, "large", &schema.SubnetSpec{VPC: "large", Zone: "cn-hangzhou-a", CIDR: netip.MustParsePrefix("10.0.0.0/8")}, nil))
	for h := range hosts {
		name := fmt.Sprintf("node-%04d", h)
		put(res(schema.KindInstance, name, &schema.InstanceSpec{Type: "ecs.g5.large", Subnet: "large"}, &schema.InstanceStatus{PrivateIP: address()}))
		put(res(schema.KindHost, name, &schema.HostSpec{Instance: name}, nil))
		for e := range 8 {
			status := &schema.ENIStatus{Phase: schema.PhaseInUse, MAC: fmt.Sprintf("02:00:00:%02x:%02x:%02x", h>>8, h&255, e),
				DeviceIndex: e + 1, Instance: name, PrivateIP: address(), SecondaryIPs: []netip.Addr{address(), address()}}
			if extra := address(); e == 0 && h < more {
				status.SecondaryIPs = append(status.SecondaryIPs, extra)
			}
			put(res(schema.KindENI, fmt.Sprintf("%s-%d", name, e), &schema.ENISpec{Subnet: "large"}, status))
		}
	}
	return w
}

// A change of ten Hosts costs the reading of both worlds, and ten machines.
func BenchmarkHosts(b *testing.B) {
	for _, n := range []int{100, 1000, 10000} {
		before, after := manyHosts(n, 0), manyHosts(n, 10)
		b.Run(fmt.Sprintf("hosts=%d/changed=10", n), func(b *testing.B) {
			for b.Loop() {
				hosts, _, err := Hosts(before, after, at)
				if err != nil || len(hosts) != 10 {
					b.Fatal(len(hosts), err)
				}
			}
		})
	}
}

// Hosts answers the Hosts that a change bears on, by name, each from h1 on, as asking
// for each of them alone does.
func TestHosts(t *testing.T) {
	before, after := manyHosts(12, 0), manyHosts(12, 3)
	hosts, advice, err := Hosts(before, after, at)
	if err != nil || len(hosts) != 3 || len(advice) != 3 {
		t.Fatalf("%d hosts, %v, %v", len(hosts), advice, err)
	}
	for i, h := range hosts {
		name := fmt.Sprintf("node-%04d", i)
		alone, _, err := Between(before, after, name, at)
		if err != nil || h.Name != name || h.Steps[0].ID != "h1" || fmt.Sprint(linesOf(h)) != fmt.Sprint(linesOf(alone)) || len(h.Steps) != 4 {
			t.Errorf("%s: %v, alone %v, %v", h.Name, linesOf(h), linesOf(alone), err)
		}
	}
	if _, _, err := Between(before, after, "node-9999", at); err == nil {
		t.Error("a Host that is not there")
	}
}

// One pass over the state says of every Host what asking for it alone does.
func TestDeclaredAll(t *testing.T) {
	w := manyHosts(5, 2)
	all := DeclaredAll(w)
	if len(all) != 6 {
		t.Fatalf("%d Hosts", len(all))
	}
	for _, h := range all {
		if alone, err := Declared(w, h.Name); err != nil || fmt.Sprintf("%+v", alone) != fmt.Sprintf("%+v", h) {
			t.Errorf("%s is\n%+v\nalone it is\n%+v, %v", h.Name, h, alone, err)
		}
	}
}
