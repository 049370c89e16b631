package cloud

import (
	"fmt"
	"net/netip"

	"enid/plan"
	"enid/schema"
)

// benchTown makes the thousand resources of one VPC; half of the addresses are
// declared, and half are for the cloud to choose.
type benchTown struct {
	v    int
	vpc  string
	base netip.Addr
	out  []*schema.Resource
}

func (t *benchTown) add(kind schema.Kind, name string, s schema.Spec) {
	t.out = append(t.out, &schema.Resource{Ref: plan.Ref{Kind: kind, Name: name}, Spec: s})
}

func (t *benchTown) name(prefix string, i int) string {
	return fmt.Sprintf("%s-%s%d", t.vpc, prefix, i)
}

func (t *benchTown) network(account string) {
	t.add(schema.KindVPC, t.vpc, &schema.VPCSpec{Account: account, Region: "cn-hangzhou", CIDR: netip.PrefixFrom(t.base, 16)})
	for i := range 8 {
		t.add(schema.KindSubnet, t.name("s", i), &schema.SubnetSpec{VPC: t.vpc, Zone: "cn-hangzhou-b", CIDR: netip.PrefixFrom(plus(t.base, i<<10), 22)})
	}
	for i := range 11 {
		t.add(schema.KindSecurityGroup, t.name("g", i), &schema.SecurityGroupSpec{VPC: t.vpc, Rules: []schema.SecurityRule{
			{Direction: "ingress", Protocol: "tcp", Ports: "443", Peer: schema.Peer{CIDR: netip.MustParsePrefix("0.0.0.0/0")}, Action: "allow", Priority: 1},
			{Direction: "ingress", Protocol: "all", Peer: schema.Peer{SecurityGroup: t.name("g", (i+1)%11)}, Action: "allow", Priority: 1}}})
	}
}

// machine adds an instance with a secondary ENI.
func (t *benchTown) machine(i int, s schema.InstanceSpec) {
	s.NetworkType, s.Subnet, s.SecurityGroups, s.Power = schema.NetworkVPC, t.name("s", i%8), []string{t.name("g", i%11)}, schema.PowerRunning
	eni := &schema.ENISpec{Subnet: s.Subnet, SecurityGroups: s.SecurityGroups, AttachTo: &schema.Attachment{Instance: t.name("i", i), DeviceIndex: 1}}
	if i%2 == 0 {
		s.PrivateIP, eni.PrivateIP = plus(t.base, (i%8)<<10+256+i), plus(t.base, (i%8)<<10+4+i/8)
	}
	t.add(schema.KindInstance, t.name("i", i), &s)
	t.add(schema.KindENI, t.name("e", i), eni)
}

func (t *benchTown) alibaba() {
	t.network("a")
	if t.v > 0 {
		t.add(schema.KindPeering, t.vpc, &schema.PeeringSpec{VPCs: []string{fmt.Sprintf("v%d", t.v-2), t.vpc}})
	}
	for i := range 440 {
		t.machine(i, schema.InstanceSpec{Type: "ecs.g5.xlarge", Image: "debian-12", Billing: schema.Billing{Method: "pay-as-you-go"}})
	}
	for i := range 99 {
		t.add(schema.KindEIP, t.name("p", i), &schema.EIPSpec{Account: "a", Region: "cn-hangzhou", BindTo: &schema.Binding{Instance: t.name("i", i)}})
	}
}

func (t *benchTown) aws() {
	t.network("b")
	t.add(schema.KindKeyPair, t.vpc, &schema.KeyPairSpec{Account: "b", Region: "cn-hangzhou"})
	for i, service := range []string{"ssm", "ssmmessages", "ec2messages"} {
		t.add(schema.KindVPCEndpoint, t.name("x", i), &schema.VPCEndpointSpec{VPC: t.vpc, Service: service, Type: "Interface",
			Subnets: []string{t.name("s", i)}, SecurityGroups: []string{t.name("g", 0)}})
	}
	off := false
	for i := range 280 {
		t.machine(i, schema.InstanceSpec{Type: "m5.large", Image: "debian-12", KeyPair: t.vpc, RootDevice: "ebs", TerminationProtection: &off})
		if i%14 == 0 {
			t.add(schema.KindTargetGroup, t.name("t", i/14), &schema.TargetGroupSpec{VPC: t.vpc, Targets: []string{t.name("i", i), t.name("i", i+1), t.name("i", i+2)}})
		}
	}
	for i := range 280 {
		t.add(schema.KindVolume, t.name("d", i), &schema.VolumeSpec{Account: "b", Zone: "cn-hangzhou-b", Type: "gp3", SizeGiB: 40,
			AttachTo: []schema.VolumeAttachment{{Instance: t.name("i", i), Device: "/dev/xvdb"}}})
		if i%5 == 0 {
			t.add(schema.KindSnapshot, t.name("n", i), &schema.SnapshotSpec{Of: schema.SnapshotOf{Volume: t.name("d", i)}})
		}
		if i%10 == 0 {
			t.add(schema.KindTrafficMirror, t.name("m", i), &schema.TrafficMirrorSpec{Source: schema.MirrorSource{ENI: t.name("e", i)}, Target: schema.MirrorTarget{ENI: t.name("e", i+1)}})
		}
	}
	for i := range 30 {
		t.add(schema.KindEIP, t.name("p", i), &schema.EIPSpec{Account: "b", Region: "cn-hangzhou", BindTo: &schema.Binding{ENI: t.name("e", i)}})
	}
}
