package guest

import (
	"net/netip"

	"enid/plan"
)

var addAddress = operation(plan.Operation{
	ID: AddAddress, Kind: KindAddress, Action: plan.Create, Rank: rankAddAddress, Source: "A 4.4.4",
	Gives: func(v *plan.View, ref plan.Ref) bool {
		w, wanted := want[Address](v, ref)
		_, there := is[Address](v, ref)
		return wanted && w.Ours && !there
	},
	Changes: appears("address"),
	Requires: []plan.Requirement{
		{Rule: RuleVerify, Check: nowhereElse},
		{Rule: RuleVerify, Check: labelFits},
		{Rule: RuleIPv6, Check: takesIPv6},
	},
	Effect: func(e *plan.Effects, ref plan.Ref) {
		a := e.Want.Get(ref).(Address)
		a.Secondary = !a.IPv6() && e.Count(subnetOf(a)) > 0
		a.Order = appended + e.Count(addressesOf(a.Link, a.IPv6()))
		e.Put(ref, a)
	},
}, func(m Machine, _, to plan.Object) string {
	return addressCommand("add", to.(Address), m.Label)
})

// appended is where the order of added addresses begins, behind all observed ones.
const appended = 1 << 20

// nowhereElse: an address that somebody else has put on another interface is theirs.
func nowhereElse(v *plan.View, ref plan.Ref) plan.Verdict {
	w := v.Want.Get(ref).(Address)
	if !v.AtLeast(foreignAddr(w.Prefix.Addr()), 1) {
		return fine()
	}
	for _, other := range v.Members(foreignAddr(w.Prefix.Addr())) {
		if a, ok := is[Address](v, other); ok && a.Link != w.Link {
			return plan.Fails("remove it from "+a.Link, "%s is on %s, and enid did not put it there", w.Prefix.Addr(), a.Link)
		}
	}
	return fine()
}

// labelFits: where a label is the mark, the interface's name must leave room for it.
func labelFits(v *plan.View, ref plan.Ref) plan.Verdict {
	m, _ := is[Machine](v, MachineRef)
	a := v.Want.Get(ref).(Address)
	switch {
	case !m.Label:
		return fine()
	case a.IPv6():
		return plan.Fails("run Linux 5.18 or later, or put the address there by other means: it is used then", "this kernel has no mark for IPv6 addresses, and enid could not tell %s from others' later", a.Prefix.Addr())
	case len(AddressLabel(a.Link)) > 15:
		return plan.Fails("rename the interface, or run Linux 5.18 or later", "%s is longer than the 15 bytes of an address's label", AddressLabel(a.Link))
	}
	return fine()
}

// takesIPv6: a link on which IPv6 is off takes no such address or route. Whether it is to be
// on is the operator's.
func takesIPv6(v *plan.View, ref plan.Ref) plan.Verdict {
	o := v.Want.Get(ref).(interface {
		object
		IPv6() bool
	})
	if l, _ := is[Link](v, LinkRef(o.Interface())); !o.IPv6() || !l.NoIPv6 {
		return plan.Skipped()
	}
	return plan.Fails("sysctl -w net.ipv6.conf."+o.Interface()+".disable_ipv6=0, and in /etc/sysctl.d for the boot; where the kernel runs with ipv6.disable=1, take that away",
		"IPv6 is off on %s", o.Interface())
}

var deleteAddress = operation(plan.Operation{
	ID: DeleteAddress, Kind: KindAddress, Action: plan.Delete, Rank: rankDeleteAddress,
	Gives: func(v *plan.View, ref plan.Ref) bool {
		a, there := is[Address](v, ref)
		w, wanted := want[Address](v, ref)
		return there && a.Ours && (!wanted || w.NoPrefixRoute != a.NoPrefixRoute)
	},
	// The first address of a subnet goes after the others, as long as they go too:
	// the kernel would promote one for each otherwise.
	Order: func(v *plan.View, ref plan.Ref) int {
		if a, _ := is[Address](v, ref); a.Secondary {
			return 0
		}
		return 1
	},
	Changes: vanishes("address"),
	Requires: []plan.Requirement{
		{Rule: RuleKeepDefault, Check: keepsDefault},
		{Rule: RuleVerify, Check: takesNoOther},
		{Rule: plan.RuleDependsOn, Check: unused},
		{Rule: plan.RuleDependsOn, Check: succeeded},
	},
	Effect: func(e *plan.Effects, ref plan.Ref) { removeAddress(e, e.Get(ref).(Address)) },
}, func(_ Machine, from, _ plan.Object) string {
	a := from.(Address)
	return ipFor(a.IPv6()) + " address delete " + a.Prefix.String() + " dev " + a.Link
})

