// Package storetest is what every backend of the state store must hold.
package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"enid/reconcile/store"
	"enid/schema"
)

// Run runs the suite. open answers an empty store; reopen opens the same store
// again, as another process would after a crash of the first.
func Run(t *testing.T, open func(t *testing.T) (s store.Store, reopen func() store.Store)) {
	tests := map[string]func(*testing.T, store.Store, func() store.Store){
		"a new store is empty":                  empty,
		"resources come back as they were":      resources,
		"a stale writer is refused":             stale,
		"of two writers one gets through":       race,
		"a refused commit changes nothing":      refused,
		"notes are kept until they are settled": notes,
		"a revision has its plan and steps":     history,
		"steps are read in stretches":           tried,
		"an open revision is interrupted":       interrupted,
		"old revisions are forgotten":           forgotten,
		"commits survive":                       survives,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, reopen := open(t)
			test(t, s, reopen)
		})
	}
}

var at = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// ENI is a resource that has something in every corner of a record.
func ENI(name string) *schema.Resource {
	return &schema.Resource{
		Ref:         schema.Ref{Kind: schema.KindENI, Name: name},
		Labels:      map[string]string{"tier": "web"},
		Annotations: map[string]string{"note": "<&>\u2028"},
		Spec: &schema.ENISpec{Subnet: "a", PrivateIP: netip.MustParseAddr("10.0.0.20"),
			SecurityGroups: []string{"web"}, AttachTo: &schema.Attachment{Instance: "web-1", DeviceIndex: 1}},
		Status: &schema.ENIStatus{CommonStatus: schema.CommonStatus{ID: "eni-1", CreatedAt: schema.Time{Time: at}},
			Phase: schema.PhaseInUse, Predicted: []string{"mac"}, DeviceIndex: 1, Instance: "web-1"},
	}
}

func commit(t *testing.T, s store.Store, c *store.Change) store.Meta {
	t.Helper()
	m, err := s.Meta(t.Context())
	if err == nil {
		m, err = s.Commit(t.Context(), m.Epoch, c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func load(t *testing.T, s store.Store) *store.State {
	t.Helper()
	state, err := s.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func same(t *testing.T, got, want any) {
	t.Helper()
	opts := cmp.Options{cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})}
	if d := cmp.Diff(want, got, opts); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func empty(t *testing.T, s store.Store, _ func() store.Store) {
	state := load(t, s)
	if state.Meta.Lineage == "" {
		t.Error("a store has a lineage")
	}
	same(t, state, &store.State{Meta: store.Meta{Format: store.Format, Lineage: state.Meta.Lineage}})
	list, err := s.History(t.Context(), 0, 0)
	if err != nil || list == nil || len(list) > 0 {
		t.Errorf("history: %v, %v", list, err)
	}
	if _, err := s.Revision(t.Context(), 1); !errors.Is(err, store.ErrAbsent) {
		t.Errorf("a revision that never was: %v", err)
	}
}

func resources(t *testing.T, s store.Store, _ func() store.Store) {
	a, b, c := ENI("a"), ENI("b"), ENI("c")
	commit(t, s, &store.Change{Put: []*schema.Resource{c, a, b}})
	same(t, load(t, s).Resources, []*schema.Resource{a, b, c})
	b = b.With(&schema.ENISpec{Subnet: "b", SecurityGroups: []string{"db"}}, nil)
	gone := []schema.Ref{a.Ref, {Kind: schema.KindENI, Name: "never"}}
	commit(t, s, &store.Change{Put: []*schema.Resource{b}, Delete: gone})
	same(t, load(t, s).Resources, []*schema.Resource{b, c})
}

func stale(t *testing.T, s store.Store, _ func() store.Store) {
	m := commit(t, s, &store.Change{Source: "here"})
	for _, base := range []uint64{m.Epoch - 1, m.Epoch + 1} {
		if _, err := s.Commit(t.Context(), base, &store.Change{Source: "there"}); !errors.Is(err, store.ErrStale) {
			t.Errorf("base %d of %d: %v", base, m.Epoch, err)
		}
	}
	same(t, load(t, s).Meta, m)
}

func race(t *testing.T, s store.Store, _ func() store.Store) {
	m, _ := s.Meta(t.Context())
	const writers = 8
	results := make([]error, writers)
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			_, results[i] = s.Commit(t.Context(), m.Epoch, &store.Change{Put: []*schema.Resource{ENI(fmt.Sprint("e", i))}})
		})
	}
	group.Wait()
	won := 0
	for _, err := range results {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, store.ErrStale):
			t.Error(err)
		}
	}
	if n := len(load(t, s).Resources); won != 1 || n != 1 {
		t.Errorf("%d of %d writers got through, %d resources", won, writers, n)
	}
}

