package reconcile

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	plancloud "enid/plan/cloud"
	"enid/reconcile/cloud"
	"enid/reconcile/store"
	"enid/schema"
)

func TestTheDriverKnowsEveryRowOfTheTable(t *testing.T) {
	d := cloud.New(nil, cloud.Options{})
	for _, op := range plancloud.Domain().Operations {
		_, err := d.Do(t.Context(), cloud.Call{Op: op.ID, Target: schema.Ref{Kind: op.Kind, Name: "x"}})
		if err == nil || strings.Contains(err.Error(), "there is no operation") {
			t.Errorf("%s: %v", op.ID, err)
		}
	}
}

func TestApplyTwice(t *testing.T) {
	l := newLab(t, labOptions{})
	l.source.commit("c1", network, instance("web-1", ", power: stopped"), instance("web-2", ""),
		eni("b", ", secondaryIPCount: 2, attachTo: {instance: web-2}"),
		`{apiVersion: enid/v1, kind: EIP, metadata: {name: e, labels: {tier: web}}, spec: {region: cn-a, bindTo: {eni: b}}}`, downtime)
	r := l.turn()
	if r.Outcome != store.Done || r.Failed+r.Blocked+r.Left > 0 || r.Done != len(r.Plan.Steps) || r.Serial != 1 {
		t.Fatalf("%+v\n%v", r, rules(r.Rest))
	}
	if s := statusOf[*schema.ENIStatus](l, "ENI/b"); s.Phase != schema.PhaseInUse || s.DeviceIndex != 1 || len(s.SecondaryIPs) != 2 {
		t.Errorf("%+v", s)
	}
	if s := statusOf[*schema.InstanceStatus](l, "Instance/web-1"); s.Phase != schema.PhaseStopped {
		t.Errorf("%+v", s)
	}
	if l.stored("Account/main") == nil || l.stored("Policy/day") == nil || l.stored("EIP/e").Labels["tier"] != "web" {
		t.Error("what is no operation was not recorded")
	}
	before := l.load().Meta
	if before.Applied.Revision != "c1" || l.source.applied != "c1" || before.Source != "test" {
		t.Errorf("%+v", before)
	}
	if r := l.turn(); r.Done != 0 || r.Outcome != store.Done {
		t.Errorf("the second turn: %+v", r)
	}
	l.calm.until = time.Time{} // a full check finds nothing either
	if r := l.turn(); r.Done != 0 || r.Plan == nil || len(r.Plan.Steps) > 0 {
		t.Errorf("the full check: %+v", r)
	}
	if after := l.load().Meta; after != before {
		t.Errorf("%+v, was %+v", after, before)
	}
	if s := l.Status(); !s.InSync() || s.Applied.Serial != 1 {
		t.Errorf("%+v", s)
	}
	d, err := l.db.Revision(t.Context(), 1)
	if err != nil || d.Outcome != store.Done || d.Steps != r.Done || len(d.Tried) != r.Done || d.Author == "" || !strings.Contains(string(d.Plan), "enid.plan/v1") {
		t.Errorf("history %+v, %v", d.Revision, err)
	}
}

func TestACommitThatChangesNoStepMovesTheRevisionOnly(t *testing.T) {
	l := newLab(t, labOptions{})
	l.source.commit("c1", network)
	l.turn()
	l.source.commit("c2", network, downtime)
	if r := l.turn(); r.Done != 0 || r.Serial != 1 {
		t.Errorf("%+v", r)
	}
	if m := l.load().Meta; m.Serial != 1 || m.Applied.Revision != "c2" || l.stored("Policy/day") == nil {
		t.Errorf("%+v", m)
	}
}

