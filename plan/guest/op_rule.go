package guest

import "enid/plan"

var addRule = operation(plan.Operation{
	ID: AddRule, Kind: KindRule, Action: plan.Create, Rank: rankAddRule, Source: "A 4.4.7",
	Gives: func(v *plan.View, ref plan.Ref) bool {
		w, wanted := want[Rule](v, ref)
		_, there := is[Rule](v, ref)
		return wanted && w.Ours() && !there
	},
	Changes: appears("rule"),
	Requires: []plan.Requirement{
		{Rule: plan.RuleDependsOn, Check: tableLeadsOut},
		{Rule: plan.RuleDependsOn, Check: sourceIsHere},
	},
	Effect: func(e *plan.Effects, ref plan.Ref) { e.Put(ref, e.Want.Get(ref)) },
}, func(_ Machine, _, to plan.Object) string {
	return ruleCommand("add", to.(Rule))
})

// tableLeadsOut: the ENI's table has its default route before traffic is sent there.
func tableLeadsOut(v *plan.View, ref plan.Ref) plan.Verdict {
	w := v.Want.Get(ref).(Rule)
	r, there := is[Route](v, w.Way)
	if next, _ := want[Route](v, w.Way); !there || r != next {
		return waitFor(w.Way, "the route %s is not there yet", w.Way.Name)
	}
	return fine()
}

// sourceIsHere: a rule comes after the address or the delegated prefix it is for.
func sourceIsHere(v *plan.View, ref plan.Ref) plan.Verdict {
	w := v.Want.Get(ref).(Rule)
	if !w.Home.IsZero() && v.Get(w.Home) == nil {
		return waitFor(w.Home, "%s is not there yet", w.Home.Name)
	}
	return fine()
}

var deleteRule = operation(plan.Operation{
	ID: DeleteRule, Kind: KindRule, Action: plan.Delete, Rank: rankDeleteRule,
	Gives: func(v *plan.View, ref plan.Ref) bool {
		r, there := is[Rule](v, ref)
		_, wanted := want[Rule](v, ref)
		return there && r.Ours() && !wanted
	},
	Changes:  vanishes("rule"),
	Requires: []plan.Requirement{{Rule: plan.RuleDependsOn, Check: replaced}},
	Effect:   func(e *plan.Effects, ref plan.Ref) { e.Put(ref, nil) },
}, func(_ Machine, from, _ plan.Object) string {
	return ruleCommand("delete", from.(Rule))
})

// replaced: what is to serve the same source from now on is there before the old
// rule goes.
func replaced(v *plan.View, ref plan.Ref) plan.Verdict {
	r, _ := is[Rule](v, ref)
	if !r.Src.IsValid() {
		return fine()
	}
	for _, next := range v.Want.Members(rulesFrom(r.Src)) {
		if _, there := is[Rule](v, next); !there {
			return waitFor(next, "the rule %s is to take its place first", next.Name)
		}
	}
	return fine()
}

func ruleCommand(verb string, r Rule) string {
	return ipFor(r.IPv6()) + " rule " + verb + " " + r.String() + " priority " + itoa(int(r.Priority)) + " protocol " + itoa(int(r.Protocol))
}
