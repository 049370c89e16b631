package query

import (
	"cmp"
	"net/netip"
	"reflect"
	"slices"
	"strings"

	"enid/schema"
)

// subnets finds the subnets whose address use changes. Only those in which something
// that changed has an address, or gets one, are counted: in one pass.
func (c *comparison) subnets(i *Impact) {
	if !c.any(append([]schema.Kind{schema.KindSubnet}, users...)...) {
		return
	}
	names, uses := map[string]bool{}, [2]map[string]*usage{}
	for _, q := range c.sides {
		places := q.places(nil)
		for ref := range c.changed {
			r := q.Get(ref)
			switch {
			case r == nil:
			case ref.Kind == schema.KindSubnet:
				names[ref.Name] = true
			case slices.Contains(users, ref.Kind):
				q.touches(places, r, func(u *usage, _ use) { names[u.name] = true }, func(u *usage, _ int) { names[u.name] = true })
			}
		}
	}
	for side, q := range c.sides {
		uses[side] = q.usages(names)
	}
	for name := range names {
		was, is := uses[before][name], uses[after][name]
		one := SubnetChange{Subnet: "Subnet/" + name}
		if was != nil {
			one.CIDR, one.Before, one.UnplacedBefore, one.IPv6Before = was.CIDR.String(), &was.Counts, was.lacks, was.six()
		}
		if is != nil {
			one.CIDR, one.After, one.UnplacedAfter, one.IPv6After = is.CIDR.String(), &is.Counts, is.lacks, is.six()
		}
		if !reflect.DeepEqual(one.Before, one.After) || one.UnplacedBefore != one.UnplacedAfter || one.IPv6Before != one.IPv6After {
			i.Subnets = append(i.Subnets, one)
		}
	}
	slices.SortFunc(i.Subnets, func(a, b SubnetChange) int { return cmp.Compare(a.Subnet, b.Subnet) })
}

// usage is a report of which only the numbers are wanted.
type usage struct {
	*Report
	name  string
	lacks int // addresses to be placed
}

func (u *usage) six() int {
	if u.IPv6 == nil {
		return 0
	}
	return u.IPv6.Addresses + u.IPv6.Prefixes
}

// places are subnets by their VPC, and there by what an address tells: a CIDR.
type places struct {
	byName map[string]*usage
	byCIDR map[string]map[netip.Prefix]*usage // by VPC, CIDRs of both families
	bits   map[string][]int                   // by VPC, the lengths that there are
}

// places answers the subnets of those names that have an IPv4 CIDR; nil: all.
func (q *topology) places(names map[string]bool) *places {
	p := &places{map[string]*usage{}, map[string]map[netip.Prefix]*usage{}, map[string][]int{}}
	for _, r := range q.OfKind(schema.KindSubnet) {
		spec := specOf[*schema.SubnetSpec](r)
		if !spec.CIDR.IsValid() || !spec.CIDR.Addr().Is4() || names != nil && !names[r.Name] {
			continue
		}
		u := &usage{Report: q.report(r), name: r.Name}
		p.byName[r.Name] = u
		for _, cidr := range []netip.Prefix{spec.CIDR, spec.IPv6CIDR} {
			if !cidr.IsValid() {
				continue
			}
			if p.byCIDR[spec.VPC] == nil {
				p.byCIDR[spec.VPC] = map[netip.Prefix]*usage{}
			}
			p.byCIDR[spec.VPC][cidr.Masked()] = u
			if !slices.Contains(p.bits[spec.VPC], cidr.Bits()) {
				p.bits[spec.VPC] = append(p.bits[spec.VPC], cidr.Bits())
			}
		}
	}
	return p
}

// touches calls has for each address of a resource that lies in one of the places,
// and lacks for those it is to get there.
func (q *topology) touches(p *places, one *schema.Resource, has func(*usage, use), lacks func(*usage, int)) {
	vpc := schema.VPCOf(q, one)
	if vpc == nil || p.byCIDR[vpc.Name] == nil {
		return
	}
	uses, gets := q.uses(one)
	for _, x := range uses {
		for _, bits := range p.bits[vpc.Name] {
			cidr, err := x.cidr.Addr().Prefix(bits)
			if err != nil {
				continue // it is of the other family, or no address
			}
			if u := p.byCIDR[vpc.Name][cidr]; u != nil {
				has(u, x)
			}
		}
	}
	for name, n := range gets {
		if u := p.byName[name]; u != nil && strings.TrimPrefix(u.VPC, "VPC/") == vpc.Name {
			lacks(u, n)
		}
	}
}

// usages counts how full the subnets of those names are.
func (q *topology) usages(names map[string]bool) map[string]*usage {
	p := q.places(names)
	for _, kind := range users {
		for _, one := range q.OfKind(kind) {
			q.touches(p, one, func(u *usage, x use) { u.holds("", x) }, func(u *usage, n int) { u.lacks += n })
		}
	}
	for name, u := range p.byName {
		subnet := q.Get(schema.Ref{Kind: schema.KindSubnet, Name: name})
		u.classify(schema.ProviderOf(q, subnet), specOf[*schema.SubnetSpec](subnet))
		u.findBlocks()
	}
	return p.byName
}
