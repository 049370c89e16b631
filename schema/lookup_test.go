package schema

import (
	"net/netip"
	"testing"
)

func TestLookup(t *testing.T) {
	top := NewTopology([]*Resource{
		{Ref: Ref{KindAccount, "main"}, Spec: &AccountSpec{Provider: AWS}},
		{Ref: Ref{KindVPC, "prod"}, Spec: &VPCSpec{Account: "main", Region: "eu-west-1"}},
		{Ref: Ref{KindSubnet, "a"}, Spec: &SubnetSpec{VPC: "prod", Zone: "eu-west-1a"}},
		{Ref: Ref{KindInstance, "web"}, Spec: &InstanceSpec{Subnet: "a"}},
		{Ref: Ref{KindHost, "web"}, Spec: &HostSpec{Instance: "web"}},
		{Ref: Ref{KindPolicy, "p"}, Spec: &PolicySpec{}},
	})
	host := top.Get(Ref{KindHost, "web"})
	if got := AccountOf(top, host); got != "main" {
		t.Errorf("account %q", got)
	}
	if top.Provider(host) != AWS || top.Region(host) != "eu-west-1" || top.Zone(host) != "eu-west-1a" {
		t.Errorf("%q %q %q", top.Provider(host), top.Region(host), top.Zone(host))
	}
	if VPCOf(top, host).Name != "prod" || SubnetOf(top, host).Name != "a" || top.Account(host).Name != "main" {
		t.Error("VPC, subnet or account not found")
	}
	policy := top.Get(Ref{KindPolicy, "p"})
	if top.Account(policy) != nil || VPCOf(top, policy) != nil || top.Provider(policy) != "" {
		t.Error("a policy is nowhere")
	}
}

func TestRegionOfVolumes(t *testing.T) {
	for zone, want := range map[string]string{
		"eu-west-1b": "eu-west-1", "us-gov-west-1a": "us-gov-west-1", "us-west-2-lax-1a": "us-west-2", "cn-hangzhou-b": "cn-hangzhou", "": "",
	} {
		volume := &Resource{Ref: Ref{KindVolume, "v"}, Spec: &VolumeSpec{Zone: zone}}
		snapshot := &Resource{Ref: Ref{KindSnapshot, "s"}, Spec: &SnapshotSpec{Of: SnapshotOf{Volume: "v"}}}
		top := NewTopology([]*Resource{volume, snapshot})
		if top.Region(volume) != want || top.Region(snapshot) != want {
			t.Errorf("%s: %q and %q, want %q", zone, top.Region(volume), top.Region(snapshot), want)
		}
	}
}

func TestKeptAndGateway(t *testing.T) {
	cidr := netip.MustParsePrefix("10.0.1.0/24")
	kept := map[Provider][]int{Alibaba: {0, 253, 254, 255}, AWS: {0, 1, 2, 3, 255}}
	for provider, want := range kept {
		var got []int
		for i := range 256 {
			if Kept(provider, cidr, netip.AddrFrom4([4]byte{10, 0, 1, byte(i)})) {
				got = append(got, i)
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%s: kept %v, want %v", provider, got, want)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("%s: kept %v, want %v", provider, got, want)
			}
		}
	}
	ipv6 := netip.MustParsePrefix("2001:db8:0:7::/64")
	for text, want := range map[string]string{
		"2001:db8:0:7::": "both", "2001:db8:0:7::1": "aws", "2001:db8:0:7::3": "aws", "2001:db8:0:7::4": "none",
		"2001:db8:0:7:ffff:ffff:ffff:fff6": "none", "2001:db8:0:7:ffff:ffff:ffff:fff7": "alibaba", "2001:db8:0:7:ffff:ffff:ffff:ffff": "both",
		"2001:db8:0:8::": "none", "2001:db8:0:7:1::": "none",
	} {
		a := netip.MustParseAddr(text)
		if got := map[[2]bool]string{{true, true}: "both", {true, false}: "aws", {false, true}: "alibaba", {}: "none"}[[2]bool{Kept(AWS, ipv6, a), Kept(Alibaba, ipv6, a)}]; got != want {
			t.Errorf("%s is kept by %s, want %s", a, got, want)
		}
	}
	if Kept(AWS, cidr, netip.MustParseAddr("10.0.2.0")) {
		t.Error("outside the CIDR nothing is kept")
	}
	for provider, want := range map[Provider]string{Alibaba: "10.0.1.253", AWS: "10.0.1.1"} {
		if got := Gateway(provider, &SubnetSpec{CIDR: cidr}); got.String() != want {
			t.Errorf("%s: gateway %s, want %s", provider, got, want)
		}
	}
	router := netip.MustParseAddr("fe80:ec2::1")
	for _, c := range []struct {
		provider Provider
		spec     SubnetSpec
		want     netip.Addr
	}{
		{AWS, SubnetSpec{CIDR: cidr, IPv6CIDR: ipv6}, router},
		{AWS, SubnetSpec{CIDR: cidr}, netip.Addr{}},
		{Alibaba, SubnetSpec{CIDR: cidr, IPv6CIDR: ipv6}, netip.Addr{}},
		{Alibaba, SubnetSpec{CIDR: cidr, IPv6CIDR: ipv6, IPv6Gateway: netip.MustParseAddr("fe80::1")}, netip.MustParseAddr("fe80::1")},
	} {
		if got := GatewayIPv6(c.provider, &c.spec); got != c.want {
			t.Errorf("%s: IPv6 gateway %s, want %s", c.provider, got, c.want)
		}
	}
	declared := netip.MustParseAddr("10.0.1.7")
	if got := Gateway(AWS, &SubnetSpec{CIDR: cidr, Gateway: declared}); got != declared {
		t.Errorf("gateway %s, want the declared one", got)
	}
}
