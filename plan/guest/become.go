package guest

import (
	"cmp"
	"slices"

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
	o := a.bare()
	world := World(o)
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
		x := m.world.Get(ref)
		if m.stays(ref, x, world, mine) || m.held(x, a) {
			o.add(x)
		}
	}
	slices.SortStableFunc(o.Addresses, func(a, b Address) int { return cmp.Compare(a.Order, b.Order) })
	return World(o)
}

// leaving answers the ENIs that are attached no more.
func (m *model) leaving(a asked) (out []ENI) {
	if m.host == nil {
		return nil
	}
	for _, e := range m.host.ENIs {
		if _, there := a.links[e.Ref]; !there && m.links[e.Ref] != "" {
			out = append(out, e)
		}
	}
	return out
}

// add adds an object as it would be read, in the place of one of its name.
func (o *Objects) add(x plan.Object) {
	switch x := x.(type) {
	case Link:
		o.Links = append(o.Links, x)
	case Address:
		o.Addresses = append(o.Addresses, x)
	case Route:
		o.Routes = append(o.Routes, x)
	case Rule:
		o.Rules = append(o.Rules, x)
	case Channels:
		o.Channels = append(o.Channels, x)
	case object:
		o.More = append(o.More, x)
	}
}

// stays reports whether an object of before is there still: what is enid's own, and
// the values that it set.
func (m *model) stays(ref plan.Ref, x plan.Object, bare *plan.World, mine map[string]bool) bool {
	link := ""
	if on, ok := x.(object); ok {
		link = on.Interface()
	}
	set := bare.Get(ref) != nil && m.wanted.Get(ref) != nil
	switch x.(type) {
	case Rule, File:
		return Ours(x)
	case Address, Route:
		return Ours(x) && mine[link]
	case Link, Lease:
		return mine[link]
	case Channels, Sysctl:
		return set && mine[link]
	case SocketFlows, Service:
		return set
	}
	return false
}

// held reports whether it is a partition or a file system of a volume that was there:
// it has the size that it had.
func (m *model) held(x plan.Object, a asked) bool {
	switch x := x.(type) {
	case Partition:
		return a.sameDisk(m.asked, x.Disk)
	case FileSystem:
		return slices.ContainsFunc(a.host.Volumes, func(v Volume) bool {
			disk := Disk{Name: v.device()}
			return disk.Holder(v.Guest.Partition) == x.Device && a.sameDisk(m.asked, disk.Name)
		})
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
