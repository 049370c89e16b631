package render

import (
	"enid/plan"
	"enid/plan/query"
)

// Report is the plan of a change between two revisions, with what a reviewer asks of
// it beyond its steps. As JSON it is a plan with further fields.
type Report struct {
	*plan.Plan
	Change *Change       `json:"change,omitempty"`
	Impact *query.Impact `json:"impact,omitempty"`
}

// Change says what was compared.
type Change struct {
	Base Commit `json:"base"` // what is taken as applied
	Head Commit `json:"head"`
	// MergeBase is the last commit that both have; empty: they share none.
	MergeBase string `json:"mergeBase,omitempty"`
	// Merged: what was planned is the merge of the two, which no commit holds yet.
	Merged  bool `json:"merged"`
	Commits int  `json:"commits"` // of Head that Base does not have
	Files   int  `json:"files"`   // of the topology that differ
}

// Commit is one of the two revisions.
type Commit struct {
	ID      string `json:"id"`             // full hash
	Name    string `json:"name,omitempty"` // as it was asked for: origin/main
	Author  string `json:"author,omitempty"`
	Subject string `json:"subject,omitempty"`
}
