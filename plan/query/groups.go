package query

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"enid/schema"
)

// peer is the far end of traffic, as a security rule names it.
type peer struct {
	groups []string
	// addr is zero where it is not known: then only 0.0.0.0/0 matches it.
	addr netip.Addr
}

// ruling is one rule of a group, or a default, and the traffic that it decides:
// what no rule before it does.
type ruling struct {
	group    *schema.Resource // nil: by default
	index    int              // of spec.rules
	allow    bool
	services services
}

func (r ruling) rule() schema.SecurityRule {
	return r.group.Spec.(*schema.SecurityGroupSpec).Rules[r.index]
}

func (r ruling) path() string { return fmt.Sprintf("spec.rules[%d]", r.index) }

// judge answers how the rules of the groups decide on traffic with the peer in
// one direction, the winning rule first: by priority, then deny before allow. No
// two rulings decide the same traffic, and together they decide all of it.
func (q *topology) judge(groups []string, direction string, with peer, otherwise bool) (rulings []ruling) {
	var found []ruling
	for _, name := range groups {
		r := q.Get(schema.Ref{Kind: schema.KindSecurityGroup, Name: name})
		spec := specOf[*schema.SecurityGroupSpec](r)
		if spec == nil {
			continue
		}
		for i, rule := range spec.Rules {
			if rule.Direction == direction && q.matches(rule.Peer, with) {
				found = append(found, ruling{r, i, rule.Action == "allow", servicesOf(rule.Protocol, rule.Ports)})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b ruling) int {
		return cmp.Or(cmp.Compare(a.rule().Priority, b.rule().Priority), strings.Compare(b.rule().Action, a.rule().Action))
	})
	open := everything
	for _, r := range found {
		if r.services = r.services.and(open); !r.services.empty() {
			open = open.without(r.services)
			rulings = append(rulings, r)
		}
	}
	if !open.empty() {
		rulings = append(rulings, ruling{allow: otherwise, services: open})
	}
	return rulings
}

func (q *topology) matches(p schema.Peer, with peer) bool {
	if p.SecurityGroup != "" {
		return slices.Contains(with.groups, p.SecurityGroup) &&
			(p.Account == "" || p.Account == schema.AccountOf(q, q.Get(schema.Ref{Kind: schema.KindSecurityGroup, Name: p.SecurityGroup})))
	}
	return p.CIDR.IsValid() && (p.CIDR.Bits() == 0 || p.CIDR.Contains(with.addr))
}

// allowed answers what the rulings let through.
func allowed(rulings []ruling) (open services) {
	for _, r := range rulings {
		if r.allow {
			open = open.or(r.services)
		}
	}
	return open
}

// egressByDefault reports whether what no egress rule names may leave. Alibaba
// Cloud lets it; an AWS group has a rule that lets everything out until it is
// given egress rules of its own, and each of several groups adds to the others.
func (q *topology) egressByDefault(cloud schema.Provider, groups []string) bool {
	if cloud != schema.AWS {
		return true
	}
	return slices.ContainsFunc(groups, func(name string) bool {
		spec := specOf[*schema.SecurityGroupSpec](q.Get(schema.Ref{Kind: schema.KindSecurityGroup, Name: name}))
		return spec != nil && !slices.ContainsFunc(spec.Rules, func(r schema.SecurityRule) bool { return r.Direction == "egress" })
	})
}
