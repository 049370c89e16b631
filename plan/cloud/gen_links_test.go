package cloud

import (
	"reflect"
	"slices"
	"time"

	"enid/plan"
	"enid/schema"
)

// linkKinds are what joins others, or is reached through them.
var linkKinds = []schema.Kind{schema.KindTargetGroup, schema.KindTargetGroup, schema.KindVPCEndpoint, schema.KindVPCEndpoint,
	schema.KindPeering, schema.KindClassicLink, schema.KindClassicLink, schema.KindTrafficMirror}

// growLink adds something that joins others, where there is something to join.
func (t *town) growLink() {
	ref := plan.Ref{Kind: pick(t.dice, linkKinds), Name: t.name()}
	if s := t.linkSpec(ref.Kind); s != nil {
		t.put(ref, s)
		if !t.linked(ref) {
			delete(t.set, ref)
		}
	}
}

// linkSpec draws what a link of the kind joins; nil where there is nothing.
func (t *town) linkSpec(k schema.Kind) schema.Spec {
	vpc := t.oneVPC(schema.AWS)
	switch k {
	case schema.KindTargetGroup:
		if vpc != "" {
			return &schema.TargetGroupSpec{VPC: vpc, Targets: t.some(t.instancesIn(vpc), 4)}
		}
	case schema.KindVPCEndpoint:
		if vpc != "" {
			return t.endpointSpec(vpc)
		}
	case schema.KindPeering:
		p := pick(t.dice, []schema.Provider{schema.Alibaba, schema.AWS})
		return &schema.PeeringSpec{VPCs: []string{t.oneVPC(p), t.oneVPC(p)}}
	case schema.KindClassicLink:
		if i, vpc := t.oneClassic(), t.oneVPC(schema.Alibaba); i != "" && vpc != "" {
			return &schema.ClassicLinkSpec{Instance: i, VPC: vpc}
		}
	case schema.KindTrafficMirror:
		enis := t.lying(schema.KindENI, vpc)
		s := &schema.TrafficMirrorSpec{Source: schema.MirrorSource{ENI: pick(t.dice, enis)}, Target: schema.MirrorTarget{ENI: pick(t.dice, enis)}}
		if e := pick(t.dice, t.lying(schema.KindVPCEndpoint, vpc)); e != "" && t.chance(50) {
			s.Target = schema.MirrorTarget{VPCEndpoint: e}
		}
		return s
	}
	return nil
}

func (t *town) endpointSpec(vpc string) *schema.VPCEndpointSpec {
	s := &schema.VPCEndpointSpec{VPC: vpc, Service: pick(t.dice, []string{"ssm", "ec2messages", "com.amazonaws.r1.ssm"}), Type: "Interface"}
	if t.chance(15) {
		s.Type = "Gateway"
		return s
	}
	s.Subnets, s.SecurityGroups = t.some(t.subnetsIn(vpc), 3), t.groupsOf(vpc, "")
	return s
}

