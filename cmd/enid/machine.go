package main

import (
	"context"

	"enid/plan"
	"enid/reconcile"
	"enid/reconcile/host"
)

// machineHost is the machine as the loop wants it.
type machineHost struct{ *host.Machine }

// Turn converges the machine once.
func (m machineHost) Turn(ctx context.Context, state *plan.World, name string) (reconcile.HostResult, error) {
	r, err := m.Machine.Turn(ctx, state, name)
	return reconcile.HostResult{
		Condition: reconcile.HostCondition(r.Condition), Message: r.Message, WaitingFor: r.WaitingFor,
		Done: len(r.Done), Blocked: len(r.Blocked), Drifted: r.Drifted, RetryAfter: r.RetryAfter,
	}, err
}
