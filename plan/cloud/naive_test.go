package cloud

import (
	"cmp"
	"slices"

	"enid/plan"
)

// naiveNext is Next without a memory: it looks at every difference of every
// object, and takes the one that stands first of those that can be served.
func naiveNext(x *trial, world *plan.World) (first plan.Call, found bool) {
	type choice struct {
		rank  int
		ref   plan.Ref
		table int
		first plan.Call
	}
	var best *choice
	v := plan.NewView(world, x.want, x.at)
	v.Self = x.self
	refs := append(world.Refs(), x.want.Refs()...)
	slices.SortFunc(refs, plan.Ref.Compare)
	for _, ref := range slices.Compact(refs) {
		for i, op := range Domain().Operations {
			if op.Kind != ref.Kind || op.Gives == nil {
				continue
			}
			for _, item := range itemsOf(op, v, ref) {
				v := v.For(item)
				if !op.Gives(v, ref) {
					continue
				}
				c := &choice{rank: op.Rank * 1000, ref: ref, table: i}
				if op.Order != nil {
					c.rank += op.Order(v, ref)
				}
				if best != nil && cmp.Or(cmp.Compare(best.rank, c.rank), compare(best.ref, c.ref), cmp.Compare(best.table, c.table)) <= 0 {
					continue
				}
				if do, ok := plan.First(Domain(), v, plan.Call{Op: op.ID, Target: ref, Item: item}); ok {
					c.first = do
					best = c
				}
			}
		}
	}
	if best == nil {
		return plan.Call{}, false
	}
	return best.first, true
}

func itemsOf(op *plan.Operation, v *plan.View, ref plan.Ref) []string {
	if op.Items == nil {
		return []string{""}
	}
	return op.Items(v, ref)
}

// naive: the plan's steps are those of naiveNext. A naive Next costs the product
// of objects and steps, so large scenes are left out.
func naive(t failer, x *trial) {
	t.Helper()
	if len(x.files) > 40 {
		return
	}
	w := x.world.Fork()
	for i, step := range x.plan.Runnable() {
		first, found := naiveNext(x, w)
		if step.Unties && found {
			t.Fatalf("step %d unties a knot, and by the naive way %v is next\n%v", i+1, first, why(x.plan))
		}
		if !step.Unties && (!found || first != step.Call()) {
			t.Fatalf("step %d is %v, and by the naive way %v\n%v", i+1, step.Call(), first, why(x.plan))
		}
		plan.Apply(Domain(), step, w, x.want, x.at)
	}
	if first, found := naiveNext(x, w); found {
		t.Fatalf("the plan ends, and by the naive way %v is next\n%v", first, why(x.plan))
	}
}
