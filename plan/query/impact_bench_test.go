package query

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"enid/schema"
)

// town answers n resources, of which two in five are instances, and as many their
// ENIs: in each VPC 16 subnets, the apps of a tier in one group, all behind the group of the
// VPC's databases.
func town(n int) []*schema.Resource {
	all := []*schema.Resource{resource(schema.KindAccount, "main", &schema.AccountSpec{Provider: schema.AWS})}
	for v := 0; len(all) < n; v++ {
		vpc := fmt.Sprintf("v%03d", v)
		all = append(all, resource(schema.KindVPC, vpc, &schema.VPCSpec{Account: "main", Region: "eu-west-1", CIDR: netip.MustParsePrefix("10.0.0.0/8")}))
		for g := range 20 {
			rules := []schema.SecurityRule{
				{Direction: "ingress", Protocol: "tcp", Ports: "80-443", Peer: schema.Peer{CIDR: netip.PrefixFrom(address(int64(10<<24|g<<8)), 24)}, Action: "allow", Priority: 1},
				{Direction: "ingress", Protocol: "tcp", Ports: "22", Peer: schema.Peer{SecurityGroup: fmt.Sprintf("%s-g00", vpc)}, Action: "allow", Priority: 1},
			}
			all = append(all, resource(schema.KindSecurityGroup, fmt.Sprintf("%s-g%02d", vpc, g), &schema.SecurityGroupSpec{VPC: vpc, Rules: rules}))
		}
		for s := range 16 {
			all = append(all, resource(schema.KindSubnet, fmt.Sprintf("%s-s%02d", vpc, s), &schema.SubnetSpec{VPC: vpc, Zone: "eu-west-1a", CIDR: netip.PrefixFrom(address(int64(10<<24|s<<16)), 16)}))
		}
		for i := range 5000 {
			name, subnet, group := fmt.Sprintf("%s-i%05d", vpc, i), fmt.Sprintf("%s-s%02d", vpc, i%16), fmt.Sprintf("%s-g%02d", vpc, i%20)
			at := int64(10<<24 | i%16<<16 | 4 + i)
			all = append(all, resource(schema.KindInstance, name, &schema.InstanceSpec{Subnet: subnet, Type: "m5.large", PrivateIP: address(at), SecurityGroups: []string{vpc + "-all", group}}),
				resource(schema.KindENI, name, &schema.ENISpec{Subnet: subnet, PrivateIP: address(at + 1<<15), SecurityGroups: []string{group}, AttachTo: &schema.Attachment{Instance: name}}))
			if len(all) >= n {
				break
			}
		}
		all = append(all, resource(schema.KindSecurityGroup, vpc+"-all", &schema.SecurityGroupSpec{VPC: vpc}))
	}
	return all
}

// BenchmarkImpact changes the group that 5,000 instances share, and 100 ENIs.
func BenchmarkImpact(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		all := town(n)
		was := schema.NewTopology(all)
		next := slices.Clone(all)
		moved := 0
		for i, r := range next {
			switch spec := r.Spec.(type) {
			case *schema.SecurityGroupSpec:
				if r.Name == "v000-all" {
					with := *spec
					with.Rules = []schema.SecurityRule{{Direction: "ingress", Protocol: "tcp", Ports: "5432", Peer: schema.Peer{SecurityGroup: "v000-g01"}, Action: "allow", Priority: 1}}
					next[i] = resource(r.Kind, r.Name, &with)
				}
			case *schema.ENISpec:
				if moved++; moved%(n/250) == 0 {
					with := *spec
					with.SecondaryIPs = []netip.Addr{address(number(spec.PrivateIP) + 1<<14)}
					next[i] = resource(r.Kind, r.Name, &with)
				}
			}
		}
		is := schema.NewTopology(next)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				i := Impacts(was, is)
				if len(i.Reach) == 0 || len(i.Subnets) == 0 || i.Omitted > 0 {
					b.Fatal(len(i.Reach), len(i.Subnets), i.Omitted)
				}
				b.ReportMetric(float64(len(i.Reach)), "lines")
			}
		})
	}
}

// BenchmarkImpactNone compares topologies of equal values, each with its own.
func BenchmarkImpactNone(b *testing.B) {
	was, is := schema.NewTopology(town(100_000)), schema.NewTopology(town(100_000))
	for b.Loop() {
		if i := Impacts(was, is); len(i.Reach) > 0 {
			b.Fatal(i.Reach)
		}
	}
}
