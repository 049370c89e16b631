package reconcile

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"enid/plan"
	"enid/reconcile/cloud"
	"enid/reconcile/store"
	"enid/schema"
)

func wasCalled(doc, name string) string {
	return strings.Replace(doc, "}, spec", ", annotations: {enid/moved-from: "+name+"}}, spec", 1)
}

// TestARenameIsRecordedBeforeAnythingIsDone, with what else the commit asks for.
func TestARenameIsRecordedBeforeAnythingIsDone(t *testing.T) {
	l := newLab(t, labOptions{})
	l.source.commit("c1", network, instance("old", ", privateIP: 10.0.0.10"), eni("b", ", attachTo: {instance: old}"), eni("c", ""))
	l.turn()
	id := statusOf[*schema.InstanceStatus](l, "Instance/old").ID
	l.source.commit("c2", network, wasCalled(instance("web-1", ", privateIP: 10.0.0.10"), "old"), eni("b", ", description: changed, attachTo: {instance: web-1}"), eni("c", ""))
	r := l.turn()
	l.want("done ModifyNetworkInterfaceAttribute ENI/b")
	if got := statusOf[*schema.InstanceStatus](l, "Instance/web-1").ID; got != id || l.stored("Instance/old") != nil {
		t.Errorf("id %s, was %s", got, id)
	}
	if s := statusOf[*schema.ENIStatus](l, "ENI/b"); s.Instance != "web-1" {
		t.Errorf("%+v", s)
	}
	d, err := l.db.Revision(t.Context(), 2)
	if err != nil || len(d.Tried) != 2 || d.Tried[0].Operation != "MoveState" || d.Tried[0].Message != "was Instance/old" || d.Outcome != store.Done ||
		!strings.Contains(string(d.Plan), "plan.moved") || r.Serial != 2 {
		t.Errorf("%+v %v", d, err)
	}
	before := l.load().Meta
	if r := l.turn(); r.Done != 0 || l.load().Meta != before {
		t.Errorf("again: %+v", r)
	}
	l = newLabOn(t, l) // the driver of a new process has the new names too
	l.source.commit("c3", network, instance("web-1", ", privateIP: 10.0.0.10"), eni("c", ""))
	l.turn()
	l.want("done DetachNetworkInterface ENI/b", "done DeleteNetworkInterface ENI/b")
}

// TestARenameAloneIsAnAppliedRevision, and does not count for the shrink guard.
func TestARenameAloneIsAnAppliedRevision(t *testing.T) {
	l := newLab(t, labOptions{})
	l.source.commit("c1", network, eni("b1", ""), eni("b2", ""), eni("b3", ""), eni("b4", ""))
	l.turn()
	docs := []string{network}
	for _, name := range []string{"1", "2", "3", "4"} {
		docs = append(docs, wasCalled(eni("c"+name, ""), "b"+name))
	}
	l.source.commit("c2", docs...)
	if r := l.turn(); r.Done != 0 || r.Outcome != store.Done || r.Serial != 2 || l.stored("ENI/c4") == nil || len(l.events) > 0 {
		t.Errorf("%+v %v", r, l.events)
	}
	if s := l.Status(); !s.InSync() || s.Applied.Revision != "c2" {
		t.Errorf("%+v", s)
	}
}

// TestARefusedPlanRenamesNothing: a stale plan, a held revision, two of a name.
func TestARefusedPlanRenamesNothing(t *testing.T) {
	l := newLab(t, labOptions{})
	docs := []string{network, eni("a1", ""), eni("a2", ""), eni("a3", ""), eni("a4", ""), eni("b", "")}
	l.source.commit("c1", docs...)
	l.turn()
	before := l.load().Meta
	no := errors.New("not this one")
	topology, _, err := Load(t.Context(), Revision{FS: files(append(docs[:5:5], wasCalled(eni("c", ""), "b"))...)}, &Cache{})
	if err != nil {
		t.Fatal(err)
	}
	rev := Revision{ID: "dir:1"}
	if p, err := l.Plan(t.Context(), rev, topology, nil); err != nil || len(p.Steps) > 0 || len(p.Advice) != 1 || l.load().Meta != before {
		t.Errorf("a dry run: %+v %v", p, err)
	}
	if _, err := l.Apply(t.Context(), rev, topology, ApplyOptions{Expect: func(store.Meta, *plan.Plan) error { return no }}); !errors.Is(err, no) || l.load().Meta != before {
		t.Errorf("not expected: %v", err)
	}
	l.source.commit("c2", network, wasCalled(eni("c", ""), "b"))
	if _, err := l.Turn(t.Context()); !errors.Is(err, ErrHeld) || l.load().Meta != before {
		t.Errorf("it shrinks: %v", err)
	}
	l.source.commit("c3", append(slices.Clone(docs), eni("c", ""))...)
	l.turn()
	l.source.commit("c4", append(docs[:5:5], wasCalled(eni("c", ""), "b"))...)
	before = l.load().Meta
	_, err = l.Turn(t.Context())
	var failed *SourceError
	if !errors.As(err, &failed) || failed.Condition != Invalid || !strings.Contains(err.Error(), "005.yaml:1:") || !strings.Contains(err.Error(), "the state holds both") || l.load().Meta != before {
		t.Errorf("both are there: %v", err)
	}
}

