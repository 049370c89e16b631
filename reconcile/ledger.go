package reconcile

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"enid/plan"
	"enid/reconcile/store"
	"enid/schema"
)

// ledger is the store with what the loop remembers of it. A turn and a person's
// commands write through it, one after another.
type ledger struct {
	store store.Store

	mu       sync.Mutex
	meta     store.Meta
	holds    map[store.Call]store.Hold
	intents  map[store.Call]store.Intent
	accepted map[string]store.Acceptance
	// confirmed is by host.
	confirmed map[string]store.Confirmation
	// lost is set when a commit failed: what is remembered may not be what is stored.
	lost bool
}

func newLedger(s store.Store, state *store.State) *ledger {
	l := &ledger{store: s}
	l.reset(state)
	return l
}

func (l *ledger) reset(state *store.State) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.meta, l.lost = state.Meta, false
	l.holds = map[store.Call]store.Hold{}
	for _, h := range state.Holds {
		l.holds[h.Call] = h
	}
	l.intents = map[store.Call]store.Intent{}
	for _, i := range state.Intents {
		l.intents[i.Call] = i
	}
	l.accepted = map[string]store.Acceptance{}
	for _, a := range state.Accepted {
		l.accepted[a.Commit] = a
	}
	l.confirmed = map[string]store.Confirmation{}
	for _, c := range state.Confirmed {
		l.confirmed[c.Host] = c
	}
}

// commit writes a change, whole or not at all, and remembers it. It is not cut
// short by ctx: a step that was done is recorded. A crash before it loses at most
// what a state-only target did since the last commit, a crash after it nothing.
func (l *ledger) commit(ctx context.Context, c *store.Change) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	meta, err := l.store.Commit(context.WithoutCancel(ctx), l.meta.Epoch, c)
	if err != nil {
		l.lost = true
		return fmt.Errorf("record: %w", err)
	}
	l.meta = meta
	for _, call := range c.Release {
		delete(l.holds, call)
	}
	for _, h := range c.Hold {
		l.holds[h.Call] = h
	}
	for _, call := range c.Resolve {
		delete(l.intents, call)
	}
	for _, i := range c.Intend {
		l.intents[i.Call] = i
	}
	for _, commit := range c.Spend {
		delete(l.accepted, commit)
	}
	for _, a := range c.Accept {
		l.accepted[a.Commit] = a
	}
	for _, x := range c.Confirm {
		l.confirmed[x.Host] = x
	}
	return nil
}

func (l *ledger) now() store.Meta {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.meta
}

func (l *ledger) hold(call store.Call) store.Hold {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.holds[call]
}

func (l *ledger) acceptance(commit string) (store.Acceptance, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a, ok := l.accepted[commit]
	return a, ok
}

// confirmation answers how a host stands to its probes; zero: they never spoke.
func (l *ledger) confirmation(host string) store.Confirmation {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.confirmed[host]
	c.Host = host
	return c
}

// notes answers all holds and intents, in the order of their calls.
func (l *ledger) notes() (holds []store.Hold, intents []store.Intent) {
	l.mu.Lock()
	defer l.mu.Unlock()
	byCall := func(a, b store.Call) int { return strings.Compare(a.String(), b.String()) }
	holds = slices.SortedFunc(maps.Values(l.holds), func(a, b store.Hold) int { return byCall(a.Call, b.Call) })
	intents = slices.SortedFunc(maps.Values(l.intents), func(a, b store.Intent) int { return byCall(a.Call, b.Call) })
	return holds, intents
}

// isLost reports whether the store has to be read again.
func (l *ledger) isLost() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost
}

// batch gathers what one commit will hold: of several changes of a resource the last.
type batch struct {
	change store.Change
	puts   map[schema.Ref]*schema.Resource
	gone   map[schema.Ref]bool
}

func newBatch() batch {
	return batch{puts: map[schema.Ref]*schema.Resource{}, gone: map[schema.Ref]bool{}}
}

// take adds resources as they are now.
func (b *batch) take(world *plan.World, refs []schema.Ref) {
	for _, ref := range refs {
		if r, ok := world.Get(ref).(*schema.Resource); ok {
			b.puts[ref] = r
			delete(b.gone, ref)
		} else {
			b.gone[ref] = true
			delete(b.puts, ref)
		}
	}
}

// whole answers the change, in the order of the resources.
func (b *batch) whole() *store.Change {
	c := b.change
	for _, ref := range slices.SortedFunc(maps.Keys(b.puts), schema.Ref.Compare) {
		c.Put = append(c.Put, b.puts[ref])
	}
	c.Delete = slices.AppendSeq(c.Delete, maps.Keys(b.gone))
	slices.SortFunc(c.Delete, schema.Ref.Compare)
	return &c
}
