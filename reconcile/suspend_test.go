package reconcile

import (
	"context"
	"encoding/json"
	"io/fs"
	"strings"
	"testing"
	"time"

	"enid/plan"
	"enid/reconcile/store"
)

// A suspended loop does nothing, whatever git says, until the time is over; it is
// suspended still after a start.
func TestSuspended(t *testing.T) {
	l := newLab(t, labOptions{})
	ctx := t.Context()
	l.source.commit("c1", network)
	if _, err := l.Turn(ctx); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []store.Suspension{{}, {By: "ann", Until: l.clock.Add(-time.Second)}} {
		if err := l.Suspend(ctx, wrong); err == nil {
			t.Errorf("%+v got through", wrong)
		}
	}
	if err := l.Suspend(ctx, store.Suspension{By: "ann", Reason: "the rack moves", Until: l.clock.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	l.source.commit("c2", network, eni("b", ""))
	r, err := l.Turn(ctx)
	s := l.Status()
	if err != nil || !r.Suspended || s.Applied.Revision != "c1" || s.InSync() {
		t.Fatalf("%+v, %v, %+v", r, err, s)
	}
	if c := s.Conditions[len(s.Conditions)-1]; c.Type != "Suspended" || c.Status != "True" || !strings.Contains(c.Message, "by ann since 2") || !strings.HasSuffix(c.Message, "Z: the rack moves") {
		t.Errorf("%+v", c)
	}
	state, err := l.db.Load(ctx)
	if err != nil || state.Meta.Suspended.By != "ann" {
		t.Errorf("%+v, %v", state.Meta, err)
	}
	l.clock = l.clock.Add(time.Hour)
	if _, err := l.Turn(ctx); err != nil || l.Status().Applied.Revision != "c2" || !l.Status().InSync() {
		t.Errorf("it did not end: %+v, %v", l.Status(), err)
	}
	if was, err := l.Resume(ctx, "ann"); was || err != nil {
		t.Errorf("resumed what had ended: %v, %v", was, err)
	}
}

// A suspension that comes while a turn works ends it with the present step.
func TestSuspendedBetweenTwoSteps(t *testing.T) {
	var l *lab
	steps := 0
	l = newLab(t, labOptions{config: Config{Progress: func(p Progress) {
		if p.State != StepDone {
			return
		}
		if steps++; steps == 1 {
			if err := l.Suspend(context.Background(), store.Suspension{By: "ann"}); err != nil {
				t.Error(err)
			}
		}
	}}})
	l.source.commit("c1", network, eni("b", ""), eni("c", ""))
	if _, err := l.Turn(t.Context()); err == nil || !strings.Contains(err.Error(), "suspended") || steps != 1 {
		t.Fatalf("%d steps, %v", steps, err)
	}
	if was, err := l.Resume(t.Context(), "ann"); !was || err != nil {
		t.Fatal(was, err)
	}
	if r, err := l.Turn(t.Context()); err != nil || r.Outcome != store.Done || !l.Status().InSync() {
		t.Errorf("%+v, %v", r, err)
	}
}

// One that comes and goes between two steps is none: the turn goes on.
func TestSuspendedAndResumedBetweenTwoSteps(t *testing.T) {
	var l *lab
	l = newLab(t, labOptions{config: Config{Progress: func(p Progress) {
		if p.State != StepDone {
			return
		}
		if err := l.Suspend(context.Background(), store.Suspension{By: "ann"}); err != nil {
			t.Error(err)
		}
		if was, err := l.Resume(context.Background(), "bob"); !was || err != nil {
			t.Error(was, err)
		}
	}}})
	l.source.commit("c1", network, eni("b", ""), eni("c", ""))
	if r, err := l.Turn(t.Context()); err != nil || r.Outcome != store.Done || !l.Status().InSync() {
		t.Errorf("%+v, %v, %+v", r, err, l.Status())
	}
}

// hanging is a source that never answers, after the first time.
type hanging struct{ Source }

func (h hanging) Fetch(ctx context.Context) (Revision, error) {
	<-ctx.Done()
	return Revision{}, &SourceError{Condition: Unreachable, Message: "no answer", Err: ctx.Err()}
}

// A source that hangs keeps the machine from nothing, and the loop lives.
func TestHangingSourceKeepsNoMachineWaiting(t *testing.T) {
	b := busy{make(chan struct{}, 100)}
	l := newLab(t, labOptions{realTime: true, config: Config{Interval: time.Hour, Host: b, HostName: "web-1"}})
	l.source.commit("c1", network)
	l.turn()
	<-b.turns
	l.Source = hanging{l.source}
	defer running(t, l)()
	select {
	case <-b.turns:
	case <-time.After(10 * time.Second):
		t.Fatal("the machine had no turn")
	}
}

// endless is a source whose newest revision takes for ever to be read.
type endless struct {
	Source
	until context.Context
}

func (e endless) Fetch(ctx context.Context) (Revision, error) {
	rev, err := e.Source.Fetch(ctx)
	rev.FS = unread{rev.FS, e.until}
	return rev, err
}

type unread struct {
	fs.FS
	until context.Context
}

func (u unread) Open(name string) (fs.File, error) {
	if name != "." {
		<-u.until.Done()
	}
	return u.FS.Open(name)
}

// A revision that takes long to read, as somebody may make one, keeps the machine from
// nothing either.
func TestLongReadingKeepsNoMachineWaiting(t *testing.T) {
	b := busy{make(chan struct{}, 100)}
	l := newLab(t, labOptions{realTime: true, config: Config{Interval: time.Hour, Host: b, HostName: "web-1"}})
	l.source.commit("c1", network)
	l.turn()
	<-b.turns
	l.source.commit("c2", network, eni("b", ""))
	ctx, end := context.WithCancel(t.Context())
	l.Source = endless{l.source, ctx}
	defer running(t, l)()
	defer end()
	select {
	case <-b.turns:
	case <-time.After(10 * time.Second):
		t.Fatal("the machine had no turn")
	}
}

// With a fresh state nothing is known of the machine: it waits for the first revision,
// whatever keeps that, and is converged once it is there.
func TestAFreshStateLeavesTheMachineAlone(t *testing.T) {
	b := busy{make(chan struct{}, 100)}
	l := newLab(t, labOptions{config: Config{Host: b, HostName: "web-1"}})
	for _, condition := range []Condition{Unreachable, NotVerified} {
		l.source.err = &SourceError{Condition: condition, Message: "no"}
		if _, err := l.Turn(t.Context()); err == nil {
			t.Fatal("it went well")
		}
		if h := l.Status().Host; h.Condition != HostWaiting || !strings.HasSuffix(h.Message, "waits for the first revision; the source is "+string(condition)) || len(b.turns) > 0 {
			t.Errorf("%+v, %d turns", h, len(b.turns))
		}
	}
	l.source.err = nil
	l.source.commit("c1", network)
	if l.turn(); len(b.turns) != 1 || l.Status().Host.Condition != HostDegraded {
		t.Errorf("%d turns, %+v", len(b.turns), l.Status().Host)
	}
}

// leased is a host that notes whose leases it keeps.
type leased struct {
	busy
	kept *[]string
}

func (h leased) Asked(_ *plan.World, host string) (json.RawMessage, error) {
	return json.Marshal(host)
}

func (h leased) Sustain(_ context.Context, asked json.RawMessage) error {
	*h.kept = append(*h.kept, string(asked))
	return nil
}

// A start into a suspension keeps the leases of the Host that the machine is found to
// be, and with a fresh state none.
func TestSuspendedFromTheStart(t *testing.T) {
	dir, kept := t.TempDir(), []string{}
	start := func() *lab {
		return newLab(t, labOptions{dir: dir, config: Config{Host: leased{busy{make(chan struct{}, 9)}, &kept}, HostName: "auto",
			FindHost: func(*plan.World) (string, error) { return "web-1", nil }}})
	}
	l := start()
	suspended := func() {
		t.Helper()
		if err := l.Suspend(t.Context(), store.Suspension{By: "ann"}); err != nil {
			t.Fatal(err)
		}
		l.turn()
	}
	suspended()
	if len(kept) > 0 {
		t.Errorf("kept %v of nothing", kept)
	}
	if _, err := l.Resume(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}
	l.source.commit("c1", network)
	l.turn()
	suspended()
	if h := l.Status().Host; h.Condition != HostDegraded || h.Message != "as it was seen last: it is left alone" {
		t.Errorf("%+v", h)
	}
	if err := l.db.Close(); err != nil {
		t.Fatal(err)
	}
	l = start()
	if h := l.Status().Host; h.Condition != HostWaiting || !strings.Contains(h.Message, "suspended") {
		t.Errorf("%+v", h)
	}
	if l.turn(); len(kept) != 2 || kept[1] != `"web-1"` || l.Status().Host.Name != "web-1" {
		t.Errorf("kept the leases of %v, %+v", kept, l.Status().Host)
	}
}

// A suspension ends on time, whatever chance says of polls.
func TestSuspensionEndsOnTime(t *testing.T) {
	l := newLab(t, labOptions{config: Config{Interval: 2 * time.Hour, Chance: func() float64 { return 0.99 }}})
	l.source.commit("c1", network)
	if err := l.Suspend(t.Context(), store.Suspension{By: "ann", Until: l.clock.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if d := l.delay(0); d != time.Hour {
		t.Errorf("the next turn is in %s", d)
	}
	// A clock that is put right later, as on a machine without a battery, is looked at
	// with each poll.
	l.clock = l.clock.AddDate(-30, 0, 0)
	if d := l.delay(0); !l.isSuspended() || d > 3*time.Hour {
		t.Errorf("the next turn is in %s", d)
	}
	l.clock = l.clock.AddDate(31, 0, 0)
	if r := l.turn(); r.Suspended || l.isSuspended() {
		t.Errorf("%+v", r)
	}
}

// A renewal that comes while a turn works, many times, waits for the next one.
func TestRenewDuringATurn(t *testing.T) {
	var l *lab
	l = newLab(t, labOptions{config: Config{Progress: func(Progress) {
		for n := range 10 {
			l.Renew(func(c *Config) { c.Limit = Limit{Deletes: n + 1} })
		}
	}}})
	l.source.commit("c1", network, eni("b", ""))
	l.turn()
	if l.Limit != DefaultLimit() {
		t.Errorf("%+v in the turn", l.Limit)
	}
	l.turn()
	if l.Limit != (Limit{Deletes: 10}) {
		t.Errorf("%+v after it", l.Limit)
	}
}

// A renewal is taken over before the next turn.
func TestRenew(t *testing.T) {
	l := newLab(t, labOptions{realTime: true, config: Config{Interval: time.Hour}})
	l.source.commit("c1", network)
	defer running(t, l)()
	until(t, "the first commit", func() bool { return l.Status().Applied.Revision == "c1" })
	l.Renew(func(c *Config) { c.Interval = 5 * time.Millisecond })
	l.source.commit("c2", network, eni("b", ""))
	until(t, "the second commit", func() bool { return l.Status().Applied.Revision == "c2" })
	l.source.commit("c3", network)
	until(t, "the third commit, by polling", func() bool { return l.Status().Applied.Revision == "c3" })
}