func TestAFailedStepIsHeldAndTheOthersGoOn(t *testing.T) {
	l := newLab(t, labOptions{cloud: cloud.Options{Script: []cloud.Fault{{Op: "instance.create", Target: schema.Ref{Kind: schema.KindInstance, Name: "web-1"}, Times: 2, Code: "Throttling"}}}})
	l.source.commit("c1", network, instance("web-1", ""), instance("web-2", ""), eni("b", ", attachTo: {instance: web-1}"))
	r := l.turn()
	if r.Failed != 1 || r.Outcome != store.Failed || l.stored("Instance/web-2") == nil || l.stored("ENI/b") == nil {
		t.Fatalf("%+v", r)
	}
	if got := rules(r.Rest); !slices.Contains(got, "Instance/web-1 plan.held") {
		t.Errorf("blocked by %v", got)
	}
	if r := l.turn(); r.Failed+r.Done != 0 {
		t.Errorf("it was tried again at once: %+v", r)
	}
	l.clock = l.clock.Add(time.Minute)
	if r := l.turn(); r.Failed != 1 {
		t.Errorf("the second attempt: %+v", r)
	}
	if h := l.load().Holds; len(h) != 1 || h[0].Attempts != 2 || h[0].NotBefore.Sub(l.clock) != 2*time.Minute || h[0].Code != "Throttling" {
		t.Errorf("%+v", h)
	}
	l.clock = l.clock.Add(2 * time.Minute)
	r = l.turn()
	l.want("done RunInstances Instance/web-1", "done AttachNetworkInterface ENI/b")
	if h := l.load().Holds; len(h) != 0 || r.Outcome != store.Done {
		t.Errorf("%+v %+v", h, r)
	}
	d, _ := l.db.Revision(t.Context(), 1)
	if d.Failed != 1 || d.Outcome != store.Failed {
		t.Errorf("%+v", d.Revision)
	}
}

// TestNothingIsStoppedTwiceForNothing is the promise of the design: the start is
// still done, and the failed step waits for a person.
func TestNothingIsStoppedTwiceForNothing(t *testing.T) {
	l := newLab(t, labOptions{cloud: cloud.Options{Script: []cloud.Fault{{Op: "instance.address", Times: 1, Code: "InternalError"}}}})
	l.source.commit("c1", network, instance("web-1", ", privateIP: 10.0.0.10"), downtime)
	l.turn()
	l.source.commit("c2", network, instance("web-1", ", privateIP: 10.0.0.11"), downtime)
	l.turn()
	l.want("done StopInstance Instance/web-1", "failed ModifyInstanceVpcAttribute Instance/web-1",
		"left out StartInstance Instance/web-1", "done StartInstance Instance/web-1")
	if s := statusOf[*schema.InstanceStatus](l, "Instance/web-1"); s.Phase != schema.PhaseRunning || s.PrivateIP.String() != "10.0.0.10" {
		t.Errorf("%+v", s)
	}
	l.clock = l.clock.Add(24 * time.Hour)
	if r := l.turn(); r.Done+r.Failed != 0 {
		t.Errorf("a day later: %+v %v", r, l.events)
	}
	l = newLabOn(t, l) // a start of the program forgets nothing
	l.source.commit("c2", network, instance("web-1", ", privateIP: 10.0.0.11"), downtime)
	if r := l.turn(); r.Done+r.Failed != 0 || !slices.Contains(rules(r.Rest), "Instance/web-1 plan.held") {
		t.Errorf("after a start: %+v %v", r, l.events)
	}
	if n, err := l.Retry(t.Context(), schema.Ref{Kind: schema.KindInstance, Name: "web-1"}); n != 1 || err != nil {
		t.Error(n, err)
	}
	l.turn()
	l.want("done StopInstance Instance/web-1", "done ModifyInstanceVpcAttribute Instance/web-1", "done StartInstance Instance/web-1")
}

// TestAStopForSomethingElseHoldsNothing: a type that takes ENIs only while stopped
// waits for a person, one that takes them at any time is tried again by itself.
func TestAStopForSomethingElseHoldsNothing(t *testing.T) {
	for typ, person := range map[string]bool{"ecs.g5.xlarge": false, "ecs.t6-c1m1.large": true} {
		l := newLab(t, labOptions{cloud: cloud.Options{Script: []cloud.Fault{{Op: "eni.attach", Times: 1, Code: "Throttling"}}}})
		web := func(ip string) string {
			return strings.Replace(instance("web-1", ", privateIP: "+ip), "ecs.g5.xlarge", typ, 1)
		}
		l.source.commit("c1", network, web("10.0.0.10"), downtime)
		l.turn()
		l.source.commit("c2", network, web("10.0.0.11"), eni("b", ", attachTo: {instance: web-1}"), downtime)
		r := l.turn()
		h := l.load().Holds
		if len(h) != 1 || h[0].NotBefore.IsZero() != person || statusOf[*schema.InstanceStatus](l, "Instance/web-1").Phase != schema.PhaseRunning {
			t.Errorf("%s: %+v %+v\n%s", typ, r, h, strings.Join(l.events, "\n"))
		}
	}
}

