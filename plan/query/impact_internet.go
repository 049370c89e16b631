package query

import (
	"net/netip"
	"slices"
)

// internet compares what gets through from the internet to a crowd, and from it to
// the internet, for each part of the internet that rules tell apart.
func (r *reaching) internet(k *crowd) {
	m := k.first()
	if k.goes() || len(m.public[before])+len(m.public[after]) == 0 && r.session(m, before) == r.session(m, after) {
		return
	}
	whole := &part{k.members} // addresses make no difference here
	for _, inbound := range []bool{true, false} {
		for _, one := range r.exposed(m, inbound) {
			if one.to = whole; !inbound {
				one.from, one.to = whole, nil
			}
			r.found = append(r.found, *one)
		}
	}
}

func (r *reaching) session(m *member, side int) bool {
	at := m.at[side]
	return at != nil && at.vpc != nil && at.spec.SessionManager
}

// facing is how the groups decide on traffic with a part of the internet, before
// and after.
type facing struct {
	part    netip.Prefix
	addr    netip.Addr // of the part, and of none within it
	open    [2]services
	rulings [2][]ruling
}

func (f *facing) opens() services  { return f.open[after].without(f.open[before]) }
func (f *facing) closes() services { return f.open[before].without(f.open[after]) }

// exposed answers what changes between an instance and the internet in one direction,
// the parts of which the same is to be said together.
func (r *reaching) exposed(m *member, inbound bool) (out []*crossing) {
	all := r.facings(m, inbound)
	for i, f := range all {
		opens, closes := f.opens(), f.closes()
		alike := func(o *facing) bool { return equal(o.opens(), opens) && equal(o.closes(), closes) }
		if opens.empty() && closes.empty() || slices.IndexFunc(all, alike) != i {
			continue
		}
		x := &crossing{ReachChange: ReachChange{Opens: opens.list(), Closes: closes.list(), Rule: ruleSSH}}
		x.CIDRs, x.Except = region(all, alike)
		for _, o := range all {
			if alike(o) {
				groups, _ := r.c.because([stages][]ruling{o.rulings[before]}, [stages][]ruling{o.rulings[after]}, opens.or(closes))
				x.groups = append(x.groups, groups...)
			}
		}
		if len(x.groups)+len(m.inside)+len(m.outside) == 0 {
			x.groups = r.c.groupsOf(m)
		}
		x.Reason = r.exposure(m, f, inbound)
		out = append(out, x)
	}
	return out
}

// exposure says in a sentence why a part of the internet and an instance now meet as
// they do.
func (r *reaching) exposure(m *member, f *facing, inbound bool) string {
	delta := f.opens().or(f.closes())
	_, now := r.c.because([stages][]ruling{f.rulings[before]}, [stages][]ruling{f.rulings[after]}, delta)
	switch {
	case inbound && r.session(m, after) && !r.session(m, before):
		return "it is reached through Session Manager, which needs no way in"
	case len(m.public[after]) == 0:
		return "it has no public address any more"
	case len(m.public[before]) == 0:
		return "it gets a public address, and its groups decide"
	case len(now) > 0:
		return reason(now[0], delta)
	}
	return "it has a public address, and its groups decide"
}

// facings judges the instance against each part of the internet, the larger before
// what lies in it.
func (r *reaching) facings(m *member, inbound bool) (all []*facing) {
	direction := "egress"
	if inbound {
		direction = "ingress"
	}
	var groups [2][]string
	var parts []netip.Prefix
	for side, q := range r.c.sides {
		for _, i := range m.public[side] {
			groups[side] = append(groups[side], i.SecurityGroups...)
		}
		parts = append(parts, q.parts(groups[side], direction)...)
	}
	sortParts(parts)
	parts = slices.Compact(parts)
	for i, p := range parts {
		f := &facing{part: p, addr: outside(p, slices.Concat(notInternet, parts[i+1:]))}
		if !f.addr.IsValid() {
			continue
		}
		for side, q := range r.c.sides {
			for _, at := range m.public[side] {
				otherwise := !inbound && q.egressByDefault(m.at[side].cloud, at.SecurityGroups)
				rulings := q.judge(at.SecurityGroups, direction, peer{addr: f.addr}, otherwise)
				f.rulings[side] = append(f.rulings[side], rulings...)
				f.open[side] = f.open[side].or(allowed(rulings))
			}
			if inbound && r.session(m, side) {
				f.open[side] = f.open[side].or(servicesOf("tcp", "22"))
			}
		}
		all = append(all, f)
	}
	return all
}

// region answers the parts that are meant as CIDRs and what lies in them but is not
// meant; none for all of the internet.
func region(all []*facing, meant func(*facing) bool) (cidrs, except []netip.Prefix) {
	for i, f := range all {
		var around *facing
		for _, o := range all[:i] {
			if o.part.Bits() <= f.part.Bits() && o.part.Contains(f.part.Addr()) {
				around = o // the last is the smallest
			}
		}
		switch inside := around != nil && meant(around); {
		case meant(f) && !inside:
			cidrs = append(cidrs, f.part)
		case !meant(f) && inside:
			except = append(except, f.part)
		}
	}
	if len(except) == 0 && len(cidrs) == 1 && cidrs[0].Bits() == 0 {
		return nil, nil
	}
	return cidrs, except
}
