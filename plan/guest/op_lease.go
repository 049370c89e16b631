package guest

import "enid/plan"

// acquireLease has a client of enid's ask a DHCP server. It does not wait for the
// answer: what is leased is observed later, and the address wanted from then on.
var acquireLease = operation(plan.Operation{
	ID: AcquireLease, Kind: KindLease, Action: plan.Create, Rank: rankAcquireLease, Source: "A 4.4.3",
	Gives: func(v *plan.View, ref plan.Ref) bool {
		w, wanted := want[Lease](v, ref)
		l, there := is[Lease](v, ref)
		return wanted && (!there || l.For != w.For)
	},
	Changes: func(v *plan.View, ref plan.Ref) []plan.Change {
		return Lease{}.Differs(v.Get(ref), v.Want.Get(ref))
	},
	Requires: []plan.Requirement{{Rule: plan.RuleDependsOn, Check: linkIsUp}},
	Effect: func(e *plan.Effects, ref plan.Ref) {
		w := e.Want.Get(ref).(Lease)
		e.Put(ref, Lease{Link: w.Link, For: w.For})
	},
}, func(_ Machine, _, to plan.Object) string {
	return "dhclient -4 -1 -sf /bin/true " + to.(Lease).Link
})

// releaseLease ends the client of a link, and gives its lease back. Nobody uses the
// address any more then: the server may give it to others at once.
var releaseLease = operation(plan.Operation{
	ID: ReleaseLease, Kind: KindLease, Action: plan.Delete, Rank: rankReleaseLease, Source: "A 4.4.3",
	Gives: func(v *plan.View, ref plan.Ref) bool {
		_, there := is[Lease](v, ref)
		_, wanted := want[Lease](v, ref)
		return there && !wanted
	},
	Changes:  vanishes("lease"),
	Requires: []plan.Requirement{{Rule: plan.RuleDependsOn, Check: unconfigured}},
	Effect:   func(e *plan.Effects, ref plan.Ref) { e.Put(ref, nil) },
}, func(_ Machine, from, _ plan.Object) string {
	return "dhclient -4 -r -sf /bin/true " + from.(Lease).Link
})

// unconfigured: the leased address is off the link, unless it stays for another
// reason; then the lease is not given back but left to run out.
func unconfigured(v *plan.View, ref plan.Ref) plan.Verdict {
	l, _ := is[Lease](v, ref)
	for _, other := range v.Members(addressesOf(l.Link, false)) {
		a, ok := is[Address](v, other)
		if _, wanted := want[Address](v, other); ok && a.Ours && !wanted && a.Prefix.Addr() == l.For {
			return waitFor(other, "%s is still on %s", a.Prefix, l.Link)
		}
	}
	return fine()
}

// setLifetime has the kernel keep an address as long as it is leased: longer once
// the lease was renewed, for ever once it is leased no more but declared. The
// address stays all the while.
var setLifetime = operation(plan.Operation{
	ID: SetLifetime, Kind: KindAddress, Action: plan.Update, Rank: rankLifetime, Source: "A 4.4.3",
	Gives: func(v *plan.View, ref plan.Ref) bool {
		a, _ := is[Address](v, ref)
		w, _ := want[Address](v, ref)
		return stays(a, w) && !sameLifetime(a.Lifetime, w.Lifetime)
	},
	Changes: func(v *plan.View, ref plan.Ref) []plan.Change {
		return []plan.Change{lifetimeChange(v.Get(ref).(Address), v.Want.Get(ref).(Address))}
	},
	Effect: func(e *plan.Effects, ref plan.Ref) {
		a := e.Get(ref).(Address)
		a.Lifetime = e.Want.Get(ref).(Address).Lifetime
		e.Put(ref, a)
	},
}, func(m Machine, _, to plan.Object) string {
	return addressCommand("change", to.(Address), m.Label)
})

// Ages reports whether an object is as it is wanted but for how long it lasts.
func Ages(ref plan.Ref, world, wanted *plan.World) bool {
	a, _ := world.Get(ref).(Address)
	w, _ := wanted.Get(ref).(Address)
	return stays(a, w)
}

// stays reports whether an address of enid's own that is wanted is there, and need
// not be made anew. A zero one is nobody's.
func stays(is, want Address) bool {
	return is.Ours && want.Ours && is.NoPrefixRoute == want.NoPrefixRoute
}

func lifetimeChange(a, b Address) plan.Change {
	return plan.Change{Path: "valid_lft", From: seconds(a.Lifetime), To: seconds(b.Lifetime)}
}

// Presumed answers the leases that addresses speak of where no client of this
// process is: an address of enid's own that has a lifetime is one that another
// process of enid's leased, and renews. A dry run takes them for that.
func Presumed(world *plan.World) (leases []Lease) {
	for _, ref := range world.Refs() {
		a, ok := world.Get(ref).(Address)
		if ok && a.Ours && !a.IPv6() && a.Lifetime > 0 && world.Get(LeaseRef(a.Link)) == nil {
			leases = append(leases, Lease{Link: a.Link, For: a.Prefix.Addr(), Address: a.Prefix, Lifetime: a.Lifetime})
		}
	}
	return leases
}

// Granted answers the leases of a world that were granted, in its order.
func Granted(world *plan.World) (leases []Lease) {
	for _, ref := range world.Refs() {
		if l, ok := world.Get(ref).(Lease); ok && l.Address.IsValid() {
			leases = append(leases, l)
		}
	}
	return leases
}
