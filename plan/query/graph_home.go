package query

import (
	"cmp"
	"strings"

	"enid/schema"
)

// home is where a node stands: in a resource's node, or in a place of its own
// within it, which is there as soon as something stands in it.
type home struct {
	in     string // ID of a node; "": none
	places []Node // the outer first
}

func (h home) id() string {
	if len(h.places) > 0 {
		return h.places[len(h.places)-1].ID
	}
	return h.in
}

func (h home) words() string {
	id := strings.TrimSuffix(h.id(), "#primary")
	return cmp.Or(id, "no place that is known")
}

// stand answers the node of a home, nil where it is none.
func (p *picture) stand(h home) *Node {
	up := p.nodes[h.in]
	for _, place := range h.places {
		n := p.nodes[place.ID]
		if n == nil {
			n = &place
			p.put(n, up)
		}
		up = n
	}
	return up
}

func place(kind, within, title string) Node {
	return Node{ID: kind + "/" + within + "/" + title, Kind: kind, Title: title, sort: key{ranks[kind], "", title}}
}

// home answers where a resource stands: with what it belongs to, in the order of
// what says so. What is named and not drawn is passed over for the region.
func (p *picture) home(t *schema.Topology, r *schema.Resource) home {
	in := func(kind schema.Kind, name string) (home, bool) {
		id := schema.Ref{Kind: kind, Name: name}.String()
		return home{in: id}, p.nodes[id] != nil
	}
	var h home
	ok := false
	switch s := r.Spec.(type) {
	case *schema.AccountSpec:
		return home{}
	case *schema.SubnetSpec:
		if h, ok = in(schema.KindVPC, s.VPC); ok && s.Zone != "" {
			h.places = []Node{place(ZoneNode, s.VPC, s.Zone)}
		}
	case *schema.InstanceSpec:
		if s.NetworkType == schema.NetworkClassic {
			return p.classic(t, r, s.Zone)
		}
		h, ok = in(schema.KindSubnet, s.Subnet)
	case *schema.SecurityGroupSpec:
		if s.VPC == "" {
			return p.classic(t, r, "")
		}
		h, ok = in(schema.KindVPC, s.VPC)
	case *schema.ENISpec:
		at, _ := attachedTo(r)
		if h, ok = in(schema.KindInstance, at); !ok {
			h, ok = in(schema.KindSubnet, s.Subnet)
		}
	case *schema.EIPSpec:
		at, _ := boundTo(r)
		h, ok = in(at.Kind, at.Name)
		if primary := primaryOf(at.Name); at.Kind == schema.KindInstance && p.nodes[primary] != nil {
			h.in = primary
		}
	case *schema.VolumeSpec:
		if len(s.AttachTo) > 0 {
			h, ok = in(schema.KindInstance, s.AttachTo[0].Instance)
		}
	case *schema.HostSpec:
		h, ok = in(schema.KindInstance, s.Instance)
	case *schema.TargetGroupSpec:
		h, ok = in(schema.KindVPC, s.VPC)
	case *schema.VPCEndpointSpec:
		h, ok = in(schema.KindVPC, s.VPC)
	}
	if ok {
		return h
	}
	return p.region(t, r)
}

// region answers the region of a resource in its account, as far as they are known.
func (p *picture) region(t *schema.Topology, r *schema.Resource) (h home) {
	account := schema.AccountOf(t, r)
	if id := "Account/" + account; p.nodes[id] != nil {
		h.in = id
	}
	if region := schema.RegionOf(t, r); region != "" {
		h.places = []Node{place(RegionNode, account, region)}
	}
	return h
}

func (p *picture) classic(t *schema.Topology, r *schema.Resource, zone string) home {
	h := p.region(t, r)
	n := place(ClassicNode, strings.TrimPrefix(h.id(), RegionNode+"/"), "classic network")
	h.places = append(h.places, n)
	if zone != "" {
		h.places = append(h.places, place(ZoneNode, n.ID, zone))
	}
	return h
}

func primaryOf(instance string) string { return "Instance/" + instance + "#primary" }
