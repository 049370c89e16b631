package query

import (
	"reflect"
	"slices"

	"enid/schema"
)

// touched is what of the topologies a change may concern.
type touched struct {
	// instances whose documents changed, or that are in a group that did.
	instances map[string]bool
	// near are the networks of those, and what is joined to them: see networkOf.
	near map[string]bool
	// all: a subnet, VPC or account changed, in which any instance may be.
	all bool
}

// moved reports whether an instance may be met differently on the two sides.
func (t *touched) moved(instance string) bool { return t.all || t.instances[instance] }

// networkOf names the network of an instance: a VPC's name, or " " and the region of
// the classic one.
func (q *topology) networkOf(r *schema.Resource) string {
	if vpc := schema.VPCOf(q, r); vpc != nil {
		return vpc.Name
	}
	return " " + schema.RegionOf(q, r)
}

// touched looks at every resource once.
func (c *comparison) touched() *touched {
	t := &touched{instances: map[string]bool{}, near: map[string]bool{}, all: c.any(schema.KindAccount, schema.KindVPC, schema.KindSubnet)}
	groups, vpcs := c.groupsChanged(), c.joinedAnew()
	inGroup := func(names []string) bool { return slices.ContainsFunc(names, func(g string) bool { return groups[g] }) }
	for _, q := range c.sides {
		for ref := range c.changed {
			if r := q.Get(ref); r != nil && !c.metAlike(ref) {
				t.instances[q.instanceOf(r)] = true
			}
		}
		if len(groups) == 0 {
			continue
		}
		for _, r := range q.OfKind(schema.KindInstance) {
			if inGroup(specOf[*schema.InstanceSpec](r).SecurityGroups) {
				t.instances[r.Name] = true
			}
		}
		for _, r := range q.OfKind(schema.KindENI) {
			if inGroup(specOf[*schema.ENISpec](r).SecurityGroups) {
				t.instances[q.instanceOf(r)] = true
			}
		}
	}
	for _, q := range c.sides {
		of := map[string]bool{}
		for name := range t.instances {
			if r := q.Get(schema.Ref{Kind: schema.KindInstance, Name: name}); r != nil {
				of[q.networkOf(r)] = true
			}
		}
		for name := range vpcs {
			of[name] = true
		}
		for _, r := range q.OfKind(schema.KindInstance) {
			if t.all {
				of[q.networkOf(r)] = true
			}
		}
		q.joinedTo(of, t.near)
	}
	return t
}

// metAlike reports whether what changed of a document is nothing that others meet of
// it: an instance's type, an ENI's further addresses.
func (c *comparison) metAlike(ref schema.Ref) bool {
	was, is := c.sides[before].Get(ref), c.sides[after].Get(ref)
	if was == nil || is == nil {
		return false
	}
	switch ref.Kind {
	case schema.KindENI:
		at, _ := attachedTo(was)
		to, _ := attachedTo(is)
		return at == to && statusOrSpec(was).PrivateIP == statusOrSpec(is).PrivateIP &&
			slices.Equal(specOf[*schema.ENISpec](was).SecurityGroups, specOf[*schema.ENISpec](is).SecurityGroups)
	case schema.KindInstance:
		a, b := statusOf[*schema.InstanceStatus](was), statusOf[*schema.InstanceStatus](is)
		return reflect.DeepEqual(met(was), met(is)) && (a == nil) == (b == nil) &&
			(a == nil || a.PrivateIP == b.PrivateIP && reflect.DeepEqual(a.PublicIP, b.PublicIP))
	}
	return false
}

// met answers an instance with what others meet of it only.
func met(r *schema.Resource) schema.InstanceSpec {
	spec := specOf[*schema.InstanceSpec](r)
	return schema.InstanceSpec{NetworkType: spec.NetworkType, Subnet: spec.Subnet, Account: spec.Account, Region: spec.Region, Zone: spec.Zone,
		PrivateIP: spec.PrivateIP, SecurityGroups: spec.SecurityGroups, PublicIP: spec.PublicIP, SessionManager: spec.SessionManager}
}

// instanceOf answers the instance that a resource is part of, "" for none.
func (q *topology) instanceOf(r *schema.Resource) (name string) {
	switch spec := r.Spec.(type) {
	case *schema.InstanceSpec:
		return r.Name
	case *schema.ENISpec:
		name, _ = attachedTo(r)
	case *schema.EIPSpec:
		at, _ := boundTo(r)
		if at.Kind == schema.KindInstance {
			return at.Name
		}
		if eni := q.Get(at); eni != nil {
			name, _ = attachedTo(eni)
		}
	case *schema.ClassicLinkSpec:
		return spec.Instance
	}
	return name
}

// joinedTo adds the networks to near, and those that something joins to one of them.
func (q *topology) joinedTo(networks, near map[string]bool) {
	for n := range networks {
		near[n] = true
	}
	for ends := range q.links.peerings {
		if networks[ends[0]] {
			near[ends[1]] = true
		}
	}
	for instance, all := range q.links.classic {
		r := q.Get(schema.Ref{Kind: schema.KindInstance, Name: instance})
		if r == nil {
			continue
		}
		classic := q.networkOf(r)
		for _, l := range all {
			vpc := specOf[*schema.ClassicLinkSpec](l).VPC
			if networks[vpc] {
				near[classic] = true
			}
			if networks[classic] {
				near[vpc] = true
			}
		}
	}
}

// joinedAnew answers the VPCs that a changed Peering is about.
func (c *comparison) joinedAnew() map[string]bool {
	vpcs := map[string]bool{}
	for ref := range c.changed {
		if ref.Kind != schema.KindPeering {
			continue
		}
		for _, q := range c.sides {
			if spec := specOf[*schema.PeeringSpec](q.Get(ref)); spec != nil {
				for _, v := range spec.VPCs {
					vpcs[v] = true
				}
			}
		}
	}
	return vpcs
}

// groupsChanged answers the groups whose rules, or account, changed.
func (c *comparison) groupsChanged() map[string]bool {
	found := map[string]bool{}
	for ref := range c.changed {
		if ref.Kind == schema.KindSecurityGroup {
			found[ref.Name] = true
		}
	}
	if c.any(schema.KindVPC, schema.KindAccount) {
		for _, r := range c.sides[after].OfKind(schema.KindSecurityGroup) {
			if old := c.sides[before].Get(r.Ref); old != nil && schema.AccountOf(c.sides[before], old) != schema.AccountOf(c.sides[after], r) {
				found[r.Name] = true
			}
		}
	}
	return found
}
