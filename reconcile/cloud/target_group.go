package cloud

import (
	"slices"

	"enid/schema"
)

var (
	noTargetGroup = onAWS("TargetGroupNotFound")
	badTarget     = onAWS("InvalidTarget")
)

type targetGroup struct {
	ref    schema.Ref
	spec   schema.TargetGroupSpec
	status schema.TargetGroupStatus
}

// targetGroupOf answers the group of that resource; where nothing was observed,
// the declared targets that run take traffic.
func (m *memory) targetGroupOf(r *schema.Resource) targetGroup {
	g := targetGroup{ref: r.Ref, spec: *r.Spec.(*schema.TargetGroupSpec)}
	if s, ok := r.Status.(*schema.TargetGroupStatus); ok {
		g.status = *s
		return g
	}
	for _, name := range g.spec.Targets {
		if at := m.Get(schema.Ref{Kind: schema.KindInstance, Name: name}); at != nil && instanceOf(at).status.Phase == schema.PhaseRunning {
			g.status.Registered = append(g.status.Registered, name)
		}
	}
	return g
}

func (e *edit) setTargetGroup(g targetGroup) { e.set(g.ref, &g.spec, &g.status) }

func (e *edit) createTargetGroup() error {
	if err := e.fresh(); err != nil {
		return err
	}
	g := targetGroup{ref: e.call.Target, spec: *e.call.Want.Spec.(*schema.TargetGroupSpec)}
	if e.Get(schema.Ref{Kind: schema.KindVPC, Name: g.spec.VPC}) == nil {
		return e.refuse(noVPC, "there is no VPC %s", g.spec.VPC)
	}
	g.spec.Targets = nil // registering them is a call of its own
	g.status.CommonStatus = e.common(onAWS("tg"))
	e.setTargetGroup(g)
	return nil
}

// targetGroup answers the target, or the refusal that there is none.
func (e *edit) targetGroup() (targetGroup, error) {
	r := e.Get(e.call.Target)
	if r == nil {
		return targetGroup{}, e.refuse(noTargetGroup, "there is no %s", e.call.Target)
	}
	return e.targetGroupOf(r), nil
}

// register lets an instance take traffic. Document B 01-02.
func (e *edit) register() error {
	g, err := e.targetGroup()
	if err != nil {
		return err
	}
	r := e.Get(schema.Ref{Kind: schema.KindInstance, Name: e.call.Item})
	if r == nil {
		return e.refuse(badTarget, "there is no instance %s", e.call.Item)
	}
	i, vpc := instanceOf(r), schema.VPCOf(e, r)
	switch {
	case vpc == nil || vpc.Name != g.spec.VPC:
		return e.refuse(badTarget, "%s is not in VPC %s", i.ref, g.spec.VPC)
	case i.status.Phase != schema.PhaseRunning:
		return e.refuse(badTarget, "%s is %s, not running", i.ref, i.status.Phase)
	case slices.Contains(g.status.Registered, i.ref.Name):
		return e.refuse(conflict, "%s is registered in %s", i.ref, g.ref)
	}
	g.status.Registered = append(slices.Clone(g.status.Registered), i.ref.Name)
	if !slices.Contains(g.spec.Targets, i.ref.Name) {
		g.spec.Targets = append(slices.Clone(g.spec.Targets), i.ref.Name)
	}
	e.setTargetGroup(g)
	return nil
}

// deregister takes an instance's traffic away: it left the group, or is about to
// stop and stays a target. Document B 01-02.
func (e *edit) deregister() error {
	g, err := e.targetGroup()
	if err != nil {
		return err
	}
	if !slices.Contains(g.status.Registered, e.call.Item) {
		return e.refuse(badTarget, "%s is not registered in %s", e.call.Item, g.ref)
	}
	g.lose(e.call.Item)
	if e.call.Want == nil || !slices.Contains(e.call.Want.Spec.(*schema.TargetGroupSpec).Targets, e.call.Item) {
		g.spec.Targets = slices.DeleteFunc(slices.Clone(g.spec.Targets), func(n string) bool { return n == e.call.Item })
	}
	e.setTargetGroup(g)
	return nil
}

// lose takes an instance out of those that take traffic.
func (g *targetGroup) lose(name string) {
	g.status.Registered = slices.DeleteFunc(slices.Clone(g.status.Registered), func(n string) bool { return n == name })
}
