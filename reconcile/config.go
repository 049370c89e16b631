package reconcile

import (
	"cmp"
	"log/slog"
	"time"

	"enid/plan"
	"enid/reconcile/store"
)

// Config is what a Controller is made of. The fields without a default that are
// marked * have to be set.
type Config struct {
	Source Source      // * for Turn and Run
	Store  store.Store // *
	Target Target      // *
	// Host is the machine to converge, as the Host of that name; nil: none.
	Host     Host
	HostName string
	// FindHost answers the name, in the state, each turn; nil: it is HostName.
	FindHost func(state *plan.World) (string, error)
	// HostOnly takes each revision as applied: the machine alone is converged.
	HostOnly bool
	// HostChanged receives hints that the machine has changed, each with when the first
	// change of it happened; nil: none.
	HostChanged <-chan time.Time

	// From is what the state records as its source: repository and path, or folder.
	From string
	// AdoptSource takes over a state that was applied from elsewhere.
	AdoptSource bool
	// SourceKind (git, dir), URL (without credentials) and Ref are shown in the status.
	SourceKind, URL, Ref string
	// PolicyPath is the only folder in which Policies and Approvals may stand;
	// empty: anywhere.
	PolicyPath string
	// Review answers who reviewed a plan with that certificate, or why nobody did that
	// counts; nil: no review is asked for.
	Review func(certificate string) (by string, err error)
	// Limit bounds what one revision may delete; zero: DefaultLimit.
	Limit Limit

	// Interval is between two polls; 0: a minute, as most of the field has it.
	Interval time.Duration
	// FullCheck is how often everything is compared although nothing seems to have
	// changed; 0: ten minutes.
	FullCheck time.Duration
	// Patience is how long a step waits for a phase to end; 0: five minutes, which
	// is more than a stop takes that the guest has to be forced to.
	Patience time.Duration

	Log      *slog.Logger   // nil: nothing is logged
	Progress func(Progress) // nil: nobody watches
	// Turned is told of each turn, in the turn: it must neither wait nor ask for one; nil:
	// nobody is told.
	Turned func(Turned)
	Now    func() time.Time // nil: time.Now
	// Chance answers numbers in [0,1) for the jitter of polls; nil: no jitter.
	Chance func() float64
}

// The defaults of Config, with their reasons there.
const (
	defaultInterval  = time.Minute
	defaultFullCheck = 10 * time.Minute
	defaultPatience  = 5 * time.Minute
)

// maxBackOff bounds how long anything waits to be tried again by itself.
const maxBackOff = 5 * time.Minute

// batchSteps and batchTime bound what one commit of a state-only target holds: a
// commit costs as much as a hundred steps, and nobody misses 50 ms of a model.
const (
	batchSteps = 1000
	batchTime  = 50 * time.Millisecond
)

func (c Config) withDefaults() Config {
	c.Interval = cmp.Or(c.Interval, defaultInterval)
	c.FullCheck = cmp.Or(c.FullCheck, defaultFullCheck)
	c.Patience = cmp.Or(c.Patience, defaultPatience)
	if c.Limit == (Limit{}) {
		c.Limit = DefaultLimit()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Progress == nil {
		c.Progress = func(Progress) {}
	}
	if c.Turned == nil {
		c.Turned = func(Turned) {}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Chance == nil {
		c.Chance = func() float64 { return 0.5 }
	}
	return c
}

// backOff answers how long to wait after so many failures in a row: doubling
// from the interval to ten intervals, at most maxBackOff.
func backOff(interval time.Duration, failures int) time.Duration {
	most := max(interval, min(10*interval, maxBackOff))
	wait := interval
	for i := 1; i < failures && wait < most; i++ {
		wait *= 2
	}
	return min(wait, most)
}
