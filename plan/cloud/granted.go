package cloud

import (
	"maps"
	"slices"
	"time"

	"enid/plan"
	"enid/schema"
)

// Granted notes in the plan's steps which Policies and Approvals let them run that
// the change itself adds, widens or, where they denied, removes: the plan is made
// again under those that were applied before, and what cannot run there, or is not
// asked for there, is granted by the change. So is what gets to be selected by a
// Policy only by a label that the change gives it. Where nobody decides anything
// new, nothing is planned again.
func Granted(p *plan.Plan, o *Origin, want *plan.World, at time.Time, opts plan.Options) error {
	g := &grants{state: o.State, want: want, now: plan.NewView(o.World, want, at)}
	if before := g.decidedBefore(); before != nil && len(p.Runnable()) > 0 {
		old, err := plan.Make(domain, Prepare(o.State, before), before, at, opts)
		if err != nil {
			return err
		}
		g.note(p.Runnable(), old.Runnable())
	}
	p.Count()
	return nil
}

// grants compares who decided before with who does now.
type grants struct {
	state, want *plan.World
	now         *plan.View
	// changed are the Policies and Approvals that differ, or are on one side only.
	changed []plan.Ref
	by      map[*plan.Step]map[plan.Ref]bool
}

// decidedBefore answers what is wanted as it would be judged before the change, nil
// where that is no other way.
func (g *grants) decidedBefore() *plan.World {
	before := g.want.Fork()
	decides := func(ref plan.Ref) bool { return ref.Kind == schema.KindPolicy || ref.Kind == schema.KindApproval }
	relabelled := false
	g.want.Each(func(ref plan.Ref, o plan.Object) {
		is, was := o.(*schema.Resource), g.was(ref)
		switch {
		case decides(ref) && (was == nil || !same(is.Spec, was.Spec)):
			g.changed = append(g.changed, ref)
		case was != nil && !maps.Equal(is.Labels, was.Labels):
			labelled := is.With(nil, nil)
			labelled.Labels, relabelled = was.Labels, true
			before.Put(ref, labelled)
		}
	})
	g.state.Each(func(ref plan.Ref, _ plan.Object) {
		if decides(ref) && g.want.Get(ref) == nil {
			g.changed = append(g.changed, ref)
		}
	})
	if len(g.changed) == 0 && (!relabelled || g.want.Count(plan.Term{Index: indexPolicies}) == 0) {
		return nil
	}
	slices.SortFunc(g.changed, plan.Ref.Compare)
	for _, ref := range g.changed {
		before.Put(ref, g.state.Get(ref))
	}
	return before
}

func (g *grants) was(ref plan.Ref) *schema.Resource { return lookup{g.state.Get}.Get(ref) }
func (g *grants) is(ref plan.Ref) *schema.Resource  { return lookup{g.want.Get}.Get(ref) }

// note marks the steps that could not run before. What runs because another such
// step does is granted by the same.
func (g *grants) note(steps, before []*plan.Step) {
	could := map[plan.Call]int{}
	for _, s := range before {
		could[s.Call()]++
	}
	var granted []*plan.Step
	g.by = map[*plan.Step]map[plan.Ref]bool{}
	for _, s := range steps {
		if by := g.directly(s); could[s.Call()] <= 0 || len(g.unprotects(s)) > 0 {
			granted, g.by[s] = append(granted, s), by
		}
		could[s.Call()]--
	}
	g.spread(granted)
	for _, s := range granted {
		if len(g.by[s]) == 0 { // it cannot be told which of them it was
			for _, ref := range g.changed {
				g.by[s][ref] = true
			}
		}
		s.GrantedBy = slices.SortedFunc(maps.Keys(g.by[s]), plan.Ref.Compare)
	}
}

