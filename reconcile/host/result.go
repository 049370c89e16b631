//go:build linux

package host

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"enid/plan"
	"enid/plan/guest"
)

// Condition is what a host is in, as `host.condition` of the status shows it.
type Condition string

// The conditions of a host.
const (
	// Converged: everything that is asked for is so.
	Converged Condition = "Converged"
	// Converging: there is more to do, and it will be tried at once.
	Converging Condition = "Converging"
	// Degraded: something is blocked or failed; the message says what.
	Degraded Condition = "Degraded"
	// Waiting: everything is so but for NICs that are not there yet, and for what a
	// DHCP server has not answered yet.
	Waiting Condition = "Waiting"
)

// Result is how a turn went.
type Result struct {
	Host string
	// Done are the steps that were done and not undone, in their order.
	Done []*plan.HostStep
	// Blocked are the steps that a rule blocks. A chain that failed stands among
	// them as one step, blocked by plan.RuleHeld until it is tried again.
	Blocked []*plan.HostStep
	// Left are the steps that are left to another turn, since they cannot be undone.
	Left []*plan.HostStep
	// WaitingFor are MACs of NICs, volumes without a disk and disks that have not
	// grown yet, sorted.
	WaitingFor []string
	// Asking are the interfaces on which no DHCP server has answered yet.
	Asking []string
	// Leases are what DHCP servers have leased, with how long it lasts.
	Leases    []guest.Lease
	ENIs      []Standing // declared, by device index
	Advice    []plan.Advice
	Condition Condition
	Message   string // one line; empty where converged
	// Drifted counts the steps that this turn found necessary.
	Drifted int
	// PrimaryMoved says that main's active default route was not the same, byte for
	// byte, after the steps as before them: another program changed it meanwhile.
	PrimaryMoved bool
	// RetryAfter is when what failed, or was not reached, is tried again; 0: nothing is.
	RetryAfter time.Duration
	// Before takes the whole turn back, for those who asked for it; empty: nothing
	// was changed.
	Before *Snapshot
	// Undone is why all of the turn was undone; empty: it was not.
	Undone string

	before func(*Snapshot) error
	may    func(*sight, *plan.Step) bool
}

// drift answers how many of the steps are for what has changed. That time passes
// is no change: an address whose lease was renewed is as it should be.
func drift(steps []*plan.Step) (n int) {
	for _, s := range steps {
		if s.Op.ID != guest.SetLifetime {
			n++
		}
	}
	return n
}

// reasons answers what blocks the steps, in their order, each reason once: several
// steps of an interface often have the same, and the first of them is named. waits
// says that all that is blocked is blocked until what is in waitingFor appears, or
// answers.
func reasons(blocked []*plan.HostStep, waitingFor []string) (out []string, waits bool) {
	type reason struct{ target, detail, rule string }
	said := map[reason]bool{}
	waits = true
	for _, s := range blocked {
		b := s.BlockedBy[0]
		if b.Rule == plan.RuleDependsOn || slices.Contains(awaited, b.Rule) && slices.Contains(waitingFor, s.Target) {
			continue
		}
		waits = false
		r := reason{s.Target, b.Detail, b.Rule}
		if said[r] {
			continue
		}
		said[r] = true
		out = append(out, fmt.Sprintf("%s %s: %s [%s]", s.Operation, s.Target, b.Detail, b.Rule))
	}
	return out, waits
}

// awaited are the rules by which a step is blocked until the machine is given
// something.
var awaited = []string{guest.RuleMatchMAC, guest.RuleMatchDisk, guest.RuleLease}

// waiting says what is waited for: what is to appear, and interfaces on which a DHCP
// server is to answer.
func waiting(what, asking []string) string {
	out := make([]string, len(what))
	for i, x := range what {
		switch _, err := net.ParseMAC(x); {
		case err == nil:
			out[i] = "the NIC of " + x
		case strings.HasPrefix(x, "/"):
			out[i] = x + " to grow"
		default:
			out[i] = "the disk of " + x
		}
	}
	for _, link := range asking {
		out = append(out, "a DHCP server on "+link)
	}
	return "waiting for " + strings.Join(out, ", ")
}
