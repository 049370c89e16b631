package query

import (
	"fmt"
	"net/netip"
	"testing"

	"enid/schema"
)

// full answers a /16 with n ENIs, an address each, and as many instances.
func full(n int) *schema.Topology {
	all := []*schema.Resource{
		{Ref: schema.Ref{Kind: schema.KindAccount, Name: "main"}, Spec: &schema.AccountSpec{Provider: schema.AWS}},
		{Ref: schema.Ref{Kind: schema.KindVPC, Name: "v"}, Spec: &schema.VPCSpec{Account: "main", Region: "r"}},
		{Ref: schema.Ref{Kind: schema.KindSubnet, Name: "s"}, Spec: &schema.SubnetSpec{VPC: "v", CIDR: netip.MustParsePrefix("10.0.0.0/16")}},
	}
	for i := range n {
		name := fmt.Sprintf("n-%05d", i)
		at := int64(0x0a000000 + 4 + i*3)
		all = append(all,
			&schema.Resource{Ref: schema.Ref{Kind: schema.KindENI, Name: name}, Spec: &schema.ENISpec{Subnet: "s", PrivateIP: address(at), AttachTo: &schema.Attachment{Instance: name}}},
			&schema.Resource{Ref: schema.Ref{Kind: schema.KindInstance, Name: name}, Spec: &schema.InstanceSpec{Subnet: "s", PrivateIP: address(at + 1)}})
	}
	return schema.NewTopology(all)
}

func BenchmarkCIDR16(b *testing.B) {
	t := full(20000)
	for b.Loop() {
		r, err := CIDR(t, "s")
		if err != nil || r.Counts.Used != 40000 || len(r.Strip().Rows) != 64 {
			b.Fatal(r.Counts, err)
		}
	}
}

func BenchmarkReach(b *testing.B) {
	t := full(20000)
	for b.Loop() {
		if a, err := Reach(t, Question{From: "n-00001", To: "n-19999"}); err != nil || len(a.Pairs) != 4 {
			b.Fatal(a, err)
		}
	}
}

// BenchmarkPicture draws 100,000 resources, of which half are new.
func BenchmarkPicture(b *testing.B) {
	before, after := full(25000), full(50000)
	for b.Loop() {
		g := Picture(before, after, PictureOptions{})
		drawn := 0
		g.Walk(func(n, _ *Node) {
			if n.Kind != MoreNode {
				drawn++
			}
		})
		if drawn != DefaultMost || drawn+g.Omitted != 150004 { // with the primary ENIs and the region
			b.Fatal(drawn, g.Omitted)
		}
	}
}
