package reconcile

import (
	"fmt"
	"testing"
	"time"
)

// TestSilence: the loop comes round before each step, however many there are, and not
// while one hangs.
func TestSilence(t *testing.T) {
	const steps = 40
	hung, goOn := make(chan struct{}), make(chan struct{})
	var l *lab
	var longest time.Duration
	started := 0
	l = newLab(t, labOptions{config: Config{Progress: func(p Progress) {
		if p.State != StepStarted {
			return
		}
		if started++; started == steps {
			close(hung)
			<-goOn
		}
		longest = max(longest, l.Silence())
		l.clock = l.clock.Add(time.Minute) // which is what the step takes
	}}})
	docs := []string{network}
	for i := range steps {
		docs = append(docs, eni(fmt.Sprint("e", i), ""))
	}
	l.source.commit("c1", docs...)
	done := make(chan error, 1)
	go func() {
		_, err := l.Turn(t.Context())
		done <- err
	}()
	<-hung
	l.clock = l.clock.Add(time.Hour)
	if got := l.Silence(); got < time.Hour {
		t.Errorf("a step that hangs for an hour: silent for %s", got)
	}
	l.clock = l.clock.Add(-time.Hour)
	close(goOn)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if passed := l.clock.Sub(noon()); started < steps || passed < steps*time.Minute || longest > time.Minute {
		t.Errorf("%d steps in %s, silent for up to %s", started, passed, longest)
	}
}

// TestSilentFetch: a fetch that lasts has an end of its own, and the loop lives until then.
func TestSilentFetch(t *testing.T) {
	l := newLab(t, labOptions{})
	l.status.beats(time.Time{})
	l.source.mu.Lock() // the server hangs
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = l.fetch(t.Context())
	}()
	until(t, "a beat", func() bool { return !l.Beat().IsZero() })
	l.source.mu.Unlock()
	<-done
}