// newLabOn starts the loop anew on the same store.
func newLabOn(t *testing.T, l *lab) *lab {
	t.Helper()
	clock := l.clock
	if err := l.db.Close(); err != nil {
		t.Fatal(err)
	}
	l = newLab(t, labOptions{dir: l.dir})
	l.clock = clock
	return l
}

func TestAChangedResourceIsTriedAgain(t *testing.T) {
	l := newLab(t, labOptions{cloud: cloud.Options{Script: []cloud.Fault{{Op: "eni.create", Times: 1, Code: "InvalidParameter"}}}})
	l.source.commit("c1", network, eni("b", ""))
	l.turn()
	l.clock = l.clock.Add(24 * time.Hour)
	if r := l.turn(); r.Done+r.Failed != 0 {
		t.Errorf("a refusal that lasts was tried again: %+v", r)
	}
	l.source.commit("c2", network, eni("b", ", description: better"))
	l.turn()
	l.want("done CreateNetworkInterface ENI/b")
}

func TestAnIrreversibleStepThatWasCutShort(t *testing.T) {
	approval := `{apiVersion: enid/v1, kind: Approval, metadata: {name: ok}, spec: {operation: irreversible, target: EIP/e, reason: because}}`
	eip := `{apiVersion: enid/v1, kind: EIP, metadata: {name: e}, spec: {region: cn-a, convertFrom: {instance: web-1}}}`
	l := newLab(t, labOptions{})
	l.source.commit("c1", network, instance("web-1", ", publicIP: {bandwidthMbps: 5}"))
	l.turn()
	call := store.Call{Op: "eip.convert", Target: schema.Ref{Kind: schema.KindEIP, Name: "e"}}
	// As a crash between the intent and the step leaves it.
	if _, err := l.db.Commit(t.Context(), l.load().Meta.Epoch, &store.Change{Intend: []store.Intent{{Call: call, Operation: "ConvertNatPublicIpToEip", At: noon()}}}); err != nil {
		t.Fatal(err)
	}
	l = newLabOn(t, l)
	l.source.commit("c2", network, instance("web-1", ""), eip, approval)
	if r := l.turn(); r.Done != 0 || !slices.Contains(rules(r.Rest), "EIP/e plan.uncertain") {
		t.Errorf("%+v %v", r, l.events)
	}
	if _, err := l.Retry(t.Context(), call.Target); err == nil {
		t.Error("a step that may have been done is tried again")
	}
	if _, err := l.Resolve(t.Context(), call.Target, "", false, "someone"); err != nil {
		t.Fatal(err)
	}
	r := l.turn()
	l.want("done ConvertNatPublicIpToEip EIP/e")
	if s := statusOf[*schema.ApprovalStatus](l, "Approval/ok"); s.UsedBy != "3/s1" || r.Serial != 3 {
		t.Errorf("%+v", s)
	}
	if n := len(l.load().Intents); n != 0 {
		t.Errorf("%d intents are left", n)
	}
}

func TestPhasesAreWaitedFor(t *testing.T) {
	l := newLab(t, labOptions{cloud: cloud.Options{Settle: 30 * time.Millisecond}})
	l.source.commit("c1", network, instance("web-1", ", privateIP: 10.0.0.10"), eni("b", ", attachTo: {instance: web-1}"), downtime)
	if r := l.turn(); r.Outcome != store.Done || r.Failed > 0 {
		t.Errorf("%+v %v", r, l.events)
	}
	l.source.commit("c2", network, instance("web-1", ", privateIP: 10.0.0.11"), eni("b", ""), downtime)
	if r := l.turn(); r.Outcome != store.Done || r.Failed > 0 {
		t.Errorf("%+v %v", r, l.events)
	}
	if s := statusOf[*schema.InstanceStatus](l, "Instance/web-1"); s.Phase != schema.PhaseRunning || s.PrivateIP.String() != "10.0.0.11" {
		t.Errorf("%+v", s)
	}
	if s := statusOf[*schema.ENIStatus](l, "ENI/b"); s.Phase != schema.PhaseAvailable {
		t.Errorf("%+v", s)
	}
}

