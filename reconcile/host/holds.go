package host

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"enid/plan"
	"enid/plan/guest"
	"enid/schema"
)

// Back-off of a chain that failed: it doubles from the first to the last. An event
// on the machine does not shorten it; a person's change of the topology is a new
// turn like any other.
const (
	firstHold = time.Second
	lastHold  = 5 * time.Minute
	// fightWindow and fightRepairs say when a second writer is at work: the same
	// object had to be put back that often in that time.
	fightWindow  = time.Minute
	fightRepairs = 5
	// flapGrace is how long after a flap of its link a missing route is nobody's
	// doing: routes are read table by table, and a flap amid the reading, or amid
	// putting them back, looks as if somebody had removed some of them.
	flapGrace = 5 * time.Second
)

// hold is a chain that is left alone for now.
type hold struct {
	reason string
	until  time.Time
	last   time.Duration
	fight  bool // with a second writer: doing the step again proves nothing
}

// holds are the only memory of a Machine: what it tried in vain, and what of enid's
// own was there before, which tells an object that somebody removed from one that is
// made for the first time. No plan depends on it; losing it costs a failing attempt
// more.
type holds struct {
	chains  map[string]*hold
	repairs map[plan.Ref]*repair
	flaps   map[string]time.Time // by chain: when routes were last found gone with its link
	seen    *plan.World          // in the look before; nil: there was none
}

// repair is an object that was made or put back lately, of which chain.
type repair struct {
	chain string
	made  time.Time   // the last time, for whatever reason
	times []time.Time // when it was put back although nothing took it but somebody
}

// active answers the chains that are held at that time.
func (h *holds) active(at time.Time) map[string]*hold {
	out := map[string]*hold{}
	for chain, x := range h.chains {
		if at.Before(x.until) {
			out[chain] = x
		}
	}
	return out
}

// fail holds a chain, twice as long as the last time.
func (h *holds) fail(chain, reason string, at time.Time) {
	if h.chains == nil {
		h.chains = map[string]*hold{}
	}
	next := firstHold
	if old := h.chains[chain]; old != nil {
		next = min(2*old.last, lastHold)
	}
	h.chains[chain] = &hold{reason: reason, until: at.Add(next), last: next}
}

// well forgets why a chain was held, once it was done after all.
func (h *holds) well(chain string) {
	if x := h.chains[chain]; x != nil && !x.fight {
		delete(h.chains, chain)
	}
}

// did notes a step that was done to that world: its object was put back once more,
// unless it had never been there or had gone with its link. One that enid itself
// removes was not missed.
func (h *holds) did(chain string, step *plan.Step, at time.Time, world, wanted *plan.World) {
	if step.Action != plan.Create {
		delete(h.repairs, step.Target)
		return
	}
	if h.repairs == nil {
		h.repairs, h.flaps = map[plan.Ref]*repair{}, map[string]time.Time{}
	}
	r := h.repairs[step.Target]
	missed := r != nil || h.seen != nil && guest.Ours(h.seen.Get(step.Target))
	if r == nil {
		r = &repair{}
		h.repairs[step.Target] = r
	}
	r.chain, r.made = chain, at
	flap, flapped := h.flaps[chain]
	switch {
	case !missed:
	case guest.WentWithLink(step.Target, h.seen, world, wanted):
		h.flaps[chain] = at
	case flapped && at.Sub(flap) <= flapGrace && step.Target.Kind == guest.KindRoute:
	default:
		r.times = append(r.times, at)
	}
}

// fights holds the chains whose objects somebody removes again and again, naming
// one, and forgets what is long ago. A chain that nothing was put back of just now
// is held as long as it is, whatever else was done. suspects answers the programs of
// this machine that remove objects of a kind; looking for them takes a while.
func (h *holds) fights(at time.Time, suspects func(schema.Kind) []string) {
	var fought []plan.Ref
	for ref, r := range h.repairs {
		for len(r.times) > 0 && at.Sub(r.times[0]) > fightWindow {
			r.times = r.times[1:]
		}
		switch {
		case len(r.times) == 0:
			if at.Sub(r.made) > fightWindow {
				delete(h.repairs, ref)
			}
		case len(r.times) > fightRepairs && r.times[len(r.times)-1].Equal(at):
			fought = append(fought, ref)
		}
	}
	slices.SortFunc(fought, plan.Ref.Compare)
	for _, ref := range fought {
		r := h.repairs[ref]
		who := "another program"
		if names := suspects(ref.Kind); len(names) > 0 {
			who += ", probably " + strings.Join(names, " or ") + ","
		}
		h.fail(r.chain, fmt.Sprintf("%s removes %s: it was put back %d times within %s; `enid host doctor` says what ends it", who, ref, len(r.times), fightWindow), at)
		h.chains[r.chain].fight = true
	}
	for chain, x := range h.chains {
		if at.Sub(x.until) > 2*x.last+fightWindow {
			delete(h.chains, chain) // nothing failed for long enough: start anew
		}
	}
}

// block shows the held chains as blocked.
func (h *holds) block(w *guest.Wanted, held map[string]*hold) {
	for _, chain := range slices.Sorted(maps.Keys(held)) {
		x := held[chain]
		w.Blocked = append(w.Blocked, guest.Blocked{ENI: schema.Ref{Kind: schema.KindHost, Name: w.Host.Name},
			Operation: "Retry", Target: chain, Block: plan.Block{Rule: plan.RuleHeld, Detail: x.reason,
				Remedy: "enid tries again at " + x.until.UTC().Format(time.RFC3339)}})
	}
}

// next answers how long it is until the first hold ends; 0: there is none.
func (h *holds) next(at time.Time) (first time.Duration) {
	for _, x := range h.active(at) {
		if d := x.until.Sub(at); first == 0 || d < first {
			first = d
		}
	}
	return first
}
