package reconcile

import (
	"errors"
	"strings"
	"testing"

	"enid/reconcile/store"
	"enid/schema"
)

func ref(t *testing.T, name string) (r schema.Ref) {
	t.Helper()
	if err := r.UnmarshalText([]byte(name)); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestMoveByHand: what refers to it follows, in the store and in the target.
func TestMoveByHand(t *testing.T) {
	l := newLab(t, labOptions{})
	l.source.commit("c1", network, instance("old", ""), eni("b", ", attachTo: {instance: old}"))
	l.turn()
	changed, err := l.Move(t.Context(), ref(t, "Instance/old"), ref(t, "Instance/web-1"), "someone")
	if err != nil || len(changed) != 1 || changed[0] != ref(t, "ENI/b") {
		t.Fatal(changed, err)
	}
	if l.stored("Instance/old") != nil || statusOf[*schema.ENIStatus](l, "ENI/b").Instance != "web-1" {
		t.Error("not everything follows")
	}
	d, err := l.db.Revision(t.Context(), 2)
	if err != nil || d.Outcome != store.Changed || d.Author != "someone" || d.Subject != "enid state mv Instance/old web-1" || d.Commit != "c1" || !strings.Contains(string(d.Plan), "enid.plan/v1") {
		t.Errorf("%+v %v", d, err)
	}
	l.source.commit("c2", network, instance("web-1", ""), eni("b", ", attachTo: {instance: web-1}"))
	if r := l.turn(); r.Done != 0 || r.Outcome != store.Done {
		t.Errorf("%+v %v", r, l.events)
	}
	if d, _ := l.db.Revision(t.Context(), 2); d.Outcome != store.Done {
		t.Errorf("once compared with the files: %s", d.Outcome)
	}
	l.source.commit("c3", network, instance("web-1", ""))
	l.turn()
	l.want("done DetachNetworkInterface ENI/b", "done DeleteNetworkInterface ENI/b")
}

func TestForgetByHand(t *testing.T) {
	l := newLab(t, labOptions{})
	l.source.commit("c1", network, instance("web-1", ""), eni("b", ", attachTo: {instance: web-1}"))
	l.turn()
	if err := l.Forget(t.Context(), ref(t, "Instance/web-1"), "someone"); err == nil || !strings.Contains(err.Error(), "[ENI/b] refer to Instance/web-1") {
		t.Errorf("used: %v", err)
	}
	if err := l.Forget(t.Context(), ref(t, "ENI/b"), "someone"); err != nil || l.stored("ENI/b") != nil {
		t.Fatal(err)
	}
	l.turn()
	l.want("done CreateNetworkInterface ENI/b", "done AttachNetworkInterface ENI/b")
}

func TestByHandRefuses(t *testing.T) {
	l := newLab(t, labOptions{})
	l.source.commit("c1", network, eni("b", ""), eni("c", ""))
	l.turn()
	before := l.load().Meta
	for move, want := range map[[2]string]string{
		{"ENI/none", "ENI/d"}: "not in the state", {"ENI/b", "ENI/c"}: "is in the state already",
		{"ENI/b", "EIP/d"}: "only its name changes", {"ENI/b", "ENI/A b"}: "is no name",
	} {
		if _, err := l.Move(t.Context(), ref(t, move[0]), ref(t, move[1]), "someone"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", move, err)
		}
	}
	if err := l.Forget(t.Context(), ref(t, "ENI/none"), "someone"); !errors.Is(err, store.ErrAbsent) {
		t.Error(err)
	}
	if after := l.load().Meta; after != before {
		t.Errorf("%+v, was %+v", after, before)
	}
	intent := store.Intent{Call: store.Call{Op: "eni.delete", Target: ref(t, "ENI/b")}, Operation: "DeleteNetworkInterface", At: noon()}
	if _, err := l.db.Commit(t.Context(), before.Epoch, &store.Change{Intend: []store.Intent{intent}}); err != nil {
		t.Fatal(err)
	}
	l = newLabOn(t, l)
	if err := l.Forget(t.Context(), ref(t, "ENI/b"), "someone"); err == nil || !strings.Contains(err.Error(), "state resolve") {
		t.Errorf("uncertain: %v", err)
	}
	if _, err := l.Resolve(t.Context(), ref(t, "ENI/b"), "", true, "someone"); err == nil || !strings.Contains(err.Error(), "an older enid began it") {
		t.Errorf("an old intent: %v", err)
	}
}
