//go:build linux

package host

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enid/plan"
	"enid/plan/guest"
	"enid/schema"
)

// What a reviewer is told of a machine that nobody looked at is what that machine
// itself plans, once it is as the first revision says.
func TestBetweenTellsWhatTheMachinePlans(t *testing.T) {
	addr, pfx := netip.MustParseAddr, netip.MustParsePrefix
	for _, x := range []struct {
		name          string
		before, after func(c *cloud)
		meanwhile     string // what the cloud does to the machine
	}{
		{name: "ENI added", before: func(c *cloud) { delete(c.enis, "web-1-c") }},
		{name: "ENI detached", after: func(c *cloud) { delete(c.enis, "web-1-c") }},
		{name: "ENI unplugged", after: func(c *cloud) {
			delete(c.enis, "web-1-c")
			c.attach("web-1-d", mac3, 2, "10.0.1.30").spec.Subnet = "db"
		},
			meanwhile: "ip link delete eth2"},
		{name: "ENI at another index", after: func(c *cloud) { c.enis["web-1-c"].status.DeviceIndex = 3 }, meanwhile: "ip link delete eth2"},
		{name: "addresses added", after: func(c *cloud) {
			c.enis["web-1-b"].status.SecondaryIPs = []netip.Addr{addr("10.0.0.22"), addr("10.0.0.23")}
		}},
		{name: "address renumbered", after: func(c *cloud) { c.enis["web-1-b"].status.PrivateIP = addr("10.0.0.33") }},
		{name: "address moved", after: func(c *cloud) {
			c.enis["web-1-b"].status.PrivateIP, c.enis["web-1-c"].status.PrivateIP = addr("10.0.0.21"), addr("10.0.0.20")
		}},
		{name: "IPv6 added", after: func(c *cloud) { c.enis["web-1-b"].status.SecondaryIPs = []netip.Addr{addr("fd00:10::20")} }},
		{name: "prefix gone", before: func(c *cloud) { c.enis["web-1-b"].status.Prefixes = []netip.Prefix{pfx("10.0.0.128/28")} }},
		{name: "strict", after: func(c *cloud) { c.host.Routing.Mode = "strict" }},
		{name: "balanced", before: func(c *cloud) { c.host.Routing.Mode = "strict" }},
		{name: "numbers", after: func(c *cloud) { c.host.Routing.MetricBase, c.host.Routing.PriorityBase = 2001, 6000 }},
		{name: "gateway", after: func(c *cloud) {
			c.more = append(c.more, resource(schema.KindSubnet, "web", &schema.SubnetSpec{VPC: "prod", Zone: "cn-hangzhou-a",
				CIDR: pfx("10.0.0.0/24"), Gateway: addr("10.0.0.1")}, nil))
		}},
		{name: "MTU and switches", after: func(c *cloud) {
			c.enis["web-1-b"].spec.Guest = &schema.ENIGuest{MTU: 1400}
			c.host.Sysctls.RPFilter = new(2)
		}},
		{name: "files", before: func(c *cloud) { c.host.Persist = "networkd" }, after: func(c *cloud) {
			c.enis["web-1-c"].status.SecondaryIPs = []netip.Addr{addr("10.0.0.24")}
		}},
		{name: "other files", before: func(c *cloud) { c.host.Persist = "networkd" }, after: func(c *cloud) { c.host.Persist = "ifcfg" }},
		{name: "blocked", after: func(c *cloud) { c.enis["web-1-c"].status.SecondaryIPs = []netip.Addr{addr("10.9.0.1")} }},
	} {
		t.Run(x.name, func(t *testing.T) {
			example(t)
			batchOf(t, "-6", "route add default via fe80::1 dev eth0 metric 1024")
			m, c := open(t, Options{}), exampleCloud()
			if x.before != nil {
				x.before(c)
			}
			converge(t, m, c)
			before := c.world()
			if x.after == nil {
				c = exampleCloud()
			} else {
				x.after(c)
			}
			if sh(t, x.meanwhile); x.meanwhile != "" {
				e := c.enis[slices.Max(keys(c.enis))]
				veth(t, fmt.Sprintf("eth%d", e.status.DeviceIndex), e.status.MAC)
			}
			told, _, err := guest.Between(before, c.world(), "web-1", time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			planned, _, err := m.Plan(context.Background(), c.world(), "web-1")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(deeds(planned), deeds(told)); diff != "" || len(told.Steps) == 0 {
				t.Fatalf("what the machine plans (-) and what a reviewer is told (+):\n%s", diff)
			}
		})
	}
}

const mac3 = "00:16:3e:12:16:ed"

func keys(m map[string]*eni) (out []string) {
	for k := range m {
		out = append(out, k)
	}
	return out
}

// deeds answers the steps in words: what would be typed, sorted.
func deeds(h *plan.Host) (out []string) {
	for _, s := range h.Steps {
		text := []string{s.Operation, s.Target, s.Command}
		for _, b := range s.BlockedBy {
			text = append(text, b.Rule, b.Detail)
		}
		out = append(out, strings.Join(text, " | "))
	}
	slices.Sort(out)
	return out
}
