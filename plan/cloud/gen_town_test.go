package cloud

import (
	"fmt"
	"net/netip"

	"enid/plan"
	"enid/schema"
)

// town is a topology in the making. Specs are replaced, never changed, so that a
// mutation of a copy leaves the original alone.
type town struct {
	dice
	set   map[plan.Ref]*schema.Resource
	order []plan.Ref // as they were built, what left included
	known map[plan.Ref]bool
	// unlisted are the facts that the files do not hold.
	unlisted []plan.Ref
	named    int
}

// newTown builds about size resources, valid by the files alone.
func newTown(d dice, size int) *town {
	t := &town{dice: d, set: map[plan.Ref]*schema.Resource{}, known: map[plan.Ref]bool{}}
	for _, p := range pick(d, [][]schema.Provider{{schema.Alibaba}, {schema.AWS}, {schema.Alibaba, schema.AWS}}) {
		spec := &schema.AccountSpec{Provider: p}
		if p == schema.Alibaba && d.chance(30) {
			spec.Quotas = &schema.Quotas{ENIsPerRegion: 1 + d.IntN(6)}
		}
		t.put(accountRef(string(p)), spec)
	}
	for len(t.set) < size {
		t.grow()
	}
	if size > 5 && d.chance(30) {
		t.addSubnet(t.addVPC()) // nothing lives in them
		t.addVPC()
	}
	t.repair()
	return t
}

func (t *town) put(ref plan.Ref, spec schema.Spec) *schema.Resource {
	old := t.set[ref]
	r := &schema.Resource{Ref: ref, Spec: spec}
	if old != nil {
		r = old.With(spec, nil)
	} else {
		r.Labels = map[string]string{"tier": pick(t.dice, []string{"web", "db"})}
	}
	if !t.known[ref] {
		t.known[ref] = true
		t.order = append(t.order, ref)
	}
	t.set[ref] = r
	return r
}

// name answers a new name; its first letter is random, so that plans do not
// stand in the order in which things were built.
func (t *town) name() string {
	t.named++
	return fmt.Sprintf("%c%d", 'a'+rune(t.IntN(26)), t.named)
}

// Get makes a town a schema.Lookup.
func (t *town) Get(ref schema.Ref) *schema.Resource { return t.set[ref] }

// all answers the names of a kind, in the order in which they were built.
func (t *town) all(k schema.Kind) (names []string) {
	for _, ref := range t.order {
		if ref.Kind == k && t.set[ref] != nil {
			names = append(names, ref.Name)
		}
	}
	return names
}

func (t *town) resources() (out []*schema.Resource) {
	for _, ref := range t.order {
		if r := t.set[ref]; r != nil {
			out = append(out, r)
		}
	}
	return out
}

// copied answers a copy of the spec of the resource, nil where there is none of
// that kind.
func copied[S any, P interface {
	*S
	schema.Spec
}](t *town, ref plan.Ref) P {
	is := spec[P](t.set[ref])
	if is == nil {
		return nil
	}
	s := *is
	return P(&s)
}

// free answers an address of the subnet that nothing of the town declares.
func (t *town) free(subnet string) netip.Addr {
	s := spec[*schema.SubnetSpec](t.set[subnetRef(subnet)])
	p := schema.ProviderOf(t, t.set[subnetRef(subnet)])
	if s == nil {
		return netip.Addr{}
	}
	declared := t.declared(subnet)
	for range 20 {
		a := plus(s.CIDR.Addr(), 1+t.IntN(min(60, 1<<(32-s.CIDR.Bits())-2)))
		if !schema.Kept(p, s.CIDR, a) && a != schema.Gateway(p, s) && !declared[a] {
			return a
		}
	}
	return netip.Addr{}
}

// declared answers the addresses that are declared in a subnet.
func (t *town) declared(subnet string) map[netip.Addr]bool {
	out := map[netip.Addr]bool{}
	for _, r := range t.set {
		switch s := r.Spec.(type) {
		case *schema.InstanceSpec:
			if s.Subnet == subnet {
				out[s.PrivateIP] = true
			}
		case *schema.ENISpec:
			if s.Subnet != subnet {
				continue
			}
			out[s.PrivateIP] = true
			for _, a := range s.SecondaryIPs {
				out[a] = true
			}
			for _, p := range s.Prefixes {
				for _, a := range members(p) {
					out[a] = true
				}
			}
		}
	}
	return out
}
