package cloud

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"enid/plan"
	"enid/schema"
)

var benchSizes = []int{1000, 10_000, 100_000}

var benchTime = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// benchFiles answers about n resources: VPCs of a thousand each, half of the
// addresses declared and half for the cloud to choose.
func benchFiles(n int) []*schema.Resource {
	out := []*schema.Resource{
		{Ref: accountRef("a"), Spec: &schema.AccountSpec{Provider: schema.Alibaba, Quotas: &schema.Quotas{ENIsPerRegion: n}}},
		{Ref: plan.Ref{Kind: schema.KindPolicy, Name: "p"}, Spec: &schema.PolicySpec{Downtime: "allow"}},
	}
	for v := 0; len(out) < n; v++ {
		out = append(out, benchVPC(v)...)
	}
	return out[:n]
}

func benchVPC(v int) (out []*schema.Resource) {
	add := func(ref plan.Ref, s schema.Spec) { out = append(out, &schema.Resource{Ref: ref, Spec: s}) }
	vpc := fmt.Sprintf("v%d", v)
	base := netip.AddrFrom4([4]byte{10, byte(v), 0, 0})
	add(vpcRef(vpc), &schema.VPCSpec{Account: "a", Region: "r1", CIDR: netip.PrefixFrom(base, 16)})
	for i := range 8 {
		add(subnetRef(fmt.Sprintf("%s-s%d", vpc, i)), &schema.SubnetSpec{VPC: vpc, Zone: "r1-a", CIDR: netip.PrefixFrom(plus(base, i<<10), 22)})
	}
	for i := range 11 {
		s := &schema.SecurityGroupSpec{VPC: vpc, Rules: []schema.SecurityRule{
			{Direction: "ingress", Protocol: "tcp", Ports: "443", Peer: schema.Peer{CIDR: netip.MustParsePrefix("0.0.0.0/0")}, Action: "allow", Priority: 1},
			{Direction: "ingress", Protocol: "all", Peer: schema.Peer{SecurityGroup: fmt.Sprintf("%s-g%d", vpc, (i+1)%11)}, Action: "allow", Priority: 1}}}
		add(groupRef(fmt.Sprintf("%s-g%d", vpc, i)), s)
	}
	for i := range 490 {
		subnet, group := fmt.Sprintf("%s-s%d", vpc, i%8), fmt.Sprintf("%s-g%d", vpc, i%11)
		name := fmt.Sprintf("%s-i%d", vpc, i)
		instance := &schema.InstanceSpec{NetworkType: schema.NetworkVPC, Type: "ecs.g5.xlarge", Image: "debian-12", Subnet: subnet,
			SecurityGroups: []string{group}, Power: schema.PowerRunning, Billing: schema.Billing{Method: "pay-as-you-go"}}
		eni := &schema.ENISpec{Subnet: subnet, SecurityGroups: []string{group}, AttachTo: &schema.Attachment{Instance: name, DeviceIndex: 1}}
		if i%2 == 0 {
			instance.PrivateIP, eni.PrivateIP = plus(base, (i%8)<<10+256+i), plus(base, (i%8)<<10+1+i/8)
		}
		add(instanceRef(name), instance)
		add(eniRef(fmt.Sprintf("%s-e%d", vpc, i)), eni)
	}
	return out
}

// benchApplied answers the state when the files have been applied.
func benchApplied(b *testing.B, files []*schema.Resource) []*schema.Resource {
	b.Helper()
	want := World(files)
	world := Prepare(World(nil), want)
	p, err := plan.Make(Domain(), world, want, benchTime, plan.Options{})
	if err != nil || p.Summary.Blocked > 0 {
		b.Fatal(err, p.Summary)
	}
	world = world.Fork()
	for _, s := range p.Steps {
		plan.Apply(Domain(), s, world, want, benchTime)
	}
	puts, _ := Record(world, want)
	for _, r := range puts {
		world.Put(r.Ref, r)
	}
	var out []*schema.Resource
	for _, ref := range world.Refs() {
		out = append(out, world.Get(ref).(*schema.Resource))
	}
	return out
}

// benchChanged answers the files with one resource in a hundred changed: names,
// groups, moves, types.
func benchChanged(files []*schema.Resource) []*schema.Resource {
	out := make([]*schema.Resource, len(files))
	copy(out, files)
	for i := 50; i < len(out); i += 100 {
		switch s := out[i].Spec.(type) {
		case *schema.InstanceSpec:
			c := *s
			c.Type = "ecs.g5.2xlarge"
			out[i] = out[i].With(&c, nil)
		case *schema.ENISpec:
			c := *s
			switch i / 100 % 3 {
			case 0:
				c.DisplayName = "changed"
			case 1:
				c.SecondaryIPCount = 2
			case 2:
				c.AttachTo = nil
			}
			out[i] = out[i].With(&c, nil)
		}
	}
	return out
}

// copies answers the resources with specs of their own, as they are when state
// and files are read from two places.
func copies(files []*schema.Resource) []*schema.Resource {
	out := make([]*schema.Resource, len(files))
	for i, r := range files {
		switch s := r.Spec.(type) {
		case *schema.InstanceSpec:
			c := *s
			out[i] = r.With(&c, nil)
		case *schema.ENISpec:
			c := *s
			out[i] = r.With(&c, nil)
		default:
			out[i] = r
		}
	}
	return out
}

func benchEach(b *testing.B, run func(b *testing.B, files []*schema.Resource)) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			run(b, benchFiles(n))
		})
	}
}

func BenchmarkWorld(b *testing.B) {
	benchEach(b, func(b *testing.B, files []*schema.Resource) {
		for b.Loop() {
			World(files)
		}
	})
}

func benchPlan(b *testing.B, state, files []*schema.Resource) {
	b.Helper()
	want := World(files)
	world := Prepare(World(state), want)
	steps := 0
	for b.Loop() {
		p, err := plan.Make(Domain(), world, want, benchTime, plan.Options{})
		if err != nil || p.Summary.Blocked > 0 {
			b.Fatal(err, p.Summary)
		}
		steps = len(p.Steps)
	}
	b.ReportMetric(float64(steps), "steps")
}

func BenchmarkPlanUnchanged(b *testing.B) {
	benchEach(b, func(b *testing.B, files []*schema.Resource) { benchPlan(b, benchApplied(b, files), copies(files)) })
}

func BenchmarkPlanOnePercent(b *testing.B) {
	benchEach(b, func(b *testing.B, files []*schema.Resource) {
		benchPlan(b, benchApplied(b, files), benchChanged(copies(files)))
	})
}

func BenchmarkPlanNew(b *testing.B) {
	benchEach(b, func(b *testing.B, files []*schema.Resource) { benchPlan(b, nil, files) })
}

// BenchmarkCheck judges the plan of one percent changed.
func BenchmarkCheck(b *testing.B) {
	benchEach(b, func(b *testing.B, files []*schema.Resource) {
		want := World(benchChanged(copies(files)))
		world := Prepare(World(benchApplied(b, files)), want)
		p, err := plan.Make(Domain(), world, want, benchTime, plan.Options{})
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if err := plan.Check(Domain(), p, world, want, benchTime, plan.Options{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
