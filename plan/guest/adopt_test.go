package guest

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"enid/schema"
)

// What of IPv6 cannot be declared is left alone, with the reason; what is declared is
// of one subnet, and of one VPC.
func TestAdoptIPv6(t *testing.T) {
	for _, x := range []struct {
		name, gateway string   // the primary's: which cloud it is
		primary, eth1 []string // addresses
		routes        []Route
		cidr, vpc     string // of the primary's subnet
		router        string // the declared one
		addrs, left   string // of eth1
	}{
		{name: "none", gateway: "10.0.0.253", eth1: []string{"10.0.1.20/24"}},
		{name: "one", gateway: "10.0.0.253", eth1: []string{"10.0.0.20/24", "2001:db8:1:2::20/64"}, cidr: "2001:db8:1:2::/64", vpc: "2001:db8:1::/56", addrs: "2001:db8:1:2::20"},
		{name: "only of the length of an address", gateway: "10.0.0.253", primary: []string{"2001:db8::19/64"}, eth1: []string{"10.0.0.20/24", "2001:db8::20/128"}, cidr: "2001:db8::/64", vpc: "2001:db8::/56",
			addrs: "2001:db8::20"},
		{name: "of no subnet", gateway: "10.0.0.253", eth1: []string{"10.0.0.20/24", "2001:db8::20/128"}, left: "address 2001:db8::20/128 of eth1: of no /64"},
		{name: "a /64 in two subnets", gateway: "10.0.0.253", primary: []string{"2001:db8::19/64"}, eth1: []string{"10.0.1.20/24", "2001:db8::20/64"}, cidr: "2001:db8::/64", vpc: "2001:db8::/56",
			left: "address 2001:db8::20/64 of eth1: in the /64 of another NIC's subnet"},
		{name: "two /64 in a subnet", gateway: "10.0.0.253", primary: []string{"2001:db8::19/64"}, eth1: []string{"10.0.0.20/24", "2001:db8:0:1::20/64"}, cidr: "2001:db8::/64", vpc: "2001:db8::/56",
			left: "address 2001:db8:0:1::20/64 of eth1: of another subnet"},
		{name: "global and unique local", gateway: "10.0.0.253", primary: []string{"2001:db8::19/64"}, eth1: []string{"10.0.1.20/24", "fd00::20/64"}, cidr: "2001:db8::/64", vpc: "2001:db8::/56",
			left: "address fd00::20/64 of eth1: no VPC holds it"},
		{name: "the cloud's own", gateway: "10.0.0.1", eth1: []string{"10.0.0.20/24", "2001:db8::3/64", "2001:db8::4/64"}, cidr: "2001:db8::/64", vpc: "2001:db8::/56",
			addrs: "2001:db8::4", left: "address 2001:db8::3/64 of eth1: the cloud keeps"},
		{name: "no IPv4", gateway: "10.0.0.253", eth1: []string{"2001:db8::20/64"}, left: "address 2001:db8::20/64 of eth1: there is no IPv4"},
		{name: "AWS's router", gateway: "10.0.0.1", eth1: []string{"10.0.0.20/24", "2001:db8::20/64"}, routes: []Route{way6("eth0", "fe80:ec2::1")}, cidr: "2001:db8::/64", vpc: "2001:db8::/56", addrs: "2001:db8::20"},
		{name: "another router", gateway: "10.0.0.1", eth1: []string{"10.0.0.20/24", "2001:db8::20/64"}, routes: []Route{way6("eth1", "fe80::7")}, cidr: "2001:db8::/64", vpc: "2001:db8::/56",
			addrs: "2001:db8::20", router: "fe80::7"},
		{name: "a router elsewhere", gateway: "10.0.0.253", eth1: []string{"10.0.0.20/24", "2001:db8::20/64"}, routes: []Route{way6("eth1", "2001:db8:9::1")}, cidr: "2001:db8::/64", vpc: "2001:db8::/56",
			addrs: "2001:db8::20"},
	} {
		t.Run(x.name, func(t *testing.T) {
			o := Objects{Links: []Link{{Index: 2, Name: "eth0", MAC: mac0}, {Index: 3, Name: "eth1", MAC: mac1}}}
			for _, p := range append([]string{"10.0.0.19/24"}, x.primary...) {
				o.Addresses = append(o.Addresses, Address{Link: "eth0", Prefix: netip.MustParsePrefix(p)})
			}
			for _, p := range x.eth1 {
				o.Addresses = append(o.Addresses, Address{Link: "eth1", Prefix: netip.MustParsePrefix(p)})
			}
			o.Routes = append(x.routes, Route{Type: Unicast, Link: "eth0", Table: TableMain, Dst: netip.MustParsePrefix("0.0.0.0/0"), Gateway: netip.MustParseAddr(x.gateway)})
			adopted, err := Adopt(World(o), "web-1")
			if err != nil {
				t.Fatal(err)
			}
			var cidr, vpc, router, addrs string
			files := fstest.MapFS{}
			for _, r := range slices.Backward(adopted.Resources) { // the primary's subnet is the first
				data, err := schema.ToYAML(r)
				if err != nil {
					t.Fatal(err)
				}
				files[string(r.Kind)+r.Name+".yaml"] = &fstest.MapFile{Data: data}
				switch s := r.Spec.(type) {
				case *schema.VPCSpec:
					vpc = text(s.IPv6CIDR)
				case *schema.SubnetSpec:
					cidr, router = text(s.IPv6CIDR), text(s.IPv6Gateway)
				case *schema.ENISpec:
					for _, a := range s.SecondaryIPs {
						addrs += a.String()
					}
				}
			}
			if _, findings := schema.Load(files); schema.Invalid(findings) {
				t.Error(findings)
			}
			if cidr != x.cidr || vpc != x.vpc || router != x.router || addrs != x.addrs {
				t.Errorf("subnet %q, VPC %q, router %q, addresses %q", cidr, vpc, router, addrs)
			}
			left := strings.Join(slices.DeleteFunc(adopted.Left, func(l string) bool { return !strings.Contains(l, " of eth1: ") }), "\n")
			if !strings.HasPrefix(left, x.left) || x.left == "" && left != "" || strings.Contains(left, "\n") {
				t.Errorf("left: %s", left)
			}
		})
	}
}

// text is empty where nothing is declared.
func text(x interface {
	IsValid() bool
	String() string
}) string {
	if !x.IsValid() {
		return ""
	}
	return x.String()
}

// way6 is main's IPv6 default route over a link.
func way6(link, gateway string) Route {
	return Route{Type: Unicast, Link: link, Table: TableMain, Metric: 1024, Dst: netip.MustParsePrefix("::/0"), Gateway: netip.MustParseAddr(gateway)}
}
