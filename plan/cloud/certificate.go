package cloud

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"time"

	"enid/plan"
	"enid/schema"
)

// Plan answers the plan that begins here, with the renames in its advice, what is
// recorded from the files without a step, and the certificate over all of it. Every
// first plan is made by it, so that a dry run, an apply and the daemon certify the
// same.
func (o *Origin) Plan(want *plan.World, at time.Time, opts plan.Options) (*plan.Plan, error) {
	p, err := Plan(o.World, want, at, opts)
	if err != nil {
		return nil, err
	}
	o.Moves.Advise(p)
	after := o.World.Fork()
	for _, s := range p.Runnable() {
		plan.Apply(domain, s, after, want, at)
	}
	p.Recorded = o.recorded(after, want, opts.Only)
	return p, p.Certify()
}

// recorded answers what Record would change of the documents in the state once the
// steps have run, and the renames. It looks closer only where a document differs:
// most of a large topology never does.
func (o *Origin) recorded(after, want *plan.World, only func(plan.Ref) bool) (out []plan.Recorded) {
	was := map[plan.Ref]*plan.Ref{}
	for _, m := range o.Moves {
		was[m.To] = &m.From
	}
	add := func(ref plan.Ref, changes []plan.Change) {
		if len(changes) > 0 || was[ref] != nil {
			out = append(out, plan.Recorded{Target: ref, Was: was[ref], Changes: changes})
		}
	}
	want.Each(func(ref plan.Ref, object plan.Object) {
		w, r := object.(*schema.Resource), o.stored(after, ref)
		skip := only != nil && operated(ref.Kind) && !w.Observed() && !only(ref) || sameDocument(r, w)
		if skip && was[ref] == nil {
			return
		}
		changes := []plan.Change{}
		if next := recorded(after, want, r, w); !skip && next != nil && !keeping(after, want, r) {
			changes = documentChanges(r, next)
		}
		add(ref, changes)
	})
	o.State.Each(func(ref plan.Ref, object plan.Object) {
		if r := object.(*schema.Resource); left(want, r) && !keeping(after, want, r) {
			add(ref, documentChanges(r, nil))
		}
	})
	slices.SortFunc(out, func(a, b plan.Recorded) int { return compare(a.Target, b.Target) })
	return out
}

// stored answers a document as the state holds it once the steps have run: what the
// files add without an operation is not in it yet.
func (o *Origin) stored(after *plan.World, ref plan.Ref) *schema.Resource {
	object := after.Get(ref)
	if object == o.World.Get(ref) || !operated(ref.Kind) {
		object = o.State.Get(ref)
	}
	r, _ := object.(*schema.Resource)
	return r
}

// sameDocument compares what files say of a resource; the status is none of it.
func sameDocument(r, w *schema.Resource) bool {
	return r != nil && maps.Equal(r.Labels, w.Labels) && maps.Equal(r.Annotations, w.Annotations) && same(r.Spec, w.Spec)
}

// documentChanges answers the fields in which two documents differ, sorted by path:
// labels, annotations, and the spec's top level. Nil is one that is not there.
func documentChanges(from, to *schema.Resource) []plan.Change {
	changes := []plan.Change{}
	for _, c := range specChanges(from, to) {
		if !reflect.DeepEqual(c.From, c.To) {
			changes = append(changes, c)
		}
	}
	var is, want schema.Resource
	if from != nil {
		is = *from
	}
	if to != nil {
		want = *to
	}
	changes = textChanges(changes, "metadata.labels.", is.Labels, want.Labels)
	changes = textChanges(changes, "metadata.annotations.", is.Annotations, want.Annotations)
	if from == nil && to.Status != nil { // a fact, with what the files say was observed
		changes = append(changes, plan.Change{Path: "status", To: to.Status})
	}
	slices.SortFunc(changes, func(a, b plan.Change) int { return cmp.Compare(a.Path, b.Path) })
	return changes
}

func textChanges(changes []plan.Change, path string, from, to map[string]string) []plan.Change {
	keys := maps.Clone(to)
	if keys == nil {
		keys = map[string]string{}
	}
	maps.Copy(keys, from)
	for key := range keys {
		is, had := from[key]
		want, has := to[key]
		c := plan.Change{Path: path + key}
		if had {
			c.From = is
		}
		if has {
			c.To = want
		}
		if c.From != c.To {
			changes = append(changes, c)
		}
	}
	return changes
}
