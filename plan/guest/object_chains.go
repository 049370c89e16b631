package guest

import "enid/plan"

// The interface of a NIC and what is on it are one chain, apart from it its queues,
// since neither needs the other.

// Interface answers none.
func (Machine) Interface() string { return "" }

// Chain answers the machine's.
func (Machine) Chain() string { return MachineRef.Name }

// Interface answers the link's name.
func (l Link) Interface() string { return l.Name }

// Chain answers the interface's.
func (l Link) Chain() string { return l.Name }

// Interface answers the link that has the address.
func (a Address) Interface() string { return a.Link }

// Chain answers the interface's.
func (a Address) Chain() string { return a.Link }

// Interface answers the link that the route leads over; empty: several, or none.
func (r Route) Interface() string { return r.Link }

// Chain answers the interface's.
func (r Route) Chain() string { return r.Link }

// Interface answers the link that the rule is for; a rule of a table that is
// nobody's has none.
func (r Rule) Interface() string { return r.Link }

// Chain answers the interface's. A rule of a table that is nobody's belongs to the
// table.
func (r Rule) Chain() string {
	if r.Link == "" {
		return "table " + TableName(r.Table)
	}
	return r.Link
}

// Interface answers the link.
func (c Channels) Interface() string { return c.Link }

// Chain answers that of the link's queues.
func (c Channels) Chain() string { return queuesOf(c.Link) }

func queuesOf(link string) string { return link + " queues" }

// of answers the object at the target, as it is wanted or else as it is.
func of(target plan.Ref, world, wanted *plan.World) (object, bool) {
	if o, ok := wanted.Get(target).(object); ok {
		return o, true
	}
	o, ok := world.Get(target).(object)
	return o, ok
}

// Chain answers whose chain a target belongs to.
func Chain(target plan.Ref, world, wanted *plan.World) string {
	if o, ok := of(target, world, wanted); ok {
		return o.Chain()
	}
	return target.Name
}

// Interface answers what a step changes, as a plan shows it: the interface, or
// where there is none the chain.
func Interface(target plan.Ref, world, wanted *plan.World) string {
	o, ok := of(target, world, wanted)
	switch {
	case !ok:
		return target.Name
	case o.Interface() != "":
		return o.Interface()
	}
	return o.Chain()
}

// OnLink answers an object as it is once its link has that name: what is asked of an
// interface follows the NIC, not the name. One that is on no link stays as it is.
func OnLink(o plan.Object, link string) plan.Object {
	switch o := o.(type) {
	case Link:
		o.Name = link
		return o
	case Address:
		o.Link = link
		return o
	case Channels:
		o.Link = link
		return o
	case RPS:
		o.Link = link
		return o
	case XPS:
		o.Link = link
		return o
	case QueueFlows:
		o.Link = link
		return o
	case Sysctl:
		o.Link = link
		return o
	}
	return o
}
