package cloud

import (
	"net/netip"
	"slices"

	"enid/schema"
)

// memory is the model: the resources, and what is asked of them often.
type memory struct {
	entries  map[schema.Ref]*entry
	uses     map[schema.Ref]int            // how many resources refer to it
	owners   map[place][]schema.Ref        // who has an address
	attached map[string][]schema.Ref       // ENIs by instance name
	bound    map[schema.Ref][]schema.Ref   // EIPs by what they are bound to
	linked   map[link][]schema.Ref         // others by what they are tied to
	enis     map[quota]int                 // secondary ENIs
	lowest   map[string]netip.Addr         // by subnet name: no address below is free
	subnets  map[string][]*schema.Resource // by VPC name
	// delegated is who has a /80, within who has anything in it, by its first address.
	delegated, within map[place][]schema.Ref
}

// place is an address of a VPC ("" for the classic network).
type place struct {
	vpc  string
	addr netip.Addr
}

type quota struct{ account, region string }

// link is a kind of what is tied to a resource: volumes to their instances,
// target groups to their targets, ClassicLinks to both ends, mirrors to ENIs and
// endpoints.
type link struct {
	kind schema.Kind
	to   schema.Ref
}

// entry is a resource with what it adds to the indexes.
type entry struct {
	*schema.Resource
	uses     []schema.Ref
	places   []place
	attached string
	bound    schema.Ref
	links    []link
	quota    quota
	// delegated and within are /80s: see memory.
	delegated, within []place
}

func newMemory(resources []*schema.Resource) *memory {
	m := &memory{
		entries: make(map[schema.Ref]*entry, len(resources)), uses: map[schema.Ref]int{},
		owners: make(map[place][]schema.Ref, len(resources)), attached: map[string][]schema.Ref{},
		bound: map[schema.Ref][]schema.Ref{}, linked: map[link][]schema.Ref{}, enis: map[quota]int{},
		lowest: map[string]netip.Addr{}, subnets: map[string][]*schema.Resource{},
		delegated: map[place][]schema.Ref{}, within: map[place][]schema.Ref{},
	}
	for _, r := range resources {
		m.entries[r.Ref] = &entry{Resource: r} // so that each finds the others
	}
	for _, r := range resources {
		m.put(r)
	}
	return m
}

// Get answers the resource, or nil.
func (m *memory) Get(ref schema.Ref) *schema.Resource {
	if e := m.entries[ref]; e != nil {
		return e.Resource
	}
	return nil
}

func (m *memory) put(r *schema.Resource) {
	m.forget(r.Ref)
	e := m.index(r)
	m.entries[r.Ref] = e
	for _, ref := range e.uses {
		m.uses[ref]++
	}
	for _, p := range e.places {
		m.owners[p] = append(m.owners[p], r.Ref)
	}
	for _, p := range e.delegated {
		m.delegated[p] = append(m.delegated[p], r.Ref)
	}
	for _, p := range e.within {
		m.within[p] = append(m.within[p], r.Ref)
	}
	if e.attached != "" {
		m.attached[e.attached] = append(m.attached[e.attached], r.Ref)
	}
	if !e.bound.IsZero() {
		m.bound[e.bound] = append(m.bound[e.bound], r.Ref)
	}
	for _, l := range e.links {
		m.linked[l] = append(m.linked[l], r.Ref)
	}
	if e.quota != (quota{}) {
		m.enis[e.quota]++
	}
	if s, ok := r.Spec.(*schema.SubnetSpec); ok {
		m.subnets[s.VPC] = append(m.subnets[s.VPC], r)
	}
}

func (m *memory) delete(ref schema.Ref) {
	m.forget(ref)
	delete(m.entries, ref)
}

