package query

import (
	"net/netip"
	"slices"

	"enid/schema"
)

// links are what is linked to what. One question looks it up in the whole
// topology; who asks of every instance collects it first.
type links struct {
	enis     map[string][]*schema.Resource     // by the instance that they are attached to
	eips     map[schema.Ref][]*schema.Resource // by the instance or ENI that they are bound to
	peerings map[[2]string]*schema.Resource    // by their VPCs, both ways round
	classic  map[string][]*schema.Resource     // ClassicLinks by instance
}

// collect finds all links in one pass.
func (q *topology) collect() {
	l := &links{map[string][]*schema.Resource{}, map[schema.Ref][]*schema.Resource{}, map[[2]string]*schema.Resource{}, map[string][]*schema.Resource{}}
	for _, r := range q.OfKind(schema.KindENI) {
		if at, _ := attachedTo(r); at != "" {
			l.enis[at] = append(l.enis[at], r)
		}
	}
	for _, r := range q.OfKind(schema.KindEIP) {
		if at, _ := boundTo(r); !at.IsZero() {
			l.eips[at] = append(l.eips[at], r)
		}
	}
	for _, r := range q.OfKind(schema.KindPeering) {
		vpcs := specOf[*schema.PeeringSpec](r).VPCs
		for _, a := range vpcs {
			for _, b := range vpcs {
				if _, ok := l.peerings[[2]string{a, b}]; !ok {
					l.peerings[[2]string{a, b}] = r
				}
			}
		}
	}
	for _, r := range q.OfKind(schema.KindClassicLink) {
		at := specOf[*schema.ClassicLinkSpec](r).Instance
		l.classic[at] = append(l.classic[at], r)
	}
	q.links = l
}

// enis answers at least the ENIs that are attached to the instance.
func (q *topology) enis(instance string) []*schema.Resource {
	if q.links != nil {
		return q.links.enis[instance]
	}
	return q.OfKind(schema.KindENI)
}

// eips answers at least the EIPs that are bound to any of those, by name.
func (q *topology) eips(at ...schema.Ref) (found []*schema.Resource) {
	if q.links == nil {
		return q.OfKind(schema.KindEIP)
	}
	for _, ref := range at {
		found = append(found, q.links.eips[ref]...)
	}
	slices.SortFunc(found, func(a, b *schema.Resource) int { return a.Compare(b.Ref) })
	return found
}

// peering answers what joins two VPCs, nil where nothing does.
func (q *topology) peering(a, b string) *schema.Resource {
	if q.links != nil {
		return q.links.peerings[[2]string{a, b}]
	}
	for _, r := range q.OfKind(schema.KindPeering) {
		if vpcs := specOf[*schema.PeeringSpec](r).VPCs; slices.Contains(vpcs, a) && slices.Contains(vpcs, b) {
			return r
		}
	}
	return nil
}

// classicLinks answers at least the ClassicLinks of the instance.
func (q *topology) classicLinks(instance string) []*schema.Resource {
	if q.links != nil {
		return q.links.classic[instance]
	}
	return q.OfKind(schema.KindClassicLink)
}

// attachedTo answers the instance that an ENI is attached to, "" for none, and
// its device index, 0 where that is not known.
func attachedTo(eni *schema.Resource) (instance string, index int) {
	if s := statusOf[*schema.ENIStatus](eni); s != nil {
		return s.Instance, s.DeviceIndex
	}
	if at := specOf[*schema.ENISpec](eni).AttachTo; at != nil {
		return at.Instance, at.DeviceIndex
	}
	return "", 0
}

// boundTo answers the instance or ENI that an EIP is bound to, zero for none, and
// its address, zero where that is not known.
func boundTo(eip *schema.Resource) (at schema.Ref, address netip.Addr) {
	bound := specOf[*schema.EIPSpec](eip).BindTo
	if s := statusOf[*schema.EIPStatus](eip); s != nil {
		bound, address = s.BoundTo, s.Address
	}
	switch {
	case bound == nil:
	case bound.ENI != "":
		at = schema.Ref{Kind: schema.KindENI, Name: bound.ENI}
	case bound.Instance != "":
		at = schema.Ref{Kind: schema.KindInstance, Name: bound.Instance}
	}
	return at, address
}
