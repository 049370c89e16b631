package plan

import (
	"slices"
	"time"
)

// mostPasses bounds how often Fulfil goes through the table: what is done for one
// row makes work for an earlier one seldom, and for the one before that hardly ever.
const mostPasses = 8

// Fulfil changes the world by the effects of the operations that serve what is
// wanted, in the order of their ranks and whatever they require: what is there in
// the end was not done but is taken as done, some of it when it still could be.
// Nothing is taken away. Differences that no effect serves stay.
func Fulfil(d *Domain, world, want *World, at time.Time) {
	v := NewView(world, want, at)
	targets := map[Ref]bool{}
	want.each(func(ref Ref) { targets[ref] = true })
	for range mostPasses {
		done := 0
		for _, op := range byRank(d.Operations) {
			done += fulfil(op, v, world, due(d, op, v, targets))
		}
		for ref := range targets {
			if len(d.Differs(world, want, ref)) == 0 {
				delete(targets, ref)
			}
		}
		if done == 0 || len(targets) == 0 {
			return
		}
	}
}

func byRank(ops []*Operation) []*Operation {
	ops = slices.Clone(ops)
	slices.SortStableFunc(ops, func(a, b *Operation) int { return a.Rank - b.Rank })
	return ops
}

// due answers the targets with a difference that the operation serves, as a plan
// would serve them.
func due(d *Domain, op *Operation, v *View, targets map[Ref]bool) []Ref {
	var refs []Ref
	ranks := map[Ref]int{}
	for ref := range targets {
		if ref.Kind != op.Kind {
			continue
		}
		if calls := op.calls(v, ref); len(calls) > 0 {
			refs = append(refs, ref)
			ranks[ref] = op.rank(v.For(calls[0].Item), ref)
		}
	}
	slices.SortFunc(refs, func(a, b Ref) int {
		if ranks[a] != ranks[b] {
			return ranks[a] - ranks[b]
		}
		return d.Compare(a, b)
	})
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
