package reconcile

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"enid/plan"
	"enid/reconcile/store"
	"enid/schema"
)

func TestShrinkGuard(t *testing.T) {
	l := newLab(t, labOptions{})
	full := []string{network, instance("a1", ""), instance("a2", ""), eni("b1", ""), eni("b2", ""), eni("b3", ""), eni("b4", "")}
	l.source.commit("c1", full...)
	l.turn()
	c2 := strings.Repeat("c2", 20)
	l.source.commit(c2, full[:3]...)
	_, err := l.Turn(t.Context())
	var held *SourceError
	if !errors.As(err, &held) || held.Condition != Shrunk || !errors.Is(err, ErrHeld) {
		t.Fatal(err)
	}
	if s := l.Status(); s.Source.Condition != Shrunk || s.Applied.Revision != "c1" || s.Source.Revision != c2 {
		t.Errorf("%+v", s)
	}
	for _, other := range []string{"c2c2c2", "c2c2c2c3", "HEAD"} {
		if err := l.Accept(t.Context(), other, "someone"); err == nil || !strings.Contains(err.Error(), c2) {
			t.Errorf("%s: %v", other, err)
		}
	}
	if err := l.Accept(t.Context(), c2[:12], "someone"); err != nil { // as status prints it
		t.Fatal(err)
	}
	if r := l.turn(); r.Done != 4 {
		t.Errorf("%+v", r)
	}
	d, _ := l.db.Revision(t.Context(), 2)
	if len(l.load().Accepted) != 0 || d.AcceptedBy != "someone" {
		t.Errorf("%+v", d.Revision)
	}
	l.source.commit("c3")
	if _, err := l.Turn(t.Context()); !errors.As(err, &held) || held.Condition != Shrunk {
		t.Errorf("the empty topology: %v", err)
	}
}

func TestTheGuardAlsoHoldsForWhatIsImported(t *testing.T) {
	l := newLab(t, labOptions{})
	l.source.commit("c1", network)
	l.turn()
	l = newLabOn(t, l)
	var imported []*schema.Resource
	for _, name := range []string{"i1", "i2", "i3", "i4"} {
		imported = append(imported, &schema.Resource{Ref: schema.Ref{Kind: schema.KindEIP, Name: name}, Spec: &schema.EIPSpec{Account: "main", Region: "cn-a"}})
	}
	if _, err := l.db.Commit(t.Context(), l.load().Meta.Epoch, &store.Change{Put: imported}); err != nil {
		t.Fatal(err)
	}
	l = newLabOn(t, l)
	l.source.commit("c1", network)
	if _, err := l.Turn(t.Context()); !errors.Is(err, ErrHeld) || l.stored("EIP/i4") == nil {
		t.Errorf("four of seven: %v", err)
	}
	if err := l.Accept(t.Context(), "c1", "someone"); err != nil {
		t.Fatal(err)
	}
	if r := l.turn(); r.Done != 4 || r.Outcome != store.Done || len(l.load().Accepted) > 0 {
		t.Errorf("%+v", r)
	}
}

