package guest

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enid/plan"
)

// A foreign route of a table that works is told once for the table, with how many
// there are; in main, and in tables that are not enid's, they are nobody's business.
func TestAdviseForeignRoutes_host_table(t *testing.T) {
	s, o := exampleState(), exampleObjects()
	w, err := Want(s.world(), "web-1", World(o))
	if err != nil {
		t.Fatal(err)
	}
	world := w.World.Fork().Flatten() // all is as it is wanted
	foreign := func(table uint32, dst string) {
		r := Route{Table: table, Dst: netip.MustParsePrefix(dst), Type: Unicast, Protocol: 3, Gateway: netip.MustParseAddr("10.0.0.7"), Link: "eth0"}
		world.Put(r.Ref(), r)
	}
	foreign(1002, "192.0.2.0/24")
	foreign(1001, "192.0.2.0/25")
	foreign(1001, "192.0.2.128/25")
	foreign(2999, "192.0.2.0/24")
	foreign(TableMain, "192.0.2.0/24")
	want := []plan.Advice{
		{Rule: RuleTable, Target: plan.Ref{Kind: KindRoute, Name: "1001 192.0.2.0/25"},
			Detail: "table 1001, which is enid's, also holds a foreign route: `192.0.2.0/25 via 10.0.0.7 dev eth0 protocol 3`, and 1 more; while it does, nothing that goes missing there is put back"},
		{Rule: RuleTable, Target: plan.Ref{Kind: KindRoute, Name: "1002 192.0.2.0/24"},
			Detail: "table 1002, which is enid's, also holds a foreign route: `192.0.2.0/24 via 10.0.0.7 dev eth0 protocol 3`; while it does, nothing that goes missing there is put back"},
	}
	if diff := cmp.Diff(want, ofTables(w.Advise(&plan.Plan{}, world))); diff != "" {
		t.Error(diff)
	}
	way := defaultRoute(1001, false)
	world.Put(way.Ref(), nil)
	if diff := cmp.Diff(want[1:], ofTables(w.Advise(makePlan(t, world, w.World), world))); diff != "" {
		t.Errorf("the blocked step says it: %s", diff)
	}
}

// ofTables answers what is advised about tables; queues are another matter.
func ofTables(advice []plan.Advice) []plan.Advice {
	return slices.DeleteFunc(advice, func(a plan.Advice) bool { return a.Rule != RuleTable })
}
