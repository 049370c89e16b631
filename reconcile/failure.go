package reconcile

import (
	"errors"

	"enid/plan"
	"enid/reconcile/cloud"
	"enid/reconcile/store"
)

// Class is what becomes of a failure.
type Class string

// The classes of failure.
const (
	Retry  Class = "retry"  // it may pass by itself: tried again with a back-off
	Wait   Class = "wait"   // something else has to end first: tried again with a back-off
	Person Class = "person" // tried again only after somebody changed something
)

// Classify decides what becomes of a failure. It is the only place that does.
func Classify(err error) Class {
	var api *cloud.APIError
	if errors.As(err, &api) {
		switch {
		case api.Status >= 500 || api.Status == 429:
			return Retry
		case passing(api.Code):
			return Wait
		}
		return Person
	}
	var violation *plan.Violation
	if errors.As(err, &violation) {
		return Wait
	}
	var source *SourceError
	if errors.As(err, &source) {
		switch source.Condition {
		case Fetching, Unreachable, Missing, Empty:
			return Retry
		}
		return Person
	}
	for _, lasting := range []error{store.ErrCorrupt, store.ErrNewer, ErrOtherSource} {
		if errors.Is(err, lasting) {
			return Person
		}
	}
	return Retry // time-outs, the network, a full disk, a stale epoch
}

// passing reports whether a refusal is about a phase, or about something that
// the cloud is still busy with.
func passing(code string) bool {
	switch code {
	case "IncorrectInstanceStatus", "IncorrectInstanceState", "InvalidInstanceStatus.NotStopped", "IncorrectState",
		"InvalidStatus.InstanceStatus", "InvalidOperation.InvalidEcsState", "InvalidOperation.InvalidEniState", "InvalidNetworkInterface.InUse",
		"IncorrectEipStatus", "IncorrectVSwitchStatus", "InvalidPrivateIp.Changing", "DependencyViolation", "Operation.Conflict":
		return true
	}
	return false
}

// Errors that are not a step's own.
var (
	// ErrOtherSource: the state was applied from another repository or folder.
	ErrOtherSource = errors.New("the state belongs to another source")
	// ErrHeld: the shrink guard holds the topology.
	ErrHeld = errors.New("the shrink guard holds it")
)
