package query

import (
	"cmp"
	"slices"

	"enid/schema"
)

// Graph is a topology as a picture of nested boxes, with lines between them.
type Graph struct {
	Roots []*Node `json:"roots"`
	Edges []Edge  `json:"edges,omitempty"`
	// Omitted is how many nodes were left out, exactly; More nodes say where.
	Omitted int `json:"omitted,omitempty"`
}

// Node is a box: a resource, or a place that has no document of its own (a
// region, a zone, a classic network, the primary ENI of an instance).
type Node struct {
	ID       string   `json:"id"` // KIND/NAME of a resource; unique in the graph
	Kind     string   `json:"kind"`
	Title    string   `json:"title"`
	Lines    []string `json:"lines,omitempty"` // addresses, type: short
	Mark     Mark     `json:"mark,omitempty"`
	Children []*Node  `json:"children,omitempty"`

	sort key
	rest map[string]int // of a More node: how many of which kind
}

// Edge is a relation that no nesting shows.
type Edge struct {
	From  string `json:"from"` // ID of a node
	To    string `json:"to"`
	Label string `json:"label,omitempty"`
	Mark  Mark   `json:"mark,omitempty"`
}

// Mark is what the picture says of a node besides what it is.
type Mark string

// The marks. Picture sets the first three; callers know the others.
const (
	Unmarked Mark = ""
	Added    Mark = "added"
	Removed  Mark = "removed"
	Changed  Mark = "changed"
	Blocked  Mark = "blocked"
	Drifted  Mark = "drifted"
)

// Kinds of nodes that are no kinds of resources.
const (
	RegionNode  = "Region"
	ZoneNode    = "Zone"
	ClassicNode = "ClassicNetwork"
	MoreNode    = "More" // what was left out of its parent
)

// DefaultMost is the bound on nodes where none is given: about what a large
// screen shows legibly. A whole account of 100,000 resources is then an overview.
const DefaultMost = 600

// PictureOptions are what of a topology is drawn.
type PictureOptions struct {
	Only   bool                // nodes with a mark, what they lie in, ends of marked edges
	Around schema.Ref          // that resource and what it is connected with; zero: everything
	Most   int                 // nodes at most, More nodes apart; 0: DefaultMost, below: no bound
	Marks  map[schema.Ref]Mark // take precedence over what the comparison finds
}

// Picture answers after as a graph; marks say what differs from before, where
// that is not nil. What was removed stands where it stood. The order is by kind,
// block and name, so that the same topologies give the same graph. Policies and
// Approvals are about changes, not part of a network, and are not drawn.
func Picture(before, after *schema.Topology, o PictureOptions) *Graph {
	if after == nil {
		after = schema.NewTopology(nil)
	}
	p := &picture{before: before, after: after, marks: o.Marks, nodes: map[string]*Node{}}
	p.collect()
	g := p.graph()
	if !o.Around.IsZero() {
		g = g.cut(p.around(g, o.Around))
	}
	if o.Only {
		g = g.cut(marked(g))
	}
	if o.Most == 0 {
		o.Most = DefaultMost
	}
	if o.Most > 0 {
		g = g.Within(o.Most)
	}
	return g
}

// key orders the nodes of one container.
type key struct {
	rank int
	cidr string // as bytes of the address, so that blocks stand in their order
	name string
}

func (k key) compare(o key) int {
	return cmp.Or(cmp.Compare(k.rank, o.rank), cmp.Compare(k.cidr, o.cidr), cmp.Compare(k.name, o.name))
}

func sorted(nodes []*Node) []*Node {
	slices.SortFunc(nodes, func(a, b *Node) int { return cmp.Or(a.sort.compare(b.sort), cmp.Compare(a.ID, b.ID)) })
	for _, n := range nodes {
		sorted(n.Children)
	}
	return nodes
}

// Walk calls see for each node with its parent, nil for a root; parents first,
// in the order of the picture.
func (g *Graph) Walk(see func(n, parent *Node)) {
	var down func(nodes []*Node, parent *Node)
	down = func(nodes []*Node, parent *Node) {
		for _, n := range nodes {
			see(n, parent)
			down(n.Children, n)
		}
	}
	down(g.Roots, nil)
}

// Marked reports whether anything has a mark.
func (g *Graph) Marked() (yes bool) {
	for _, e := range g.Edges {
		yes = yes || e.Mark != Unmarked
	}
	g.Walk(func(n, _ *Node) { yes = yes || n.Mark != Unmarked })
	return yes
}
