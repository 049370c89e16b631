package reconcile

import (
	"testing"
	"time"
)

// A storm of events that never ends costs a tenth of a CPU in the end, and repairs of
// single events are never held up by one another.
func TestPace(t *testing.T) {
	const took = 10 * time.Millisecond
	now := time.Unix(1e9, 0)
	var p pace
	busy, began := time.Duration(0), now
	for range 200 {
		end := now.Add(took)
		busy += took
		now = end.Add(p.rest(now, end)) // the next event is there already
	}
	if share := float64(busy) / float64(now.Sub(began)); share > 0.11 {
		t.Errorf("a storm has %.2f of a CPU", share)
	}
	for range 20 {
		now = now.Add(time.Second)
		if rest := p.rest(now, now.Add(took)); rest != took {
			t.Errorf("a single event is followed by a rest of %s", rest)
		}
	}
}
