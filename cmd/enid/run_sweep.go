package main

import (
	"runtime/debug"
	"time"

	"enid/reconcile"
)

// sweepAfter is how long the loop has to rest before memory is given back: what
// follows a commit at once, a second one or the look at the page, needs it again.
const sweepAfter = 3 * time.Second

// sweeper answers what is told of each turn and gives back to the system what a turn
// that planned has left. A plan takes several times what the daemon holds at rest, and
// Go would keep that for the next one, which may be weeks away.
func sweeper() func(reconcile.Turned) {
	timer := time.AfterFunc(sweepAfter, debug.FreeOSMemory)
	return func(t reconcile.Turned) {
		if t.Plan != nil {
			timer.Reset(sweepAfter)
		}
	}
}
