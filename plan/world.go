package plan

import (
	"net/netip"
	"slices"

	"enid/schema"
)

// Ref names an object of a world.
type Ref = schema.Ref

// Object is one thing of a world. It is immutable: an effect puts a new one.
type Object any

// Index is one way to look objects up. A Domain numbers its own.
type Index uint8

// Term is a fact under which objects are found: "an ENI of instance web-1",
// "uses address 10.0.0.20 of VPC prod". Unused fields are zero.
type Term struct {
	Index Index
	Ref   Ref
	Addr  netip.Addr
}

// CountOnly marks an Index whose terms are only counted: Count answers how often
// the term was added in all, an object's repetitions included; it has no Members.
const CountOnly Index = 0x80

// Indexer answers the terms of an object, through add, in any order, each once
// unless it is CountOnly.
type Indexer func(o Object, add func(Term))

// World is a set of objects with its indexes: an overlay over an immutable
// parent, so that forking costs nothing and a change costs what it touches.
type World struct {
	parent  *World // nil: this is the root
	index   Indexer
	objects map[Ref]Object     // nil value: deleted here
	terms   map[Term]*termDiff // against the parent
	// presumed: nobody observed it
	presumed bool

	left, joined []Term      // of the last put, kept for their room
	flips        []threshold // likewise
}

// termDiff is how the members of a term differ from the parent's.
type termDiff struct {
	count   int          // of all members, parents' included
	members map[Ref]bool // true: joined here, false: left here
	root    []Ref        // members in a root world, sorted
}

// NewWorld makes a root world. Objects are read in the order given; of two with
// the same Ref the later is kept.
func NewWorld(index Indexer, size int) *World {
	return &World{index: index, objects: make(map[Ref]Object, size), terms: make(map[Term]*termDiff, size)}
}

// Fork answers a world that reads through to w and keeps its changes to itself.
// w must not change while the fork is in use.
func (w *World) Fork() *World {
	return &World{parent: w, index: w.index, presumed: w.presumed, objects: map[Ref]Object{}, terms: map[Term]*termDiff{}}
}

// Presume marks the world, and what is forked from it, as one that nobody observed:
// a topology taken as applied. What only observation could say is not known there.
func (w *World) Presume() { w.presumed = true }

// Presumed reports whether nobody observed the world.
func (w *World) Presumed() bool { return w.presumed }

// Get answers the object, or nil.
func (w *World) Get(ref Ref) Object {
	for ; w != nil; w = w.parent {
		if o, ok := w.objects[ref]; ok {
			return o
		}
	}
	return nil
}

// Put sets the object; nil deletes it.
func (w *World) Put(ref Ref, o Object) { w.put(ref, o) }

// put is Put, and answers the questions whose answer it flipped: for each term
// that the object joined or left, the number that is reached, or no longer is.
// They hold until the next put.
func (w *World) put(ref Ref, o Object) []threshold {
	old := w.Get(ref)
	switch {
	case o == nil && w.parent == nil:
		delete(w.objects, ref)
	default:
		w.objects[ref] = o
	}
	w.flips = w.flips[:0]
	leaves, joins := w.compare(old, o)
	for _, t := range leaves {
		w.flips = append(w.flips, threshold{t, w.leave(t, ref) + 1})
	}
	for _, t := range joins {
		w.flips = append(w.flips, threshold{t, w.join(t, ref)})
	}
	return w.flips
}

// fewTerms is up to how many terms two objects are compared one by one: beyond
// that, leaving and joining all of them costs less.
const fewTerms = 24

// compare answers the terms that an object leaves and joins by becoming another:
// most keep most. The slices hold until the next call.
func (w *World) compare(old, o Object) (leaves, joins []Term) {
	w.left, w.joined = w.left[:0], w.joined[:0]
	if old != nil {
		w.index(old, func(t Term) { w.left = append(w.left, t) })
	}
	if o != nil {
		w.index(o, func(t Term) {
			if len(w.left) <= fewTerms {
				if i := slices.Index(w.left, t); i >= 0 {
					w.left = slices.Delete(w.left, i, i+1)
					return
				}
			}
			w.joined = append(w.joined, t)
		})
	}
	return w.left, w.joined
}

func (w *World) diff(t Term) *termDiff {
	d := w.terms[t]
	if d == nil {
		d = &termDiff{count: w.Count(t)}
		w.terms[t] = d
	}
	if w.parent != nil && d.members == nil && t.Index&CountOnly == 0 {
		d.members = map[Ref]bool{}
	}
	return d
}

