package query

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"enid/schema"
)

// internet answers for the question that has the internet at one end. That the
// VPC has an internet gateway is taken for granted: no kind describes one.
func (q *topology) internet(a *Answer, ask Question, asked services) error {
	inbound := ask.From == Internet
	name := ask.From
	if inbound {
		name = ask.To
	}
	m, err := q.machine(name)
	if err != nil {
		return err
	}
	world := End{Name: Internet, Network: "the internet", Interfaces: []Interface{{Name: Internet}}}
	a.From, a.To = m.end(), world
	if inbound {
		a.From, a.To = world, m.end()
	}
	a.Rule = ruleSSH
	public := q.public(m)
	for _, i := range public {
		a.Pairs = append(a.Pairs, q.exposure(m, i, inbound, asked)...)
	}
	a.Path = []string{Internet, "internet gateway", m.String()}
	if len(a.Pairs) > 0 {
		a.conclude(asked)
	}
	ssh := servicesOf("tcp", "22").and(asked)
	switch {
	case a.Reachable:
		a.Changes = exposed(a.Pairs, asked, inbound)
	case inbound && m.vpc != nil && m.spec.SessionManager && !ssh.empty():
		a.Reachable, a.Open = true, ssh.list()
		a.Path = []string{Internet, "Session Manager", m.String()}
		a.Reason = fmt.Sprintf("%s is reached through Session Manager, which needs no way in", m)
		a.Changes = append(a.Changes, Change{Target: m.String(), Path: "spec.sessionManager", Do: "remove it", Source: sourceOf(m.Resource, "spec.sessionManager")})
		q.adviseSession(a, m)
	default:
		q.expose(a, m, public, inbound, asked)
	}
	if !inbound {
		slices.Reverse(a.Path)
	}
	a.advise(m)
	return nil
}

// public answers the interfaces of an instance that have a public address, each
// once for every one.
func (q *topology) public(m *machine) (found []Interface) {
	cut := m.spec.PublicIP != nil && m.spec.PublicIP.BandwidthMbps != nil && *m.spec.PublicIP.BandwidthMbps == 0
	primary := m.interfaces[0]
	if s := statusOf[*schema.InstanceStatus](m.Resource); s != nil && s.PublicIP != nil && !cut {
		primary.PublicIP = s.PublicIP.Address
		found = append(found, primary)
	} else if m.Status == nil && m.spec.PublicIP != nil && !cut {
		found = append(found, primary)
	}
	refs := []schema.Ref{m.Ref}
	for _, one := range m.interfaces[1:] {
		refs = append(refs, schema.Ref{Kind: schema.KindENI, Name: strings.TrimPrefix(one.Name, "ENI/")})
	}
	for _, r := range q.eips(refs...) {
		at, address := boundTo(r)
		if i := slices.Index(refs, at); i >= 0 {
			one := m.interfaces[i]
			one.PublicIP = address
			found = append(found, one)
		}
	}
	return found
}

// notInternet are addresses that no packet of the internet comes from.
var notInternet = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("224.0.0.0/3"),
}

// exposure judges an interface against each part of the internet that its groups
// tell apart, the largest first.
func (q *topology) exposure(m *machine, at Interface, inbound bool, asked services) (pairs []Pair) {
	direction, otherwise := "egress", q.egressByDefault(m.cloud, at.SecurityGroups)
	if inbound {
		direction, otherwise = "ingress", false
	}
	parts := q.parts(at.SecurityGroups, direction)
	for i, part := range parts {
		from := outside(part, slices.Concat(notInternet, parts[i+1:]))
		if !from.IsValid() {
			continue
		}
		rulings := q.judge(at.SecurityGroups, direction, peer{addr: from}, otherwise)
		d := &Direction{DecidedBy: []Decision{}, open: allowed(rulings)}
		if inbound {
			d.ingress = rulings
		} else {
			d.egress = rulings
		}
		d.Open = d.open.list()
		for _, r := range rulings {
			d.decided(r, direction, asked)
		}
		p := Pair{From: at, To: Interface{Name: Internet, CIDR: part}, Rule: ruleSSH, There: d, open: d.open,
			Open: d.open.list(), Reachable: !d.open.and(asked).empty(), Reason: fmt.Sprintf("%s has a public address, and its groups decide", at.Name)}
		if inbound {
			p.From, p.To = p.To, p.From
		}
		pairs = append(pairs, p)
	}
	return pairs
}

// parts answers the CIDRs that rules of the groups name in one direction, and all
// of the internet, the larger before what lies in it.
func (q *topology) parts(groups []string, direction string) []netip.Prefix {
	parts := []netip.Prefix{netip.PrefixFrom(netip.IPv4Unspecified(), 0)}
	for _, name := range groups {
		if spec := specOf[*schema.SecurityGroupSpec](q.Get(schema.Ref{Kind: schema.KindSecurityGroup, Name: name})); spec != nil {
			for _, r := range spec.Rules {
				if r.Direction == direction && r.Peer.CIDR.Addr().Is4() {
					parts = append(parts, r.Peer.CIDR)
				}
			}
		}
	}
	sortParts(parts)
	return slices.Compact(parts)
}

// sortParts puts the larger before what lies in it.
func sortParts(parts []netip.Prefix) {
	slices.SortFunc(parts, func(a, b netip.Prefix) int {
		return cmp.Or(cmp.Compare(a.Bits(), b.Bits()), a.Addr().Compare(b.Addr()))
	})
}

// outside answers an address of the part that lies in none of the others, zero
// where there is none.
func outside(part netip.Prefix, others []netip.Prefix) netip.Addr {
	var taken []span
	for _, o := range others {
		taken = append(taken, spanOf(o))
	}
	if free := (spans{spanOf(part)}).without(join(taken)); len(free) > 0 {
		return address(free[0].first)
	}
	return netip.Addr{}
}