// lastOf reports whether the kernel flushes the link's routes with that address: it
// is the link's last one, and of IPv4.
func lastOf(v *plan.View, a Address) bool {
	return !a.IPv6() && !v.AtLeast(addressesOf(a.Link, false), 2)
}

// keepsDefault: the active default route would go with a link's last address, or
// with the address that it prefers as its source.
func keepsDefault(v *plan.View, ref plan.Ref) plan.Verdict {
	a, _ := is[Address](v, ref)
	best, ok := active(v, a.IPv6())
	switch {
	case !ok:
		return fine()
	case best.Link == a.Link && lastOf(v, a):
		return plan.Fails("give "+a.Link+" another address, or move the default route", "%s is the last address of %s, which carries the default route", a.Prefix, a.Link)
	case best.Src == a.Prefix.Addr():
		return plan.Fails("move the default route", "the default route prefers %s as its source", a.Prefix.Addr())
	}
	return fine()
}

// takesNoOther: without promote_secondaries the kernel removes all of a subnet's
// addresses with the first one, whoever put them there.
func takesNoOther(v *plan.View, ref plan.Ref) plan.Verdict {
	a, _ := is[Address](v, ref)
	l, _ := is[Link](v, LinkRef(a.Link))
	if a.IPv6() || a.Secondary || l.Promote || !v.AtLeast(subnetOf(a), 2) {
		return fine()
	}
	return plan.Fails("", "the kernel would remove the other addresses of %s from %s with it", a.Prefix.Masked(), a.Link).
		Enable(SetPromote, LinkRef(a.Link))
}

// unused: the rules and routes that use the address go first.
func unused(v *plan.View, ref plan.Ref) plan.Verdict {
	a, _ := is[Address](v, ref)
	for _, rule := range v.Members(rulesFrom(netip.PrefixFrom(a.Prefix.Addr(), a.Prefix.Addr().BitLen()))) {
		if _, wanted := want[Rule](v, rule); !wanted {
			return waitFor(rule, "the rule %s still sends its traffic", rule.Name)
		}
	}
	if !lastOf(v, a) {
		return fine()
	}
	for _, route := range v.Members(routesVia(a.Link)) {
		if r, _ := is[Route](v, route); r.Ours() && !r.IPv6() {
			if _, wanted := want[Route](v, route); !wanted {
				return waitFor(route, "the route %s would be flushed with the last address of %s", route.Name, a.Link)
			}
		}
	}
	return fine()
}

// succeeded: the new address is there before the last old one goes, or the kernel
// flushes all routes of the link.
func succeeded(v *plan.View, ref plan.Ref) plan.Verdict {
	a, _ := is[Address](v, ref)
	if !lastOf(v, a) {
		return fine()
	}
	for _, next := range v.Want.Members(addressesOf(a.Link, false)) {
		if next != ref {
			return waitFor(next, "%s is the last address of %s; %s comes first", a.Prefix, a.Link, next.Name)
		}
	}
	return fine()
}

func addressCommand(verb string, a Address, label bool) string {
	text := ipFor(a.IPv6()) + " address " + verb + " " + a.Prefix.String() + " dev " + a.Link
	if a.NoPrefixRoute {
		text += " noprefixroute"
	}
	if a.Lifetime != 0 || verb == "change" {
		text += " valid_lft " + seconds(a.Lifetime) + " preferred_lft " + seconds(a.Lifetime)
	}
	if label && !a.IPv6() {
		return text + " label " + AddressLabel(a.Link)
	}
	return text + " proto " + itoa(AddressProtocol)
}
