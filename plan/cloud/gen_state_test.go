package cloud

import (
	"net/netip"
	"slices"
	"time"

	"enid/plan"
	"enid/schema"
)

// state answers the resources as if the town had been applied, with a status
// that shows what may happen to them meanwhile.
func (t *town) state(at time.Time) (out []*schema.Resource) {
	g := &giver{town: t, taken: map[string]map[netip.Addr]bool{}, index: map[string][]int{}, phase: map[string]schema.Phase{}}
	for _, n := range t.all(schema.KindSubnet) {
		g.taken[n] = t.declared(n)
	}
	for _, r := range t.resources() {
		leaf := r.Kind == schema.KindENI || r.Kind == schema.KindEIP || slices.Contains(linkKinds, r.Kind) || slices.Contains(storedKinds, r.Kind)
		if operated(r.Kind) && t.chance(1) || leaf && t.chance(9) || r.Kind == schema.KindInstance && t.chance(4) {
			continue // it was never made, or what lives in it was imported alone
		}
		c := *r
		switch r.Kind {
		case schema.KindSubnet:
			c.Status = g.subnet(r)
		case schema.KindInstance:
			c.Status = g.instance(r, at)
		case schema.KindENI:
			c.Status = g.eni(r)
		case schema.KindEIP:
			c.Status = g.eip(r)
		case schema.KindVolume, schema.KindSnapshot, schema.KindImage, schema.KindKeyPair:
			c.Status = g.storedStatus(r)
		case schema.KindTargetGroup, schema.KindVPCEndpoint:
			c.Status = g.linkStatus(r)
		}
		if operated(r.Kind) && (t.chance(3) || r.Kind == schema.KindEIP && t.chance(6) || r.Kind == schema.KindSecurityGroup && t.chance(5)) {
			t.observe(&c)
		}
		out = append(out, &c)
	}
	out = append(out, t.decided(at, true)...)
	for _, ref := range t.unlisted {
		delete(t.set, ref)
	}
	for t.dropDangling() {
	}
	return out
}

// observe makes a fact of the resource, mostly in the files as well, or leaves it
// out of them.
func (t *town) observe(r *schema.Resource) {
	r.Annotations = map[string]string{schema.ObserveOnly: "true"}
	switch n := t.IntN(10); {
	case n < 5:
		fact := *t.set[r.Ref]
		fact.Annotations = r.Annotations
		t.set[r.Ref] = &fact
	case n < 8:
		t.unlisted = append(t.unlisted, r.Ref)
	}
}

// giver hands out what a cloud does.
type giver struct {
	*town
	taken map[string]map[netip.Addr]bool // by subnet
	index map[string][]int               // by instance
	phase map[string]schema.Phase        // of instances
}

// give answers n addresses that the subnet has left.
func (g *giver) give(subnet string, n int) (out []netip.Addr) {
	r := g.set[subnetRef(subnet)]
	s, p := spec[*schema.SubnetSpec](r), schema.ProviderOf(g, r)
	for tries := 0; tries < 40 && len(out) < n; tries++ {
		a := plus(s.CIDR.Addr(), 1+g.IntN(min(60, 1<<(32-s.CIDR.Bits())-2)))
		if !g.taken[subnet][a] && !schema.Kept(p, s.CIDR, a) && a != schema.Gateway(p, s) {
			g.taken[subnet][a] = true
			out = append(out, a)
		}
	}
	return out
}

func (g *giver) one(subnet string) (a netip.Addr) {
	if subnet != "" {
		a = pick(g.dice, g.give(subnet, 1))
	}
	return a
}

// subnet is in use by others too; among those addresses may be some that the
// files ask for later.
func (g *giver) subnet(r *schema.Resource) schema.Status {
	if !g.chance(30) {
		return nil
	}
	return &schema.SubnetStatus{UsedIPs: g.give(r.Name, g.IntN(12))}
}

func (g *giver) instance(r *schema.Resource, at time.Time) schema.Status {
	if g.chance(5) {
		return nil // imported without one
	}
	s := spec[*schema.InstanceSpec](r)
	ages := []time.Duration{time.Hour, 2 * time.Hour, 6*time.Hour - time.Second, 6 * time.Hour, 48 * time.Hour}
	st := &schema.InstanceStatus{Phase: schema.PhaseRunning, PrivateIP: s.PrivateIP, TerminationProtection: s.TerminationProtection}
	if g.chance(90) {
		st.CreatedAt = schema.Time{Time: at.Add(-pick(g.dice, ages))}
	}
	if s.Power == schema.PowerStopped {
		st.Phase = schema.PhaseStopped
	}
	switch n := g.IntN(100); {
	case n < 6:
		st.Phase = pick(g.dice, []schema.Phase{schema.PhasePending, schema.PhaseStopping, schema.PhaseShuttingDown, schema.PhaseTerminated})
	case n < 20:
		st.Phase = schema.PhaseStopped
	case n < 25:
		st.Phase = schema.PhaseRunning
	}
	if !st.PrivateIP.IsValid() {
		st.PrivateIP = g.one(s.Subnet)
	}
	if st.Phase == schema.PhaseStopped && s.Subnet != "" && g.in(r.Ref, schema.Alibaba) && g.chance(15) {
		st.PendingPrivateIP = st.PrivateIP
		st.PrivateIP = g.one(s.Subnet)
	}
	if asks(s) != g.chance(5) && !(g.in(r.Ref, schema.Alibaba) && s.PublicIP == nil && g.bound(r.Ref)) {
		st.PublicIP = &schema.PublicIPStatus{Address: netip.AddrFrom4([4]byte{47, 0, 0, 1}), Changes: g.IntN(4)}
	}
	g.phase[r.Name] = st.Phase
	if g.in(r.Ref, schema.AWS) {
		g.retire(st, at)
	}
	st.PendingSpecChange = g.chance(8)
	if g.chance(10) {
		st.TerminationProtection = pick(g.dice, []*bool{new(true), new(false)})
	}
	return st
}

