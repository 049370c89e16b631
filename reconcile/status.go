package reconcile

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"enid/plan"
	"enid/reconcile/store"
	"enid/schema"
)

// StatusFormat is the version of the status.
const StatusFormat = "enid.status/v1"

// Status is a snapshot of the loop, as the contract (section 4) has it.
type Status struct {
	Format     string            `json:"format"`
	Source     SourceStatus      `json:"source"`
	Applied    AppliedStatus     `json:"applied"`
	Pending    int               `json:"pending"`            // steps that can run and have not
	Blocked    int               `json:"blocked"`            // steps
	Drifted    int               `json:"drifted"`            // resources that differ from the revision that is applied
	Progress   *StepsStatus      `json:"progress,omitempty"` // nil: no steps are being done
	Host       *HostStatus       `json:"host,omitempty"`
	Conditions []StatusCondition `json:"conditions"`
}

// SourceStatus is what is known of the source.
type SourceStatus struct {
	Kind      string    `json:"kind"`
	URL       string    `json:"url"`
	Ref       string    `json:"ref"`
	Revision  string    `json:"revision"` // seen last
	Condition Condition `json:"condition"`
	Reason    string    `json:"reason"`
	Message   string    `json:"message"`
	Remedy    string    `json:"remedy,omitempty"` // what a person does about it
	Since     time.Time `json:"since"`
}

// AppliedStatus is the revision in force.
type AppliedStatus struct {
	Revision string    `json:"revision"`
	Lineage  string    `json:"lineage"`
	Serial   uint64    `json:"serial"`
	At       time.Time `json:"at,omitzero"`
	Author   string    `json:"author,omitempty"` // of the commit
	Subject  string    `json:"subject,omitempty"`
}

// StepsStatus is how far the steps are that are being done.
type StepsStatus struct {
	Done  int `json:"done"` // or left out
	Total int `json:"total"`
}

// HostStatus is the machine's part.
type HostStatus struct {
	Name       string        `json:"name"`
	Condition  HostCondition `json:"condition"`
	Message    string        `json:"message"`
	Drifted    int           `json:"drifted"`
	WaitingFor []string      `json:"waitingFor"`
}

// StatusCondition is one statement about the loop.
type StatusCondition struct {
	Type    string    `json:"type"`   // Applied, Unblocked, Recorded, Certain, Confirmed; Suspended where it is
	Status  string    `json:"status"` // True, False, Unknown
	Reason  string    `json:"reason"`
	Message string    `json:"message"`
	Since   time.Time `json:"since"` // when Status or Reason changed last
}

// InSync reports whether everything is as the newest revision says, and known.
func (s Status) InSync() bool {
	for _, c := range s.Conditions {
		if c.Type == conditionCertain && c.Status == "False" || c.Type == conditionSuspended {
			return false
		}
	}
	return s.Source.Condition == Ready && s.Applied.Revision == s.Source.Revision && s.Pending+s.Blocked+s.Drifted == 0 &&
		(s.Host == nil || s.Host.Condition == HostConverged)
}

// Status answers a snapshot. It never waits for a turn.
func (c *Controller) Status() Status {
	c.status.mu.Lock()
	defer c.status.mu.Unlock()
	s := c.status.now
	s.Conditions = append([]StatusCondition{}, s.Conditions...)
	if s.Host != nil {
		h := *s.Host
		s.Host = &h
	}
	if steps := c.status.steps; steps.Total > 0 {
		s.Pending, s.Progress = steps.Total-steps.Done, &steps
	}
	return s
}

// Beat answers when the loop last came round.
func (c *Controller) Beat() time.Time {
	c.status.mu.Lock()
	defer c.status.mu.Unlock()
	return c.status.beat
}

// Silence answers for how long the loop has not come round. It says so each pulse while
// it waits or fetches, and before each step: one that lives is silent for as long as it
// plans, as one step takes, or one turn of the machine with its probes.
func (c *Controller) Silence() time.Duration { return c.Now().Sub(c.Beat()) }

// beats notes that the loop came round.
func (b *statusBoard) beats(at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.beat = at
}

// does notes that the loop came round to a step.
func (b *statusBoard) does(at time.Time, done, total int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.beat, b.steps = at, StepsStatus{done, total}
}

