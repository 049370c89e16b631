package guest

import "enid/plan"

// Ours reports whether an object is there and is enid's own: an address, a route,
// a rule or a file that enid made.
func Ours(o plan.Object) bool {
	switch o := o.(type) {
	case Address:
		return o.Ours
	case Route:
		return o.Ours()
	case Rule:
		return o.Ours()
	case File:
		return o.Ours
	}
	return false
}

// WentWithLink reports whether a wanted object that is missing from the world went
// with its link, so that no other program is to be blamed for it. before is the
// world of the look before; nil: there was none.
//
// A link that goes down, for however short a time, loses all its IPv4 routes but
// the local ones, and keeps its IPv4 addresses; of IPv6 it loses routes and addresses
// alike. Rules know no link. A NIC that is unplugged takes all of it along, and comes
// back with another index.
func WentWithLink(target plan.Ref, before, world, wanted *plan.World) bool {
	switch o := wanted.Get(target).(type) {
	case Address:
		return o.IPv6() && flapped(world, o.Link) || replugged(o.Link, before, world)
	case Route:
		return (o.IPv6() || o.Type != Local) && flapped(world, o.Link) || replugged(o.Link, before, world)
	}
	return false
}

// flapped reports whether the link is down, or has nothing of enid's own that goes
// when it goes down.
func flapped(world *plan.World, link string) bool {
	if l, _ := world.Get(LinkRef(link)).(Link); !l.Up {
		return true
	}
	for _, ref := range world.Members(routesVia(link)) {
		if r := world.Get(ref).(Route); r.Ours() && (r.IPv6() || r.Type != Local) {
			return false
		}
	}
	return true
}

// replugged reports whether the link is not the one that it was before.
func replugged(link string, before, world *plan.World) bool {
	if before == nil {
		return false
	}
	was, there := before.Get(LinkRef(link)).(Link)
	is, _ := world.Get(LinkRef(link)).(Link)
	return !there || was.Index != is.Index
}