// forget takes a resource out of the indexes.
func (m *memory) forget(ref schema.Ref) {
	e := m.entries[ref]
	if e == nil {
		return
	}
	for _, use := range e.uses {
		if m.uses[use]--; m.uses[use] == 0 {
			delete(m.uses, use)
		}
	}
	for _, p := range e.places {
		if m.owners[p] = without(m.owners[p], ref); len(m.owners[p]) == 0 {
			delete(m.owners, p)
			m.freed(p)
		}
	}
	for _, p := range e.delegated {
		m.delegated[p] = without(m.delegated[p], ref)
	}
	for _, p := range e.within {
		m.within[p] = without(m.within[p], ref)
	}
	if e.attached != "" {
		m.attached[e.attached] = without(m.attached[e.attached], ref)
	}
	if !e.bound.IsZero() {
		m.bound[e.bound] = without(m.bound[e.bound], ref)
	}
	for _, l := range e.links {
		if m.linked[l] = without(m.linked[l], ref); len(m.linked[l]) == 0 {
			delete(m.linked, l)
		}
	}
	if e.quota != (quota{}) {
		m.enis[e.quota]--
	}
	if s, ok := e.Spec.(*schema.SubnetSpec); ok {
		m.subnets[s.VPC] = slices.DeleteFunc(m.subnets[s.VPC], func(r *schema.Resource) bool { return r.Ref == ref })
		delete(m.lowest, ref.Name)
	}
}

// index answers what a resource adds to the indexes.
func (m *memory) index(r *schema.Resource) *entry {
	e := &entry{Resource: r}
	for _, f := range r.Spec.References() {
		if counted(f.Ref.Kind) && f.Ref != r.Ref && !slices.Contains(e.uses, f.Ref) {
			e.uses = append(e.uses, f.Ref)
		}
	}
	vpc := ""
	if v := schema.VPCOf(m, r); v != nil {
		vpc = v.Name
	}
	for _, a := range addresses(r) {
		if p := (place{vpc, a}); !slices.Contains(e.places, p) {
			e.places = append(e.places, p)
		}
	}
	delegated, within := blocks(r)
	for _, a := range delegated {
		e.delegated = append(e.delegated, place{vpc, a})
	}
	for _, a := range within {
		e.within = append(e.within, place{vpc, a})
	}
	switch r.Kind {
	case schema.KindENI:
		e.attached = eniOf(r).status.Instance
		e.quota = quota{schema.AccountOf(m, r), schema.RegionOf(m, r)}
	case schema.KindEIP:
		e.bound = boundRef(eipOf(r).status.BoundTo)
	default:
		for _, to := range tiedTo(r) {
			if l := (link{r.Kind, to}); !slices.Contains(e.links, l) {
				e.links = append(e.links, l)
			}
		}
	}
	return e
}

// tiedTo answers what a resource of a kind without an index of its own is tied to.
func tiedTo(r *schema.Resource) (out []schema.Ref) {
	switch s := r.Spec.(type) {
	case *schema.VolumeSpec:
		for _, a := range volumeOf(r).status.AttachedTo {
			out = append(out, schema.Ref{Kind: schema.KindInstance, Name: a.Instance})
		}
	case *schema.TargetGroupSpec:
		for _, name := range s.Targets {
			out = append(out, schema.Ref{Kind: schema.KindInstance, Name: name})
		}
		if seen, ok := r.Status.(*schema.TargetGroupStatus); ok {
			for _, name := range seen.Registered {
				out = append(out, schema.Ref{Kind: schema.KindInstance, Name: name})
			}
		}
	case *schema.ClassicLinkSpec, *schema.TrafficMirrorSpec:
		for _, f := range r.Spec.References() {
			out = append(out, f.Ref)
		}
	}
	return out
}

// counted reports whether a kind cannot go while something refers to it.
func counted(k schema.Kind) bool {
	return k == schema.KindVPC || k == schema.KindSubnet || k == schema.KindSecurityGroup
}

// without answers the list without ref, in place.
func without(list []schema.Ref, ref schema.Ref) []schema.Ref {
	if i := slices.Index(list, ref); i >= 0 {
		return slices.Delete(list, i, i+1)
	}
	return list
}
