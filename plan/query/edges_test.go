package query_test

import (
	"net/netip"
	"strings"
	"testing"

	"enid/plan/query"
	"enid/schema"
)

// edges are two classic instances and one in a VPC, with what imports may hold.
const edges = `kind: Account
metadata: {name: main}
spec: {provider: alibaba}
---
kind: Account
metadata: {name: second}
spec: {provider: alibaba}
---
kind: VPC
metadata: {name: prod}
spec: {account: main, region: cn-hangzhou, cidr: 10.0.0.0/16}
---
kind: VPC
metadata: {name: side}
spec: {account: main, region: cn-hangzhou, cidr: 10.1.0.0/16}
---
kind: Subnet
metadata: {name: a}
spec: {vpc: prod, zone: cn-hangzhou-a, cidr: 10.0.0.0/24}
---
kind: SecurityGroup
metadata: {name: near}
spec: {vpc: prod, rules: [{protocol: tcp, ports: 80, peer: {cidr: 0.0.0.0/0}}, {protocol: tcp, ports: 81, peer: {cidr: 10.0.0.0/8}}]}
---
kind: SecurityGroup
metadata: {name: shut}
spec: {vpc: prod}
---
kind: SecurityGroup
metadata: {name: old}
spec: {networkType: classic, account: main, region: cn-hangzhou, rules: [{peer: {cidr: 0.0.0.0/0}}]}
---
kind: Instance
metadata: {name: c-1}
spec: {networkType: classic, account: main, region: cn-hangzhou, zone: cn-hangzhou-a, type: ecs.s1.large, image: centos-7.2-64, securityGroups: [old], publicIP: {bandwidthMbps: 0}}
status: {phase: running, publicIP: {address: 198.51.100.9}}
---
kind: Instance
metadata: {name: web-1}
spec: {type: ecs.g5.large, image: centos-7.2-64, subnet: a, privateIP: 10.0.0.20, securityGroups: [near]}
---
kind: ENI
metadata: {name: a-late}
spec: {subnet: a, securityGroups: [near], attachTo: {instance: web-1}}
---
kind: ENI
metadata: {name: b-second}
spec: {subnet: a, securityGroups: [near], attachTo: {instance: web-1, deviceIndex: 2}}
---
kind: ENI
metadata: {name: c-first}
spec: {subnet: a, privateIP: 10.0.0.30, securityGroups: [shut], attachTo: {instance: web-1, deviceIndex: 1}}
status: {phase: in-use, instance: web-1, deviceIndex: 1, privateIP: 10.0.0.31}
---
kind: EIP
metadata: {name: e}
spec: {account: main, region: cn-hangzhou, bindTo: {instance: web-1}}
status: {phase: in-use, address: 198.51.100.10, boundTo: {instance: web-1}}
---
kind: ClassicLink
metadata: {name: l}
spec: {instance: c-1, vpc: side}
`

func reach(t *testing.T, topology *schema.Topology, from, to string, port int) *query.Answer {
	t.Helper()
	a, err := query.Reach(topology, query.Question{From: from, To: to, Port: port})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestLinkOfAnotherVPC_reach_classic_vpc: a ClassicLink joins the VPC that it names.
func TestLinkOfAnotherVPC_reach_classic_vpc(t *testing.T) {
	topology := read(t, edges)
	if a := reach(t, topology, "c-1", "web-1", 0); a.Reachable || a.Pairs[0].There != nil {
		t.Errorf("%+v", a)
	}
	topology = read(t, strings.ReplaceAll(edges, "vpc: side}", "vpc: prod}"))
	// c-1 has no known address: only 0.0.0.0/0 can mean it.
	if a := reach(t, topology, "c-1", "web-1", 80); !a.Reachable {
		t.Errorf("%+v", a)
	}
	if a := reach(t, topology, "c-1", "web-1", 81); a.Reachable || !strings.Contains(a.Changes[0].Do, "ITS-ADDRESS") {
		t.Errorf("%+v", a.Changes)
	}
}

// TestInterfacesInOrder_reach_same_vpc_other_group: the primary one comes first,
// one whose index is not known yet last; what was observed goes before the spec.
func TestInterfacesInOrder_reach_same_vpc_other_group(t *testing.T) {
	var names []string
	a := reach(t, read(t, edges), "internet", "web-1", 0)
	for _, i := range a.To.Interfaces {
		names = append(names, i.Name)
	}
	if got := strings.Join(names, " "); got != "Instance/web-1 ENI/c-first ENI/b-second ENI/a-late" {
		t.Error(got)
	}
	if got := a.To.Interfaces[1].PrivateIP; got != netip.MustParseAddr("10.0.0.31") {
		t.Error(got)
	}
}

// TestPublicAddress_ssh_path: an EIP of an instance is its primary ENI's; a classic
// address without bandwidth leads nowhere.
func TestPublicAddress_ssh_path(t *testing.T) {
	topology := read(t, edges)
	a := reach(t, topology, "internet", "web-1", 80)
	if !a.Reachable || a.Pairs[0].To.PublicIP != netip.MustParseAddr("198.51.100.10") {
		t.Errorf("%+v", a)
	}
	for _, p := range a.Pairs {
		if p.To.Name != "Instance/web-1" {
			t.Errorf("%+v", p)
		}
	}
	if a := reach(t, topology, "internet", "web-1", 22); a.Reachable || len(a.Changes) != 1 {
		t.Errorf("%+v", a)
	}
	if a := reach(t, topology, "internet", "c-1", 22); a.Reachable || !strings.Contains(a.Reason, "no public address") {
		t.Errorf("%+v", a)
	}
}

// TestSharedGroupOfAccounts_reach_classic_other: instances of two accounts have to
// authorize each other even in one group, which only an import can hold.
func TestSharedGroupOfAccounts_reach_classic_other(t *testing.T) {
	classic := func(name, account string) *schema.Resource {
		return &schema.Resource{Ref: schema.Ref{Kind: schema.KindInstance, Name: name}, Spec: &schema.InstanceSpec{
			NetworkType: schema.NetworkClassic, Account: account, Region: "cn-hangzhou", SecurityGroups: []string{"g"}}}
	}
	group := &schema.SecurityGroupSpec{NetworkType: schema.NetworkClassic, Account: "main", Region: "cn-hangzhou"}
	topology := func(second string) *schema.Topology {
		return schema.NewTopology([]*schema.Resource{classic("a", "main"), classic("b", second),
			{Ref: schema.Ref{Kind: schema.KindSecurityGroup, Name: "g"}, Spec: group}})
	}
	if a := reach(t, topology("main"), "a", "b", 22); !a.Reachable || a.Rule != "reach.classic-same-group" {
		t.Errorf("%+v", a)
	}
	if a := reach(t, topology("other"), "a", "b", 22); a.Reachable || a.Rule != "reach.classic-other" {
		t.Errorf("%+v", a)
	}
}
