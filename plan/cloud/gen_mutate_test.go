package cloud

import (
	"maps"
	"net/netip"
	"slices"

	"enid/plan"
	"enid/schema"
)

// mutated answers a copy of the town after so many changes, valid again.
func (t *town) mutated(changes int) *town {
	b := &town{dice: t.dice, set: maps.Clone(t.set), order: slices.Clone(t.order), known: maps.Clone(t.known), named: t.named + 100}
	for range changes {
		b.mutate()
	}
	b.repair()
	return b
}

func (t *town) mutate() {
	if t.chance(16) {
		t.changeStored()
		return
	}
	switch n := t.IntN(100); {
	case n < 12:
		t.grow()
	case n < 20:
		t.leave()
	case n < 45:
		t.changeENI(pick(t.dice, t.all(schema.KindENI)))
	case n < 72:
		t.changeInstance(pick(t.dice, t.all(schema.KindInstance)))
	case n < 82:
		t.changeEIP(pick(t.dice, t.all(schema.KindEIP)))
	case n < 92:
		t.swap()
	default:
		t.changeNetwork()
	}
	if t.chance(12) {
		t.changeLink()
	}
}

// leave removes a resource and what lives in it.
func (t *town) leave() {
	kinds := []schema.Kind{schema.KindENI, schema.KindENI, schema.KindInstance, schema.KindEIP, schema.KindSecurityGroup, schema.KindSecurityGroup, schema.KindSubnet, schema.KindVPC}
	kinds = append(kinds, linkKinds[t.IntN(len(linkKinds))], storedKinds[t.IntN(len(storedKinds))], schema.KindVolume)
	k := pick(t.dice, kinds)
	if n := pick(t.dice, t.all(k)); n != "" {
		delete(t.set, plan.Ref{Kind: k, Name: n})
		for t.dropDangling() {
		}
	}
}

func (t *town) changeENI(name string) {
	s := copied[schema.ENISpec](t, eniRef(name))
	if s == nil {
		return
	}
	switch t.IntN(12) {
	case 0:
		s.DisplayName = pick(t.dice, []string{"", "x", "y"})
	case 1:
		s.SecurityGroups = t.groupsOf(spec[*schema.SubnetSpec](t.set[subnetRef(s.Subnet)]).VPC, "")
	case 2, 3:
		t.secondaries(s)
	case 4:
		s.PrivateIP = t.free(s.Subnet)
	case 5:
		s.Subnet = t.otherSubnet(s.Subnet)
	case 6:
		s.AttachTo = nil
	case 7:
		if s.ManagedBy == "" && t.in(subnetRef(s.Subnet), schema.AWS) {
			s.ManagedBy = "rds"
		} else if s.ManagedBy != "" {
			s.ManagedBy = ""
			t.attach(name, s)
		}
	case 8:
		if s.AttachTo != nil {
			s.AttachTo = &schema.Attachment{Instance: s.AttachTo.Instance, DeviceIndex: 1 + t.IntN(3)}
		}
	default:
		t.attach(name, s)
	}
	if s.ManagedBy != "" {
		s.AttachTo = nil
	}
	t.put(eniRef(name), s)
}

func (t *town) changeInstance(name string) {
	s := copied[schema.InstanceSpec](t, instanceRef(name))
	if s == nil {
		return
	}
	p := schema.ProviderOf(t, t.set[instanceRef(name)])
	switch t.IntN(12) {
	case 0, 1:
		s.Type = pick(t.dice, types[p])
	case 2:
		s.UserData = schema.Secret(pick(t.dice, []string{"", "a", "b"}))
	case 3:
		if s.Subnet != "" {
			s.PrivateIP = t.free(s.Subnet)
		}
	case 4:
		s.Subnet = t.otherSubnet(s.Subnet)
	case 5:
		s.Power = pick(t.dice, []schema.Power{schema.PowerRunning, schema.PowerStopped})
	case 6:
		s.Image = pick(t.dice, []string{"debian-12", "debian-13"})
	case 7:
		if s.Subnet != "" {
			s.SecurityGroups = t.groupsOf(spec[*schema.SubnetSpec](t.set[subnetRef(s.Subnet)]).VPC, s.NetworkType)
		}
	case 8, 9:
		t.changePublicIP(s, p)
	default:
		t.changeOfCloud(s, p)
	}
	t.put(instanceRef(name), s)
	if t.chance(40) {
		t.changeInstance(name) // several changes may share one stop
	}
}

