package guest

import "enid/plan"

// differs is the full comparison of one object with what is wanted. What enid
// did not make and does not want makes no difference.
func differs(world, wanted *plan.World, ref plan.Ref) []plan.Change {
	if o, ok := of(ref, world, wanted); ok {
		return o.Differs(world.Get(ref), wanted.Get(ref))
	}
	return nil
}

// Differs answers none: nothing changes the machine.
func (Machine) Differs(_, _ plan.Object) []plan.Change { return nil }

// Differs compares whether the link is up, and its MTU.
func (Link) Differs(is, want plan.Object) (out []plan.Change) {
	a, have := is.(Link)
	b, ask := want.(Link)
	if !have || !ask {
		return nil
	}
	if b.Up && !a.Up {
		out = append(out, plan.Change{Path: "up", From: false, To: true})
	}
	if a.MTU != b.MTU {
		out = append(out, plan.Change{Path: "mtu", From: a.MTU, To: b.MTU})
	}
	return out
}

// Differs compares addresses of enid's own, but for what is nobody's wish.
func (x Address) Differs(is, want plan.Object) []plan.Change {
	a, _ := is.(Address)
	b, _ := want.(Address)
	if left, asked := a.Lifetime, b.Lifetime; stays(a, b) && !sameLifetime(left, asked) {
		return []plan.Change{lifetimeChange(a, b)}
	}
	a, b = Normal(a).(Address), Normal(b).(Address)
	a.Secondary, b.Secondary = false, false
	return ownDiffers("address", x.Ref(), a.Ours, b.Ours, a == b)
}

// Differs compares routes of enid's own.
func (x Route) Differs(is, want plan.Object) []plan.Change {
	a, _ := is.(Route)
	b, _ := want.(Route)
	return ownDiffers("route", x.Ref(), a.Ours(), b.Ours(), a == b)
}

// Differs compares rules of enid's own: the name says it all.
func (x Rule) Differs(is, want plan.Object) []plan.Change {
	a, _ := is.(Rule)
	b, _ := want.(Rule)
	return ownDiffers("rule", x.Ref(), a.Ours(), b.Ours(), true)
}

// Differs compares the numbers of channels where some are wanted.
func (Channels) Differs(is, want plan.Object) []plan.Change {
	a, have := is.(Channels)
	b, ask := want.(Channels)
	if !ask || !have {
		return nil
	}
	return channelChanges(a, b)
}

// ownDiffers compares what is with what is wanted, each of which may be enid's. A
// foreign one is as good as none: whether it is there is no concern of enid's.
func ownDiffers(path string, ref plan.Ref, is, want, same bool) []plan.Change {
	switch {
	case is && want && !same:
		return []plan.Change{{Path: path, From: "another " + path, To: ref.Name}}
	case want && !is:
		return []plan.Change{{Path: path, From: nil, To: ref.Name}}
	case is && !want:
		return []plan.Change{{Path: path, From: ref.Name, To: nil}}
	}
	return nil
}
