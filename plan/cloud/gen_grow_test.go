package cloud

import (
	"net/netip"
	"slices"

	"enid/plan"
	"enid/schema"
)

// grow adds one resource, or what it lives in first.
func (t *town) grow() {
	vpcs, subnets, groups := t.all(schema.KindVPC), t.all(schema.KindSubnet), t.all(schema.KindSecurityGroup)
	if t.chance(13) && t.growStored() {
		return
	}
	switch n := t.IntN(100); {
	case len(vpcs) == 0 || n < 3:
		t.addVPC()
	case len(subnets) == 0 || n < 12:
		t.addSubnet(pick(t.dice, vpcs))
	case len(groups) == 0 || n < 20:
		t.addGroup(pick(t.dice, vpcs))
	case n < 50:
		t.addInstance(pick(t.dice, subnets))
	case n < 85:
		t.addENI(pick(t.dice, subnets))
	default:
		t.addEIP()
	}
	if t.chance(8) {
		t.growLink()
	}
}

func (t *town) addVPC() string {
	n, account := t.name(), pick(t.dice, t.all(schema.KindAccount))
	t.put(vpcRef(n), &schema.VPCSpec{Account: account, Region: pick(t.dice, []string{"r1", "r1", "r2"}),
		CIDR: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(t.named), 0, 0}), 16)})
	return n
}

func (t *town) addSubnet(vpc string) string {
	v := spec[*schema.VPCSpec](t.set[vpcRef(vpc)])
	n := t.name()
	first := v.CIDR.Addr().As4()
	first[2] = byte(t.named)
	s := &schema.SubnetSpec{VPC: vpc, Zone: v.Region + pick(t.dice, []string{"-a", "-a", "-b"}),
		CIDR: netip.PrefixFrom(netip.AddrFrom4(first), pick(t.dice, []int{28, 26, 24}))}
	for _, old := range t.all(schema.KindSubnet) {
		if o := spec[*schema.SubnetSpec](t.set[subnetRef(old)]); o.VPC == vpc && o.CIDR.Overlaps(s.CIDR) {
			return old // a byte of names went round
		}
	}
	t.reserve(s)
	t.put(subnetRef(n), s)
	return n
}

// reserve draws the reservations of an AWS subnet.
func (t *town) reserve(s *schema.SubnetSpec) {
	s.Reservations = nil
	if !t.in(vpcRef(s.VPC), schema.AWS) || s.CIDR.Bits() > 26 {
		return
	}
	for i := range 3 {
		if t.chance(40) {
			s.Reservations = append(s.Reservations, schema.Reservation{CIDR: block(s.CIDR, 1+i), Type: pick(t.dice, []string{"prefix", "explicit"})})
		}
	}
}

// block answers the nth /28 of a CIDR.
func block(cidr netip.Prefix, n int) netip.Prefix {
	return netip.PrefixFrom(plus(cidr.Addr(), 16*n), 28)
}

func (t *town) in(ref plan.Ref, p schema.Provider) bool { return schema.ProviderOf(t, t.set[ref]) == p }

// addGroup adds a group of the VPC, or a classic one.
func (t *town) addGroup(vpc string) string {
	n := t.name()
	s := &schema.SecurityGroupSpec{VPC: vpc}
	if t.in(vpcRef(vpc), schema.Alibaba) && t.chance(10) {
		v := spec[*schema.VPCSpec](t.set[vpcRef(vpc)])
		s = &schema.SecurityGroupSpec{NetworkType: schema.NetworkClassic, Account: v.Account, Region: v.Region}
	}
	t.put(groupRef(n), s)
	t.rules(n)
	return n
}

// rules draws a group's rules, some of which name groups of the same VPC.
func (t *town) rules(group string) {
	s := copied[schema.SecurityGroupSpec](t, groupRef(group))
	s.Rules = nil
	for range t.IntN(4) {
		r := schema.SecurityRule{Direction: pick(t.dice, []string{"ingress", "ingress", "egress"}), Protocol: "tcp",
			Ports: pick(t.dice, []string{"22", "80", "443"}), Action: "allow", Priority: 1}
		if peer := pick(t.dice, t.all(schema.KindSecurityGroup)); t.chance(50) && spec[*schema.SecurityGroupSpec](t.set[groupRef(peer)]).VPC == s.VPC && s.VPC != "" {
			r.Peer.SecurityGroup = peer
		} else {
			r.Peer.CIDR = netip.MustParsePrefix("10.0.0.0/8")
		}
		if !slices.Contains(s.Rules, r) {
			s.Rules = append(s.Rules, r)
		}
	}
	t.put(groupRef(group), s)
}