// spread has the steps share their grants with those that they depend on or that
// are done for them, until nothing is added.
func (g *grants) spread(granted []*plan.Step) {
	byID, byCall := map[string]*plan.Step{}, map[plan.Call]*plan.Step{}
	for _, s := range granted {
		byID[s.ID], byCall[s.Call()] = s, s
	}
	for added := true; added; {
		added = false
		for _, s := range granted {
			var from []*plan.Step
			for _, id := range s.DependsOn {
				from = append(from, byID[id])
			}
			if s.Serves != nil {
				from = append(from, byCall[*s.Serves])
			}
			for _, f := range from {
				for ref := range g.by[f] {
					added = added || !g.by[s][ref]
					g.by[s][ref] = true
				}
			}
		}
	}
}

// directly answers the changed documents by which the step's own requirements hold.
func (g *grants) directly(s *plan.Step) map[plan.Ref]bool {
	by := map[plan.Ref]bool{}
	for _, ref := range s.Spends {
		if slices.Contains(g.changed, ref) {
			by[ref] = true
		}
	}
	if slices.ContainsFunc(s.Checks, func(c plan.Checked) bool { return c.Rule == plan.RuleDowntime || c.Rule == plan.RuleWindow }) {
		stops := s.Target
		if s.Target.Kind == schema.KindImage {
			stops = sourceOf(g.now, s.Target)
		}
		g.allowing(stops, by)
	}
	for _, ref := range g.unprotects(s) {
		by[ref] = true
	}
	return by
}

// allowing adds the Policies by which an instance may be stopped now and could not
// before: those that allow it anew, and those that no longer deny it.
func (g *grants) allowing(instance plan.Ref, by map[plan.Ref]bool) {
	for _, ref := range g.policies() {
		is, was := g.selecting(g.is(ref), instance), g.selectingBefore(g.was(ref), instance)
		allows := is != nil && is.Downtime != "" && is.Downtime != "deny"
		denied := was != nil && (was.Downtime == "" || was.Downtime == "deny")
		switch {
		case allows && (was == nil || !same(is, was)), denied && (is == nil || allows), was != nil && was.Downtime == "window" && is == nil:
			by[ref] = true
		}
	}
}

// unprotects answers the Policies that the change adds or widens and without which
// the files could not leave an instance unprotected, where the step does so.
func (g *grants) unprotects(s *plan.Step) (by []plan.Ref) {
	w := spec[*schema.InstanceSpec](g.is(s.Target))
	if s.Op.ID != protectionOperation.ID && s.Op.ID != "instance.create" || w == nil || on(w.TerminationProtection, true) || !is(g.now, s.Target, schema.AWS) {
		return nil
	}
	could, some := true, false
	for _, ref := range g.policies() {
		if was := g.selectingBefore(g.was(ref), s.Target); was != nil {
			could, some = could && was.AllowUnprotected, true
		}
	}
	if could && some {
		return nil
	}
	for _, ref := range g.policies() {
		is, was := g.selecting(g.is(ref), s.Target), g.selectingBefore(g.was(ref), s.Target)
		if is != nil && is.AllowUnprotected && (was == nil || !was.AllowUnprotected) || is == nil && was != nil && !was.AllowUnprotected {
			by = append(by, ref)
		}
	}
	return by
}

// policies answers the Policies of both sides, sorted.
func (g *grants) policies() []plan.Ref {
	all := plan.Term{Index: indexPolicies}
	refs := append(g.want.Members(all), g.state.Members(all)...)
	slices.SortFunc(refs, plan.Ref.Compare)
	return slices.Compact(refs)
}

// selecting answers what a Policy says of the target, nil where it does not select
// it; as policiesOf has it, by its labels of both sides.
func (g *grants) selecting(policy *schema.Resource, target plan.Ref) *schema.PolicySpec {
	if policy == nil || !selects(policy, g.is(target)) && !selects(policy, g.was(target)) {
		return nil
	}
	return policy.Spec.(*schema.PolicySpec)
}

// selectingBefore is selecting by the labels that the target had; what was not there
// has those that it gets.
func (g *grants) selectingBefore(policy *schema.Resource, target plan.Ref) *schema.PolicySpec {
	r := g.was(target)
	if r == nil {
		r = g.is(target)
	}
	if policy == nil || !selects(policy, r) {
		return nil
	}
	return policy.Spec.(*schema.PolicySpec)
}