// otherSubnet answers a subnet of the account, mostly of the same VPC; "" stays.
func (t *town) otherSubnet(subnet string) string {
	if subnet == "" {
		return ""
	}
	vpc := spec[*schema.SubnetSpec](t.set[subnetRef(subnet)]).VPC
	var near, all []string
	for _, n := range t.all(schema.KindSubnet) {
		other := spec[*schema.SubnetSpec](t.set[subnetRef(n)]).VPC
		if other == vpc {
			near = append(near, n)
		}
		if schema.AccountOf(t, t.set[vpcRef(other)]) == schema.AccountOf(t, t.set[vpcRef(vpc)]) {
			all = append(all, n)
		}
	}
	if t.chance(80) {
		return pick(t.dice, near)
	}
	return pick(t.dice, all)
}

func (t *town) changePublicIP(s *schema.InstanceSpec, p schema.Provider) {
	switch {
	case p == schema.AWS:
		s.PublicIP = pick(t.dice, []*schema.PublicIP{nil, {}})
	case s.PublicIP == nil:
		s.PublicIP = &schema.PublicIP{BandwidthMbps: new(t.IntN(3))}
	case t.chance(20):
		s.PublicIP = nil
	case t.chance(80):
		s.PublicIP = &schema.PublicIP{BandwidthMbps: s.PublicIP.BandwidthMbps, Rotation: s.PublicIP.Rotation + 1 + t.IntN(2)}
	default:
		s.PublicIP = &schema.PublicIP{BandwidthMbps: new(t.IntN(3)), Rotation: s.PublicIP.Rotation}
	}
}

// changeOfCloud changes what only one of the clouds has, or cannot change.
func (t *town) changeOfCloud(s *schema.InstanceSpec, p schema.Provider) {
	if p == schema.Alibaba {
		switch t.IntN(4) {
		case 0:
			s.Billing.Method = pick(t.dice, []string{"subscription", "pay-as-you-go"})
		case 1:
			s.IOOptimized = pick(t.dice, []*bool{nil, new(true)})
		case 2:
			if classic(s) {
				s.PrivateIP = netip.AddrFrom4([4]byte{100, 64, 1, byte(t.IntN(250))})
			}
		}
		return
	}
	switch t.IntN(8) {
	case 6:
		s.Relocation += t.IntN(3) - 1
	case 0:
		s.TerminationProtection = pick(t.dice, []*bool{nil, new(true), new(false)})
	case 1:
		s.CreditSpecification = pick(t.dice, []string{"", "standard", "unlimited"})
	case 2:
		s.IAMRole = pick(t.dice, []string{"", "reader"})
	case 3:
		t.launchWith(s)
	case 4:
		s.RootDevice = pick(t.dice, []string{"ebs", "instance-store"})
	default:
		t.changeRoot(s)
	}
}

func (t *town) changeEIP(name string) {
	s := copied[schema.EIPSpec](t, eipRef(name))
	if s == nil {
		return
	}
	switch t.IntN(10) {
	case 0:
		if s.Account == string(schema.Alibaba) {
			s.BandwidthMbps++
		}
	case 1, 2:
		s.Region = pick(t.dice, []string{"r1", "r2"})
	case 3:
		s.BindTo = nil
	case 4:
		from := pick(t.dice, t.all(schema.KindInstance))
		if r := t.set[instanceRef(from)]; r != nil && schema.AccountOf(t, r) == s.Account && s.Account == string(schema.Alibaba) {
			s.BindTo, s.ConvertFrom, s.Region = nil, &schema.ConvertFrom{Instance: from}, schema.RegionOf(t, r)
		}
	default:
		t.bind(s)
	}
	t.put(eipRef(name), s)
}

