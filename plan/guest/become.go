package guest

import (
	"enid/plan"
	"enid/schema"
)

// become answers the machine on which what is asked now will be done: its hardware is
// what the cloud has attached by then, and what enid made on it is as it was.
//
// An ENI that leaves has its NIC still here, so that all that enid takes away is seen;
// the kernel itself does the same where the cloud is faster. Where another NIC has its
// name by then, or it comes back under another name, it was unplugged: addresses,
// routes and clients went with it, and rules, which know no link, did not.
func (m *model) become(a asked) *plan.World {
	world := World(a.bare())
	mine := map[string]bool{} // the links of before that are there
	macs := map[string]bool{}
	for _, link := range a.links {
		if l, ok := world.Get(LinkRef(link)).(Link); ok {
			macs[l.MAC] = true
		}
	}
	for of, link := range m.links {
		old, _ := m.world.Get(LinkRef(link)).(Link)
		now, _ := world.Get(LinkRef(link)).(Link)
		switch {
		case now.Name != "":
			mine[link] = of == schema.Ref{} || now.MAC == old.MAC && m.born[of] == a.born[of]
		default:
			mine[link] = !macs[old.MAC]
		}
	}
	for _, ref := range m.world.Refs() {
		if o := m.world.Get(ref); m.stays(ref, o, world, mine) {
			world.Put(ref, o)
		}
	}
	return world
}

// stays reports whether an object of before is there still: what is enid's own, and
// the values that it set.
func (m *model) stays(ref plan.Ref, o plan.Object, world *plan.World, mine map[string]bool) bool {
	on, ok := o.(object)
	switch o.(type) {
	case Rule, File:
		return Ours(o)
	case Address, Route:
		return Ours(o) && mine[on.Interface()]
	case Link, Lease:
		return mine[on.Interface()]
	case Channels, Sysctl:
		return mine[on.Interface()] && world.Get(ref) != nil && m.wanted.Get(ref) != nil
	case SocketFlows, Service:
		return ok && world.Get(ref) != nil && m.wanted.Get(ref) != nil
	}
	return false
}

// said answers a step with what was not known named so, instead of a number.
func (m *model) said(d done, start *plan.World) *plan.HostStep {
	for i, c := range d.Changes {
		switch o := start.Get(d.of).(type) {
		case Link:
			if c.Path == "mtu" && o.MTU == 0 {
				d.Changes[i].From = NotKnown
			}
		case Channels, Sysctl, SocketFlows, Service:
			if m.wanted.Get(d.of) == nil {
				d.Changes[i].From = NotKnown
			}
		}
	}
	return d.HostStep
}

// NotKnown is what a change is from where only the machine could say.
const NotKnown = "not known"