// some answers up to n of the list, each once.
func (t *town) some(list []string, n int) (out []string) {
	for range t.IntN(n + 1) {
		if x := pick(t.dice, list); x != "" && !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

func (t *town) oneVPC(p schema.Provider) string {
	return pick(t.dice, slices.DeleteFunc(t.all(schema.KindVPC), func(n string) bool { return !t.in(vpcRef(n), p) }))
}

func (t *town) oneClassic() string {
	return pick(t.dice, slices.DeleteFunc(t.all(schema.KindInstance), func(n string) bool {
		return !classic(spec[*schema.InstanceSpec](t.set[instanceRef(n)]))
	}))
}

func (t *town) subnetsIn(vpc string) []string {
	return slices.DeleteFunc(t.all(schema.KindSubnet), func(n string) bool {
		return spec[*schema.SubnetSpec](t.set[subnetRef(n)]).VPC != vpc
	})
}

func (t *town) instancesIn(vpc string) []string { return t.lying(schema.KindInstance, vpc) }

// lying answers the names of a kind's resources in the VPC.
func (t *town) lying(k schema.Kind, vpc string) []string {
	return slices.DeleteFunc(t.all(k), func(n string) bool { return !t.lies(plan.Ref{Kind: k, Name: n}, vpc) })
}

// lies reports whether the resource is there and in that VPC.
func (t *town) lies(ref plan.Ref, vpc string) bool {
	r := t.set[ref]
	if r == nil {
		return false
	}
	in := schema.VPCOf(t, r)
	return in != nil && in.Name == vpc
}

// linked takes back what a link joins that is not there, or not where it should
// be, and answers whether enough is left of it.
func (t *town) linked(ref plan.Ref) bool {
	switch s := t.set[ref].Spec.(type) {
	case *schema.TargetGroupSpec:
		c := *s
		c.Targets = drop(s.Targets, func(n string) bool { return !t.lies(instanceRef(n), s.VPC) })
		t.put(ref, &c)
		return t.set[vpcRef(s.VPC)] != nil
	case *schema.VPCEndpointSpec:
		c := *s
		zones := map[string]bool{}
		c.Subnets = drop(s.Subnets, func(n string) bool {
			if !t.lies(subnetRef(n), s.VPC) {
				return true
			}
			zone := schema.ZoneOf(t, t.set[subnetRef(n)])
			taken := zones[zone]
			zones[zone] = true
			return taken
		})
		c.SecurityGroups = drop(s.SecurityGroups, func(n string) bool {
			g := spec[*schema.SecurityGroupSpec](t.set[groupRef(n)])
			return g == nil || g.VPC != s.VPC
		})
		t.put(ref, &c)
		return t.set[vpcRef(s.VPC)] != nil
	case *schema.PeeringSpec:
		a, b := t.set[vpcRef(s.VPCs[0])], t.set[vpcRef(s.VPCs[1])]
		return a != nil && b != nil && a != b && schema.ProviderOf(t, a) == schema.ProviderOf(t, b) &&
			first(t, ref, func(o *schema.PeeringSpec) bool { return sameSet(o.VPCs, s.VPCs) })
	case *schema.ClassicLinkSpec:
		i, vpc := t.set[instanceRef(s.Instance)], t.set[vpcRef(s.VPC)]
		return vpc != nil && classic(spec[*schema.InstanceSpec](i)) && schema.RegionOf(t, i) == schema.RegionOf(t, vpc) &&
			first(t, ref, func(o *schema.ClassicLinkSpec) bool { return o.Instance == s.Instance })
	case *schema.TrafficMirrorSpec:
		source, target := eniRef(s.Source.ENI), eniRef(s.Target.ENI)
		if s.Target.VPCEndpoint != "" {
			target = plan.Ref{Kind: schema.KindVPCEndpoint, Name: s.Target.VPCEndpoint}
		}
		from := t.set[source]
		if from == nil || source == target || !t.in(source, schema.AWS) {
			return false
		}
		vpc := schema.VPCOf(t, from)
		return vpc != nil && t.lies(target, vpc.Name)
	}
	return true
}

// first reports whether no other resource of the kind is like the one asked about,
// which was built before it.
func first[S schema.Spec](t *town, ref plan.Ref, like func(S) bool) bool {
	for _, n := range t.all(ref.Kind) {
		if n == ref.Name {
			return true
		}
		if like(spec[S](t.set[plan.Ref{Kind: ref.Kind, Name: n}])) {
			return false
		}
	}
	return true
}

// changeLink changes what a link joins, or its kind's own fields.
func (t *town) changeLink() {
	ref := pick(t.dice, slices.DeleteFunc(slices.Clone(t.order), func(ref plan.Ref) bool {
		return t.set[ref] == nil || !slices.Contains(linkKinds, ref.Kind)
	}))
	if ref.Name == "" {
		t.growLink()
		return
	}
	was := t.set[ref].Spec
	for range 4 {
		t.put(ref, t.changedLink(was))
		if t.linked(ref) && !reflect.DeepEqual(t.set[ref].Spec, was) {
			return
		}
	}
	t.put(ref, was)
}

func (t *town) changedLink(was schema.Spec) schema.Spec {
	switch s := was.(type) {
	case *schema.TargetGroupSpec:
		if c := *s; t.chance(60) && t.set[vpcRef(s.VPC)] != nil {
			c.Targets = t.some(t.instancesIn(s.VPC), 4)
			return &c
		}
	case *schema.VPCEndpointSpec:
		if t.chance(60) && t.set[vpcRef(s.VPC)] != nil && s.Type != "Gateway" {
			c := *s
			c.Subnets = t.some(t.subnetsIn(s.VPC), 3)
			if t.chance(50) {
				c.SecurityGroups = t.groupsOf(s.VPC, "")
			}
			return &c
		}
	}
	if s := t.linkSpec(was.Kind()); s != nil {
		return s
	}
	return was
}

// linkStatus answers what was observed of a link: those of its targets that run,
// mostly, and an address for each of its subnets.
func (g *giver) linkStatus(r *schema.Resource) schema.Status {
	if g.chance(6) {
		return nil
	}
	switch s := r.Spec.(type) {
	case *schema.TargetGroupSpec:
		st := &schema.TargetGroupStatus{}
		for _, n := range s.Targets {
			if g.phase[n] == schema.PhaseRunning && g.chance(93) || g.chance(2) {
				st.Registered = append(st.Registered, n)
			}
		}
		if n := pick(g.dice, g.instancesIn(s.VPC)); n != "" && g.chance(6) {
			st.Registered = with(st.Registered, n)
		}
		return st
	case *schema.VPCEndpointSpec:
		st := &schema.VPCEndpointStatus{}
		for _, n := range s.Subnets {
			if a := g.one(n); a.IsValid() && g.chance(97) {
				st.Addresses = append(st.Addresses, schema.EndpointAddress{Subnet: n, PrivateIP: a})
			}
		}
		return st
	}
	return nil
}

// retire announces that the host of some instances goes.
func (g *giver) retire(st *schema.InstanceStatus, at time.Time) {
	if g.chance(10) {
		st.Retirement = &schema.Retirement{NotBefore: schema.Time{Time: at.Add(48 * time.Hour)}}
	}
}

// changeRoot draws another root volume.
func (t *town) changeRoot(s *schema.InstanceSpec) {
	v := rootOf(s)
	switch t.IntN(6) {
	case 0:
		v.DeleteOnTermination = pick(t.dice, []*bool{new(true), new(false)})
	case 1, 4, 5:
		v.SizeGiB = pick(t.dice, []int{0, 20, 20, 40})
	case 2:
		v.Type, v.IOPS, v.ThroughputMiBps = "gp3", pick(t.dice, []int{0, 3000, 4000}), pick(t.dice, []int{0, 250})
	case 3:
		v.Type, v.IOPS, v.ThroughputMiBps = "gp2", 0, 0
	}
	s.RootVolume = &v
	if t.chance(10) {
		s.RootVolume = nil
	}
}
