package page

import (
	"bytes"
	"context"
	"html/template"
	"sync"
	"time"

	"enid/plan"
	"enid/plan/query"
	"enid/plan/render"
	"enid/reconcile/store"
	"enid/schema"
)

// mostNodes bounds the picture: what a screen shows legibly, whatever the state holds.
const mostNodes = 300

// patience is how long a page waits for the state to be read; one that waited in
// vain shows what was read before.
const patience = 400 * time.Millisecond

// calmness is how much longer than a reading took the next one waits, so that the
// page of a large state costs a twentieth of a CPU at most.
const calmness = 20

// network is what is shown of the state, read once for each of its epochs.
type network struct {
	store store.Store
	now   func() time.Time

	mu    sync.Mutex
	last  *drawn
	next  time.Time     // no reading before it
	ended chan struct{} // of the reading under way; nil: none is
}

// drawn is what is kept of one reading. Its parts are read only.
type drawn struct {
	epoch     uint64
	plan      *plan.Plan
	at        time.Time
	SVG       template.HTML
	Resources int
	Omitted   int
	Holds     []store.Hold
	Intents   []store.Intent
	ENIs      []eniRow
	err       error
}

// look answers the newest reading, nil where none has ended yet; and when it is
// worth to ask again, 0 where it is of the state as it is now.
func (n *network) look(ctx context.Context, p *plan.Plan, applied bool, host string) (d *drawn, again time.Duration, err error) {
	meta, err := n.store.Meta(ctx)
	if err != nil {
		return nil, 0, err
	}
	n.mu.Lock()
	fresh := n.last != nil && n.last.err == nil && n.last.epoch == meta.Epoch && n.last.plan == p
	if !fresh && n.ended == nil && !n.now().Before(n.next) {
		n.ended = make(chan struct{})
		// The reading outlives the page that asked for it: the next one has it.
		go n.read(context.WithoutCancel(ctx), p, applied, host, n.ended)
	}
	ended := n.ended
	n.mu.Unlock()
	if ended != nil && !fresh {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		select {
		case <-ended:
		case <-timer.C:
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.last == nil:
		return nil, time.Second, nil
	case n.last.err != nil:
		return nil, 0, n.last.err
	case n.last.epoch != meta.Epoch || n.last.plan != p:
		again = max(time.Second, n.next.Sub(n.now()))
	}
	return n.last, again, nil
}

func (n *network) read(ctx context.Context, p *plan.Plan, applied bool, host string, ended chan struct{}) {
	start := n.now()
	d := draw(ctx, n.store, p, applied, host)
	d.at = start.UTC()
	n.mu.Lock()
	defer n.mu.Unlock()
	end := n.now()
	n.last, n.next, n.ended = d, end.Add(calmness*end.Sub(start)), nil
	close(ended)
}

// draw reads the state and makes of it what is shown.
func draw(ctx context.Context, from store.Store, p *plan.Plan, applied bool, host string) *drawn {
	state, err := from.Load(ctx)
	if err != nil {
		return &drawn{err: err}
	}
	topology := schema.NewTopology(state.Resources)
	g := query.Picture(nil, topology, query.PictureOptions{Most: mostNodes, Marks: marksOf(p, applied)})
	var svg bytes.Buffer
	if err := render.InlineSVG(&svg, g); err != nil {
		return &drawn{err: err}
	}
	return &drawn{epoch: state.Meta.Epoch, plan: p, Resources: len(state.Resources), Omitted: g.Omitted,
		SVG:   template.HTML(svg.String()), // render escapes what is not its own
		Holds: state.Holds, Intents: state.Intents, ENIs: enisOf(topology, host)}
}

// marksOf answers how the plan colours the picture: what is blocked, and what waits
// to be done, as drift where the revision is in force already.
func marksOf(p *plan.Plan, applied bool) map[schema.Ref]query.Mark {
	marks := map[schema.Ref]query.Mark{}
	if p == nil {
		return marks
	}
	for _, s := range p.Steps {
		switch {
		case s.Blocked():
			marks[s.Target] = query.Blocked
		case marks[s.Target] == query.Blocked:
		case applied:
			marks[s.Target] = query.Drifted
		default:
			marks[s.Target] = query.Changed
		}
	}
	return marks
}
