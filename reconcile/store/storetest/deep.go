package storetest

import (
	"encoding/json"
	"fmt"
	"testing"

	"enid/plan"
	"enid/reconcile/store"
	"enid/schema"
)

// Deep adds a revision of so many steps to an empty store, as a state-only loop writes
// one: a thousand steps to a commit, and a plan that says of each what changes and why
// it may.
func Deep(t testing.TB, s store.Store, n int) {
	t.Helper()
	p := plan.Plan{Format: plan.Format, AsOf: at, Revision: "deep", Advice: []plan.Advice{}}
	change := &store.Change{Begin: begin("deep")}
	var m store.Meta
	for i := range n {
		target := schema.Ref{Kind: schema.KindENI, Name: fmt.Sprintf("web-%06d-b", i)}
		id := fmt.Sprint("s", i+1)
		p.Steps = append(p.Steps, &plan.Step{ID: id, Operation: "CreateNetworkInterface", Target: target, Action: plan.Create,
			Changes: []plan.Change{{Path: "spec.subnet", To: "web"}, {Path: "spec.privateIP", To: fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)}},
			Effects: []plan.Effect{{Rule: "eni.subnet", Detail: "the ENI takes an address of the subnet web"}}, Source: &plan.Source{File: "topology/web.yaml", Line: i}})
		change.Steps = append(change.Steps, store.Step{Call: store.Call{Op: "eni.create", Target: target}, ID: id, Operation: "CreateNetworkInterface", Action: "create", At: at, Took: 1200})
	}
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	change.Begin.Plan = text
	rest := change.Steps
	for len(rest) > 0 {
		size := min(1000, len(rest))
		change.Steps, rest = rest[:size], rest[size:]
		if len(rest) == 0 {
			change.End = &store.End{Outcome: store.Done, At: at}
		}
		if m, err = s.Commit(t.Context(), m.Epoch, change); err != nil {
			t.Fatal(err)
		}
		change = &store.Change{}
	}
}
