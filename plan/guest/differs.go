package guest

import "enid/plan"

// differs is the full comparison of one object with what is wanted. What enid
// did not make and does not want makes no difference.
func differs(world, wanted *plan.World, ref plan.Ref) []plan.Change {
	is, want := world.Get(ref), wanted.Get(ref)
	switch ref.Kind {
	case KindLink:
		return linkDiffers(is, want)
	case KindChannels:
		a, have := is.(Channels)
		b, ask := want.(Channels)
		if ask && have {
			return channelChanges(a, b)
		}
	case KindRPS:
		a, _ := is.(RPS)
		if b, ask := want.(RPS); ask && a != b {
			return []plan.Change{{Path: "rps_cpus", From: a.Mask, To: b.Mask}}
		}
	case KindAddress:
		a, _ := is.(Address)
		b, _ := want.(Address)
		a.Order, a.Secondary, b.Order, b.Secondary = 0, false, 0, false // nobody's wish
		return ownDiffers("address", ref, a.Ours, b.Ours, a == b)
	case KindRoute:
		a, _ := is.(Route)
		b, _ := want.(Route)
		return ownDiffers("route", ref, a.Ours(), b.Ours(), a == b)
	case KindRule:
		a, _ := is.(Rule)
		b, _ := want.(Rule)
		return ownDiffers("rule", ref, a.Ours(), b.Ours(), true) // the name says it all
	}
	return nil
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

// AtRest reports whether nothing differs: then there is no plan to make.
func AtRest(world, wanted *plan.World) bool {
	for _, w := range []*plan.World{world, wanted} {
		for _, ref := range w.Refs() {
			if len(differs(world, wanted, ref)) > 0 {
				return false
			}
		}
	}
	return true
}

func linkDiffers(is, want plan.Object) (out []plan.Change) {
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
