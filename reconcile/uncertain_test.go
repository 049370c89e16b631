package reconcile

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"enid/reconcile/cloud"
	"enid/reconcile/store"
	"enid/schema"
)

// realCloud is a target that remembers by itself: what was called was called,
// whether it was recorded or not.
type realCloud struct {
	driver    *cloud.Driver
	converted int
}

func (r *realCloud) Observe(ctx context.Context) (cloud.Changes, error) { return r.driver.Observe(ctx) }
func (r *realCloud) Know(c cloud.Changes)                               { r.driver.Know(c) }
func (r *realCloud) Do(ctx context.Context, call cloud.Call) (cloud.Changes, error) {
	if call.Op == "eip.convert" {
		r.converted++
	}
	return r.driver.Do(ctx, call)
}

const (
	conversion = `{apiVersion: enid/v1, kind: EIP, metadata: {name: e}, spec: {region: cn-a, convertFrom: {instance: web-1}}}`
	allowed    = `{apiVersion: enid/v1, kind: Approval, metadata: {name: ok}, spec: {operation: irreversible, target: EIP/e, reason: because}}`
)

func eipE() schema.Ref { return schema.Ref{Kind: schema.KindEIP, Name: "e"} }

// convertedTo are the files that ask for the conversion, and for something else.
func convertedTo() []string {
	return []string{network, instance("web-1", ""), conversion, allowed, eni("b", ", description: changed")}
}

// converting is a loop before a conversion, with what else there is to do.
func converting(t *testing.T, o labOptions) *lab {
	l := newLab(t, o)
	l.source.commit("c1", network, instance("web-1", ", publicIP: {bandwidthMbps: 5}"), eni("b", ""))
	l.turn()
	l.source.commit("c2", convertedTo()...)
	return l
}

// TestEveryCommitOfAnIrreversibleStepMayFail: whichever commit of the turn is
// lost, and with it the process, the cloud is asked to convert at most once, and
// where it was asked and that is not recorded, the step is uncertain.
func TestEveryCommitOfAnIrreversibleStepMayFail(t *testing.T) {
	uncertainOnes := 0
	for n := range 10 {
		f := &failing{after: 1 << 30, times: 1 << 30}
		l := converting(t, labOptions{wrap: func(s store.Store) store.Store { f.Store = s; return f }})
		target := &realCloud{driver: l.driver}
		l.Controller.Target, l.Controller.stateOnly = target, false
		f.after = n
		_, err := l.Turn(t.Context())
		asked, failed := target.converted, err != nil
		f.times = 0
		intents := l.load().Intents
		if recorded := l.stored("EIP/e") != nil; asked == 1 && !recorded && len(intents) != 1 || asked == 0 && recorded {
			t.Fatalf("commit %d: asked %d times, recorded %v, intents %v", n, asked, recorded, intents)
		}
		next := newLabOn(t, l)
		next.Controller.Target, next.Controller.stateOnly = target, false
		next.source.commit("c2", convertedTo()...)
		r := next.turn()
		if next.stored("ENI/b").Spec.(*schema.ENISpec).Description != "changed" {
			t.Errorf("commit %d: what does not depend on it was not done: %+v", n, r)
		}
		if len(intents) == 0 {
			if target.converted != 1 || r.Outcome != store.Done {
				t.Errorf("commit %d: converted %d times, %+v", n, target.converted, r)
			}
		} else {
			uncertainOnes++
			if target.converted != asked || r.Blocked == 0 || certain(next) == "" {
				t.Errorf("commit %d: converted %d times, %+v, %q", n, target.converted, r, certain(next))
			}
		}
		if !failed {
			break
		}
	}
	t.Logf("%d lost commits leave the step uncertain", uncertainOnes)
	if uncertainOnes == 0 {
		t.Error("no lost commit leaves the step uncertain")
	}
}

// certain answers what the status says of uncertain steps, empty where there are none.
func certain(l *lab) string {
	for _, c := range l.Status().Conditions {
		if c.Type == conditionCertain && c.Status == "False" {
			return c.Message
		}
	}
	return ""
}

// cutShort is a loop whose conversion was begun by a process that ended then.
func cutShort(t *testing.T) *lab {
	f := &failing{after: 1 << 30, times: 1 << 30}
	l := converting(t, labOptions{wrap: func(s store.Store) store.Store { f.Store = s; return f }})
	l.Controller.Progress = func(p Progress) {
		if p.State == StepStarted && p.Step.Operation == "ConvertNatPublicIpToEip" {
			f.after = 1 // the intent gets through, the step's record does not
		}
	}
	if _, err := l.Turn(t.Context()); err == nil || len(l.load().Intents) != 1 {
		t.Fatal("the step was not cut short", err)
	}
	next := newLabOn(t, l)
	next.source.commit("c2", convertedTo()...)
	next.turn()
	return next
}

