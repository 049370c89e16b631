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
	store.Revision
	Tried     []store.Step
	MoreTried int
	Plan      *plan.Plan // nil: none was kept
	Steps     []*plan.Step
	MoreSteps int
}

func (s *site) revision(r *http.Request) (view, error) {
	serial, err := number(r.PathValue("serial"))
	if err != nil {
		return view{}, err
	}
	d, err := s.Store.Revision(r.Context(), serial)
	if err != nil {
		return view{}, err
	}
	v := revisionView{Revision: d.Revision}
	v.Tried, v.MoreTried = atMost(d.Tried)
	if len(d.Plan) > 0 && string(d.Plan) != "null" {
		if err := json.Unmarshal(d.Plan, &v.Plan); err != nil {
			return view{}, fmt.Errorf("the plan of serial %d: %w", serial, err)
		}
		v.Steps, v.MoreSteps = atMost(v.Plan.Steps)
	}
	return view{Name: "revision", Title: fmt.Sprintf("Revision %d", serial), Body: v}, nil
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
