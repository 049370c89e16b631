package store

import (
	"encoding/json"
	"time"

	"enid/schema"
)

// Meta is what a store knows of itself and of what is applied.
type Meta struct {
	Format int `json:"format"`
	// Lineage is a UUID, given when the store was made: two stores with the same
	// serial are the same state only where their lineages are.
	Lineage string `json:"lineage"`
	// Serial counts the revisions for which something was done.
	Serial uint64 `json:"serial"`
	// Epoch counts the commits; it is what writers compare.
	Epoch uint64 `json:"epoch"`
	// Source is where the state is applied from: repository and path, or folder.
	// Empty before the first time.
	Source  string  `json:"source,omitempty"`
	Applied Applied `json:"applied,omitzero"`
	// Suspended is how a person holds the daemon; zero: it is not held.
	Suspended Suspension `json:"suspended,omitzero"`
}

// Suspension keeps the daemon from doing anything.
type Suspension struct {
	By     string    `json:"by"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
	Until  time.Time `json:"until,omitzero"` // zero: until a person resumes
}

// Active reports whether the daemon is held at that time.
func (s Suspension) Active(at time.Time) bool {
	return !s.At.IsZero() && (s.Until.IsZero() || at.Before(s.Until))
}

// Applied is the revision that is in force.
type Applied struct {
	Revision string    `json:"revision"` // commit, or digest of a folder
	At       time.Time `json:"at"`       // when its last step was done
	// Author and Subject are the commit's, empty for a folder. A commit for which
	// nothing was done stands in no history.
	Author  string `json:"author,omitempty"`
	Subject string `json:"subject,omitempty"`
}

// State is everything in a store but its history.
type State struct {
	Meta      Meta
	Resources []*schema.Resource // sorted by Ref; spec as applied, and status
	Intents   []Intent           // sorted by Call
	Holds     []Hold             // sorted by Call
	Accepted  []Acceptance       // sorted by Commit
	Confirmed []Confirmation     // sorted by Host
}

// Call is an operation on a target: the key of what is remembered of steps.
type Call struct {
	Op     string     `json:"op"` // id of the operation's row: eni.attach
	Target schema.Ref `json:"target"`
	Item   string     `json:"item,omitempty"` // the part of the target that it is about
}

// String answers the call for people and for keys: eni.attach ENI/web-1-b,
// volume.detach Volume/logs web-1.
func (c Call) String() string {
	s := c.Op + " " + c.Target.String()
	if c.Item != "" {
		s += " " + c.Item
	}
	return s
}

// Intent is an irreversible step that was begun. It is written before the step
// and resolved with the step's record: one that is found was interrupted, and
// nobody knows whether the cloud did it.
type Intent struct {
	Call
	Operation string    `json:"operation"` // the cloud API's own name
	Serial    uint64    `json:"serial"`
	At        time.Time `json:"at"`
	// Want is the target's document as it was wanted, null where it was to go, so
	// that the step's effect can be recorded later. Empty: an older enid wrote it.
	Want json.RawMessage `json:"want,omitempty"`
	// Approvals are those that the step uses up if it was done.
	Approvals []schema.Ref `json:"approvals,omitempty"`
}

// Hold keeps a step that failed from being tried again at once.
type Hold struct {
	Call
	Code     string    `json:"code,omitempty"` // the cloud's error code
	Message  string    `json:"message"`
	At       time.Time `json:"at"` // of the last failure
	Attempts int       `json:"attempts"`
	// NotBefore is when it is tried again by itself; zero: only when something
	// that would help has changed.
	NotBefore time.Time `json:"notBefore,omitzero"`
	// Digest is of what the step was made from: the resource as wanted and the
	// approvals for it. Another one lifts the hold.
	Digest string `json:"digest"`
}

// Acceptance lets one held commit pass, once.
type Acceptance struct {
	Commit string    `json:"commit"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

// Confirmation is how a host stands to the probes that confirm its changes.
type Confirmation struct {
	Host string `json:"host"`
	// Passed is what the machine was asked to be when the probes last had their
	// answers, as its agent writes it. Empty: they never had.
	Passed json.RawMessage `json:"passed,omitempty"`
	// Failed is the revision that was undone on the machine because they had none;
	// it is not tried again. Empty: none was.
	Failed  string    `json:"failed,omitempty"`
	Message string    `json:"message,omitempty"` // why
	At      time.Time `json:"at"`                // of whichever was last
}

// Outcome is what became of a revision.
type Outcome string

// The outcomes.
const (
	Applying    Outcome = "applying"    // its steps are being done
	Done        Outcome = "done"        // every step was done
	Blocked     Outcome = "blocked"     // all that could be done was; something stayed blocked
	Failed      Outcome = "failed"      // a step failed
	Interrupted Outcome = "interrupted" // the process ended in the middle
	Changed     Outcome = "changed"     // a person changed the state by hand; nothing was applied since
)

// Revision is one entry of the history.
type Revision struct {
	Serial     uint64    `json:"serial"`
	Lineage    string    `json:"lineage"`
	Commit     string    `json:"commit"`
	Author     string    `json:"author,omitempty"`
	Subject    string    `json:"subject,omitempty"`
	Time       time.Time `json:"time,omitzero"` // the commit's
	At         time.Time `json:"at"`            // when its first step was done
	EndedAt    time.Time `json:"endedAt,omitzero"`
	Outcome    Outcome   `json:"outcome"`
	AcceptedBy string    `json:"acceptedBy,omitempty"` // who let a held commit pass
	ReviewedBy string    `json:"reviewedBy,omitempty"` // who signed that its plan was reviewed
	Steps      int       `json:"steps"`                // that were done
	Failed     int       `json:"failed,omitempty"`     // that were tried and failed
}

// Step is one step that was tried.
type Step struct {
	Call
	ID        string        `json:"id"` // in the plan of its round
	Operation string        `json:"operation"`
	Action    string        `json:"action"`
	At        time.Time     `json:"at"`
	Took      time.Duration `json:"took"`             // nanoseconds
	Failed    bool          `json:"failed,omitempty"` // false: it was done
	Code      string        `json:"code,omitempty"`   // the cloud's error code
	Message   string        `json:"message,omitempty"`
	Approvals []schema.Ref  `json:"approvals,omitempty"` // that it used up
}

// Detail is a revision with everything that is kept of it.
type Detail struct {
	Revision
	Plan  json.RawMessage `json:"plan"`  // enid.plan/v1, as it was before the first step
	Tried []Step          `json:"tried"` // in the order in which they were tried
}

// Stretch is a revision with some of its steps.
type Stretch struct {
	Revision
	Tried []Step `json:"tried"` // in the order in which they were tried
	// Next is where the next stretch begins; empty: this is the last one. Only the
	// store knows what it means.
	Next string `json:"-"`
}
