package plan

import (
	"slices"
	"time"

	"enid/schema"
)

// mostPasses bounds how often Fulfil goes through the table: what is done for one
// row makes work for an earlier one seldom, and for the one before that hardly ever.
const mostPasses = 8

// Fulfil changes the world by the effects of the operations that serve what is
// wanted, in the order of their ranks and whatever they require: what is there in
// the end was not done but is taken as done, some of it when it still could be.
// Nothing is taken away. Differences that no effect serves stay.
func Fulfil(d *Domain, world, want *World, at time.Time) {
	v, ops, targets := NewView(world, want, at), byRank(d.Operations), sortedByKind(d, want)
	for range mostPasses {
		done := 0
		for _, op := range ops {
			done += fulfil(op, v, world, due(op, v, targets[op.Kind]))
		}
		left := 0
		for kind, refs := range targets {
			refs = slices.DeleteFunc(refs, func(ref Ref) bool { return len(d.Differs(world, want, ref)) == 0 })
			targets[kind], left = refs, left+len(refs)
		}
		if done == 0 || left == 0 {
			return
		}
	}
}

func byRank(ops []*Operation) []*Operation {
	ops = slices.Clone(ops)
	slices.SortStableFunc(ops, func(a, b *Operation) int { return a.Rank - b.Rank })
	return ops
}

// sortedByKind answers what is wanted, each kind in the order of the domain.
func sortedByKind(d *Domain, want *World) map[schema.Kind][]Ref {
	kinds := map[schema.Kind][]Ref{}
	want.Each(func(ref Ref, _ Object) { kinds[ref.Kind] = append(kinds[ref.Kind], ref) })
	for _, refs := range kinds {
		slices.SortFunc(refs, d.Compare)
	}
	return kinds
}

// due answers the targets with a difference that the operation serves, in the order
// in which a plan would serve them.
func due(op *Operation, v *View, targets []Ref) (refs []Ref) {
	ranks := map[Ref]int{}
	for _, ref := range targets {
		calls := op.calls(v, ref)
		if len(calls) == 0 {
			continue
		}
		refs = append(refs, ref)
		if op.Order != nil {
			ranks[ref] = op.rank(v.For(calls[0].Item), ref)
		}
	}
	if op.Order != nil {
		slices.SortStableFunc(refs, func(a, b Ref) int { return ranks[a] - ranks[b] })
	}
	return refs
}

// fulfil has the effects of the operation on the targets, and answers how many.
func fulfil(op *Operation, v *View, world *World, refs []Ref) (done int) {
	for _, ref := range refs {
		for _, call := range op.calls(v, ref) {
			op.Effect(&Effects{View: v.For(call.Item), world: world}, ref)
			done++
		}
	}
	return done
}
