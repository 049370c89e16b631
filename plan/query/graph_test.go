package query_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"enid/plan/query"
	"enid/schema"
)

const pictured = `kind: Account
metadata: {name: main}
spec: {provider: alibaba}
---
kind: VPC
metadata: {name: prod}
spec: {account: main, region: cn-hangzhou, cidr: 10.0.0.0/16}
---
kind: VPC
metadata: {name: lab}
spec: {account: main, region: cn-hangzhou, cidr: 10.1.0.0/16}
---
kind: Subnet
metadata: {name: b}
spec: {vpc: prod, zone: cn-hangzhou-b, cidr: 10.0.9.0/24}
---
kind: Subnet
metadata: {name: a}
spec: {vpc: prod, zone: cn-hangzhou-b, cidr: 10.0.10.0/24}
---
kind: SecurityGroup
metadata: {name: web}
spec: {vpc: prod, rules: [{protocol: tcp, ports: 443, peer: {cidr: 0.0.0.0/0}}]}
---
kind: Instance
metadata: {name: web-1}
spec: {type: ecs.g5.large, image: debian, subnet: b, privateIP: 10.0.9.10, securityGroups: [web]}
---
kind: Instance
metadata: {name: db-1}
spec: {type: ecs.g5.large, image: debian, subnet: b, privateIP: 10.0.9.11, securityGroups: [web]}
---
kind: ENI
metadata: {name: business}
spec: {subnet: b, privateIP: 10.0.9.20, securityGroups: [web], attachTo: {instance: web-1, deviceIndex: 1}}
---
kind: EIP
metadata: {name: front}
spec: {account: main, region: cn-hangzhou, bandwidthMbps: 5, bindTo: {instance: web-1}}
---
kind: EIP
metadata: {name: spare}
spec: {account: main, region: cn-hangzhou}
---
kind: Instance
metadata: {name: old-1}
spec: {networkType: classic, account: main, region: cn-hangzhou, zone: cn-hangzhou-b, type: ecs.n1.small, image: debian}
---
kind: ClassicLink
metadata: {name: old}
spec: {instance: old-1, vpc: prod}
---
kind: Policy
metadata: {name: calm}
spec: {downtime: deny}
`

// outline writes a graph as an indented list.
func outline(g *query.Graph) string {
	var b strings.Builder
	var down func(nodes []*query.Node, indent string)
	down = func(nodes []*query.Node, indent string) {
		for _, n := range nodes {
			fmt.Fprintln(&b, strings.TrimSpace(fmt.Sprintf("%s%s %q %s %s", indent, n.ID, n.Title, strings.Join(n.Lines, "; "), n.Mark)))
			down(n.Children, indent+"  ")
		}
	}
	down(g.Roots, ".")
	for _, e := range g.Edges {
		fmt.Fprintln(&b, strings.TrimSpace(fmt.Sprintf("%s -- %s: %s %s", e.From, e.To, e.Label, e.Mark)))
	}
	if g.Omitted > 0 {
		fmt.Fprintln(&b, "omitted", g.Omitted)
	}
	return b.String()
}

// later is pictured after a move, a change, a new EIP and one that is gone.
func later(t *testing.T) *schema.Topology {
	return read(t, strings.NewReplacer("{instance: web-1, deviceIndex: 1}", "{instance: db-1, deviceIndex: 1}",
		"bandwidthMbps: 5", "bandwidthMbps: 9", "name: spare", "name: extra").Replace(pictured))
}

func TestPicture(t *testing.T) {
	var b strings.Builder
	for _, c := range []struct {
		what   string
		before *schema.Topology
		after  *schema.Topology
		o      query.PictureOptions
	}{
		{"all of it", nil, read(t, pictured), query.PictureOptions{}},
		{"what changed, marked", read(t, pictured), later(t), query.PictureOptions{}},
		{"what changed, only", read(t, pictured), later(t), query.PictureOptions{Only: true}},
		{"around ENI/business", nil, read(t, pictured), query.PictureOptions{Around: schema.Ref{Kind: "ENI", Name: "business"}}},
		{"eight nodes at most", nil, read(t, pictured), query.PictureOptions{Most: 8}},
		{"a mark of the caller's", nil, read(t, pictured), query.PictureOptions{Only: true,
			Marks: map[schema.Ref]query.Mark{{Kind: "ClassicLink", Name: "old"}: query.Blocked}}},
		{"everything removed", read(t, pictured), nil, query.PictureOptions{Most: 6}},
	} {
		fmt.Fprintf(&b, "-- %s --\n%s", c.what, outline(query.Picture(c.before, c.after, c.o)))
	}
	const golden = "testdata/picture.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the pictures are\n%s\nexpected\n%s", &b, want)
	}
}

// Every bound draws no more than it says, keeps parents, and counts the rest.
func TestPictureWithin(t *testing.T) {
	whole := query.Picture(read(t, pictured), later(t), query.PictureOptions{Most: -1})
	count := func(g *query.Graph) (drawn int) {
		seen := map[string]bool{}
		g.Walk(func(n, up *query.Node) {
			if seen[n.ID] {
				t.Errorf("%s stands twice", n.ID)
			}
			seen[n.ID] = true
			if n.Kind != query.MoreNode {
				drawn++
			}
		})
		for _, e := range g.Edges {
			if !seen[e.From] || !seen[e.To] {
				t.Errorf("the edge %s has no end", e.Label)
			}
		}
		return drawn
	}
	all := count(whole)
	for most := all + 1; most >= 0; most-- {
		g := whole.Within(most)
		again := whole.Within(most + 2).Within(most)
		if n := count(g); n != min(most, all) || n+g.Omitted != all {
			t.Errorf("of %d at most %d: %d drawn and %d omitted", all, most, n, g.Omitted)
		}
		if n := count(again); n != min(most, all) || n+again.Omitted != all {
			t.Errorf("cut twice to %d: %d drawn and %d omitted", most, n, again.Omitted)
		}
	}
}
