package query

import (
	"fmt"
	"slices"
	"strings"

	"enid/schema"
)

// maxComparisons bounds the pairs of parts whose reachability is compared: a
// second's work.
const maxComparisons = 200_000

// reach finds what becomes reachable and unreachable.
func (c *comparison) reach(i *Impact, most int) {
	if !c.any(schema.KindAccount, schema.KindVPC, schema.KindSubnet, schema.KindSecurityGroup, schema.KindInstance,
		schema.KindENI, schema.KindEIP, schema.KindPeering, schema.KindClassicLink) {
		return
	}
	r := &reaching{c: c, most: most, cutting: cutting{c: c, known: map[string]int{}, parts: map[partKey][]*part{}, whole: map[string]*part{}}}
	all := c.crowds()
	for _, k := range all {
		r.learn(k)
	}
	for _, k := range all {
		if k.touched {
			r.internet(k)
			for _, other := range all {
				r.crowds(k, other)
				if !other.touched {
					r.crowds(other, k)
				}
			}
		}
	}
	i.Reach, i.Omitted = append(i.Reach, merge(r.found)...), r.omitted
}

// reaching finds the pairs of parts between which something changes.
type reaching struct {
	cutting
	c        *comparison
	found    []crossing
	compared int
	most     int
	omitted  int
}

// crossing is traffic between two parts, or one and the internet, that opens or closes.
type crossing struct {
	ReachChange
	from, to *part // nil: the internet
	groups   []schema.Ref
}

// crowds compares what gets through from one crowd to another.
func (r *reaching) crowds(from, to *crowd) {
	if from.goes() || to.goes() || from.comes() && to.comes() || !r.near(from, to) {
		return
	}
	for _, f := range r.split(from, to.cuts) {
		for _, t := range r.split(to, from.cuts) {
			a, b, pairs := f.members[0], t.members[0], len(f.members)*len(t.members)
			if a == b {
				if pairs -= len(f.members); pairs == 0 {
					continue
				}
				b = t.members[1]
			}
			if r.compared == r.most {
				r.omitted += pairs
				continue
			}
			r.compared++
			if one := r.c.crossing(a, b); one != nil {
				one.from, one.to = f, t
				r.found = append(r.found, *one)
			}
		}
	}
}

// near reports whether anything joins the networks of two crowds, on any side.
func (r *reaching) near(from, to *crowd) bool {
	for side, a := range from.first().at {
		if b := to.first().at[side]; a != nil && b != nil && r.c.sides[side].near(a, b) {
			return true
		}
	}
	return false
}

// near is whether way would say joined, without the words.
func (q *topology) near(a, b *machine) bool {
	switch {
	case a.vpc != nil && b.vpc != nil:
		return a.vpc.Ref == b.vpc.Ref || q.peering(a.vpc.Name, b.vpc.Name) != nil
	case a.vpc == nil && b.vpc == nil:
		return a.region == b.region
	case b.vpc == nil:
		a, b = b, a
	}
	return slices.ContainsFunc(q.classicLinks(a.Name), func(r *schema.Resource) bool {
		link := specOf[*schema.ClassicLinkSpec](r)
		return link.Instance == a.Name && link.VPC == b.vpc.Name
	})
}

// The rulings that traffic passes: two for connections there, two for those back.
const stages = 4

// passage is what gets through between two instances on one side of a comparison.
type passage struct {
	there   bool // both are
	way     way
	open    services
	rulings [stages][]ruling // of all pairs of interfaces
}

// passage judges every pair of interfaces.
func (q *topology) passage(a, b *machine) (p passage) {
	if a == nil || b == nil {
		return p
	}
	p.there = true
	for _, from := range a.interfaces {
		for _, to := range b.interfaces {
			w := q.way(a, b, from, to)
			if p.way.rule == "" || w.shared != "" && p.way.shared == "" {
				p.way = w
			}
			if !w.joined {
				continue
			}
			in, out := q.rulings(from, to, w.clouds[0], w.shared != "")
			there := allowed(in).and(allowed(out))
			p.rulings[0], p.rulings[1] = append(p.rulings[0], in...), append(p.rulings[1], out...)
			if w.stateful() {
				p.open = p.open.or(there)
				continue
			}
			in, out = q.rulings(to, from, w.clouds[1], w.shared != "")
			p.rulings[2], p.rulings[3] = append(p.rulings[2], in...), append(p.rulings[3], out...)
			p.open = p.open.or(w.counts(there, allowed(in).and(allowed(out))))
		}
	}
	return p
}