// bound reports whether an EIP is declared for the instance.
func (g *giver) bound(ref plan.Ref) bool {
	for _, n := range g.all(schema.KindEIP) {
		if s := spec[*schema.EIPSpec](g.set[eipRef(n)]); bindingRef(s.BindTo) == ref && g.chance(90) {
			return true
		}
	}
	return false
}

func (g *giver) eni(r *schema.Resource) schema.Status {
	s := spec[*schema.ENISpec](r)
	if g.chance(5) {
		return nil
	}
	st := &schema.ENIStatus{Phase: schema.PhaseAvailable, PrivateIP: s.PrivateIP, SecondaryIPs: s.SecondaryIPs, Prefixes: s.Prefixes}
	if !st.PrivateIP.IsValid() {
		st.PrivateIP = g.one(s.Subnet)
		st.Predicted = []string{"privateIP"}
	}
	if n := s.SecondaryIPCount; n > 0 {
		st.SecondaryIPs = g.give(s.Subnet, min(n, 9))
	}
	if g.chance(8) {
		st.SecondaryIPs = append(slices.Clone(st.SecondaryIPs), g.give(s.Subnet, 1)...) // drift
	}
	if s.PrefixCount > 0 && g.chance(80) {
		st.Prefixes = g.prefixes(s)
	}
	if s.AttachTo != nil {
		st.Instance = s.AttachTo.Instance
	}
	if g.chance(12) {
		if to := pick(g.dice, g.all(schema.KindInstance)); to != "" && !classic(spec[*schema.InstanceSpec](g.set[instanceRef(to)])) {
			st.Instance = to // somebody moved it
		}
	}
	if st.Instance != "" {
		st.Phase, st.DeviceIndex = schema.PhaseInUse, g.indexOf(s, st.Instance)
	}
	if g.chance(5) {
		st.Phase = pick(g.dice, []schema.Phase{schema.PhaseCreating, schema.PhaseDetaching, schema.PhaseAttaching})
	}
	return st
}

func (g *giver) prefixes(s *schema.ENISpec) (out []netip.Prefix) {
	cidr := spec[*schema.SubnetSpec](g.set[subnetRef(s.Subnet)]).CIDR
	for i := range 1 << max(0, 28-cidr.Bits()) {
		p := block(cidr, i)
		if len(out) == s.PrefixCount || i == 0 {
			continue
		}
		if !slices.ContainsFunc(members(p), func(a netip.Addr) bool {
			return g.taken[s.Subnet][a] || schema.Kept(schema.AWS, cidr, a)
		}) {
			out = append(out, p)
			for _, a := range members(p) {
				g.taken[s.Subnet][a] = true
			}
		}
	}
	return out
}

func (g *giver) indexOf(s *schema.ENISpec, instance string) int {
	i := 0
	if s.AttachTo != nil && s.AttachTo.Instance == instance {
		i = s.AttachTo.DeviceIndex
	}
	for i == 0 || slices.Contains(g.index[instance], i) {
		i++
	}
	g.index[instance] = append(g.index[instance], i)
	return i
}

func (g *giver) eip(r *schema.Resource) schema.Status {
	s := spec[*schema.EIPSpec](r)
	if g.chance(5) {
		return nil
	}
	st := &schema.EIPStatus{Phase: schema.PhaseAvailable, BoundTo: s.BindTo}
	if s.ConvertFrom != nil && s.BindTo == nil {
		st.BoundTo, st.ConvertedFrom = &schema.Binding{Instance: s.ConvertFrom.Instance}, s.ConvertFrom.Instance
	}
	if to := pick(g.dice, g.all(schema.KindInstance)); to != "" && g.chance(10) {
		st.BoundTo = &schema.Binding{Instance: to}
	}
	if g.chance(5) {
		st.BoundTo = nil
	}
	if st.BoundTo != nil {
		st.Phase = schema.PhaseInUse
	}
	if g.chance(5) {
		st.Phase = pick(g.dice, []schema.Phase{schema.PhaseAssociating, schema.PhaseUnassociating})
	}
	return st
}
