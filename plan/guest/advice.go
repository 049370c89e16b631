package guest

import (
	"fmt"
	"net/netip"
	"slices"

	"enid/plan"
)

// Advise answers all warnings about a host plan: those of the wanted world, and
// foreign entries that come near enid's own, in the order of the world.
func (w *Wanted) Advise(p *plan.Plan, world *plan.World) []plan.Advice {
	out := slices.Clone(w.Advice)
	tables, priorities := map[uint32]bool{}, map[uint32]bool{}
	w.World.Each(func(_ plan.Ref, o plan.Object) {
		if r, ok := o.(Rule); ok && r.Ours() {
			tables[r.Own], priorities[r.Priority] = true, true
		}
	})
	var near []plan.Ref // foreign routes and rules that come near
	world.Each(func(ref plan.Ref, o plan.Object) {
		switch o := o.(type) {
		case Route:
			if !o.Ours() && tables[o.Table] && !serves(w.World, ref) {
				near = append(near, ref)
			}
		case Rule:
			if !o.Ours() && (tables[o.Table] || priorities[o.Priority]) && !serves(w.World, ref) {
				near = append(near, ref)
			}
		}
	})
	slices.SortFunc(near, plan.Ref.Compare)
	out = append(out, foreignRoutes(p, w.World, world, near)...)
	for _, ref := range near {
		r, ok := world.Get(ref).(Rule)
		switch {
		case !ok:
		case tables[r.Table]:
			out = append(out, plan.Advice{Rule: RuleForeignRule, Target: ref,
				Detail: fmt.Sprintf("a foreign rule of priority %d looks enid's table %s up: %s", r.Priority, TableName(r.Table), r)})
		default:
			out = append(out, plan.Advice{Rule: RuleForeignRule, Target: ref,
				Detail: fmt.Sprintf("a foreign rule shares the priority %d with enid's: %s", r.Priority, r)})
		}
	}
	for _, s := range p.Steps {
		for _, e := range s.Effects {
			out = append(out, plan.Advice{Rule: e.Rule, Target: s.Target, Detail: e.Detail})
		}
	}
	return out
}

// foreignRoutes names a foreign route of each table of enid's that holds one: what
// works there stays, but the kernel follows that route too, and once something of
// enid's own in the table is missing, tableOurs blocks it. Where it does so now, the
// blocked step says it.
func foreignRoutes(p *plan.Plan, wanted, world *plan.World, near []plan.Ref) (out []plan.Advice) {
	told := map[netip.Addr]bool{} // by number and family
	for _, s := range p.Steps {
		for _, b := range s.BlockedBy {
			if r, ok := wanted.Get(s.Target).(Route); ok && b.Rule == RuleTable {
				told[numbered(r.Table, r.IPv6())] = true
			}
		}
	}
	for _, ref := range near {
		r, ok := world.Get(ref).(Route)
		if !ok || told[numbered(r.Table, r.IPv6())] {
			continue
		}
		told[numbered(r.Table, r.IPv6())] = true
		n, more := 0, ""
		for _, other := range world.Members(foreignIn(r.Table, r.IPv6())) {
			if !serves(wanted, other) {
				n++
			}
		}
		if n > 1 {
			more = fmt.Sprintf(", and %d more", n-1)
		}
		out = append(out, plan.Advice{Rule: RuleTable, Target: ref,
			Detail: fmt.Sprintf("table %s, which is enid's, also holds a foreign route: `%s`%s; while it does, nothing that goes missing there is put back", TableName(r.Table), r, more)})
	}
	return out
}
