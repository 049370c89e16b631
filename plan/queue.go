package plan

import "container/heap"

// entry is what is known of one object: whether it differs, and what can be done.
type entry struct {
	ref    Ref
	round  uint32 // of the last look; watches of earlier rounds are void
	dirty  bool
	ready  bool
	differ bool // an operation serves a difference, or none does
	rank   int
	first  Call // to run now, where ready
	serves Call

	why      []blockedCall // why it cannot be served, as of the round whyRound
	whyRound uint32
	vain     uint64 // the state of its group in which no knot was untied with it
}

// queue holds the objects that differ, by what can be done about them, and looks
// again at those whose answer may have changed. It is Next without the waste:
// a naive Next that looks at everything each time gives the same steps.
type queue struct {
	d       *Domain
	entries map[Ref]*entry
	dirty   []*entry
	ready   readyHeap
	byRef   map[Ref][]watch
	// byTerm is keyed by the whole question, so that a term that many ask about
	// costs only those whose answer flips.
	byTerm map[threshold][]watch
}

// rank is where a difference stands among all others.
func (op *Operation) rank(v *View, target Ref) int {
	if op.Order == nil {
		return op.Rank * 1000
	}
	return op.Rank*1000 + op.Order(v, target)
}

// watch is an entry that was decided from an object or a term.
type watch struct {
	e     *entry
	round uint32
}

func newQueue(d *Domain) *queue {
	q := &queue{d: d, entries: map[Ref]*entry{}, byRef: map[Ref][]watch{}, byTerm: map[threshold][]watch{}}
	q.ready.compare = d.Compare
	return q
}

// mark has the object looked at again.
func (q *queue) mark(ref Ref) {
	e := q.entries[ref]
	if e == nil {
		e = &entry{ref: ref}
		q.entries[ref] = e
	}
	q.markEntry(e)
}

func (q *queue) markEntry(e *entry) {
	if !e.dirty {
		e.dirty = true
		q.dirty = append(q.dirty, e)
	}
}

// settle records what a look at e found and from what, and answers whether that
// is more than e's own object: whether e has to be kept.
func (q *queue) settle(e *entry, note *reads) (watches bool) {
	e.round++
	e.dirty = false
	watches = q.watch(e, note)
	if e.ready {
		heap.Push(&q.ready, readyItem{e: e, round: e.round, rank: e.rank})
	}
	return watches
}

// watch has e looked at again when an answer that it was judged by may have
// changed, and answers whether there is any but its own object.
func (q *queue) watch(e *entry, note *reads) (watches bool) {
	for _, ref := range note.refs {
		if ref != e.ref {
			watches = true
			q.byRef[ref] = append(q.byRef[ref], watch{e, e.round})
		}
	}
	for _, t := range note.terms {
		watches = true
		q.byTerm[t] = append(q.byTerm[t], watch{e, e.round})
	}
	return watches
}

// touched has everything looked at again that was decided from the object, and
// answers the terms' questions whose answer flipped.
func (q *queue) touched(ref Ref, flips []threshold) (flipped []threshold) {
	q.mark(ref)
	if watches, ok := q.byRef[ref]; ok {
		delete(q.byRef, ref)
		q.wake(watches)
	}
	for _, f := range flips {
		for _, t := range [2]threshold{{term: f.term}, f} {
			if watches, ok := q.byTerm[t]; ok {
				delete(q.byTerm, t)
				q.wake(watches)
				flipped = append(flipped, t)
			}
		}
	}
	return flipped
}

// wake has the entries looked at again whose watch is of their last look.
func (q *queue) wake(watches []watch) {
	for _, x := range watches {
		if x.round == x.e.round {
			q.markEntry(x.e)
		}
	}
}

// pop answers the entry to serve next, or nil.
func (q *queue) pop() *entry {
	for q.ready.Len() > 0 {
		item := heap.Pop(&q.ready).(readyItem)
		if item.e.round == item.round && item.e.ready && !item.e.dirty {
			return item.e
		}
	}
	return nil
}

type readyItem struct {
	e     *entry
	round uint32
	rank  int
}

// readyHeap orders entries by rank, then target.
type readyHeap struct {
	items   []readyItem
	compare func(a, b Ref) int
}

func (h *readyHeap) Len() int { return len(h.items) }
func (h *readyHeap) Less(i, j int) bool {
	a, b := h.items[i], h.items[j]
	if a.rank != b.rank {
		return a.rank < b.rank
	}
	return h.compare(a.e.ref, b.e.ref) < 0
}
func (h *readyHeap) Swap(i, j int) { h.items[i], h.items[j] = h.items[j], h.items[i] }
func (h *readyHeap) Push(x any)    { h.items = append(h.items, x.(readyItem)) }
func (h *readyHeap) Pop() any {
	last := len(h.items) - 1
	x := h.items[last]
	h.items = h.items[:last]
	return x
}
