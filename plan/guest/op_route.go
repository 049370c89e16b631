package guest

import (
	"enid/plan"
)

var addRoute = operation(plan.Operation{
	ID: AddRoute, Kind: KindRoute, Action: plan.Create, Rank: rankAddRoute, Source: "A 4.4.5, 4.4.6",
	Gives: func(v *plan.View, ref plan.Ref) bool {
		w, wanted := want[Route](v, ref)
		r, there := is[Route](v, ref)
		return wanted && w.Ours() && !(there && r.Ours())
	},
	Changes:  func(v *plan.View, ref plan.Ref) []plan.Change { return routeChange(v, ref, "") },
	Requires: routeRequires,
	Effect:   func(e *plan.Effects, ref plan.Ref) { e.Put(ref, e.Want.Get(ref)) },
}, func(_ Machine, _, to plan.Object) string {
	return routeCommand("add", to.(Route))
})

// replaceRoute changes a route of enid's own in one go: its traffic never falls
// through to main in between.
var replaceRoute = operation(plan.Operation{
	ID: ReplaceRoute, Kind: KindRoute, Action: plan.Update, Rank: rankAddRoute, Source: "A 4.4.5, 4.4.6",
	Gives: func(v *plan.View, ref plan.Ref) bool {
		w, wanted := want[Route](v, ref)
		r, there := is[Route](v, ref)
		return wanted && w.Ours() && there && r.Ours() && r != w
	},
	Changes: func(v *plan.View, ref plan.Ref) []plan.Change {
		return routeChange(v, ref, v.Get(ref).(Route).String())
	},
	Requires: routeRequires,
	Effect:   func(e *plan.Effects, ref plan.Ref) { e.Put(ref, e.Want.Get(ref)) },
}, func(_ Machine, _, to plan.Object) string {
	return routeCommand("replace", to.(Route))
})

func routeChange(v *plan.View, ref plan.Ref, from string) []plan.Change {
	c := plan.Change{Path: "route", To: v.Want.Get(ref).(Route).String()}
	if from != "" {
		c.From = from
	}
	return []plan.Change{c}
}

var routeRequires = []plan.Requirement{
	{Rule: RuleKeepDefault, Check: behindPrimary},
	{Rule: RuleMetric, Check: metricFree},
	{Rule: RuleTable, Check: tableOurs},
	{Rule: RuleIPv6, Check: takesIPv6},
	{Rule: plan.RuleDependsOn, Check: linkIsUp},
	{Rule: plan.RuleDependsOn, Check: linkHasAddress},
}

// behindPrimary: a default route of main stands behind the active one, so that it
// never takes over.
func behindPrimary(v *plan.View, ref plan.Ref) plan.Verdict {
	return inFront(v, v.Want.Get(ref).(Route))
}

// inFront judges a route of enid's by the primary's default route, which it leaves
// in front.
func inFront(v *plan.View, w Route) plan.Verdict {
	if w.Table != TableMain || !w.Default() {
		return plan.Skipped()
	}
	best, ok := active(v, w.IPv6())
	switch {
	case !ok:
		return plan.Fails("restore the primary's default route; enid goes on by itself then", "main has no default route of the primary: %s would take its place", w.Link)
	case best.Metric >= w.Metric:
		return plan.Fails("declare a metricBase above that metric in the Host", "the primary's default route `%s` has metric %d: with metric %d the route over %s would take its place",
			best, best.Metric, w.Metric, w.Link)
	}
	return plan.Holds("the primary's default route `%s` stays in front", best)
}

// metricFree: the place in main is not somebody else's.
func metricFree(v *plan.View, ref plan.Ref) plan.Verdict {
	w := v.Want.Get(ref).(Route)
	if w.Table != TableMain {
		return plan.Skipped()
	}
	if r, there := is[Route](v, ref); there && !r.Ours() {
		return plan.Fails("remove it, or declare another metric for the ENI", "main has a foreign route with this metric: `%s`", r)
	}
	return fine()
}

// tableOurs: a table that holds a foreign route is somebody else's, all of it. In
// the kernel's own table of local addresses only the place counts.
func tableOurs(v *plan.View, ref plan.Ref) plan.Verdict {
	w := v.Want.Get(ref).(Route)
	switch w.Table {
	case TableMain:
		return plan.Skipped()
	case TableLocal:
		if r, there := is[Route](v, ref); there && !r.Ours() {
			return plan.Fails("remove it", "table local has a foreign route for this prefix: `%s`", r)
		}
		return fine()
	}
	if !v.AtLeast(foreignIn(w.Table, w.IPv6()), 1) {
		return fine()
	}
	for _, other := range v.Members(foreignIn(w.Table, w.IPv6())) {
		if serves(v.Want, other) {
			continue
		}
		return plan.Fails("remove it, or declare another table for the ENI", "table %s holds a foreign route: `%s`", TableName(w.Table), v.Get(other))
	}
	return fine()
}

func linkIsUp(v *plan.View, ref plan.Ref) plan.Verdict {
	link := v.Want.Get(ref).(object).Interface()
	if l, ok := is[Link](v, LinkRef(link)); !ok || !l.Up {
		return waitFor(LinkRef(link), "%s is down", link)
	}
	return fine()
}

func linkHasAddress(v *plan.View, ref plan.Ref) plan.Verdict {
	w := v.Want.Get(ref).(Route)
	if w.IPv6() || v.AtLeast(addressesOf(w.Link, false), 1) {
		return fine() // the kernel flushes IPv4 routes with a link's last address, and no IPv6 ones
	}
	return plan.Fails("it follows when an address is there", "%s has no address yet", w.Link).
		Wait(v.Want.Members(addressesOf(w.Link, false))...)
}

var deleteRoute = operation(plan.Operation{
	ID: DeleteRoute, Kind: KindRoute, Action: plan.Delete, Rank: rankDeleteRoute,
	Gives: func(v *plan.View, ref plan.Ref) bool {
		r, there := is[Route](v, ref)
		w, wanted := want[Route](v, ref)
		return there && r.Ours() && !(wanted && w.Ours())
	},
	Changes:  vanishes("route"),
	Requires: []plan.Requirement{{Rule: plan.RuleDependsOn, Check: lookedUpNoMore}},
	Effect:   func(e *plan.Effects, ref plan.Ref) { e.Put(ref, nil) },
}, func(_ Machine, from, _ plan.Object) string {
	return routeCommand("delete", from.(Route))
})

// lookedUpNoMore: the rules that send traffic to a route go before it.
func lookedUpNoMore(v *plan.View, ref plan.Ref) plan.Verdict {
	r, _ := is[Route](v, ref)
	if r.Table == TableMain || r.Table == TableLocal {
		return plan.Skipped()
	}
	if v.Want.Count(lookups(r.Table, r.IPv6())) == 0 {
		if !v.AtLeast(lookups(r.Table, r.IPv6()), 1) { // the cheap question, for tables that go
			return fine()
		}
		rules := v.World().Members(lookups(r.Table, r.IPv6()))
		return waitFor(rules[0], "%d rules still look table %s up", len(rules), TableName(r.Table))
	}
	for _, rule := range v.Members(lookups(r.Table, r.IPv6())) {
		if _, wanted := want[Rule](v, rule); !wanted {
			return waitFor(rule, "the rule %s still looks it up", rule.Name)
		}
	}
	return fine()
}

func routeCommand(verb string, r Route) string {
	text := ipFor(r.IPv6()) + " route " + verb + " " + r.String()
	if r.Table != TableMain {
		text += " table " + TableName(r.Table)
	}
	return text
}
