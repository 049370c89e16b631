package page

import (
	"encoding/json"
	"fmt"
	"net/http"

	"enid/plan"
	"enid/reconcile/store"
	"enid/schema"
)

// historyView is a stretch of the history, newest first.
type historyView struct {
	Revisions []store.Revision
	Before    uint64 // older ones stand below this serial; 0: there are none
	First     bool   // these are the newest
}

// mostRevisions is how much of the history stands on one page.
const mostRevisions = 50

func (s *site) history(r *http.Request) (view, error) {
	before, err := number(r.URL.Query().Get("before"))
	if err != nil {
		return view{}, err
	}
	list, err := s.Store.History(r.Context(), before, mostRevisions+1)
	if err != nil {
		return view{}, err
	}
	h := historyView{Revisions: list, First: before == 0}
	if len(list) > mostRevisions {
		h.Revisions = list[:mostRevisions]
		h.Before = h.Revisions[mostRevisions-1].Serial
	}
	return view{Name: "history", Title: "History", Body: h}, nil
}

// revisionView is one revision with its plan and what became of each step.
type revisionView struct {
	store.Stretch
	All      int  // steps that were tried
	Later    bool // these are not the first
	Planned  bool // the plan stands on this page
	ToDo     []*plan.Step
	MoreToDo bool
}

// Last answers the index of the last step on the page.
func (v revisionView) Last() int { return len(v.Tried) - 1 }

func (s *site) revision(r *http.Request) (view, error) {
	serial, err := number(r.PathValue("serial"))
	if err != nil {
		return view{}, err
	}
	after := r.URL.Query().Get("after")
	part, err := s.Store.Tried(r.Context(), serial, after, mostSteps)
	if err != nil {
		return view{}, err
	}
	v := revisionView{Stretch: *part, All: part.Steps + part.Failed, Later: after != ""}
	if !v.Later {
		kept, err := s.Store.Plan(r.Context(), serial)
		if err != nil {
			return view{}, err
		}
		if v.Planned = !kept.Empty(); v.Planned {
			if v.ToDo, v.MoreToDo, err = firstSteps(kept); err != nil {
				return view{}, fmt.Errorf("the plan of serial %d: %w", serial, err)
			}
		}
	}
	return view{Name: "revision", Title: fmt.Sprintf("Revision %d", serial), Body: v}, nil
}

// firstSteps answers the steps of a plan that a page lists, and whether there are more.
// Nothing behind them is unpacked: a plan of a large state is a hundred megabytes.
func firstSteps(kept store.Packed) (steps []*plan.Step, more bool, err error) {
	text, err := kept.Open()
	if err != nil {
		return nil, false, err
	}
	d := json.NewDecoder(text)
	if _, err := d.Token(); err != nil { // the opening brace
		return nil, false, err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, false, err
		}
		if name != "steps" {
			if err := d.Decode(&json.RawMessage{}); err != nil {
				return nil, false, err
			}
			continue
		}
		if open, err := d.Token(); err != nil || open != json.Delim('[') {
			return nil, false, err // null: there are none
		}
		for d.More() {
			if len(steps) == mostSteps {
				return steps, true, nil
			}
			var s plan.Step
			if err := d.Decode(&s); err != nil {
				return nil, false, err
			}
			steps = append(steps, &s)
		}
		return steps, false, nil
	}
	return nil, false, nil
}

// rule is the page of one rule, which what is blocked leads to.
func (s *site) rule(r *http.Request) (view, error) {
	rule, ok := s.Rule(r.PathValue("id"))
	if !ok {
		return view{}, fmt.Errorf("rule %q: %w", r.PathValue("id"), store.ErrAbsent)
	}
	return view{Name: "rule", Title: rule.ID, Body: ruleView{rule}}, nil
}

type ruleView struct{ schema.Rule }