// TestALostRenameIsDoneAgain: the target, too, forgets what was not recorded.
func TestALostRenameIsDoneAgain(t *testing.T) {
	f := &failing{after: 1000, times: 1000}
	l := newLab(t, labOptions{wrap: func(s store.Store) store.Store { f.Store = s; return f }})
	l.source.commit("c1", network, eni("b", ""))
	l.turn()
	f.after = 0
	l.source.commit("c2", network, wasCalled(eni("c", ", description: new"), "b"))
	if _, err := l.Turn(t.Context()); err == nil || l.stored("ENI/c") != nil {
		t.Fatal("the turn went well", err)
	}
	f.times = 0
	l.turn()
	l.want("done ModifyNetworkInterfaceAttribute ENI/c")
	if l.stored("ENI/b") != nil {
		t.Error("the old name is still there")
	}
}

// TestANameLiftsNoHold: a step that waits for a person still waits under the new
// name, whether its target was renamed or what that refers to; an intent goes along.
func TestANameLiftsNoHold(t *testing.T) {
	b := schema.Ref{Kind: schema.KindENI, Name: "b"}
	fault := []cloud.Fault{{Op: "eni.attach", Target: b, Times: 1, Code: "OperationDenied"}}
	l := newLab(t, labOptions{cloud: cloud.Options{Script: fault}})
	l.source.commit("c1", network, instance("old", ""), eni("b", ", attachTo: {instance: old}"))
	if r := l.turn(); r.Failed != 1 {
		t.Fatalf("%+v", r)
	}
	intent := store.Intent{Call: store.Call{Op: "volume.erase", Target: b, Item: "old"}, Operation: "EraseVolume", At: noon()}
	if _, err := l.ledger.store.Commit(t.Context(), l.load().Meta.Epoch, &store.Change{Intend: []store.Intent{intent}}); err != nil {
		t.Fatal(err)
	}
	l = newLabOn(t, l)
	l.source.commit("c2", network, wasCalled(instance("web-1", ""), "old"), wasCalled(eni("c", ", attachTo: {instance: web-1}"), "b"))
	if r := l.turn(); r.Done+r.Failed != 0 || !slices.Contains(rules(r.Rest), "ENI/c plan.held") || !slices.Contains(rules(r.Plan), "ENI/c plan.held") {
		t.Errorf("%+v %v %v", r, l.events, rules(r.Rest))
	}
	state := l.load()
	if len(state.Holds) != 1 || state.Holds[0].Target.Name != "c" || len(state.Intents) != 1 || state.Intents[0].Target.Name != "c" || state.Intents[0].Item != "web-1" {
		t.Errorf("%+v %+v", state.Holds, state.Intents)
	}
	l.clock = l.clock.Add(time.Hour)
	l.source.commit("c3", network, instance("web-1", ""), eni("c", ", attachTo: {instance: web-1}"))
	if r := l.turn(); r.Done+r.Failed != 0 {
		t.Errorf("without the annotation: %+v", r)
	}
	l.source.commit("c4", network, instance("web-1", ""), eni("c", ", description: better, attachTo: {instance: web-1}"))
	l.turn()
	if !slices.Contains(l.events, "done AttachNetworkInterface ENI/c") {
		t.Errorf("%v", l.events)
	}
}