// swap exchanges between two resources of a kind what only one can have.
func (t *town) swap() {
	switch t.IntN(4) {
	case 0:
		a, b := t.twoENIs()
		if a != b {
			s, o := copied[schema.ENISpec](t, eniRef(a)), copied[schema.ENISpec](t, eniRef(b))
			s.AttachTo, o.AttachTo = o.AttachTo, s.AttachTo
			t.put(eniRef(a), s)
			t.put(eniRef(b), o)
		}
	case 1:
		a, b := t.twoENIs()
		s, o := copied[schema.ENISpec](t, eniRef(a)), copied[schema.ENISpec](t, eniRef(b))
		if a != b && s.Subnet == o.Subnet {
			s.PrivateIP, o.PrivateIP = o.PrivateIP, s.PrivateIP
			s.SecondaryIPs, o.SecondaryIPs = o.SecondaryIPs, s.SecondaryIPs
			s.SecondaryIPCount, o.SecondaryIPCount = o.SecondaryIPCount, s.SecondaryIPCount
			t.put(eniRef(a), s)
			t.put(eniRef(b), o)
		}
	case 2:
		all := t.all(schema.KindInstance)
		a, b := pick(t.dice, all), pick(t.dice, all)
		s, o := copied[schema.InstanceSpec](t, instanceRef(a)), copied[schema.InstanceSpec](t, instanceRef(b))
		if a != b && s.Subnet == o.Subnet {
			s.PrivateIP, o.PrivateIP = o.PrivateIP, s.PrivateIP
			t.put(instanceRef(a), s)
			t.put(instanceRef(b), o)
		}
	case 3:
		all := t.all(schema.KindEIP)
		a, b := pick(t.dice, all), pick(t.dice, all)
		s, o := copied[schema.EIPSpec](t, eipRef(a)), copied[schema.EIPSpec](t, eipRef(b))
		if a != b && s.Account == o.Account && s.Region == o.Region {
			s.BindTo, o.BindTo = o.BindTo, s.BindTo
			t.put(eipRef(a), s)
			t.put(eipRef(b), o)
		}
	}
}

// twoENIs answers two ENIs, mostly of one subnet; the same one twice where there
// are no two.
func (t *town) twoENIs() (a, b string) {
	all := t.all(schema.KindENI)
	a = pick(t.dice, all)
	for range 5 {
		b = pick(t.dice, all)
		if a != b && spec[*schema.ENISpec](t.set[eniRef(a)]).Subnet == spec[*schema.ENISpec](t.set[eniRef(b)]).Subnet {
			return a, b
		}
	}
	return a, b
}

func (t *town) changeNetwork() {
	switch t.IntN(6) {
	case 0:
		if n := pick(t.dice, t.all(schema.KindSecurityGroup)); n != "" {
			t.rules(n)
		}
	case 1:
		n := pick(t.dice, t.all(schema.KindSecurityGroup))
		if s := copied[schema.SecurityGroupSpec](t, groupRef(n)); s != nil && s.VPC != "" {
			s.Rules = append(slices.Clone(s.Rules), schema.SecurityRule{Direction: pick(t.dice, []string{"ingress", "egress"}), Protocol: "all",
				Peer: schema.Peer{SecurityGroup: t.addGroup(s.VPC)}, Action: "allow", Priority: 1})
			t.put(groupRef(n), s)
		}
	case 2, 3:
		if n := pick(t.dice, t.all(schema.KindSubnet)); n != "" {
			s := copied[schema.SubnetSpec](t, subnetRef(n))
			t.reserve(s)
			t.put(subnetRef(n), s)
		}
	case 4:
		t.changeEmpty()
		// A subnet is declared anew elsewhere; what was in it moves with it.
		if n := pick(t.dice, t.all(schema.KindSubnet)); n != "" {
			s := copied[schema.SubnetSpec](t, subnetRef(n))
			s.Zone = pick(t.dice, []string{"r1-a", "r1-b", "r2-a"})
			if v := spec[*schema.VPCSpec](t.set[vpcRef(s.VPC)]); v != nil && s.Zone[:2] == v.Region {
				t.put(subnetRef(n), s)
			}
		}
	case 5:
		n := pick(t.dice, t.all(schema.KindSecurityGroup))
		s := copied[schema.SecurityGroupSpec](t, groupRef(n))
		if s != nil && s.VPC != "" {
			s.VPC = pick(t.dice, t.all(schema.KindVPC))
			s.Rules = nil
			t.put(groupRef(n), s)
		}
	}
}

// changeEmpty declares VPCs and subnets in which nothing lives otherwise: with
// another CIDR or zone, or under another name.
func (t *town) changeEmpty() {
	used := map[plan.Ref]bool{}
	for _, r := range t.resources() {
		for _, f := range r.Spec.References() {
			used[f.Ref] = true
		}
	}
	for _, n := range t.all(schema.KindVPC) {
		if s := copied[schema.VPCSpec](t, vpcRef(n)); !used[vpcRef(n)] {
			s.Region = pick(t.dice, []string{"r1", "r2"})
			t.put(vpcRef(n), s)
		}
	}
	for _, n := range t.all(schema.KindSubnet) {
		s := copied[schema.SubnetSpec](t, subnetRef(n))
		if used[subnetRef(n)] {
			continue
		}
		if t.chance(50) {
			delete(t.set, subnetRef(n))
			n = t.name()
		} else {
			s.Zone = spec[*schema.VPCSpec](t.set[vpcRef(s.VPC)]).Region + pick(t.dice, []string{"-a", "-b", "-c"})
		}
		t.put(subnetRef(n), s)
	}
}
