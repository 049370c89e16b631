package page

import (
	"context"
	"net/http"
	"slices"
	"time"

	"enid/plan"
	"enid/reconcile"
	"enid/reconcile/store"
)

// frontView is the status page.
type frontView struct {
	reconcile.Status
	Verdict verdict
	Newest  *store.Revision // of the history, nil where nothing was done yet
	// ByCommit is the revision of the history that the applied commit made; nil: no
	// step was done for it, or it has left the history.
	ByCommit *store.Revision
	Plan     planView
	Network  *drawn // nil: it is still being read
	Again    int    // seconds until it is worth to ask again; 0: an event will tell
	Host     *hostView
	Troubles []reconcile.StatusCondition // that are not so
	History  []store.Revision
	More     bool // the history has more
}

// SourceMessage reports whether the source has something to say.
func (f frontView) SourceMessage() bool {
	return f.Source.Condition != reconcile.Ready && f.Source.Message != ""
}

// Attention reports whether anything asks for a person's.
func (f frontView) Attention() bool {
	return f.SourceMessage() || len(f.Troubles) > 0 || f.Network != nil && len(f.Network.Intents)+len(f.Network.Holds) > 0
}

// hostView is this machine.
type hostView struct {
	reconcile.HostStatus
	ENIs   []eniRow
	Tables []tableView
	Err    error // the machine could not be read
}

// mostHistory is how much of the history stands on the front page.
const mostHistory = 10

func (s *site) front(r *http.Request) (view, error) {
	ctx := r.Context()
	status, p := s.Status(), s.Plan()
	history, err := s.Store.History(ctx, 0, mostHistory+1)
	if err != nil {
		return view{}, err
	}
	applied := p != nil && p.Revision == status.Applied.Revision
	f := frontView{Status: status, Verdict: verdictOf(status), Plan: planOf(p, applied), History: history, Troubles: troubles(status)}
	if len(history) > mostHistory {
		f.History, f.More = history[:mostHistory], true
	}
	for i := range history {
		if history[i].Commit == status.Applied.Revision {
			f.ByCommit = &history[i]
			break
		}
	}
	if len(history) > 0 {
		f.Newest = &history[0]
	}
	host := ""
	if status.Host != nil {
		host = status.Host.Name
	}
	network, again, err := s.network.look(ctx, p, applied, host)
	if err != nil {
		return view{}, err
	}
	f.Network, f.Again = network, int(again.Round(time.Second)/time.Second)
	f.Host = s.machine(ctx, status.Host, network)
	return view{Name: "front", Title: f.Verdict.Word, Body: f}, nil
}

// machine answers this machine, nil where the daemon converges none.
func (s *site) machine(ctx context.Context, status *reconcile.HostStatus, network *drawn) *hostView {
	if status == nil {
		return nil
	}
	h := &hostView{HostStatus: *status}
	tables, err := s.Config.Machine(ctx)
	if err != nil {
		h.Err = err // the rest of the page is as true as without it
	}
	h.Tables = tableViews(tables)
	if network != nil {
		h.ENIs = onMachine(network.ENIs, tables)
	}
	return h
}

// suspended is the one statement that is good where it is not so.
const suspended = "Suspended"

// troubles answers the statements about the loop that are not as they should be.
func troubles(s reconcile.Status) (out []reconcile.StatusCondition) {
	for _, c := range s.Conditions {
		if c.Type == suspended && c.Status == "True" {
			out = append(out, c)
		}
		// What is blocked, and what holds the source, stand on the page in full.
		if c.Status != "True" && c.Type != suspended && c.Type != "Unblocked" && c.Reason != string(s.Source.Condition) {
			out = append(out, c)
		}
	}
	return out
}

// planView is what a plan still wants to do.
type planView struct {
	Known        bool
	Runnable     []*plan.Step
	MoreRunnable int
	Applied      bool // the revision is in force: what can run is drift
	Blocked      []*plan.Step
	MoreBlocked  int
	Waiting      int // steps that only wait for a blocked one
	Advice       []plan.Advice
	MoreAdvice   int
}

// mostSteps is how many steps of a sort a page lists.
const mostSteps = 100

// dependsOnBlocked is the rule of steps whose only fault is another step.
const dependsOnBlocked = "plan.depends-on-blocked"

func planOf(p *plan.Plan, applied bool) planView {
	if p == nil {
		return planView{}
	}
	v := planView{Known: true, Applied: applied, Runnable: p.Runnable(), Advice: p.Advice}
	for _, s := range p.Steps[len(v.Runnable):] {
		if !slices.ContainsFunc(s.BlockedBy, func(b plan.Block) bool { return b.Rule != dependsOnBlocked }) {
			v.Waiting++
			continue
		}
		v.Blocked = append(v.Blocked, s)
	}
	v.Runnable, v.MoreRunnable = atMost(v.Runnable)
	v.Blocked, v.MoreBlocked = atMost(v.Blocked)
	v.Advice, v.MoreAdvice = atMost(v.Advice)
	return v
}

func atMost[E any](list []E) ([]E, int) {
	if len(list) <= mostSteps {
		return list, 0
	}
	return list[:mostSteps], len(list) - mostSteps
}
