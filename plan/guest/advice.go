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
	refs := world.Refs()
	for _, ref := range w.World.Refs() {
		if r, ok := w.World.Get(ref).(Rule); ok && r.Ours() {
			tables[r.Own], priorities[r.Priority] = true, true
		}
	}
	out = append(out, foreignRoutes(p, w.World, world, tables)...)
	for _, ref := range refs {
		r, ok := world.Get(ref).(Rule)
		switch {
		case !ok || r.Ours():
		case tables[r.Table]:
			out = append(out, plan.Advice{Rule: RuleForeignRule, Target: ref,
				Detail: fmt.Sprintf("a foreign rule of priority %d looks enid's table %s up: %s", r.Priority, TableName(r.Table), r)})
		case priorities[r.Priority]:
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

// foreignRoutes names a foreign route of each of these tables, which are enid's: what
// works there stays, but the kernel follows that route too, and once something of
// enid's own in the table is missing, tableOurs blocks it. Where it does so now, the
// blocked step says it.
func foreignRoutes(p *plan.Plan, wanted, world *plan.World, tables map[uint32]bool) (out []plan.Advice) {
	told := map[netip.Addr]bool{} // by number and family
	for _, s := range p.Steps {
		for _, b := range s.BlockedBy {
			if r, ok := wanted.Get(s.Target).(Route); ok && b.Rule == RuleTable {
				told[numbered(r.Table, r.IPv6())] = true
			}
		}
	}
	for _, ref := range world.Refs() {
		r, ok := world.Get(ref).(Route)
		if !ok || r.Ours() || !tables[r.Table] || told[numbered(r.Table, r.IPv6())] {
			continue
		}
		told[numbered(r.Table, r.IPv6())] = true
		more := ""
		if n := world.Count(foreignIn(r.Table, r.IPv6())); n > 1 {
			more = fmt.Sprintf(", and %d more", n-1)
		}
		out = append(out, plan.Advice{Rule: RuleTable, Target: ref,
			Detail: fmt.Sprintf("table %s, which is enid's, also holds a foreign route: `%s`%s; while it does, nothing that goes missing there is put back", TableName(r.Table), r, more)})
	}
	return out
}