var types = map[schema.Provider][]string{
	schema.Alibaba: {"ecs.g5.large", "ecs.g5.xlarge", "ecs.c5.2xlarge", "ecs.e-c1m1.large", "ecs.e-c1m2.large", "ecs.c1.large", "ecs.none.large"},
	schema.AWS:     {"t2.micro", "t3.small", "m5.large", "m4.large", "m5.xlarge"},
}

func (t *town) addInstance(subnet string) string {
	n := t.name()
	in := spec[*schema.SubnetSpec](t.set[subnetRef(subnet)])
	p := schema.ProviderOf(t, t.set[subnetRef(subnet)])
	s := &schema.InstanceSpec{NetworkType: schema.NetworkVPC, Type: pick(t.dice, types[p]), Image: "debian-12", Subnet: subnet,
		Power: schema.PowerRunning, Billing: schema.Billing{Method: "pay-as-you-go"}}
	if t.chance(15) {
		s.Power = schema.PowerStopped
	}
	switch {
	case p == schema.AWS:
		s.RootDevice = pick(t.dice, []string{"ebs", "ebs", "ebs", "instance-store"})
		s.RootVolume = pick(t.dice, []*schema.RootVolume{nil, {DeleteOnTermination: new(true)}, {DeleteOnTermination: new(false)}, {Type: "gp2", SizeGiB: 30}, {Type: "gp2", SizeGiB: 40, DeleteOnTermination: new(true)}})
		if t.chance(40) {
			t.launchWith(s)
		}
		s.TerminationProtection = pick(t.dice, []*bool{nil, new(true), new(false)})
		if t.chance(20) {
			s.PublicIP = &schema.PublicIP{}
		}
	case t.chance(12):
		s.NetworkType, s.Subnet = schema.NetworkClassic, ""
		vpc := spec[*schema.VPCSpec](t.set[vpcRef(in.VPC)])
		s.Account, s.Region, s.Zone = vpc.Account, vpc.Region, in.Zone
		if t.chance(30) {
			s.PrivateIP = netip.AddrFrom4([4]byte{100, 64, 0, byte(t.named)})
		}
		fallthrough
	default:
		s.IOOptimized = pick(t.dice, []*bool{nil, new(true)})
		if t.chance(40) {
			s.Billing.Method = "subscription"
		}
		if t.chance(30) {
			s.Billing.ExpiresAt = schema.Time{Time: pick(t.dice, sceneTimes).Add(24 * 3600e9)}
		}
		if t.chance(40) {
			s.PublicIP = &schema.PublicIP{BandwidthMbps: new(t.IntN(3)), Rotation: t.IntN(2)}
		}
	}
	t.put(instanceRef(n), s)
	if s.Subnet != "" && t.chance(50) {
		s.PrivateIP = t.free(subnet)
	}
	s.SecurityGroups = t.groupsOf(in.VPC, s.NetworkType)
	return n
}

// groupsOf draws some groups of the VPC, or classic ones.
func (t *town) groupsOf(vpc string, n schema.NetworkType) (out []string) {
	if n == schema.NetworkClassic {
		vpc = ""
	}
	for _, g := range t.all(schema.KindSecurityGroup) {
		if spec[*schema.SecurityGroupSpec](t.set[groupRef(g)]).VPC == vpc && len(out) < 3 && (len(out) == 0 || t.chance(30)) {
			out = append(out, g)
		}
	}
	return out
}

