package reconcile

import (
	"net/netip"

	"enid/plan"
	"enid/reconcile/cloud"
	"enid/schema"
)

// resources answers a world's objects as resources.
type resources struct{ *plan.World }

// Get answers the resource, or nil.
func (w resources) Get(ref schema.Ref) *schema.Resource {
	r, _ := w.World.Get(ref).(*schema.Resource)
	return r
}

// kept is what the files declare, which the target leaves alone where it chooses
// by itself. It is made once for each topology.
type kept struct {
	addrs   map[keptAddr]bool
	indexes map[keptIndex]bool
}

type keptAddr struct {
	vpc  string
	addr netip.Addr
}

type keptIndex struct {
	instance string
	index    int
}

func newKept(t *schema.Topology) *kept {
	k := &kept{addrs: map[keptAddr]bool{}, indexes: map[keptIndex]bool{}}
	for _, r := range t.OfKind(schema.KindInstance) {
		k.addr(t, r, r.Spec.(*schema.InstanceSpec).PrivateIP)
	}
	for _, r := range t.OfKind(schema.KindENI) {
		spec := r.Spec.(*schema.ENISpec)
		k.addr(t, r, spec.PrivateIP)
		for _, a := range spec.SecondaryIPs {
			k.addr(t, r, a)
		}
		// Of IPv6 the target chooses nothing, and a prefix would be endless.
		for _, p := range spec.Prefixes {
			for a := p.Addr(); a.Is4() && p.Contains(a); a = a.Next() {
				k.addr(t, r, a)
			}
		}
		if at := spec.AttachTo; at != nil && at.DeviceIndex != 0 {
			k.indexes[keptIndex{at.Instance, at.DeviceIndex}] = true
		}
	}
	return k
}

func (k *kept) addr(t *schema.Topology, r *schema.Resource, a netip.Addr) {
	if vpc := t.VPCOf(r); vpc != nil && a.IsValid() {
		k.addrs[keptAddr{vpc.Name, a}] = true
	}
}

// call answers the call of a step, as the target makes it.
func (t *turn) call(s *plan.Step) cloud.Call {
	want, now := resources{t.want}, resources{t.world}
	c := cloud.Call{Op: s.Op.ID, Operation: s.Operation, Target: s.Target, Item: s.Item, Want: want.Get(s.Target), At: t.Now()}
	at := c.Want
	lookup := want
	if at == nil {
		at, lookup = now.Get(s.Target), now
	}
	if at != nil {
		account := schema.Ref{Kind: schema.KindAccount, Name: schema.AccountOf(lookup, at)}
		if c.Account = want.Get(account); c.Account == nil {
			c.Account = now.Get(account)
		}
		if vpc := schema.VPCOf(lookup, at); vpc != nil {
			c.KeptAddress = func(a netip.Addr) bool { return t.kept.addrs[keptAddr{vpc.Name, a}] }
		}
	}
	c.KeptIndex = func(instance string, index int) bool { return t.kept.indexes[keptIndex{instance, index}] }
	return c
}