func refused(t *testing.T, s store.Store, _ func() store.Store) {
	broken := &schema.Resource{Ref: schema.Ref{Kind: schema.KindENI, Name: "b"}}
	changes := map[string]*store.Change{
		"a resource without a spec":     {Put: []*schema.Resource{ENI("a"), broken}},
		"steps without a revision":      {Put: []*schema.Resource{ENI("a")}, Steps: []store.Step{{ID: "s1"}}},
		"the end of no revision at all": {Put: []*schema.Resource{ENI("a")}, End: &store.End{Outcome: store.Done}},
	}
	for name, c := range changes {
		if _, err := s.Commit(t.Context(), 0, c); err == nil {
			t.Errorf("%s: got through", name)
		}
	}
	same(t, load(t, s).Resources, []*schema.Resource{})
	same(t, load(t, s).Meta.Epoch, uint64(0))
}

func notes(t *testing.T, s store.Store, reopen func() store.Store) {
	call := store.Call{Op: "eip.convert", Target: schema.Ref{Kind: schema.KindEIP, Name: "web"}}
	other := store.Call{Op: "eip.release", Target: call.Target}
	intent := store.Intent{Call: call, Operation: "ConvertNatPublicIpToEip", Serial: 3, At: at,
		Want: json.RawMessage(`{"apiVersion":"enid/v1","kind":"EIP"}`), Approvals: []schema.Ref{{Kind: schema.KindApproval, Name: "ok"}}}
	part := store.Intent{Call: store.Call{Op: "volume.delete", Target: call.Target, Item: "web-1"}, Operation: "DeleteVolume", At: at, Want: json.RawMessage("null")}
	hold := store.Hold{Call: call, Code: "OperationDenied", Message: "no", At: at, Attempts: 2, NotBefore: at.Add(time.Minute), Digest: "d"}
	accepted := store.Acceptance{Commit: "abc", By: "someone", At: at}
	confirmed := []store.Confirmation{{Host: "web-1", Passed: json.RawMessage(`{"Name":"web-1"}`), At: at}, {Host: "web-2", Failed: "abc", Message: "no answer", At: at}}
	commit(t, s, &store.Change{Intend: []store.Intent{part, intent}, Hold: []store.Hold{hold},
		Accept: []store.Acceptance{accepted}, Confirm: []store.Confirmation{confirmed[1], confirmed[0], confirmed[1]}})
	s = reopen()
	got := load(t, s)
	same(t, got.Intents, []store.Intent{intent, part})
	same(t, got.Holds, []store.Hold{hold})
	same(t, got.Accepted, []store.Acceptance{accepted})
	same(t, got.Confirmed, confirmed)
	commit(t, s, &store.Change{Resolve: []store.Call{call, other, part.Call}, Release: []store.Call{other, call}, Spend: []string{"abc", "def"}})
	got = load(t, s)
	if n := len(got.Intents) + len(got.Holds) + len(got.Accepted); n > 0 {
		t.Errorf("%d notes are left", n)
	}
}

func begin(commit string) *store.Begin {
	return &store.Begin{Plan: json.RawMessage(`{"format":"enid.plan/v1"}`),
		Revision: store.Revision{Commit: commit, Author: "A <a@example.com>", Subject: "s", Time: at, At: at}}
}

