package guest

import (
	"fmt"

	"enid/plan"
)

var setLinkUp = operation(plan.Operation{
	ID: SetLinkUp, Kind: KindLink, Action: plan.Update, Rank: rankLinkUp,
	Gives: func(v *plan.View, ref plan.Ref) bool {
		l, ok := is[Link](v, ref)
		w, wanted := want[Link](v, ref)
		return ok && wanted && w.Up && !l.Up
	},
	Changes: func(*plan.View, plan.Ref) []plan.Change {
		return []plan.Change{{Path: "up", From: false, To: true}}
	},
	Effect: func(e *plan.Effects, ref plan.Ref) {
		l := e.Get(ref).(Link)
		l.Up = true
		e.Put(ref, l)
	},
}, func(_ Machine, from, _ plan.Object) string {
	return "ip link set dev " + from.(Link).Name + " up"
})

var setMTU = operation(plan.Operation{
	ID: SetMTU, Kind: KindLink, Action: plan.Update, Rank: rankMTU, Source: "api ENI.guest.mtu",
	Gives: func(v *plan.View, ref plan.Ref) bool {
		l, ok := is[Link](v, ref)
		w, wanted := want[Link](v, ref)
		return ok && wanted && w.MTU != l.MTU
	},
	Changes: func(v *plan.View, ref plan.Ref) []plan.Change {
		return []plan.Change{{Path: "mtu", From: v.Get(ref).(Link).MTU, To: v.Want.Get(ref).(Link).MTU}}
	},
	Requires: []plan.Requirement{{Rule: RuleVerify, Check: mtuFits}},
	Effect: func(e *plan.Effects, ref plan.Ref) {
		l := e.Get(ref).(Link)
		l.MTU = e.Want.Get(ref).(Link).MTU
		e.Put(ref, l)
	},
}, func(_ Machine, from, to plan.Object) string {
	return fmt.Sprintf("ip link set dev %s mtu %d", from.(Link).Name, to.(Link).MTU)
})

// What each family works with: below it the kernel removes the link's addresses.
const (
	smallestMTU     = 68
	smallestMTUIPv6 = 1280
)

func mtuFits(v *plan.View, ref plan.Ref) plan.Verdict {
	l, _ := is[Link](v, ref)
	mtu := v.Want.Get(ref).(Link).MTU
	least := max(l.MinMTU, smallestMTU)
	if v.AtLeast(addressesOf(l.Name, true), 1) || v.Want.Count(addressesOf(l.Name, true)) > 0 {
		least = max(least, smallestMTUIPv6)
	}
	if mtu < least || l.MaxMTU > 0 && mtu > l.MaxMTU {
		return plan.Fails(fmt.Sprintf("declare %d to %d", least, l.MaxMTU), "MTU %d is asked for; %s takes %d to %d", mtu, l.Name, least, l.MaxMTU)
	}
	return fine()
}

// setPromote only enables: a subnet's first address can go without the others.
var setPromote = operation(plan.Operation{
	ID: SetPromote, Kind: KindLink, Action: plan.Update, Rank: rankDeleteAddress,
	Changes: func(*plan.View, plan.Ref) []plan.Change {
		return []plan.Change{{Path: "promote_secondaries", From: false, To: true}}
	},
	Effect: func(e *plan.Effects, ref plan.Ref) {
		l := e.Get(ref).(Link)
		l.Promote = true
		e.Put(ref, l)
	},
}, func(_ Machine, from, _ plan.Object) string {
	return "echo 1 > /proc/sys/net/ipv4/conf/" + from.(Link).Name + "/promote_secondaries"
})