// TestResolvedAsDone records what the step would have recorded: the state is the
// same as after one that was not cut short, but for what only the cloud knows.
func TestResolvedAsDone(t *testing.T) {
	whole := converting(t, labOptions{})
	whole.turn()
	l := cutShort(t)
	if m := certain(l); !strings.Contains(m, "ConvertNatPublicIpToEip of EIP/e, begun at 2026-11-23T00:00:00Z") || !strings.Contains(m, "enid state resolve EIP/e --done") {
		t.Errorf("status: %q", m)
	}
	if s := l.Status(); s.InSync() || s.Applied.Revision != "c2" {
		t.Errorf("%+v", s)
	}
	settled, err := l.Resolve(t.Context(), eipE(), "", true, "someone")
	if err != nil || len(settled) != 1 || settled[0].Operation != "ConvertNatPublicIpToEip" {
		t.Fatal(settled, err)
	}
	if s := statusOf[*schema.ApprovalStatus](l, "Approval/ok"); s.UsedBy != fmt.Sprintf("%d/s1", l.load().Meta.Serial) {
		t.Errorf("approval %+v", s)
	}
	if r := l.turn(); r.Done != 0 || r.Outcome != store.Done || certain(l) != "" || !l.Status().InSync() {
		t.Errorf("%+v, %q", r, certain(l))
	}
	for _, name := range []string{"EIP/e", "Instance/web-1"} {
		if got, want := known(t, l.stored(name)), known(t, whole.stored(name)); got != want {
			t.Errorf("%s\n%s\nwanted\n%s", name, got, want)
		}
	}
	serial := l.load().Meta.Serial
	d, err := l.db.Revision(t.Context(), serial)
	if err != nil || d.Author != "someone" || d.Subject != "enid state resolve EIP/e --done" || d.Outcome != store.Done ||
		len(d.Tried) != 1 || d.Tried[0].Operation != "ConvertNatPublicIpToEip" || d.Tried[0].Failed {
		t.Errorf("history %+v %v", d, err)
	}
}

// known answers a resource without what only the cloud gives.
func known(t *testing.T, r *schema.Resource) string {
	t.Helper()
	if r == nil {
		return "none"
	}
	switch s := r.Status.(type) {
	case *schema.EIPStatus:
		c := *s
		c.ID = ""
		r = r.With(nil, &c)
	}
	doc, err := schema.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(doc)
}

func TestResolvedAsNotDone(t *testing.T) {
	l := cutShort(t)
	if _, err := l.Resolve(t.Context(), eipE(), "", false, "someone"); err != nil {
		t.Fatal(err)
	}
	if n := len(l.load().Intents); n != 0 || l.stored("EIP/e") != nil || l.stored("Approval/ok").Status != nil {
		t.Errorf("%d intents, %+v", n, l.stored("Approval/ok"))
	}
	l.turn()
	l.want("done ConvertNatPublicIpToEip EIP/e")
}

// TestALostResolutionChangesNothing: the person is told, and can say so again.
func TestALostResolutionChangesNothing(t *testing.T) {
	for _, done := range []bool{true, false} {
		l := cutShort(t)
		f := &failing{Store: l.db, times: 1}
		l.Controller.ledger.store = f
		if _, err := l.Resolve(t.Context(), eipE(), "", done, "someone"); err == nil {
			t.Fatal("it went through")
		}
		if l.stored("EIP/e") != nil || len(l.load().Intents) != 1 {
			t.Errorf("done %v: half of it was recorded", done)
		}
		if _, err := l.Resolve(t.Context(), eipE(), "", done, "someone"); err != nil || (l.stored("EIP/e") != nil) != done {
			t.Errorf("done %v: again: %v", done, err)
		}
	}
}

// TestTakingTheWishBackSettlesNothing: that the files no longer ask does not say
// what the cloud did.
func TestTakingTheWishBackSettlesNothing(t *testing.T) {
	l := cutShort(t)
	l.source.commit("c3", network, instance("web-1", ", publicIP: {bandwidthMbps: 5}"), eni("b", ", description: changed"))
	if r := l.turn(); r.Done+r.Blocked != 0 || certain(l) == "" || l.Status().InSync() {
		t.Errorf("%+v %q", r, certain(l))
	}
	if _, err := l.Resolve(t.Context(), eipE(), "", true, "someone"); err != nil || l.stored("EIP/e") == nil {
		t.Error(err)
	}
}

// TestResolveRefuses what is not uncertain, and what cannot have been done.
func TestResolveRefuses(t *testing.T) {
	l := cutShort(t)
	for want, resolve := range map[string]func() error{
		"has no uncertain step": func() error {
			_, err := l.Resolve(t.Context(), schema.Ref{Kind: schema.KindENI, Name: "b"}, "", true, "someone")
			return err
		},
		"has no uncertain DeleteSnapshot; choose one of [ConvertNatPublicIpToEip]": func() error {
			_, err := l.Resolve(t.Context(), eipE(), "DeleteSnapshot", true, "someone")
			return err
		},
		"Instance/web-1 has no NAT public IP": func() error {
			r := l.stored("Instance/web-1")
			status := *r.Status.(*schema.InstanceStatus)
			status.PublicIP = nil
			l.Controller.state.Put(r.Ref, r.With(nil, &status))
			_, err := l.Resolve(t.Context(), eipE(), "", true, "someone")
			return err
		},
	} {
		if err := resolve(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, wanted %q", err, want)
		}
	}
	if len(l.load().Intents) != 1 {
		t.Error("it was settled all the same")
	}
}