// beating notes each pulse that the loop lives, until stop: for what has an end of its
// own, however it goes.
func (c *Controller) beating() (stop func()) {
	alive, done, ended := time.NewTicker(pulse), make(chan struct{}), make(chan struct{})
	c.status.beats(c.Now())
	go func() {
		defer close(ended)
		defer alive.Stop()
		for {
			select {
			case <-alive.C:
				c.status.beats(c.Now())
			case <-done:
				return
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

// LastPlan answers the newest plan, in the end what was left to do; nil before the
// first. It is shared: read only.
func (c *Controller) LastPlan() *plan.Plan {
	c.status.mu.Lock()
	defer c.status.mu.Unlock()
	return c.status.plan
}

// statusBoard is where the loop writes its status.
type statusBoard struct {
	mu    sync.Mutex
	now   Status
	beat  time.Time
	plan  *plan.Plan
	steps StepsStatus // zero: none are being done
}

func (b *statusBoard) start(at time.Time, c Config, state *store.State) {
	b.beat = at
	b.now = Status{Format: StatusFormat, Conditions: []StatusCondition{},
		Source: SourceStatus{Kind: c.SourceKind, URL: c.URL, Ref: c.Ref, Condition: Fetching, Since: at.UTC()}}
	if c.Host != nil {
		b.now.Host = &HostStatus{Name: c.HostName, Condition: HostConverging, WaitingFor: []string{}}
		if state.Meta.Suspended.Active(at) {
			b.now.Host.Condition, b.now.Host.Message = HostWaiting, "suspended before it was looked at"
		}
	}
	b.now.applied(state.Meta)
	b.now.Certain(at, state.Intents)
	b.now.Suspended(at, state.Meta.Suspended)
}

func (s *Status) applied(m store.Meta) {
	s.Applied = AppliedStatus{Revision: m.Applied.Revision, Lineage: m.Lineage, Serial: m.Serial, At: m.Applied.At,
		Author: m.Applied.Author, Subject: m.Applied.Subject}
}

// planned notes a plan: where the revision is applied already, what differs has drifted.
func (b *statusBoard) planned(p *plan.Plan, applied bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.plan, b.steps = p, StepsStatus{}
	b.now.Pending, b.now.Blocked, b.now.Drifted = len(p.Runnable()), p.Summary.Blocked, 0
	if applied {
		differ := map[schema.Ref]bool{}
		for _, s := range p.Runnable() {
			differ[s.Target] = true
		}
		b.now.Drifted = len(differ)
	}
}

// turned notes how a turn went.
func (b *statusBoard) turned(at time.Time, l *ledger, r *Report, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.beat, b.steps = at, StepsStatus{}
	b.now.applied(l.now())
	b.now.source(at.UTC(), r.Revision, err)
	if r.Outcome == store.Done {
		b.now.Pending, b.now.Blocked, b.now.Drifted = 0, 0, 0
	}
	switch {
	case err != nil:
		b.now.condition(at, "Applied", "False", reasonOf(err), err.Error())
	case r.Failed > 0:
		b.now.condition(at, "Applied", "False", "StepsFailed", `steps failed and are held; "enid history show SERIAL" has each, "enid retry KIND/NAME" tries again`)
	default:
		b.now.condition(at, "Applied", "True", "EveryStepRan", "")
	}
	if b.now.Blocked > 0 {
		b.now.condition(at, "Unblocked", "False", "RulesBlock", `"enid plan" shows the rules and remedies`)
	} else {
		b.now.condition(at, "Unblocked", "True", "NothingBlocked", "")
	}
	_, intents := l.notes()
	b.now.Certain(at, intents)
	if l.isLost() {
		b.now.condition(at, "Recorded", "False", "CommitFailed", "the state cannot be written")
	} else {
		b.now.condition(at, "Recorded", "True", "Committed", "")
	}
}

// source notes the source's condition. An error that is not the source's leaves
// it ready.
func (s *Status) source(at time.Time, revision string, err error) {
	now := s.Source
	if revision != "" {
		now.Revision = revision
	}
	now.Condition, now.Reason, now.Message = Ready, "", ""
	var failed *SourceError
	if errors.As(err, &failed) {
		now.Condition, now.Reason, now.Message = failed.Condition, string(failed.Condition), failed.Message
		if failed.Revision != "" {
			now.Revision = failed.Revision
		}
	}
	now.Remedy = now.Condition.Remedy()
	if now.Condition != s.Source.Condition {
		now.Since = at
	}
	s.Source = now
}

func reasonOf(err error) string {
	var failed *SourceError
	if errors.As(err, &failed) {
		return string(failed.Condition)
	}
	return "TurnFailed"
}

// condition sets one statement, and since when it holds.
func (s *Status) condition(at time.Time, typ, status, reason, message string) {
	for i := range s.Conditions {
		c := &s.Conditions[i]
		if c.Type != typ {
			continue
		}
		if c.Status != status || c.Reason != reason {
			c.Since = at.UTC()
		}
		c.Status, c.Reason, c.Message = status, reason, message
		return
	}
	s.Conditions = append(s.Conditions, StatusCondition{typ, status, reason, message, at.UTC()})
}

// host notes how the machine's turn went.
func (b *statusBoard) host(at time.Time, r HostResult, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.beat = at
	h := b.now.Host
	if h == nil {
		return
	}
	h.Condition, h.Message, h.Drifted, h.WaitingFor = r.Condition, r.Message, r.Drifted, append([]string{}, r.WaitingFor...)
	if err != nil {
		h.Condition, h.Message = HostDegraded, err.Error()
	}
}

// awaits notes that the machine waits for the first revision.
func (b *statusBoard) awaits(at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.beat = at
	b.now.Host.Condition = HostWaiting
	b.now.Host.Message = fmt.Sprintf("nothing is applied yet: it waits for the first revision; the source is %s", b.now.Source.Condition)
}

func (b *statusBoard) named(host string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now.Host.Name = host
}

// Unconfirmed notes that a revision was undone on a host, because its probes had no
// answer.
func (s *Status) Unconfirmed(c store.Confirmation) {
	s.condition(c.At, "Confirmed", "False", "ProbeFailed", fmt.Sprintf("revision %s was undone on host %s: %s", c.Failed, c.Host, c.Message))
}

// confirmed notes how the machine stands to its probes.
func (b *statusBoard) confirmed(at time.Time, c store.Confirmation, revision string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case c.Failed != "" && c.Failed == revision:
		b.now.Unconfirmed(c)
	case c.Passed == nil:
		b.now.condition(at, "Confirmed", "Unknown", "NotProbed", "not everything that is asked of this host is so yet")
	default:
		b.now.condition(at, "Confirmed", "True", "ProbesAnswered", "")
	}
}

// edited notes that a person changed the state by hand.
func (b *statusBoard) edited(at time.Time, m store.Meta, intents []store.Intent) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now.applied(m)
	b.now.Certain(at, intents)
}