// join and leave answer how many the members are then.
func (w *World) join(t Term, ref Ref) int {
	d := w.diff(t)
	d.count++
	if t.Index&CountOnly == 0 {
		d.join(ref, w.parent == nil)
	}
	return d.count
}

func (w *World) leave(t Term, ref Ref) int {
	d := w.diff(t)
	d.count--
	if t.Index&CountOnly == 0 {
		d.leave(ref, w.parent == nil)
	}
	return d.count
}

func (d *termDiff) join(ref Ref, root bool) {
	if root {
		if n := len(d.root); n == 0 || d.root[n-1].Compare(ref) < 0 {
			d.root = append(d.root, ref)
			return
		}
		at, _ := slices.BinarySearchFunc(d.root, ref, Ref.Compare)
		d.root = slices.Insert(d.root, at, ref)
		return
	}
	if joined, ok := d.members[ref]; ok && !joined {
		delete(d.members, ref)
		return
	}
	d.members[ref] = true
}

func (d *termDiff) leave(ref Ref, root bool) {
	if root {
		if at, ok := slices.BinarySearchFunc(d.root, ref, Ref.Compare); ok {
			d.root = slices.Delete(d.root, at, at+1)
		}
		return
	}
	if joined, ok := d.members[ref]; ok && joined {
		delete(d.members, ref)
		return
	}
	d.members[ref] = false
}

// Count answers how many objects have the term.
func (w *World) Count(t Term) int {
	for ; w != nil; w = w.parent {
		if d := w.terms[t]; d != nil {
			return d.count
		}
	}
	return 0
}

// Members answers the objects that have the term, sorted by Ref.
func (w *World) Members(t Term) []Ref {
	if w.Count(t) == 0 {
		return nil
	}
	var layers []*termDiff
	for ; w != nil; w = w.parent {
		if d := w.terms[t]; d != nil {
			layers = append(layers, d)
		}
	}
	if len(layers) == 1 && layers[0].members == nil {
		return slices.Clone(layers[0].root)
	}
	var out []Ref
	seen := map[Ref]bool{}
	for _, d := range layers {
		for ref, joined := range d.members {
			if !seen[ref] {
				seen[ref] = true
				if joined {
					out = append(out, ref)
				}
			}
		}
		for _, ref := range d.root {
			if !seen[ref] {
				out = append(out, ref)
			}
		}
	}
	slices.SortFunc(out, Ref.Compare)
	return out
}

// Refs answers all objects' references, sorted.
func (w *World) Refs() []Ref {
	seen := map[Ref]bool{}
	var out []Ref
	for ; w != nil; w = w.parent {
		if out == nil {
			out = make([]Ref, 0, len(w.objects))
		}
		for ref, o := range w.objects {
			if w.parent == nil && len(seen) == 0 {
				out = append(out, ref)
				continue
			}
			if !seen[ref] {
				seen[ref] = true
				if o != nil {
					out = append(out, ref)
				}
			}
		}
	}
	slices.SortFunc(out, Ref.Compare)
	return out
}

// Each calls see with every object, in no order: what goes into output is sorted by
// the caller. It spares what Refs costs, where few are looked for.
func (w *World) Each(see func(Ref, Object)) {
	for layer := w; layer != nil; layer = layer.parent {
		for ref, o := range layer.objects {
			if o != nil && !w.above(layer, ref) {
				see(ref, o)
			}
		}
	}
}

// above reports whether an overlay of w above the layer has its own say on the object.
func (w *World) above(layer *World, ref Ref) bool {
	for l := w; l != layer; l = l.parent {
		if _, ok := l.objects[ref]; ok {
			return true
		}
	}
	return false
}

// eachOf calls see for the references of both worlds' objects, each once, in no order.
func eachOf(a, b *World, see func(Ref)) {
	a.Each(func(ref Ref, _ Object) { see(ref) })
	b.Each(func(ref Ref, _ Object) {
		if a.Get(ref) == nil {
			see(ref)
		}
	})
}

// Flatten answers a root world with the same objects, sharing nothing that changes.
func (w *World) Flatten() *World {
	refs := w.Refs()
	root := NewWorld(w.index, len(refs))
	root.presumed = w.presumed
	for _, ref := range refs {
		root.Put(ref, w.Get(ref))
	}
	return root
}
