package query

import (
	"bytes"
	"cmp"
	"encoding/json"
	"reflect"
	"slices"

	"enid/schema"
)

// picture is a graph that is being drawn.
type picture struct {
	before, after *schema.Topology
	marks         map[schema.Ref]Mark
	nodes         map[string]*Node
	roots         []*Node
	edges         []Edge
	several       map[string]bool // instances with more ENIs than the primary one
}

// ranks is the order of kinds within a container: the small that belongs to it
// first, the boxes that hold others last.
var ranks = map[string]int{
	"SecurityGroup": 1, "VPCEndpoint": 2, "TargetGroup": 3, "KeyPair": 4, "Image": 5, "Snapshot": 6, "EIP": 7,
	"ENI": 9, "Volume": 10, "Host": 11, "Instance": 12, "Subnet": 13, ZoneNode: 14, ClassicNode: 15, "VPC": 16, RegionNode: 17,
	"Peering": 18, "ClassicLink": 19, "TrafficMirror": 20,
}

func (p *picture) collect() {
	p.several = map[string]bool{}
	for _, t := range []*schema.Topology{p.after, p.before} {
		if t == nil {
			continue
		}
		for _, r := range t.OfKind(schema.KindENI) {
			if at, _ := attachedTo(r); at != "" {
				p.several[at] = true
			}
		}
	}
	// In the order in which kinds build on one another, so that a container is
	// there before what lies in it.
	for _, kind := range schema.Kinds() {
		for _, r := range p.after.OfKind(kind) {
			p.add(p.after, r, p.mark(r))
		}
		if p.before == nil {
			continue
		}
		for _, r := range p.before.OfKind(kind) {
			if p.after.Get(r.Ref) == nil {
				p.add(p.before, r, p.marked(r.Ref, Removed))
			}
		}
	}
}

func (p *picture) marked(ref schema.Ref, otherwise Mark) Mark {
	if m, ok := p.marks[ref]; ok {
		return m
	}
	return otherwise
}

func (p *picture) mark(r *schema.Resource) Mark {
	if p.before == nil {
		return p.marked(r.Ref, Unmarked)
	}
	switch old := p.before.Get(r.Ref); {
	case old == nil:
		return p.marked(r.Ref, Added)
	case !sameSpec(old.Spec, r.Spec):
		return p.marked(r.Ref, Changed)
	}
	return p.marked(r.Ref, Unmarked)
}

// sameSpec compares what is asked for, as it would be written: a list that is
// empty and one that is not there are the same.
func sameSpec(a, b schema.Spec) bool {
	if a == b || reflect.DeepEqual(a, b) {
		return true
	}
	left, err1 := json.Marshal(a)
	right, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && bytes.Equal(left, right)
}

// add puts a resource into the picture: as an edge where it joins two others
// that are there, else as a node.
func (p *picture) add(t *schema.Topology, r *schema.Resource, mark Mark) {
	if r.Kind == schema.KindPolicy || r.Kind == schema.KindApproval {
		return
	}
	if e, ok := p.joins(r); ok {
		e.Mark = mark
		p.edges = append(p.edges, e)
		return
	}
	id := r.String()
	n := &Node{ID: id, Kind: string(r.Kind), Title: r.Name, Lines: lines(r, p.several[r.Name]), Mark: mark,
		sort: key{ranks[string(r.Kind)], blockOf(r), r.Name}}
	up := p.home(t, r)
	old := p.was(r.Ref)
	if old != nil && old != r {
		if before := p.home(p.before, old); before.id() != up.id() {
			n.Lines = append(n.Lines, "was in "+before.words())
		}
	}
	p.put(n, p.stand(up))
	switch s := r.Spec.(type) {
	case *schema.InstanceSpec:
		if p.several[r.Name] && s.NetworkType != schema.NetworkClassic {
			p.put(&Node{ID: primaryOf(r.Name), Kind: "ENI", Title: "primary", Lines: instanceAddresses(r), Mark: primaryMark(mark, old, s),
				sort: key{rank: ranks["ENI"] - 1}}, n)
		}
	case *schema.VolumeSpec:
		for _, a := range s.AttachTo[min(1, len(s.AttachTo)):] {
			p.edges = append(p.edges, Edge{From: id, To: "Instance/" + a.Instance, Label: a.Device, Mark: mark})
		}
	}
}

// was answers the resource as it was, nil where it was not.
func (p *picture) was(ref schema.Ref) *schema.Resource {
	if p.before == nil {
		return nil
	}
	return p.before.Get(ref)
}

func (p *picture) put(n, up *Node) {
	p.nodes[n.ID] = n
	if up == nil {
		p.roots = append(p.roots, n)
	} else {
		up.Children = append(up.Children, n)
	}
}

// primaryMark answers the mark of an instance's primary ENI, which is part of
// the instance's document.
func primaryMark(of Mark, old *schema.Resource, now *schema.InstanceSpec) Mark {
	was := specOf[*schema.InstanceSpec](old)
	if of != Changed || was == nil || was.PrivateIP != now.PrivateIP || was.Subnet != now.Subnet || was.MAC != now.MAC ||
		!slices.Equal(was.SecurityGroups, now.SecurityGroups) {
		return of
	}
	return Unmarked
}

// joins answers the edge that a resource is, where both its ends are drawn.
func (p *picture) joins(r *schema.Resource) (e Edge, ok bool) {
	ends := func(a, b schema.Ref) (Edge, bool) {
		return Edge{From: a.String(), To: b.String(), Label: r.String()},
			a != b && p.nodes[a.String()] != nil && p.nodes[b.String()] != nil
	}
	switch s := r.Spec.(type) {
	case *schema.PeeringSpec:
		if len(s.VPCs) == 2 {
			return ends(schema.Ref{Kind: schema.KindVPC, Name: s.VPCs[0]}, schema.Ref{Kind: schema.KindVPC, Name: s.VPCs[1]})
		}
	case *schema.ClassicLinkSpec:
		return ends(schema.Ref{Kind: schema.KindInstance, Name: s.Instance}, schema.Ref{Kind: schema.KindVPC, Name: s.VPC})
	case *schema.TrafficMirrorSpec:
		to := schema.Ref{Kind: schema.KindENI, Name: s.Target.ENI}
		if s.Target.VPCEndpoint != "" {
			to = schema.Ref{Kind: schema.KindVPCEndpoint, Name: s.Target.VPCEndpoint}
		}
		return ends(schema.Ref{Kind: schema.KindENI, Name: s.Source.ENI}, to)
	}
	return e, false
}

// graph answers what was collected, in order.
func (p *picture) graph() *Graph {
	g := &Graph{Roots: sorted(p.roots)}
	for _, e := range p.edges {
		if p.nodes[e.From] != nil && p.nodes[e.To] != nil {
			g.Edges = append(g.Edges, e)
		}
	}
	slices.SortFunc(g.Edges, func(a, b Edge) int {
		return cmp.Or(cmp.Compare(a.Label, b.Label), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return g
}