func (t *town) addENI(subnet string) string {
	n := t.name()
	in := spec[*schema.SubnetSpec](t.set[subnetRef(subnet)])
	s := &schema.ENISpec{Subnet: subnet, SecurityGroups: t.groupsOf(in.VPC, "")}
	t.put(eniRef(n), s)
	if t.chance(50) {
		s.PrivateIP = t.free(subnet)
	}
	t.secondaries(s)
	if t.chance(6) && t.in(subnetRef(subnet), schema.AWS) {
		s.ManagedBy = "rds"
	} else if t.chance(70) {
		t.attach(n, s)
	}
	return n
}

// attach points the ENI at an instance, mostly one where it can go.
func (t *town) attach(name string, s *schema.ENISpec) {
	var near, all []string
	zone := schema.ZoneOf(t, t.set[subnetRef(s.Subnet)])
	for _, i := range t.all(schema.KindInstance) {
		r := t.set[instanceRef(i)]
		if classic(spec[*schema.InstanceSpec](r)) || schema.ProviderOf(t, r) != schema.ProviderOf(t, t.set[subnetRef(s.Subnet)]) {
			continue
		}
		all = append(all, i)
		if schema.ZoneOf(t, r) == zone && schema.VPCOf(t, r) == schema.VPCOf(t, t.set[subnetRef(s.Subnet)]) {
			near = append(near, i)
		}
	}
	if to := pick(t.dice, near); to != "" && t.chance(95) {
		s.AttachTo = &schema.Attachment{Instance: to, DeviceIndex: t.IntN(4)}
	} else if to := pick(t.dice, all); to != "" {
		s.AttachTo = &schema.Attachment{Instance: to}
	}
}

// secondaries draws an ENI's secondary addresses and prefixes.
func (t *town) secondaries(s *schema.ENISpec) {
	s.SecondaryIPs, s.SecondaryIPCount, s.Prefixes, s.PrefixCount = nil, 0, nil, 0
	switch n := t.IntN(10); {
	case n < 2:
		for range 1 + t.IntN(3) {
			if a := t.free(s.Subnet); a.IsValid() && !slices.Contains(s.SecondaryIPs, a) && a != s.PrivateIP {
				s.SecondaryIPs = append(s.SecondaryIPs, a)
			}
		}
	case n < 4:
		s.SecondaryIPCount = 1 + t.IntN(3)
		if t.chance(10) {
			s.SecondaryIPCount = 12
		}
	}
	if !t.in(subnetRef(s.Subnet), schema.AWS) || t.chance(60) {
		return
	}
	if t.chance(50) {
		s.PrefixCount = 1 + t.IntN(3)
		return
	}
	cidr := spec[*schema.SubnetSpec](t.set[subnetRef(s.Subnet)]).CIDR
	if cidr.Bits() <= 26 {
		s.Prefixes = []netip.Prefix{block(cidr, 1+t.IntN(2))}
	}
}

func (t *town) addEIP() string {
	n, vpc := t.name(), pick(t.dice, t.all(schema.KindVPC))
	v := spec[*schema.VPCSpec](t.set[vpcRef(vpc)])
	s := &schema.EIPSpec{Account: v.Account, Region: v.Region}
	if v.Account == string(schema.Alibaba) {
		s.BandwidthMbps = t.IntN(3)
	}
	t.put(eipRef(n), s)
	t.bind(s)
	return n
}

func eipRef(name string) plan.Ref { return plan.Ref{Kind: schema.KindEIP, Name: name} }

// bind points the EIP somewhere, or nowhere; repair takes back what is not valid.
func (t *town) bind(s *schema.EIPSpec) {
	s.BindTo, s.ConvertFrom = nil, nil
	switch n := t.IntN(10); {
	case n < 4:
		if to := pick(t.dice, t.all(schema.KindInstance)); to != "" {
			s.BindTo = &schema.Binding{Instance: to}
		}
	case n < 6:
		if to := pick(t.dice, t.all(schema.KindENI)); to != "" {
			e := spec[*schema.ENISpec](t.set[eniRef(to)])
			s.BindTo = &schema.Binding{ENI: to, PrivateIP: pick(t.dice, append(slices.Clone(e.SecondaryIPs), e.PrivateIP))}
		}
	case n < 8:
		if from := pick(t.dice, t.all(schema.KindInstance)); from != "" && s.Account == string(schema.Alibaba) {
			s.ConvertFrom = &schema.ConvertFrom{Instance: from}
		}
	}
}
