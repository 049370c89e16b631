package reconcile

import (
	"strings"
	"testing"

	"enid/reconcile/store"
)

// TestSelfStop_plan_self_stop: the daemon does not stop the instance on which it
// runs, where its steps reach it; one that only keeps state stops nobody.
func TestSelfStop_plan_self_stop(t *testing.T) {
	for _, real := range []bool{true, false} {
		l := newLab(t, labOptions{})
		l.Controller.HostName = "web-1"
		host := `{apiVersion: enid/v1, kind: Host, metadata: {name: web-1}, spec: {instance: web-1}}`
		policy := `{apiVersion: enid/v1, kind: Policy, metadata: {name: p}, spec: {downtime: allow}}`
		l.source.commit("c1", network, instance("web-1", ""), host, policy)
		l.turn()
		if real {
			l.Controller.Target, l.Controller.stateOnly = &realCloud{driver: l.driver}, false
		}
		l.source.commit("c2", network, strings.Replace(instance("web-1", ""), "ecs.g5.xlarge", "ecs.g5.2xlarge", 1), host, policy)
		r := l.turn()
		if blocked := r.Blocked > 0; blocked != real {
			t.Errorf("a target that reaches the instance: %v, and %d steps are blocked (%s)", real, r.Blocked, r.Outcome)
		}
		if want := map[bool]store.Outcome{true: store.Blocked, false: store.Done}[real]; r.Outcome != want {
			t.Errorf("the outcome is %s, want %s", r.Outcome, want)
		}
	}
}
