package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"enid/plan"
	"enid/plan/guest"
	"enid/reconcile"
	"enid/reconcile/host"
)

// hostResult is a turn of the machine as the loop wants it.
func hostResult(r host.Result) reconcile.HostResult {
	out := reconcile.HostResult{
		Condition: reconcile.HostCondition(r.Condition), Message: r.Message, WaitingFor: r.WaitingFor, Undone: r.Undone,
		Done: len(r.Done), Blocked: len(r.Blocked), Drifted: r.Drifted, RetryAfter: r.RetryAfter, DoneBy: map[string]int{}, BlockedBy: map[string]int{},
	}
	for _, s := range r.Done {
		out.DoneBy[s.Operation]++
	}
	for _, s := range r.Blocked {
		reconcile.CountBlocks(out.BlockedBy, s.BlockedBy)
	}
	for _, e := range r.ENIs {
		out.ENIs = append(out.ENIs, reconcile.HostENI{Name: e.Name, Interface: e.Interface, Condition: reconcile.HostCondition(e.Condition)})
	}
	return out
}

// autoHost stands for the one Host whose match fits this machine.
const autoHost = "auto"

// thisHost answers the name of a Host that was given, or found out.
func thisHost(world *plan.World, name string) (string, error) {
	if name != autoHost {
		return name, nil
	}
	hostname, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("--host auto: %w", err)
	}
	id, _ := os.ReadFile("/etc/machine-id") // a machine without one has its name
	if name, err = guest.Matching(world, hostname, strings.TrimSpace(string(id))); err != nil {
		return "", fmt.Errorf("--host auto: %w", err)
	}
	return name, nil
}

// machineHost is the machine as the loop wants it.
type machineHost struct{ *host.Machine }

// Turn converges the machine once.
func (m machineHost) Turn(ctx context.Context, state *plan.World, name string) (reconcile.HostResult, error) {
	r, err := m.Machine.Turn(ctx, state, name)
	return hostResult(r), err
}

// watchMachine has the loop hear of the machine's changes, and confirm its own where
// there are probes.
func watchMachine(ctx context.Context, cfg *reconcile.Config, confirm host.Confirm) {
	m, ok := cfg.Host.(machineHost)
	if !ok {
		return
	}
	cfg.HostChanged = m.Watch(ctx)
	if len(confirm.Probes) > 0 {
		cfg.Host = confirmedHost{m, confirm}
	}
}

// Asked answers what the state asks of the machine.
func (m machineHost) Asked(state *plan.World, name string) (json.RawMessage, error) {
	h, err := guest.Declared(state, name)
	if err != nil {
		return nil, err
	}
	return json.Marshal(h)
}

// Sustain keeps the leases of what is there.
func (m machineHost) Sustain(ctx context.Context, asked json.RawMessage) error {
	h, err := declared(asked)
	if err != nil {
		return err
	}
	return m.Machine.Sustain(ctx, h)
}

// confirmedHost is the machine where its changes have to be confirmed by probes.
type confirmedHost struct {
	machineHost
	confirm host.Confirm
}

// TurnTo converges the machine once to what was asked.
func (c confirmedHost) TurnTo(ctx context.Context, asked json.RawMessage, try bool) (reconcile.HostResult, error) {
	h, err := declared(asked)
	if err != nil {
		return reconcile.HostResult{}, err
	}
	if !try {
		r, err := c.Converge(ctx, h, nil)
		return hostResult(r), err
	}
	r, err := c.ConvergeConfirmed(ctx, h, c.confirm)
	return hostResult(r), err
}

func declared(asked json.RawMessage) (*guest.Host, error) {
	var h guest.Host
	if err := json.Unmarshal(asked, &h); err != nil {
		return nil, fmt.Errorf("what was asked of this machine: %w", err)
	}
	return &h, nil
}
