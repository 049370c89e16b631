package schema

import "slices"

// Topology is all resources of one revision, joined. It is immutable.
type Topology struct {
	resources []*Resource // sorted by Ref
	byRef     map[Ref]*Resource
}

// NewTopology joins resources that are known to be well-formed and unique by
// Ref; of two with the same Ref the later is kept. Join is the checked form.
func NewTopology(resources []*Resource) *Topology {
	t := &Topology{byRef: make(map[Ref]*Resource, len(resources))}
	for _, r := range resources {
		t.byRef[r.Ref] = r
	}
	t.resources = make([]*Resource, 0, len(t.byRef))
	for _, r := range t.byRef {
		t.resources = append(t.resources, r)
	}
	slices.SortFunc(t.resources, func(a, b *Resource) int { return a.Compare(b.Ref) })
	return t
}

// Get answers the resource, or nil.
func (t *Topology) Get(ref Ref) *Resource { return t.byRef[ref] }

// Resources answers all, sorted by Ref. The slice is shared: read only.
func (t *Topology) Resources() []*Resource { return t.resources }

// OfKind answers those of one kind, sorted by name. The slice is shared: read only.
func (t *Topology) OfKind(k Kind) []*Resource {
	from, _ := slices.BinarySearchFunc(t.resources, k, func(r *Resource, k Kind) int {
		if r.Kind < k {
			return -1
		}
		return 1
	})
	to := from
	for to < len(t.resources) && t.resources[to].Kind == k {
		to++
	}
	return t.resources[from:to]
}
