package reconcile

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"enid/plan"
	"enid/reconcile/cloud"
)

// until waits for something that the loop does in its own time.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s does not come", what)
		}
	}
}

func running(t *testing.T, l *lab) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestRunFollowsTheSource(t *testing.T) {
	l := newLab(t, labOptions{realTime: true, config: Config{Interval: time.Hour}})
	l.source.commit("c1", network)
	defer running(t, l)()
	applied := func(id string) func() bool {
		return func() bool { return l.Status().Applied.Revision == id }
	}
	until(t, "the first commit", applied("c1"))
	l.source.commit("c2", network, eni("b", ""))
	l.source.changed <- struct{}{}
	until(t, "the hinted commit", applied("c2"))
	l.source.commit("c3", network, eni("b", ""), eni("c", ""))
	l.Hint()
	until(t, "the commit that a person asked for", applied("c3"))
	close(l.source.changed)
	if s := l.Status(); !s.InSync() || l.Beat().IsZero() {
		t.Errorf("%+v", s)
	}
}

func TestRunPolls(t *testing.T) {
	l := newLab(t, labOptions{realTime: true, config: Config{Interval: 10 * time.Millisecond}})
	l.source.err = &SourceError{Condition: Unreachable, Message: "no route"}
	defer running(t, l)()
	until(t, "the condition", func() bool { return l.Status().Source.Condition == Unreachable })
	l.source.mu.Lock()
	l.source.err = nil
	l.source.mu.Unlock()
	l.source.commit("c1", network)
	until(t, "the commit", func() bool { return l.Status().Applied.Revision == "c1" })
}

// busy is a host that has something to try again.
type busy struct{ turns chan struct{} }

func (b busy) Turn(context.Context, *plan.World, string) (HostResult, error) {
	b.turns <- struct{}{}
	return HostResult{Condition: HostDegraded, RetryAfter: time.Millisecond}, nil
}

func TestRunHealsTheMachineBetweenPolls(t *testing.T) {
	b := busy{make(chan struct{}, 100)}
	changed := make(chan time.Time, 1)
	l := newLab(t, labOptions{realTime: true, config: Config{Interval: time.Hour, Host: b, HostName: "web-1", HostChanged: changed}})
	l.source.commit("c1", network)
	defer running(t, l)()
	changed <- time.Now()
	for range 5 {
		select {
		case <-b.turns:
		case <-time.After(5 * time.Second):
			t.Fatal("the machine is left alone")
		}
	}
	if h := l.Status().Host; h.Condition != HostDegraded || h.Name != "web-1" {
		t.Errorf("%+v", h)
	}
}

// lost is a machine that no Host fits.
type lost struct{ why *string }

func (l lost) Turn(context.Context, *plan.World, string) (HostResult, error) {
	if *l.why == "" {
		return HostResult{Condition: HostConverged}, nil
	}
	return HostResult{}, errors.New(*l.why)
}

// What keeps the machine from being repaired is logged once, however often the
// machine changes, until it is something else or passes.
func TestRepairsAreNotLoggedAnew(t *testing.T) {
	var log bytes.Buffer
	why := ""
	l := newLab(t, labOptions{config: Config{Host: lost{&why}, HostName: "web-1", Log: slog.New(slog.NewTextHandler(&log, nil))}})
	l.source.commit("c1", network)
	l.turn()
	for _, why = range []string{"no Host fits", "no Host fits", "no Host fits", "two Hosts fit", "", "two Hosts fit"} {
		l.heal(t.Context(), time.Time{})
	}
	if n := strings.Count(log.String(), "the machine was not converged"); n != 3 {
		t.Errorf("%d lines instead of 3:\n%s", n, &log)
	}
}

// healing is a host that a change of it has to be put right once more.
type healing struct{}

func (healing) Turn(context.Context, *plan.World, string) (HostResult, error) {
	return HostResult{Condition: HostConverged, Done: 2}, nil
}

// Whoever counts is told of turns and repairs: what was set up, what was healed, and
// since when the machine was wrong.
func TestTurnsAreTold(t *testing.T) {
	told := make(chan Turned, 100)
	changed := make(chan time.Time, 1)
	l := newLab(t, labOptions{realTime: true, config: Config{Interval: time.Hour, Host: healing{}, HostName: "web-1", HostChanged: changed,
		Turned: func(t Turned) { told <- t }}})
	l.source.commit("c1", network)
	defer running(t, l)()
	first := <-told
	if first.Repair || first.Revision != "c1" || !first.Time.Equal(noon()) || first.Healed != 0 || first.Host.Healed != 0 || first.Host.Done != 2 || !first.Status.InSync() {
		t.Errorf("%+v, host %+v", first, first.Host)
	}
	event := time.Now().Add(-time.Minute)
	changed <- event
	if repair := <-told; !repair.Repair || repair.Event != event || repair.Host.Healed != 2 || repair.Status.Applied.Revision != "c1" {
		t.Errorf("%+v, host %+v", repair, repair.Host)
	}
	l.source.commit("c2", network, eni("b", ""))
	l.source.changed <- struct{}{}
	if second := <-told; second.Revision != "c2" || second.Done == 0 || second.Healed != 0 || second.Host.Healed != 0 {
		t.Errorf("%+v, host %+v", second, second.Host)
	}
	l.source.mu.Lock()
	l.source.err = &SourceError{Condition: Unreachable, Message: "down"}
	l.source.mu.Unlock()
	l.Hint()
	if held := <-told; held.Err == nil || held.Status.Source.Condition != Unreachable || held.Host.Healed != 2 {
		t.Errorf("%+v, host %+v", held, held.Host)
	}
}

func TestWhatFailedIsTriedAgainBetweenPolls(t *testing.T) {
	script := []cloud.Fault{{Op: "eni.create", Times: 2, Code: "Throttling"}}
	l := newLab(t, labOptions{realTime: true, cloud: cloud.Options{Script: script}, config: Config{Interval: 30 * time.Millisecond}})
	l.source.commit("c1", network, eni("b", ""))
	defer running(t, l)()
	until(t, "the ENI", func() bool { return l.Status().InSync() })
	if h := l.load().Holds; len(h) > 0 {
		t.Errorf("%+v", h)
	}
}

// TestStatusSaysHowFarTheStepsAre: while a turn does its steps, and no longer.
func TestStatusSaysHowFarTheStepsAre(t *testing.T) {
	var l *lab
	var seen []StepsStatus
	l = newLab(t, labOptions{config: Config{Progress: func(p Progress) {
		s := l.Status()
		if s.Progress == nil || s.Pending != s.Progress.Total-s.Progress.Done || s.Progress.Done != p.Done {
			t.Errorf("at step %d of %d: %+v, %d pending", p.Done, p.Total, s.Progress, s.Pending)
			return
		}
		if p.State == StepDone {
			seen = append(seen, *s.Progress)
		}
	}}})
	l.source.commit("c1", network, eni("b", ""), eni("c", ""))
	if _, err := l.Turn(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, at := range seen {
		if want := (StepsStatus{i, len(seen)}); at != want {
			t.Errorf("%+v, wanted %+v", at, want)
		}
	}
	if s := l.Status(); len(seen) < 4 || s.Progress != nil || s.Pending != 0 {
		t.Errorf("after %d steps: %+v, %d pending", len(seen), s.Progress, s.Pending)
	}
}
