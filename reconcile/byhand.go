package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"enid/plan"
	plancloud "enid/plan/cloud"
	"enid/reconcile/cloud"
	"enid/reconcile/store"
	"enid/schema"
)

// takePatience is how long a person's change of the state waits for a turn to
// end: less than the client on the socket waits for an answer.
const takePatience = 20 * time.Second

// take waits until no turn is under way, and answers what lets the next one begin.
func (c *Controller) take(ctx context.Context) (release func(), err error) {
	for until := time.Now().Add(takePatience); !c.busy.TryLock(); {
		if time.Now().After(until) {
			return nil, errors.New("the daemon is in the middle of a turn; nothing was changed, try again in a moment")
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the turn to end: %w", ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
	if err := c.reload(ctx); err != nil {
		c.busy.Unlock()
		return nil, err
	}
	return c.busy.Unlock, nil
}

// edit is a person's change of the state itself: one transaction, one revision of
// the history.
type edit struct {
	c      *Controller
	world  *plan.World
	change store.Change
	serial uint64
}

// byHandEdit begins an edit; the history shows the command and who gave it.
func (c *Controller) byHandEdit(command, by string) *edit {
	now, meta := c.Now().UTC(), c.ledger.now()
	e := &edit{c: c, world: c.state.Fork(), serial: meta.Serial + 1}
	e.change.Begin = &store.Begin{Revision: store.Revision{Commit: meta.Applied.Revision, Author: by, Subject: command, Time: now, At: now}}
	e.change.End = &store.End{Outcome: store.Changed, At: now}
	return e
}

// step adds an entry to the history, and answers it to be completed.
func (e *edit) step(call store.Call, operation string) *store.Step {
	action := plan.Update
	if op := plancloud.Domain().Operation(call.Op); op != nil {
		action = op.Action
	}
	e.change.Steps = append(e.change.Steps, store.Step{Call: call, ID: fmt.Sprintf("s%d", len(e.change.Steps)+1),
		Operation: operation, Action: string(action), At: e.c.Now().UTC()})
	return &e.change.Steps[len(e.change.Steps)-1]
}

// commit records the edit. A crash before it leaves everything as it was, one
// after it everything changed.
func (e *edit) commit(ctx context.Context) error {
	meta := e.c.ledger.now()
	text, err := planText(&plan.Plan{Format: plan.Format, AsOf: e.change.Begin.At, Revision: meta.Applied.Revision,
		Base: plan.Base{Lineage: meta.Lineage, Serial: meta.Serial}, Steps: []*plan.Step{}, Advice: []plan.Advice{}})
	if err != nil {
		return err
	}
	e.change.Begin.Plan = text
	known := e.differences()
	e.change.Put, e.change.Delete = known.Put, known.Delete
	if err := e.c.ledger.commit(ctx, &e.change); err != nil {
		return err
	}
	for _, r := range known.Put {
		e.c.state.Put(r.Ref, r)
	}
	for _, ref := range known.Delete {
		e.c.state.Put(ref, nil)
	}
	if e.c.Target != nil {
		e.c.Target.Know(known)
	}
	e.c.open.known = false
	_, intents := e.c.ledger.notes()
	e.c.status.edited(e.c.Now(), e.c.ledger.now(), intents)
	e.c.Hint()
	return nil
}

// differences answers what the edit changed of the state.
func (e *edit) differences() (c cloud.Changes) {
	for _, ref := range e.world.Refs() {
		if now := e.world.Get(ref); now != e.c.state.Get(ref) {
			c.Put = append(c.Put, now.(*schema.Resource))
		}
	}
	for _, ref := range e.c.state.Refs() {
		if e.world.Get(ref) == nil {
			c.Delete = append(c.Delete, ref)
		}
	}
	return c
}

// MayMove answers why a resource of the state cannot be renamed, nil where it can.
func MayMove(state *plan.World, from, to schema.Ref) error {
	switch {
	case state.Get(from) == nil:
		return fmt.Errorf("%s: %w", from, store.ErrAbsent)
	case from.Kind != to.Kind:
		return fmt.Errorf("%s cannot become a %s: only its name changes", from, to.Kind)
	case !schema.IsName(to.Name):
		return fmt.Errorf("%q is no name: give lower-case letters, digits and dashes, at most 63", to.Name)
	case state.Get(to) != nil:
		return fmt.Errorf("%s is in the state already; `enid state show %s` shows it", to, to)
	}
	return nil
}

// Move renames a resource in the state; what refers to it follows, and so do its
// holds and intents. It answers the other resources that changed.
func (c *Controller) Move(ctx context.Context, from, to schema.Ref, by string) ([]schema.Ref, error) {
	release, err := c.take(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	if err := MayMove(c.state, from, to); err != nil {
		return nil, err
	}
	moves := plancloud.Moves{{From: from, To: to}}
	e := c.byHandEdit(fmt.Sprintf("enid state mv %s %s", from, to.Name), by)
	var changed []schema.Ref
	if e.world, changed, err = plancloud.Rename(c.state, moves); err != nil {
		return nil, err
	}
	holds, intents := c.ledger.notes()
	notes := batch{}
	notes.renameNotes(holds, intents, c.goal.topology, moves)
	e.change.Hold, e.change.Release, e.change.Intend, e.change.Resolve = notes.change.Hold, notes.change.Release, notes.change.Intend, notes.change.Resolve
	e.change.Steps = append(e.change.Steps, moveStep("s1", moves[0], c.Now))
	if err := e.commit(ctx); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(changed, func(ref schema.Ref) bool { return ref == from || ref == to }), nil
}

func moveStep(id string, m plancloud.Move, now func() time.Time) store.Step {
	return store.Step{Call: store.Call{Op: "state.move", Target: m.To}, ID: id, Operation: operationMove, Action: string(plan.Update),
		At: now().UTC(), Message: "was " + m.From.String()}
}

// MayForget answers why the state cannot do without a resource, nil where it can.
func MayForget(state *plan.World, intents []store.Intent, ref schema.Ref) error {
	if state.Get(ref) == nil {
		return fmt.Errorf("%s: %w", ref, store.ErrAbsent)
	}
	for _, i := range intents {
		if i.Target == ref {
			return fmt.Errorf("whether %s of %s was done is not known; say so first: `enid state resolve %s --done`, or --not-done", i.Operation, ref, ref)
		}
	}
	var users []schema.Ref
	for _, other := range state.Refs() {
		r := state.Get(other).(*schema.Resource)
		if other != ref && slices.ContainsFunc(schema.AllReferences(r), func(f schema.FieldRef) bool { return f.Ref == ref }) {
			users = append(users, other)
		}
	}
	const most = 5
	switch {
	case len(users) > most:
		return fmt.Errorf("%v and %d more refer to %s; forget those first", users[:most], len(users)-most, ref)
	case len(users) > 0:
		return fmt.Errorf("%v refer to %s; forget those first", users, ref)
	}
	return nil
}

// Forget drops a resource from the state, and what is held for it; in the cloud
// it stays as it is.
func (c *Controller) Forget(ctx context.Context, ref schema.Ref, by string) error {
	release, err := c.take(ctx)
	if err != nil {
		return err
	}
	defer release()
	holds, intents := c.ledger.notes()
	if err := MayForget(c.state, intents, ref); err != nil {
		return err
	}
	e := c.byHandEdit("enid state forget "+ref.String(), by)
	e.world.Put(ref, nil)
	for _, h := range holds {
		if h.Target == ref {
			e.change.Release = append(e.change.Release, h.Call)
		}
	}
	e.step(store.Call{Op: "state.forget", Target: ref}, "ForgetState").Message = "it stays in the cloud as it is"
	return e.commit(ctx)
}
