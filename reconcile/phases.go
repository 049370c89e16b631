package reconcile

import "time"

// Phase is a part of a turn.
type Phase string

// The phases of a turn, in their order. A commit to the state between two steps is
// PhaseRecord's.
const (
	PhaseFetch  Phase = "fetch"  // ask the source, bring and read what is new
	PhaseLoad   Phase = "load"   // parse what changed, join, validate
	PhasePlan   Phase = "plan"   // observe, plan, check the plan
	PhaseDo     Phase = "do"     // the cloud's steps, with what they wait for
	PhaseRecord Phase = "record" // compare with the files, write the state
	PhaseHost   Phase = "host"   // converge the machine
)

// Phases answers all of them, in their order.
func Phases() []Phase {
	return []Phase{PhaseFetch, PhaseLoad, PhasePlan, PhaseDo, PhaseRecord, PhaseHost}
}

// spent is how long each phase of a turn took. The zero value is before the first.
type spent struct {
	phase Phase // the present one; empty: none
	since time.Time
	took  map[Phase]time.Duration
}

// enter ends the present phase, and answers it for going back.
func (s *spent) enter(next Phase, at time.Time) (before Phase) {
	before = s.phase
	if before != "" {
		s.add(before, at.Sub(s.since))
	}
	s.phase, s.since = next, at
	return before
}

func (s *spent) add(p Phase, d time.Duration) {
	if s.took == nil {
		s.took = map[Phase]time.Duration{}
	}
	s.took[p] += d
}
