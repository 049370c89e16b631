package reconcile

import (
	"bytes"

	"enid/plan"
	plancloud "enid/plan/cloud"
	"enid/reconcile/cloud"
	"enid/reconcile/store"
	"enid/schema"
)

// presume takes the revision as applied, by whoever works on the clouds: nothing is
// planned or done there, and the machine follows from what the files declare and from
// the facts among them. What only a cloud could choose stays predicted, which no
// machine is ever given.
//
// The state is written all the same: a start without the network has the last
// revision. A crash before the commit leaves the one before in force.
func (t *turn) presume() {
	presumed, was := plancloud.Presume(t.want), t.Controller.state
	known := cloud.Changes{}
	for _, ref := range presumed.Refs() {
		if r := presumed.Get(ref).(*schema.Resource); !sameDocument(was.Get(ref), r) {
			t.world.Put(ref, r)
			known.Put = append(known.Put, r)
		}
	}
	for _, ref := range was.Refs() {
		if presumed.Get(ref) == nil {
			t.world.Put(ref, nil)
			known.Delete = append(known.Delete, ref)
		}
	}
	t.report.Plan = t.signed(&plan.Plan{Format: plan.Format, AsOf: t.Now().UTC(), Steps: []*plan.Step{}, Advice: []plan.Advice{}})
	t.report.Outcome = store.Done
	if len(known.Put)+len(known.Delete) == 0 {
		return
	}
	t.opened()
	for _, r := range known.Put {
		t.touch(r.Ref)
	}
	t.touch(known.Delete...)
	t.Target.Know(known)
}

// sameDocument compares what the state has with what it would be given, as it would be
// written down.
func sameDocument(was plan.Object, r *schema.Resource) bool {
	old, ok := was.(*schema.Resource)
	if !ok {
		return false
	}
	a, errA := schema.Encode(old)
	b, errB := schema.Encode(r)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}
