package render

import (
	"slices"
	"strings"

	"enid/plan"
	"enid/plan/query"
)

// Report is the plan of a change between two revisions, with what a reviewer asks of
// it beyond its steps. As JSON it is a plan with further fields. Without a Change it
// is a plan alone.
type Report struct {
	*plan.Plan
	Change *Change       `json:"change,omitempty"`
	Impact *query.Impact `json:"impact,omitempty"`
	// Held says why the daemon's shrink guard would hold the change; empty: it would not.
	Held string `json:"held,omitempty"`
	// Picture is the affected part, changes marked; enid graph has its own JSON.
	Picture *query.Graph `json:"-"`
}

// Change says what was compared.
type Change struct {
	Base Commit `json:"base"` // what is taken as applied
	Head Commit `json:"head"`
	// MergeBase is the last commit that both have; empty: they share none.
	MergeBase string `json:"mergeBase,omitempty"`
	// Merged: what was planned is the merge of the two, which no commit holds yet.
	Merged bool `json:"merged"`
	// AlreadyMerged: Base has all of Head, and there is nothing to merge.
	AlreadyMerged bool `json:"alreadyMerged,omitempty"`
	// Direct: the two were compared as they are.
	Direct bool `json:"direct,omitempty"`
	// FromState: it was planned from the state, not from Base taken as applied.
	FromState bool `json:"fromState,omitempty"`
	Commits   int  `json:"commits"` // of Head that Base does not have
	Files     int  `json:"files"`   // of the topology that differ
}

// Commit is one of the two revisions.
type Commit struct {
	ID      string `json:"id"`             // full hash
	Name    string `json:"name,omitempty"` // as it was asked for: origin/main
	Author  string `json:"author,omitempty"`
	Subject string `json:"subject,omitempty"`
}

// String answers the name and the short hash; before the first commit there is none.
func (c Commit) String() string {
	switch id := Short(c.ID); {
	case c.Name == "" && id == "":
		return "nothing"
	case c.Name == "" || strings.HasPrefix(c.ID, c.Name):
		return id
	case id == "":
		return c.Name
	default:
		return c.Name + " " + id
	}
}

// reproduce answers the command that shows the same.
func (c *Change) reproduce() string {
	name := func(c Commit) string {
		if c.ID != "" {
			return c.ID[:min(len(c.ID), 12)]
		}
		return c.Name
	}
	text := "enid diff " + name(c.Base) + ".." + name(c.Head)
	if c.Direct {
		text += " --direct"
	}
	return text
}

// nothing reports whether there is nothing to tell.
func (r *Report) nothing() bool {
	if len(r.Steps)+len(r.Recorded) > 0 || r.Held != "" {
		return false
	}
	for _, h := range r.AllHosts() {
		if len(h.Steps) > 0 {
			return false
		}
	}
	i := r.Impact
	return i == nil || len(i.Reach)+len(i.Subnets)+len(i.Quotas)+len(i.Queues) == 0
}

// supposition is what effects suppose where a step is blocked.
const supposition = "Effects are those of the whole change, as if the blocked steps had run too."

func (r *Report) supposes() bool {
	i := r.Impact
	return r.Summary.Blocked > 0 && i != nil && len(i.Reach)+len(i.Subnets)+len(i.Quotas)+len(i.Queues) > 0
}

// timed reports whether the time that it was planned at matters to any step.
func (r *Report) timed() bool {
	for _, s := range r.Steps {
		if s.Deadline != nil || s.NotBefore != nil {
			return true
		}
	}
	return false
}

// resource is what happens to one resource.
type resource struct {
	ref   plan.Ref
	steps []*plan.Step
	verb  string // what it comes to: "replace"
}

// resources answers the steps by what they are on, in the plan's order.
func resources(steps []*plan.Step) []*resource {
	at := map[plan.Ref]*resource{}
	var out []*resource
	for _, s := range steps {
		r := at[s.Target]
		if r == nil {
			r = &resource{ref: s.Target}
			at[s.Target] = r
			out = append(out, r)
		}
		r.steps = append(r.steps, s)
	}
	for _, r := range out {
		r.verb = r.becomes()
	}
	return out
}

// becomes answers the one word for what the steps do to the resource together.
func (r *resource) becomes() string {
	has := map[plan.Action]bool{}
	for _, s := range r.steps {
		if s.PartOf == "replace" {
			return "replace"
		}
		has[s.Action] = true
	}
	switch {
	case has[plan.Create]:
		return "add"
	case has[plan.Delete]:
		return "delete"
	case has[plan.Convert]:
		return "convert"
	case has[plan.Detach] && has[plan.Attach], has[plan.Unbind] && has[plan.Bind]:
		return "move"
	case has[plan.Update]:
		return "change"
	case has[plan.Stop] && has[plan.Start]:
		return "restart"
	}
	return string(r.steps[0].Action)
}

// recordings answers what is recorded and no step shows.
func (r *Report) recordings() (out []plan.Recorded) {
	type field struct {
		of   plan.Ref
		path string
	}
	shown := map[field]bool{}
	for _, s := range r.Steps {
		for _, c := range s.Changes {
			shown[field{s.Target, c.Path}] = true
		}
	}
	for _, one := range r.Recorded {
		one.Changes = slices.DeleteFunc(slices.Clone(one.Changes), func(c plan.Change) bool { return shown[field{one.Target, c.Path}] })
		if len(one.Changes) > 0 || one.Was != nil {
			out = append(out, one)
		}
	}
	return out
}

// waitsOnly reports whether a step would run if it were not for another.
func waitsOnly(s *plan.Step) bool {
	for _, b := range s.BlockedBy {
		if b.Rule != plan.RuleDependsOn {
			return false
		}
	}
	return s.Blocked()
}
