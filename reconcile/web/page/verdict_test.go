package page

import (
	"testing"

	"enid/reconcile"
)

// What keeps git from being followed goes before what the revision in force lacks;
// nothing is in sync that Status.InSync does not call so.
func TestVerdict(t *testing.T) {
	calm := reconcile.Status{Source: reconcile.SourceStatus{Condition: reconcile.Ready, Revision: "c1"}, Applied: reconcile.AppliedStatus{Revision: "c1"}}
	with := func(change func(*reconcile.Status)) reconcile.Status {
		s := calm
		change(&s)
		return s
	}
	says := func(typ, status string) func(*reconcile.Status) {
		return func(s *reconcile.Status) {
			s.Blocked = 1
			s.Conditions = []reconcile.StatusCondition{{Type: typ, Status: status}}
		}
	}
	host := func(c reconcile.HostCondition) func(*reconcile.Status) {
		return func(s *reconcile.Status) { s.Host = &reconcile.HostStatus{Condition: c} }
	}
	for want, s := range map[string]reconcile.Status{
		"In sync":         calm,
		"Starting":        with(func(s *reconcile.Status) { s.Source.Condition = reconcile.Fetching }),
		"Held":            with(func(s *reconcile.Status) { s.Source.Condition, s.Blocked = reconcile.Shrunk, 3 }),
		"Cut off":         with(func(s *reconcile.Status) { s.Source.Condition = reconcile.Unauthorized }),
		"Uncertain":       with(says("Certain", "False")),
		"Not recorded":    with(says("Recorded", "False")),
		"Failed":          with(says("Applied", "False")),
		"Suspended":       with(says("Suspended", "True")),
		"Blocked":         with(says("Suspended", "False")),
		"Drifted":         with(func(s *reconcile.Status) { s.Drifted, s.Pending = 1, 1 }),
		"Applying":        with(func(s *reconcile.Status) { s.Source.Revision = "c2" }),
		"Host degraded":   with(host(reconcile.HostDegraded)),
		"Host Waiting":    with(host(reconcile.HostWaiting)),
		"Nothing applied": with(func(s *reconcile.Status) { s.Source.Revision, s.Applied.Revision = "", "" }),
	} {
		got := verdictOf(s)
		if got.Word != want || got.Say == "" || got.Sign == "" {
			t.Errorf("%+v, wanted %s", got, want)
		}
		if (got.Word == "In sync") && !s.InSync() {
			t.Errorf("%+v is in sync by the page alone", s)
		}
	}
	for _, c := range []reconcile.Condition{reconcile.Unreachable, reconcile.Missing, reconcile.Empty, reconcile.Rewound, reconcile.Diverged,
		reconcile.NotVerified, reconcile.Invalid, reconcile.Unsupported} {
		if got := verdictOf(with(func(s *reconcile.Status) { s.Source.Condition = c })); got.Tone != "bad" {
			t.Errorf("%s: %+v", c, got)
		}
	}
	if out := troubles(with(says("Suspended", "True"))); len(out) != 1 {
		t.Errorf("a suspension is not shown: %v", out)
	}
	if out := troubles(with(says("Suspended", "False"))); len(out) != 0 {
		t.Errorf("no suspension is shown as trouble: %v", out)
	}
}
