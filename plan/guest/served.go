package guest

import (
	"net/netip"
	"slices"

	"enid/plan"
	"enid/schema"
)

// KindServed is the kind of notes in a wanted world that something of others' does
// what one of enid's own would.
const KindServed schema.Kind = "Served"

// Served says of a foreign route or rule that it does what enid would make one for:
// a person, a script, or the distribution by the files of persist has put it there.
// It stays theirs, as a foreign address does that serves; enid makes its own when it
// is gone.
type Served struct{ By plan.Ref }

// Ref answers Served/KIND NAME.
func (s Served) Ref() plan.Ref {
	return plan.Ref{Kind: KindServed, Name: string(s.By.Kind) + " " + s.By.Name}
}

// Interface answers none, for nothing is done about it.
func (Served) Interface() string { return "" }

// Chain answers none.
func (Served) Chain() string { return "" }

// Differs answers none: it is no object of the machine.
func (Served) Differs(_, _ plan.Object) []plan.Change { return nil }

// serves reports whether the wanted world notes that of a foreign object.
func serves(wanted *plan.World, by plan.Ref) bool { return wanted.Get(Served{by}.Ref()) != nil }

// selector is what a rule does, but for its place.
type selector struct {
	src, dst netip.Prefix
	table    uint32
	suppress int
}

func (r Rule) selector() selector { return selector{r.Src, r.Dst, r.Table, r.Suppress} }

// serving takes out of the wanted world what others have put there to the same
// effect. The kernel takes two rules that differ in their protocol only beside each
// other: enid's own goes then.
func (w *wanting) serving() {
	rules := map[selector][]Rule{}
	w.observed.Each(func(_ plan.Ref, o plan.Object) {
		if r, ok := o.(Rule); ok && !r.Ours() && r.Action == ActionTable && r.Extra == "" && r.Src.IsValid() {
			rules[r.selector()] = append(rules[r.selector()], r)
		}
	})
	var own []plan.Ref
	w.World.Each(func(ref plan.Ref, o plan.Object) {
		if (ref.Kind == KindRoute || ref.Kind == KindRule && len(rules) > 0) && Ours(o) {
			own = append(own, ref)
		}
	})
	for _, ref := range own {
		is := w.observed.Get(ref)
		switch o := w.World.Get(ref).(type) {
		case Route:
			if r, ok := is.(Route); ok && !r.Ours() && w.sameWay(r, o) {
				w.World.Put(ref, r)
				w.note(Served{ref})
			}
		case Rule:
			for _, r := range rules[o.selector()] {
				if w.inTier(r.Priority, o.Priority) {
					if Ours(is) {
						is = nil
					}
					w.World.Put(ref, is)
					w.note(Served{r.Ref()})
					break
				}
			}
		}
	}
}

func (w *wanting) note(s Served) { w.World.Put(s.Ref(), s) }

// sameWay reports whether a foreign route leads where enid's own would. Being told
// that the gateway is on the link makes no difference to a packet, and the preferred
// source none in a table that is looked up by source.
func (w *wanting) sameWay(r, own Route) bool {
	r.Protocol, r.Onlink = own.Protocol, own.Onlink
	if own.Table != TableMain && slices.ContainsFunc(w.NICs, func(x NIC) bool {
		return x.Link.Name == own.Link && slices.Contains(x.ENI.Addresses, r.Src)
	}) {
		r.Src = own.Src
	}
	return r == own
}

// inTier reports whether a rule at that priority has its turn where enid's own would:
// not before it, and before what follows its tier. The last tier ends with main.
func (w *wanting) inTier(priority, own uint32) bool {
	base := uint32(w.h.Spec.Routing.PriorityBase)
	end := base + ((own-base)/Band+1)*Band
	if own >= base+2*Band {
		end = priorityMain
	}
	return own <= priority && priority < end
}