// crossing answers what changes between two instances, nil for nothing.
func (c *comparison) crossing(a, b *member) *crossing {
	var p [2]passage
	for side, q := range c.sides {
		p[side] = q.passage(a.at[side], b.at[side])
	}
	opens, closes := p[after].open.without(p[before].open), p[before].open.without(p[after].open)
	if opens.empty() && closes.empty() {
		return nil
	}
	x := &crossing{ReachChange: ReachChange{Opens: opens.list(), Closes: closes.list(), Rule: p[after].way.rule}}
	delta := opens.or(closes)
	var because []ruling
	x.groups, because = c.because(p[before].rulings, p[after].rulings, delta)
	was, is := p[before].way, p[after].way
	if was.via != is.via || was.joined != is.joined && p[before].there {
		for _, w := range []way{was, is} {
			if !w.via.IsZero() && c.changed[w.via] {
				x.groups = append(x.groups, w.via)
			}
		}
	}
	if len(x.groups)+len(a.inside)+len(b.inside) == 0 {
		x.groups = append(c.groupsOf(a), c.groupsOf(b)...)
	}
	x.Reason = is.reason
	// Of an end that comes, a rule for some of what opens does not say why all does.
	if is.joined && len(because) > 0 && (was.joined || !p[before].there && delta.without(because[0].services).empty()) {
		x.Reason = reason(because[0], delta)
	}
	return x
}

// because answers the changed groups that decide on the traffic, and its rulings now
// at the stages that let something else of it through than before.
func (c *comparison) because(was, is [stages][]ruling, delta services) (groups []schema.Ref, now []ruling) {
	var all []schema.Ref
	for stage := range stages {
		differs := !equal(allowed(was[stage]).and(delta), allowed(is[stage]).and(delta))
		for side, rulings := range [2][]ruling{was[stage], is[stage]} {
			for _, one := range rulings {
				if one.services.and(delta).empty() {
					continue
				}
				if side == after && differs {
					now = append(now, one)
				}
				if one.group == nil || !c.changed[one.group.Ref] {
					continue
				}
				all = append(all, one.group.Ref)
				if differs {
					groups = append(groups, one.group.Ref)
				}
			}
		}
	}
	if len(groups) == 0 {
		groups = all
	}
	return groups, now
}

// groupsOf answers what changed of an instance's groups and of where they are. A rule that is added can decide
// on traffic that it does not name: it ends what held by default.
func (c *comparison) groupsOf(m *member) (found []schema.Ref) {
	for side, at := range m.at {
		if at == nil {
			continue
		}
		for _, i := range slices.Concat(at.interfaces, m.public[side]) {
			for _, g := range i.SecurityGroups {
				group := schema.Ref{Kind: schema.KindSecurityGroup, Name: g}
				refs := []schema.Ref{group}
				if vpc := schema.VPCOf(c.sides[side], c.sides[side].Get(group)); vpc != nil {
					refs = append(refs, vpc.Ref, schema.Ref{Kind: schema.KindAccount, Name: schema.AccountOf(c.sides[side], vpc)})
				}
				for _, ref := range refs {
					if c.changed[ref] {
						found = append(found, ref)
					}
				}
			}
		}
	}
	return found
}

func equal(a, b services) bool { return a.without(b).empty() && b.without(a).empty() }

// reason says in a sentence what decides on the traffic.
func reason(r ruling, of services) string {
	what := words(r.services.and(of).list())
	switch {
	case r.group != nil && r.allow:
		return fmt.Sprintf("%s lets %s through: %s (%s, peer %s)", r.group, what, r.path(), r.rule().Direction, peerText(r.rule().Peer))
	case r.group != nil:
		return fmt.Sprintf("%s refuses %s: %s (%s, peer %s)", r.group, what, r.path(), r.rule().Direction, peerText(r.rule().Peer))
	case r.allow:
		return fmt.Sprintf("no rule names %s, and by default it gets through", what)
	}
	return fmt.Sprintf("no rule lets %s through", what)
}

// refs answers references as text, sorted, each once.
func refs(all []schema.Ref) []string {
	all = slices.Clone(all)
	slices.SortFunc(all, schema.Ref.Compare)
	out := []string{}
	for _, ref := range slices.Compact(all) {
		out = append(out, ref.String())
	}
	return out
}

// text answers what is the same of crossings that are told together.
func (x *crossing) text() string {
	return strings.Join([]string{words(x.Opens), words(x.Closes), fmt.Sprint(x.CIDRs, x.Except), x.Rule, fmt.Sprint(refs(x.groups)),
		fmt.Sprint(x.from == nil, x.to == nil)}, "\n")
}
