package metrics

import (
	"errors"
	"slices"
	"time"

	"enid/reconcile"
	"enid/reconcile/store"
)

// mostENIs bounds the series of one host: no type of instance has as many.
const mostENIs = 64

// now is what turns said last and the status does not.
type now struct {
	blocked   map[string]int // cloud steps by rule
	host      *reconcile.HostResult
	seen      seen
	converged string // revision
}

// seen is the newest revision that could be read.
type seen struct {
	revision         string
	committed, since time.Time
}

// collect sets what the last turns said.
func (n *now) collect(set setter, host bool) {
	for rule, count := range n.blocked {
		set(rulesBlocking, float64(count), cloudPart, rule)
	}
	if !host || n.host == nil {
		return
	}
	set(stepsBlocked, float64(n.host.Blocked), hostPart)
	for rule, count := range n.host.BlockedBy {
		set(rulesBlocking, float64(count), hostPart, rule)
	}
	for _, e := range n.host.ENIs[:min(len(n.host.ENIs), mostENIs)] {
		oneHot(set, hostENI, reconcile.HostConditions(), e.Condition, e.Name)
	}
}

// Turned counts a turn.
func (m *Metrics) Turned(t reconcile.Turned) {
	m.mu.Lock()
	defer m.mu.Unlock()
	part := "turn"
	if t.Repair {
		part = "repair"
	} else {
		m.counters[turns].WithLabelValues(outcome(t)).Inc()
		m.counters[driftHealed].WithLabelValues(cloudPart).Add(float64(t.Healed))
	}
	m.histograms[turnSeconds].WithLabelValues(part).Observe(t.Took.Seconds())
	for phase, took := range t.Spent() {
		m.counters[phaseSeconds].WithLabelValues(string(phase)).Add(took.Seconds())
	}
	if t.Rest != nil || t.Outcome == store.Done {
		m.now.blocked = map[string]int{}
	}
	if t.Rest != nil {
		for _, s := range t.Rest.Steps {
			reconcile.CountBlocks(m.now.blocked, s.BlockedBy)
		}
	}
	if t.Host != nil && t.Host.Condition != "" { // else nothing could be decided
		m.host(t)
	}
	m.converged(t, time.Now())
}

// outcome answers a turn's outcome, as a label's value.
func outcome(t reconcile.Turned) string {
	var held *reconcile.SourceError
	suspended := func(c reconcile.StatusCondition) bool { return c.Type == "Suspended" && c.Status == "True" }
	switch {
	case slices.ContainsFunc(t.Status.Conditions, suspended):
		return "suspended"
	case errors.As(t.Err, &held):
		return "held"
	case t.Err != nil:
		return "error"
	case t.Outcome == "":
		return string(store.Done)
	}
	return string(t.Outcome)
}

func (m *Metrics) host(t reconcile.Turned) {
	m.now.host = t.Host
	for operation, n := range t.Host.DoneBy {
		m.counters[steps].WithLabelValues(hostPart, operation, "done").Add(float64(n))
	}
	m.counters[driftHealed].WithLabelValues(hostPart).Add(float64(t.Host.Healed))
	if !t.Event.IsZero() && t.Host.Done > 0 {
		m.histograms[eventToRepair].WithLabelValues().Observe(max(0, time.Since(t.Event).Seconds()))
	}
}

// converged measures how long a revision took, once all of it is so. One that was in
// force when the daemon began, or comes back in another's place, is measured anew.
func (m *Metrics) converged(t reconcile.Turned, at time.Time) {
	if t.Revision != "" && t.Revision != m.now.seen.revision {
		m.now.seen = seen{t.Revision, t.Time, at.Add(-t.Took)}
	}
	s := m.now.seen
	if t.Status.Source.Revision != s.revision || s.revision == m.now.converged || !t.Status.InSync() {
		return
	}
	m.now.converged = s.revision
	m.histograms[seenToConverged].WithLabelValues().Observe(at.Sub(s.since).Seconds())
	m.histograms[commitToConverged].WithLabelValues().Observe(max(0, at.Sub(s.committed).Seconds()))
}

// Progress counts a step.
func (m *Metrics) Progress(p reconcile.Progress) {
	result := ""
	switch p.State {
	case reconcile.StepDone:
		result = "done"
	case reconcile.StepFailed:
		result = "failed"
	case reconcile.StepLeft:
		result = "left"
	default:
		return
	}
	m.counters[steps].WithLabelValues(cloudPart, p.Step.Operation, result).Inc()
}
