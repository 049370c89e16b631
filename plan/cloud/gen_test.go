package cloud

import (
	"math/rand/v2"
	"time"

	"pgregory.net/rapid"

	"enid/plan"
	"enid/schema"
)

// scene is a random input of a plan: what is there, what is asked for, when.
type scene struct {
	observed, files []*schema.Resource
	at              time.Time
	self            plan.Ref // the instance on which enid runs, if any
}

// options answer what the loop knows beyond the worlds.
func (s *scene) options() plan.Options { return plan.Options{Self: s.self} }

// worlds answers the worlds to plan between.
func (s *scene) worlds() (world, want *plan.World) {
	want = World(s.files)
	return Prepare(World(s.observed), want), want
}

// scenes draws scenes of 1 to 300 resources. How large a scene is and how often
// it is mutated shrink; what is built comes from a seed, since a smaller seed is
// no simpler topology.
var scenes = rapid.Custom(func(t *rapid.T) *scene {
	size := sizes.Draw(t, "size")
	changes := rapid.IntRange(0, 2+size/3).Draw(t, "changes")
	seed := rapid.Uint64().Draw(t, "seed")
	return newScene(seed, size, changes)
})

// sizes are mostly small, with a tail.
var sizes = rapid.OneOf(rapid.IntRange(1, 12), rapid.IntRange(8, 24), rapid.IntRange(8, 24), rapid.IntRange(12, 40),
	rapid.IntRange(1, 12), rapid.IntRange(8, 24), rapid.IntRange(12, 40), rapid.IntRange(40, 300))

// newScene makes one topology, the state as if it was applied, and the files as
// a mutation of it.
func newScene(seed uint64, size, changes int) *scene {
	d := dice{rand.New(rand.NewPCG(seed, 0))}
	at := pick(d, sceneTimes)
	a, six := newTown(d, size), sixth(seed)
	a.changeIPv6(six, 60)
	s := &scene{at: at, observed: a.state(at)}
	driftIPv6(six, s.observed)
	b := a.mutated(changes)
	b.changeIPv6(six, 5)
	b.decide(at)
	s.files = b.resources()
	if d.chance(10) {
		s.self = instanceRef(pick(d, a.all(schema.KindInstance)))
	}
	return s
}

// sceneTimes are before, at and after the end of classic instances, and inside
// and outside of the windows of decide.
var sceneTimes = []time.Time{
	time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC),
	time.Date(2026, 11, 23, 2, 30, 0, 0, time.UTC),
	time.Date(2026, 11, 23, 13, 0, 0, 0, time.UTC),
	time.Date(2017, 7, 14, 9, 0, 0, 0, time.UTC),
}

// dice is where choices come from.
type dice struct{ *rand.Rand }

// chance answers true that many times in a hundred.
func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

// pick answers one of the list, zero of an empty one.
func pick[T any](d dice, list []T) (one T) {
	if len(list) == 0 {
		return one
	}
	return list[d.IntN(len(list))]
}
