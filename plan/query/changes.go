package query

import (
	"fmt"
	"slices"
	"strings"

	"enid/schema"
)

// changes adds what to commit for the opposite answer: what would open the first
// pair of interfaces, or close every open one.
func (q *topology) changes(a *Answer, from, to *machine, asked services) {
	if a.Reachable {
		for i := range a.Pairs {
			if a.Pairs[i].Reachable {
				a.Changes = append(a.Changes, q.closing(&a.Pairs[i], asked)...)
			}
		}
		a.Changes = distinct(a.Changes)
		return
	}
	p := a.Pairs[0]
	if !p.way.joined {
		if p.way.asks == nil {
			return
		}
		a.Changes = append(a.Changes, *p.way.asks)
		p.way.joined = true
		p = q.pair(p.way, p.From, p.To, asked)
	}
	a.Changes = distinct(append(a.Changes, q.opening(&p, from, to, asked)...))
}

func distinct(all []Change) []Change {
	out := []Change{}
	for _, c := range all {
		if !slices.ContainsFunc(out, func(o Change) bool { return o.Target == c.Target && o.Path == c.Path && o.Do == c.Do }) {
			out = append(out, c)
		}
	}
	return out
}

// opening answers what would let the traffic through between two interfaces. Of
// a question about any traffic, it is what one side lets in already, else all.
func (q *topology) opening(p *Pair, from, to *machine, asked services) (out []Change) {
	wanted := asked
	for _, d := range []*Direction{p.There, p.Back} {
		if some := d.open.and(asked); !some.empty() && !p.way.stateful() {
			wanted = some
			break
		}
	}
	for _, d := range []struct {
		of           *Direction
		sender, into Interface
		of1, of2     *machine
	}{{p.There, p.From, p.To, from, to}, {p.Back, p.To, p.From, to, from}} {
		if d.of == p.Back && p.way.stateful() {
			break
		}
		byGroup := d.of1.vpc != nil && d.of2.vpc != nil && d.of1.vpc.Ref == d.of2.vpc.Ref || d.of1.vpc == nil && d.of2.vpc == nil
		out = append(out, q.letThrough(d.of.ingress, "ingress", d.into, q.peerOf(d.sender, d.of1, d.of2, byGroup), wanted)...)
		out = append(out, q.letThrough(d.of.egress, "egress", d.sender, q.peerOf(d.into, d.of2, d.of1, byGroup), wanted)...)
	}
	return out
}

// peerOf answers how a rule of b's groups names an interface of a: by its first
// group where that can be, else by its address, else by its subnet.
func (q *topology) peerOf(i Interface, a, b *machine, byGroup bool) string {
	switch {
	case byGroup && len(i.SecurityGroups) > 0 && a.account != b.account:
		return fmt.Sprintf("{securityGroup: %s, account: %s}", i.SecurityGroups[0], a.account)
	case byGroup && len(i.SecurityGroups) > 0:
		return fmt.Sprintf("{securityGroup: %s}", i.SecurityGroups[0])
	case i.PrivateIP.IsValid():
		return fmt.Sprintf("{cidr: %s/32}", i.PrivateIP)
	case a.vpc != nil:
		return fmt.Sprintf("{cidr: %s}", a.vpc.Spec.(*schema.VPCSpec).CIDR)
	}
	return "{cidr: ITS-ADDRESS/32}"
}

// letThrough answers what would make the rulings of an interface's groups let
// the traffic through.
func (q *topology) letThrough(rulings []ruling, direction string, at Interface, peer string, wanted services) (out []Change) {
	for _, r := range rulings {
		refused := r.services.and(wanted)
		switch {
		case r.allow || refused.empty():
		case r.group != nil:
			do := fmt.Sprintf("remove or narrow this rule, which denies %s", words(refused.list()))
			if r.rule().Priority > 1 {
				do += fmt.Sprintf(", or allow it with a priority below %d", r.rule().Priority)
			}
			out = append(out, Change{Target: r.group.String(), Path: r.path(), Source: sourceOf(r.group, r.path()), Do: do})
		case len(at.SecurityGroups) == 0:
			out = append(out, Change{Target: at.Name, Path: "spec.securityGroups", Do: "put it into a group that lets the traffic in"})
		default:
			group := schema.Ref{Kind: schema.KindSecurityGroup, Name: at.SecurityGroups[0]}
			if !refused[other].empty() {
				refused = everything // of any traffic one rule is asked for, not what is left over
			}
			for _, s := range refused.list() {
				change := Change{Target: group.String(), Path: "spec.rules", Do: "add " + snippet(direction, s, peer)}
				if r := q.Get(group); r != nil {
					change.Source = sourceOf(r, "spec.rules")
				}
				out = append(out, change)
			}
		}
	}
	return out
}

// snippet answers an allowing rule as files write it, defaults left out.
func snippet(direction string, s Service, peer string) string {
	var fields []string
	if direction == "egress" {
		fields = append(fields, "direction: egress")
	}
	if s.Protocol != "all" && s.Protocol != "other" {
		fields = append(fields, "protocol: "+s.Protocol)
	}
	if s.Ports != "" {
		fields = append(fields, fmt.Sprintf("ports: %q", s.Ports))
	}
	return "{" + strings.Join(append(fields, "peer: "+peer), ", ") + "}"
}

// words answers services in one line.
func words(all []Service) string {
	if len(all) == 0 {
		return "nothing"
	}
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = s.String()
	}
	return strings.Join(out, ", ")
}

// closing answers what would keep two interfaces apart that reach each other.
func (q *topology) closing(p *Pair, asked services) (out []Change) {
	if !p.way.via.IsZero() {
		out = append(out, Change{Target: p.way.via.String(), Do: "remove it"})
		if r := q.Get(p.way.via); r != nil {
			out[0].Source = sourceOf(r, "")
		}
		return out
	}
	for _, r := range p.There.ingress {
		through := r.services.and(p.open).and(asked)
		switch {
		case !r.allow || through.empty():
		case r.group != nil:
			out = append(out, Change{Target: r.group.String(), Path: r.path(), Source: sourceOf(r.group, r.path()),
				Do: "remove or narrow this rule, which lets " + words(through.list()) + " in"})
		default:
			out = append(out, Change{Target: p.To.Name, Path: "spec.securityGroups",
				Do: fmt.Sprintf("have one of them leave SecurityGroup/%s, which lets its members in by default", p.way.shared)})
		}
	}
	return out
}