func TestLimits(t *testing.T) {
	cases := []struct {
		limit         string
		managed, gone int
		held          bool
	}{
		{"", 5, 3, false}, {"", 5, 4, true}, {"", 100, 20, false}, {"", 100, 21, true},
		{"1", 100, 1, false}, {"1", 100, 2, true}, {"50%", 4, 2, false}, {"50%", 4, 3, true}, {"0", 9, 1, true},
	}
	for _, c := range cases {
		limit := DefaultLimit()
		if c.limit != "" {
			var err error
			if limit, err = ParseLimit(c.limit); err != nil {
				t.Fatal(err)
			}
		}
		s := Shrink{Managed: c.managed, Gone: c.gone, Most: max(limit.Deletes, c.managed*limit.Percent/100)}
		if s.Held() != c.held {
			t.Errorf("%+v: %v", c, s)
		}
	}
	none, err := ParseLimit("0")
	if got := (Config{Limit: none}).withDefaults().Limit; err != nil || got != none || got == (Config{}).withDefaults().Limit {
		t.Errorf("0 deletes became %+v", got)
	}
	for _, bad := range []string{"", "x", "-1", "101%", "5 %"} {
		if _, err := ParseLimit(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// machine counts the turns of a host.
type machine struct {
	turns int
	saw   int
}

func (m *machine) Turn(_ context.Context, state *plan.World, host string) (HostResult, error) {
	m.turns++
	m.saw = len(state.Refs())
	return HostResult{Condition: HostConverged}, nil
}

func TestTheMachineIsHealedWhateverTheSourceIs(t *testing.T) {
	m := &machine{}
	l := newLab(t, labOptions{config: Config{Host: m, HostName: "web-1"}})
	l.source.commit("c1", network, instance("web-1", ""))
	l.turn()
	saw := m.saw
	l.source.commit("c2", network, instance("web-1", ", subnet: nowhere"))
	_, err := l.Turn(t.Context())
	var held *SourceError
	if !errors.As(err, &held) || held.Condition != Invalid || m.turns != 2 || m.saw != saw {
		t.Errorf("invalid: %v, %+v", err, m)
	}
	l.source.err = &SourceError{Condition: Unreachable, Message: "no route"}
	if _, err = l.Turn(t.Context()); err == nil || m.turns != 3 || m.saw != saw {
		t.Errorf("unreachable: %v, %+v", err, m)
	}
	s := l.Status()
	if s.Source.Condition != Unreachable || s.Applied.Revision != "c1" || s.Host.Condition != HostConverged {
		t.Errorf("%+v", s)
	}
}

func TestAnotherSourceIsRefused(t *testing.T) {
	l := newLab(t, labOptions{})
	l.source.commit("c1", network)
	l.turn()
	l.Controller.From = "elsewhere"
	if _, err := l.Turn(t.Context()); !errors.Is(err, ErrOtherSource) {
		t.Error(err)
	}
	was := l.load().Meta
	l.Controller.AdoptSource = true
	l.turn()
	if m := l.load().Meta; m.Source != "elsewhere" || m.Applied != was.Applied || m.Serial != was.Serial {
		t.Errorf("the same revision, taken over: %+v, was %+v", m, was)
	}
	l.Controller.AdoptSource = false
	l.source.commit("c2", network, eni("b", ""))
	l.turn()
}

// TestPresumedIsNoCloud: what --host-only took as applied is never taken for a cloud's
// state, nor written over one, whatever is adopted.
func TestPresumedIsNoCloud(t *testing.T) {
	for _, hostOnly := range []bool{true, false} {
		l := newLab(t, labOptions{})
		l.Controller.HostOnly, l.Controller.AdoptSource = hostOnly, true
		l.source.commit("c1", network, eni("b", ""))
		l.turn()
		was := l.load()
		l.Controller.HostOnly = !hostOnly
		l.source.commit("c2", network)
		if _, err := l.Turn(t.Context()); !errors.Is(err, ErrOtherSource) || !strings.Contains(err.Error(), "give another --state") {
			t.Errorf("host only first: %v: %v", hostOnly, err)
		}
		if is := l.load(); is.Meta != was.Meta || len(is.Resources) != len(was.Resources) {
			t.Errorf("host only first: %v: the state was changed: %+v", hostOnly, is.Meta)
		}
	}
}

// failing is a store whose commits fail for a while.
type failing struct {
	store.Store
	after, times int
}

func (f *failing) Commit(ctx context.Context, base uint64, c *store.Change) (store.Meta, error) {
	if f.after--; f.after < 0 && f.times > 0 {
		f.times--
		return store.Meta{}, errors.New("no space left on device")
	}
	return f.Store.Commit(ctx, base, c)
}

func TestALostCommitIsDoneAgain(t *testing.T) {
	f := &failing{after: 1000, times: 1000}
	l := newLab(t, labOptions{wrap: func(s store.Store) store.Store { f.Store = s; return f }})
	l.source.commit("c1", network)
	l.turn()
	f.after = 0
	l.source.commit("c2", network, eni("b", ""), eni("c", ""))
	if _, err := l.Turn(t.Context()); err == nil {
		t.Fatal("the turn went well")
	}
	if l.stored("ENI/b") != nil {
		t.Error("it was recorded")
	}
	f.times = 0
	if r := l.turn(); r.Done != 2 || r.Failed > 0 {
		t.Errorf("%+v %v", r, l.events)
	}
}

func TestAStaleWriterIsRefused(t *testing.T) {
	l := newLab(t, labOptions{})
	l.source.commit("c1", network)
	other := New(l.Controller.Config, l.load())
	l.turn()
	r, err := other.Turn(t.Context())
	if !errors.Is(err, store.ErrStale) || r.Serial != 0 {
		t.Fatalf("%+v %v", r, err)
	}
	before := l.load().Meta
	if r, err := other.Turn(t.Context()); err != nil || r.Done != 0 {
		t.Errorf("once it has read again: %+v %v", r, err)
	}
	if after := l.load().Meta; after != before {
		t.Errorf("%+v, was %+v", after, before)
	}
}

func TestApplyOnce(t *testing.T) {
	l := newLab(t, labOptions{})
	topology, findings, err := Load(t.Context(), Revision{FS: files(network, eni("b", ""))}, &Cache{})
	if err != nil || len(Errors(findings)) > 0 {
		t.Fatal(findings, err)
	}
	rev := Revision{ID: "dir:1"}
	p, err := l.Plan(t.Context(), rev, topology, nil)
	if err != nil || len(p.Steps) != 5 {
		t.Fatal(p, err)
	}
	no := errors.New("not this one")
	if _, err := l.Apply(t.Context(), rev, topology, ApplyOptions{Expect: func(store.Meta, *plan.Plan) error { return no }}); !errors.Is(err, no) || l.load().Meta.Epoch != 0 {
		t.Error(err)
	}
	vpc := func(r schema.Ref) bool { return r.Kind == schema.KindVPC }
	if r, err := l.Apply(t.Context(), rev, topology, ApplyOptions{Only: vpc}); err != nil || r.Done != 1 || l.load().Meta.Applied.Revision != "" {
		t.Errorf("%+v %v", r, err)
	}
	if r, err := l.Apply(t.Context(), rev, topology, ApplyOptions{}); err != nil || r.Done != 4 || l.load().Meta.Applied.Revision != "dir:1" {
		t.Errorf("%+v %v", r, err)
	}
	epoch := l.load().Meta.Epoch
	if r, err := l.Apply(t.Context(), rev, topology, ApplyOptions{}); err != nil || r.Done != 0 || l.load().Meta.Epoch != epoch {
		t.Errorf("the second time %+v %v", r, err)
	}
	if _, err := l.Apply(t.Context(), Revision{ID: "dir:2"}, nil, ApplyOptions{}); !errors.Is(err, ErrHeld) {
		t.Error(err)
	}
	if r, err := l.Apply(t.Context(), Revision{ID: "dir:2"}, nil, ApplyOptions{AllowShrink: true}); err != nil || len(l.load().Resources) != 0 {
		t.Errorf("%+v %v %v", r, err, l.load().Resources)
	}
}

func TestBackOff(t *testing.T) {
	for _, c := range []struct {
		interval time.Duration
		failures int
		want     time.Duration
	}{
		{time.Minute, 1, time.Minute}, {time.Minute, 2, 2 * time.Minute}, {time.Minute, 4, 5 * time.Minute}, {time.Minute, 1000, 5 * time.Minute},
		{time.Second, 4, 8 * time.Second}, {time.Second, 5, 10 * time.Second}, {10 * time.Minute, 3, 10 * time.Minute},
	} {
		if got := backOff(c.interval, c.failures); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
