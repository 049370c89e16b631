package reconcile

import (
	"context"
	"fmt"

	plancloud "enid/plan/cloud"
	"enid/reconcile/cloud"
	"enid/reconcile/store"
	"enid/schema"
)

// operationMove is how the history names a rename: it is no cloud's operation.
const operationMove = "MoveState"

// locate finds out what the state's resources are called in the files.
func (t *turn) locate() (err error) {
	if t.origin, err = plancloud.Begin(t.world, t.want); err != nil {
		return &SourceError{Condition: Invalid, Revision: t.rev.ID, Message: err.Error(), Err: err}
	}
	t.world = t.origin.World
	return nil
}

// rename records the renames that the files ask for, once the plan that begins
// with them was accepted and before its first step. A crash before it leaves the
// old names, which the next turn renames; one after it the new ones.
func (t *turn) rename(ctx context.Context) error {
	moves := t.origin.Moves
	if len(moves) == 0 {
		return nil
	}
	t.opened()
	t.touch(t.origin.Renamed...)
	t.Target.Know(t.known(t.origin.Renamed))
	holds, intents := t.ledger.notes()
	t.batch.renameNotes(holds, intents, t.topology, moves)
	for _, m := range moves {
		t.batch.change.Steps = append(t.batch.change.Steps, t.moved(m))
		t.Log.Info("renamed", "from", m.From.String(), "to", m.To.String())
	}
	t.renamed = true
	return t.flush(ctx)
}

// moved answers a rename's entry in the history.
func (t *turn) moved(m plancloud.Move) store.Step {
	t.tried++
	return moveStep(fmt.Sprintf("s%d", t.tried), m, t.Now)
}

// known answers how resources are now, for the target.
func (t *turn) known(refs []schema.Ref) (c cloud.Changes) {
	for _, ref := range refs {
		if r, ok := t.world.Get(ref).(*schema.Resource); ok {
			c.Put = append(c.Put, r)
		} else {
			c.Delete = append(c.Delete, ref)
		}
	}
	return c
}

// notes answers the ledger's notes under the names that the files have.
func (t *turn) notes() (holds []store.Hold, intents []store.Intent) {
	holds, intents = t.ledger.notes()
	if t.renamed {
		return holds, intents
	}
	return MovedNotes(holds, intents, t.topology, t.origin.Moves)
}

// MovedNotes answers holds and intents after renames: about the same steps, and
// in force where they were, for a name is nothing that would help a step.
func MovedNotes(holds []store.Hold, intents []store.Intent, t *schema.Topology, moves plancloud.Moves) ([]store.Hold, []store.Intent) {
	if len(moves) == 0 {
		return holds, intents
	}
	movedHolds := make([]store.Hold, len(holds))
	for i, h := range holds {
		h.Call = movedCall(h.Call, moves)
		if h.Digest == digestAs(t, h.Target, moves.From) {
			h.Digest = digest(t, h.Target)
		}
		movedHolds[i] = h
	}
	movedIntents := make([]store.Intent, len(intents))
	for i, x := range intents {
		movedIntents[i] = movedIntent(x, moves)
	}
	return movedHolds, movedIntents
}

// movedCall answers the call after renames. The part of a target that a call is
// about is an instance.
func movedCall(c store.Call, moves plancloud.Moves) store.Call {
	c.Target = moves.To(c.Target)
	if c.Item != "" {
		c.Item = moves.To(schema.Ref{Kind: schema.KindInstance, Name: c.Item}).Name
	}
	return c
}

func movedIntent(x store.Intent, moves plancloud.Moves) store.Intent {
	x.Call = movedCall(x.Call, moves)
	approvals := x.Approvals
	x.Approvals = nil
	for _, ref := range approvals {
		x.Approvals = append(x.Approvals, moves.To(ref))
	}
	if want, err := wantOf(x); err == nil && want != nil {
		if want, err = schema.Renamed(want, moves.To); err == nil {
			if doc, err := schema.Encode(want); err == nil {
				x.Want = doc
			}
		}
	}
	return x
}

// renameNotes adds to the batch that notes go under their new names.
func (b *batch) renameNotes(holds []store.Hold, intents []store.Intent, t *schema.Topology, moves plancloud.Moves) {
	newHolds, newIntents := MovedNotes(holds, intents, t, moves)
	for i, h := range newHolds {
		if h != holds[i] {
			b.change.Release = append(b.change.Release, holds[i].Call)
			b.change.Hold = append(b.change.Hold, h)
		}
	}
	for i, x := range newIntents {
		if x.Call != intents[i].Call || string(x.Want) != string(intents[i].Want) {
			b.change.Resolve = append(b.change.Resolve, intents[i].Call)
			b.change.Intend = append(b.change.Intend, x)
		}
	}
}