func TestAPhaseThatDoesNotEndHoldsOnlyWhatNeedsIt(t *testing.T) {
	b := schema.Ref{Kind: schema.KindENI, Name: "b"}
	l := newLab(t, labOptions{cloud: cloud.Options{Script: []cloud.Fault{{Op: "eni.create", Target: b, Stay: true}}}})
	l.source.commit("c1", network, instance("web-1", ""), eni("b", ", attachTo: {instance: web-1}"), eni("c", ", attachTo: {instance: web-1}"))
	r := l.turn()
	if s := statusOf[*schema.ENIStatus](l, "ENI/c"); s.Phase != schema.PhaseInUse || r.Outcome != store.Blocked || r.Failed > 0 {
		t.Errorf("%+v %+v", r, s)
	}
	l.driver.Release(b)
	if r := l.turn(); r.Outcome != store.Done || statusOf[*schema.ENIStatus](l, "ENI/b").Instance != "web-1" {
		t.Errorf("%+v %v", r, l.events)
	}
}

func TestStopEndsAfterTheStepUnderWay(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	l := newLab(t, labOptions{config: Config{Progress: func(p Progress) {
		if p.State == StepStarted {
			if n++; n == 3 {
				cancel()
			}
		}
	}}})
	l.source.commit("c1", network, instance("web-1", ""))
	r, err := l.Turn(ctx)
	if !errors.Is(err, context.Canceled) || r.Done != 3 {
		t.Fatalf("%+v %v", r, err)
	}
	s := l.load()
	if len(s.Resources) != 4 || s.Meta.Applied.Revision != "" || s.Meta.Serial != 1 { // VPC, subnet, group; and the account
		t.Errorf("%d resources, %+v", len(s.Resources), s.Meta)
	}
	if d, _ := l.db.Revision(t.Context(), 1); d.Outcome != store.Interrupted || d.Steps != 3 {
		t.Errorf("%+v", d.Revision)
	}
	if r := l.turn(); r.Outcome != store.Done || r.Serial != 2 {
		t.Errorf("%+v", r)
	}
}

func TestARevisionThatACrashLeftOpenIsClosed(t *testing.T) {
	l := newLab(t, labOptions{})
	l.source.commit("c1", network)
	l.turn()
	// As a crash between the last step and the end of its revision leaves it.
	if _, err := l.db.Commit(t.Context(), l.load().Meta.Epoch, &store.Change{Begin: &store.Begin{Revision: store.Revision{Commit: "c2"}}}); err != nil {
		t.Fatal(err)
	}
	l = newLabOn(t, l)
	l.source.commit("c2", network)
	l.turn()
	if d, err := l.db.Revision(t.Context(), 2); err != nil || d.Outcome != store.Interrupted || l.load().Meta.Applied.Revision != "c2" {
		t.Errorf("%+v %v", d, err)
	}
}

func TestCommandsNeedNoTarget(t *testing.T) {
	l := newLab(t, labOptions{cloud: cloud.Options{Script: []cloud.Fault{{Op: "eni.create", Code: "InvalidParameter"}}}})
	l.source.commit("c1", network, eni("b", ""))
	l.turn()
	c := New(Config{Store: l.db}, l.load())
	if n, err := c.Retry(t.Context(), schema.Ref{Kind: schema.KindENI, Name: "b"}); n != 1 || err != nil || len(l.load().Holds) != 0 {
		t.Error(n, err)
	}
	if n, err := c.Retry(t.Context(), schema.Ref{Kind: schema.KindENI, Name: "b"}); n != 0 || err != nil {
		t.Error(n, err)
	}
	for _, commit := range []string{"", "main", "69b34449", " " + strings.Repeat("a1", 20)} {
		if err := c.Accept(t.Context(), commit, "someone"); err == nil || len(l.load().Accepted) > 0 {
			t.Errorf("%q was accepted", commit)
		}
	}
}
