package reconcile

import (
	"context"
	"encoding/json"
	"time"

	"enid/plan"
	"enid/reconcile/cloud"
)

// Target is where cloud steps are done. reconcile/cloud's Driver is one.
type Target interface {
	// Observe answers what has changed by itself since what was answered last. It
	// may be called again at any time; with nothing new it answers nothing.
	Observe(ctx context.Context) (cloud.Changes, error)
	// Do makes one call. An *cloud.APIError is a refusal: nothing has changed. Any
	// other error leaves open whether the call was made; what it did is observed
	// later. A call is never repeated by itself.
	Do(ctx context.Context, call cloud.Call) (cloud.Changes, error)
	// Know tells the target what became of resources without a call: what was
	// recorded of them from the files, or that a call's changes were lost.
	Know(c cloud.Changes)
}

// stateOnly is what a Target says of itself whose only truth is the store: a
// call whose changes were not committed was never made, so that several may be
// committed together.
type stateOnly interface{ StateOnly() bool }

// Host is the machine that the loop converges. reconcile/host's Machine is one,
// behind an adapter.
type Host interface {
	// Turn converges the machine once to what the cloud's state says of it. It is
	// idempotent. An error says that nothing could be decided.
	Turn(ctx context.Context, state *plan.World, host string) (HostResult, error)
}

// Sustaining is a Host that can be kept alive without being changed. What is asked of
// the machine is a value then, so that it can be kept, and gone back to.
type Sustaining interface {
	Host
	// Asked answers what the state asks of the machine. Equal values ask the same.
	Asked(state *plan.World, host string) (json.RawMessage, error)
	// Sustain keeps the leases of what is there, and does nothing else of what is asked.
	Sustain(ctx context.Context, asked json.RawMessage) error
}

// Confirming is a Host whose changes have to be confirmed by probes.
type Confirming interface {
	Sustaining
	// TurnTo is Turn to what was asked. With try a change is undone unless all probes
	// have their answers in time: HostResult.Undone says why. Without, it is a repair
	// towards what has passed, and done as any.
	TurnTo(ctx context.Context, asked json.RawMessage, try bool) (HostResult, error)
}

// HostCondition is what a host is in, as `host.condition` of the status shows it.
type HostCondition string

// The conditions of a host, as the contract (section 4) names them.
const (
	HostConverged  HostCondition = "Converged"
	HostConverging HostCondition = "Converging"
	HostDegraded   HostCondition = "Degraded"
	HostWaiting    HostCondition = "Waiting"
)

// HostConditions answers all of them.
func HostConditions() []HostCondition {
	return []HostCondition{HostConverged, HostConverging, HostDegraded, HostWaiting}
}

// HostResult is how a host's turn went.
type HostResult struct {
	Condition  HostCondition
	Message    string   // one line; empty where converged
	WaitingFor []string // MACs of NICs that are not there yet
	Done       int      // steps
	Blocked    int      // steps
	Drifted    int      // steps that this turn found necessary
	// DoneBy and BlockedBy are the same steps by operation, and by rule: a step that
	// several rules block stands under each.
	DoneBy, BlockedBy map[string]int
	ENIs              []HostENI // declared, in the order of their device indexes
	// Healed counts the steps that were done although the machine had been as asked, and
	// the same is asked: others had changed it. The loop fills it in.
	Healed int
	// Undone is why everything was undone that the turn had changed; empty: it was not.
	Undone string
	// RetryAfter is when what failed is tried again; 0: nothing is.
	RetryAfter time.Duration
}

// HostENI is how the machine stands to one of its ENIs.
type HostENI struct {
	Name      string
	Interface string // empty: it has none yet
	Condition HostCondition
}

// Progress is what happens to one step, for a person who watches.
type Progress struct {
	Step  *plan.Step
	State ProgressState
	// Done and Total count the steps of the present round.
	Done, Total int
	Took        time.Duration
	// Err is why it failed, waits or was left out.
	Err error
}

// ProgressState is where a step is.
type ProgressState string

// The states of a step under way.
const (
	StepStarted ProgressState = "started"
	StepWaits   ProgressState = "waits" // for a phase to end
	StepDone    ProgressState = "done"
	StepFailed  ProgressState = "failed"
	StepLeft    ProgressState = "left out" // it no longer can run, or what it needs failed
)
