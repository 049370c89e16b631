package store

import (
	"encoding/json"
	"time"

	"enid/schema"
)

// Change is what one Commit does. The zero Change only moves the epoch.
type Change struct {
	Put    []*schema.Resource
	Delete []schema.Ref

	// Begin opens the next revision: the serial moves. One that is still open is
	// closed as Interrupted.
	Begin *Begin
	// Steps are added to the newest revision.
	Steps []Step
	// End closes the newest revision.
	End *End
	// Applied, where set, replaces Meta.Applied.
	Applied *Applied
	// Source, where not empty, replaces Meta.Source.
	Source string
	// Suspend, where set, replaces Meta.Suspended.
	Suspend *Suspension

	Intend  []Intent
	Resolve []Call // intents
	Hold    []Hold
	Release []Call // holds
	Accept  []Acceptance
	Spend   []string // commits of acceptances
	Confirm []Confirmation
}

// Begin is a revision and the plan for it. The store sets Serial, Lineage and
// Outcome, and counts steps itself.
type Begin struct {
	Revision
	Plan json.RawMessage
}

// End is how a revision came to its end.
type End struct {
	Outcome Outcome
	At      time.Time
}

// Opened answers the revision that c opens, under the Meta after it.
func (c *Change) Opened(m Meta) Revision {
	r := c.Begin.Revision
	r.Serial, r.Lineage, r.Outcome = m.Serial, m.Lineage, Applying
	r.Steps, r.Failed = 0, 0
	return r
}

// Count answers the revision with c's steps counted and its end noted.
func (c *Change) Count(r Revision) Revision {
	for _, s := range c.Steps {
		if s.Failed {
			r.Failed++
		} else {
			r.Steps++
		}
	}
	if c.End != nil {
		r.Outcome, r.EndedAt = c.End.Outcome, c.End.At
	}
	return r
}

// Empty reports whether c would do nothing but move the epoch.
func (c *Change) Empty() bool {
	return len(c.Put)+len(c.Delete)+len(c.Steps)+len(c.Intend)+len(c.Resolve)+len(c.Hold)+
		len(c.Release)+len(c.Accept)+len(c.Spend)+len(c.Confirm) == 0 &&
		c.Begin == nil && c.End == nil && c.Applied == nil && c.Source == "" && c.Suspend == nil
}
