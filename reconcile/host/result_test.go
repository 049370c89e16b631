//go:build linux

package host

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"enid/plan"
)

// Each distinct reason is said once, in the order of the steps.
func TestReasonsOnce(t *testing.T) {
	step := func(op, target, detail, rule string) *plan.HostStep {
		return &plan.HostStep{Operation: op, Target: target, BlockedBy: []plan.Block{{Rule: rule, Detail: detail}}}
	}
	got, waits := reasons([]*plan.HostStep{
		step("AddRoute", "eth2", "table 1002 is another's", "host.table"),
		step("AddRoute", "eth2", "table 1002 is another's", "host.table"),
		step("AddRoute", "eth1", "table 1002 is another's", "host.table"),
		step("AddRule", "eth2", "table 1002 is another's", "host.table"),
		step("AddRule", "eth2", "it waits", plan.RuleDependsOn),
		step("AddRoute", "eth2", "main has that metric", "host.metric"),
		step("SetLinkUp", "00:16:3e:00:00:01", "no interface has it", "host.match-mac"),
	}, []string{"00:16:3e:00:00:01"})
	want := []string{"AddRoute eth2: table 1002 is another's [host.table]", "AddRoute eth1: table 1002 is another's [host.table]",
		"AddRoute eth2: main has that metric [host.metric]"}
	if diff := cmp.Diff(want, got); diff != "" || waits {
		t.Errorf("waits %t, %s", waits, diff)
	}
	if got, waits := reasons([]*plan.HostStep{step("SetLinkUp", "m", "no interface has it", "host.match-mac")}, []string{"m"}); len(got) > 0 || !waits {
		t.Errorf("waits %t, %v", waits, got)
	}
}
