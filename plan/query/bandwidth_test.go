package query_test

import (
	"fmt"
	"strings"
	"testing"

	"enid/plan/query"
)

const twoInstances = `kind: Account
metadata: {name: main}
spec: {provider: %s}
---
kind: VPC
metadata: {name: prod}
spec: {region: cn-hangzhou, cidr: 10.0.0.0/16}
---
kind: Subnet
metadata: {name: a}
spec: {vpc: prod, zone: cn-hangzhou-a, cidr: 10.0.0.0/24}
---
kind: SecurityGroup
metadata: {name: web}
spec: {vpc: prod}
---
kind: Instance
metadata: {name: one}
spec: {type: %s, image: centos-7.2-64, subnet: a, privateIP: 10.0.0.20, securityGroups: [web]}
---
kind: Instance
metadata: {name: two}
spec: {type: %s, image: centos-7.2-64, subnet: a, privateIP: 10.0.0.21, securityGroups: [web]}
`

func between(t *testing.T, cloud, one, two string) *query.Answer {
	t.Helper()
	a, err := query.Reach(read(t, fmt.Sprintf(twoInstances, cloud, one, two)), query.Question{From: "one", To: "two"})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestBandwidth_reach_bandwidth names 1 Gbit/s where either end is not I/O
// optimized, 10 where both are, and none where it is not known or not documented.
func TestBandwidth_reach_bandwidth(t *testing.T) {
	const yes, no, choice, unknown = "ecs.g5.large", "ecs.s1.large", "ecs.c1.large", "ecs.zz9.large"
	for _, c := range []struct {
		one, two string
		ceiling  int
		says     string
	}{
		{yes, yes, 10, "both are I/O optimized"},
		{yes, no, 1, "Instance/two is not I/O optimized"},
		{no, no, 1, "Instance/one and Instance/two are not I/O optimized"},
		{choice + ", ioOptimized: false", yes, 1, "Instance/one is not I/O optimized"},
		{choice, yes, 1, "Instance/one is not I/O optimized"},
		{choice + ", ioOptimized: true", yes, 10, "both are"},
		{unknown, yes, 0, "not known of Instance/one"},
		{unknown, no, 1, "Instance/two is not"},
	} {
		b := between(t, "alibaba", c.one, c.two).Bandwidth
		if b == nil || b.CeilingGbps != c.ceiling || b.Rule != "reach.bandwidth" || !strings.Contains(b.Detail, c.says) || !strings.Contains(b.Detail, "fluctuates") {
			t.Errorf("%s and %s: %+v", c.one, c.two, b)
		}
	}
}

// TestServices_reach_services advises the intranet within a region of Alibaba
// Cloud, naming both private addresses, and nothing on AWS.
func TestServices_reach_services(t *testing.T) {
	a := between(t, "alibaba", "ecs.g5.large", "ecs.g5.large")
	if len(a.Advice) != 1 || a.Advice[0].Rule != "reach.services" ||
		!strings.Contains(a.Advice[0].Detail, "10.0.0.20 of Instance/one and 10.0.0.21 of Instance/two") {
		t.Errorf("%+v", a.Advice)
	}
	if a := between(t, "aws", "m5.large", "m5.large"); len(a.Advice) != 0 || a.Bandwidth != nil {
		t.Errorf("%+v %+v", a.Advice, a.Bandwidth)
	}
}