func history(t *testing.T, s store.Store, reopen func() store.Store) {
	step := func(id string, failed bool) store.Step {
		return store.Step{ID: id, Operation: "AttachNetworkInterface", Action: "attach", At: at, Took: time.Second, Failed: failed,
			Call: store.Call{Op: "eni.attach", Target: schema.Ref{Kind: schema.KindENI, Name: id}}}
	}
	steps := []store.Step{step("s1", false), step("s2", true), step("s3", false)}
	m := commit(t, s, &store.Change{Begin: begin("c1"), Steps: steps[:1]})
	if m.Serial != 1 {
		t.Errorf("serial %d after the first revision", m.Serial)
	}
	commit(t, s, &store.Change{Steps: steps[1:2]})
	applied := store.Applied{Revision: "c1", At: at.Add(time.Minute)}
	m = commit(t, s, &store.Change{Steps: steps[2:], Applied: &applied,
		End: &store.End{Outcome: store.Failed, At: applied.At}})
	same(t, m.Applied, applied)
	s = reopen()
	d, err := s.Revision(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	want := begin("c1").Revision
	want.Serial, want.Lineage, want.Outcome, want.EndedAt, want.Steps, want.Failed = 1, m.Lineage, store.Failed, applied.At, 2, 1
	same(t, d, &store.Detail{Revision: want, Plan: begin("").Plan, Tried: steps})
	list, err := s.History(t.Context(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	same(t, list, []store.Revision{want})
	plan, err := s.Plan(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	text, err := plan.Text()
	if err != nil || string(text) != string(begin("").Plan) {
		t.Errorf("the plan: %s, %v", text, err)
	}
}

// tried walks through the steps of a revision in stretches of each length: together
// they are all of them, once.
func tried(t *testing.T, s store.Store, reopen func() store.Store) {
	var all []store.Step
	steps := func(n int) []store.Step {
		from := len(all)
		for range n {
			all = append(all, store.Step{ID: fmt.Sprint("s", len(all)+1), At: at, Call: store.Call{Target: ENI("a").Ref}})
		}
		return all[from:]
	}
	commit(t, s, &store.Change{Begin: begin("c1"), Steps: steps(4)})
	commit(t, s, &store.Change{Put: []*schema.Resource{ENI("between")}})
	commit(t, s, &store.Change{Steps: steps(1)})
	commit(t, s, &store.Change{Steps: steps(5)})
	commit(t, s, &store.Change{Begin: begin("c2"), Steps: []store.Step{{ID: "another's", At: at}}})
	s = reopen()
	for limit := 1; limit <= len(all)+1; limit++ {
		var found []store.Step
		for after, more := "", true; more; {
			part, err := s.Tried(t.Context(), 1, after, limit)
			if err != nil {
				t.Fatal(err)
			}
			if len(part.Tried) > limit || part.Commit != "c1" || part.Steps != len(all) || len(part.Tried) == 0 {
				t.Fatalf("stretches of %d, after %q: %+v", limit, after, part)
			}
			found = append(found, part.Tried...)
			after, more = part.Next, part.Next != ""
		}
		same(t, found, all)
	}
	for _, wrong := range []string{"x", "1", "1.-1", "1.1x", " 1.1"} {
		if part, err := s.Tried(t.Context(), 1, wrong, 1); !errors.Is(err, store.ErrAbsent) {
			t.Errorf("after %q: %+v, %v", wrong, part, err)
		}
	}
	if _, err := s.Tried(t.Context(), 3, "", 1); !errors.Is(err, store.ErrAbsent) {
		t.Errorf("the steps of no revision: %v", err)
	}
	if _, err := s.Plan(t.Context(), 3); !errors.Is(err, store.ErrAbsent) {
		t.Errorf("the plan of no revision: %v", err)
	}
}

func interrupted(t *testing.T, s store.Store, _ func() store.Store) {
	commit(t, s, &store.Change{Begin: begin("c1")})
	commit(t, s, &store.Change{Begin: begin("c2")})
	list, err := s.History(t.Context(), 0, 0)
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	if list[0].Outcome != store.Applying || list[1].Outcome != store.Interrupted {
		t.Errorf("outcomes %s, %s", list[0].Outcome, list[1].Outcome)
	}
}

func forgotten(t *testing.T, s store.Store, _ func() store.Store) {
	const n = store.KeepRevisions + 3
	for i := range n {
		commit(t, s, &store.Change{Begin: begin(fmt.Sprint("c", i+1)), Steps: []store.Step{{ID: "s1"}}, End: &store.End{Outcome: store.Done}})
	}
	list, err := s.History(t.Context(), 0, 0)
	if err != nil || len(list) != store.KeepRevisions {
		t.Fatal(len(list), err)
	}
	if !slices.IsSortedFunc(list, func(a, b store.Revision) int { return int(b.Serial) - int(a.Serial) }) {
		t.Error("the history is not sorted")
	}
	if _, err := s.Revision(t.Context(), 3); !errors.Is(err, store.ErrAbsent) {
		t.Errorf("revision 3 of %d: %v", n, err)
	}
	page, err := s.History(t.Context(), n-1, 2)
	if err != nil || len(page) != 2 || page[0].Serial != n-2 {
		t.Errorf("a page: %v, %v", page, err)
	}
}

func survives(t *testing.T, s store.Store, reopen func() store.Store) {
	m := commit(t, s, &store.Change{Put: []*schema.Resource{ENI("a")}, Source: "git.example/infra topology"})
	s = reopen()
	state := load(t, s)
	same(t, state.Meta, m)
	same(t, state.Resources, []*schema.Resource{ENI("a")})
}
