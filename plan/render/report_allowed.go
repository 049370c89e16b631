package render

import (
	"slices"
	"strings"

	"enid/plan"
	"enid/schema"
)

// grant is what of one resource runs only because the change itself lets it.
type grant struct {
	first      *plan.Step
	operations []string
	steps      int
}

// grants answers one item for each resource and for whatever grants it: ten steps
// that one Policy lets run on three servers are three lines.
func (r *Report) grants() risk {
	k := risk{title: "Granted by this change itself", word: "resource"}
	at := map[string]*grant{}
	for _, s := range r.Steps {
		if len(s.GrantedBy) == 0 {
			continue
		}
		key := s.Target.String() + " " + refs(s.GrantedBy, spoken)
		g := at[key]
		if g == nil {
			g = &grant{first: s}
			at[key] = g
			k.items = append(k.items, riskItem{step: s, sort: string(s.Target.Kind), short: func(v voice) string { return v.name(s.Target.String()) }, say: g.say})
		}
		g.steps++
		if !slices.Contains(g.operations, s.Operation) {
			g.operations = append(g.operations, s.Operation)
		}
	}
	return k
}

func (g *grant) say(v voice) string {
	text := v.name(g.first.Target.String()) + ": " + names(g.operations, v)
	if g.steps > len(g.operations) {
		text += " (" + plan.Count(g.steps, "step") + ")"
	}
	return text + ", granted by " + refs(g.first.GrantedBy, v)
}

// permits reports whether documents of the kind say what may run.
func permits(kind schema.Kind) bool {
	return kind == schema.KindPolicy || kind == schema.KindApproval
}

// allowed answers the Policies and Approvals that come, change or go. No step shows
// them, but what earlier commits asked for and was blocked may run by them.
func (r *Report) allowed() risk {
	k := risk{title: "Changes what is allowed, of what was asked for earlier too", word: "document"}
	used := map[plan.Ref]bool{}
	for _, s := range r.Steps {
		for _, by := range s.GrantedBy {
			used[by] = by.Kind == schema.KindApproval // it allows that and nothing else
		}
	}
	for _, one := range r.Recorded {
		if !permits(one.Target.Kind) || used[one.Target] {
			continue
		}
		name := func(v voice) string { return v.name(one.Target.String()) }
		k.items = append(k.items, riskItem{sort: string(one.Target.Kind), short: name, say: func(v voice) string {
			var parts []string
			for _, c := range one.Changes[:min(len(one.Changes), maxItems)] {
				parts = append(parts, permission(c, v))
			}
			if more := len(one.Changes) - maxItems; more > 0 {
				parts = append(parts, plan.Count(more, "more field"))
			}
			if one.Was != nil {
				parts = append([]string{"was " + v.name(one.Was.String())}, parts...)
			}
			return name(v) + ": " + strings.Join(parts, ", ")
		}})
	}
	return k
}

// permission answers one field of it: what it was and what it is, or one of the two.
func permission(c plan.Change, v voice) string {
	text := v.name(strings.TrimPrefix(c.Path, "spec."))
	from, to := Value(c.From), Value(c.To)
	switch {
	case from == none:
		return text + " " + v.name(to)
	case to == none:
		return "no longer " + text + " " + v.name(from)
	}
	return text + " " + v.name(from) + " → " + v.name(to)
}
