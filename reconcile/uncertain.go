package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"enid/plan"
	plancloud "enid/plan/cloud"
	"enid/reconcile/store"
	"enid/schema"
)

// conditionCertain is whether it is known of every step what became of it.
const conditionCertain = "Certain"

// Certain notes the uncertain steps: what, on what, since when, and the command
// that settles each.
func (s *Status) Certain(at time.Time, intents []store.Intent) {
	if len(intents) == 0 {
		s.condition(at, conditionCertain, "True", "EveryStepIsKnown", "")
		return
	}
	var texts []string
	for _, i := range intents {
		texts = append(texts, fmt.Sprintf("whether %s of %s, begun at %s, was done is not known: look at it in the cloud, then `enid state resolve %s --done` or --not-done",
			i.Operation, i.Target, stamp(i.At), i.Target))
	}
	s.condition(at, conditionCertain, "False", "StepsUncertain", strings.Join(texts, "; "))
}

// intend records that an irreversible step is about to be done, with all that it
// takes to record its effect later, the unspent Approvals included.
func (t *turn) intend(ctx context.Context, s *plan.Step, call store.Call) error {
	i := store.Intent{Call: call, Operation: s.Operation, Serial: t.serial(), At: t.Now().UTC(), Want: json.RawMessage("null"), Approvals: s.Spends}
	if r, ok := t.want.Get(s.Target).(*schema.Resource); ok {
		doc, err := schema.Encode(r)
		if err != nil {
			return fmt.Errorf("record what is intended: %w", err)
		}
		i.Want = doc
	}
	t.touch(s.Spends...)
	t.batch.change.Intend = append(t.batch.change.Intend, i)
	return t.flush(ctx)
}

// wantOf answers the target as it was wanted, nil where it was to go.
func wantOf(i store.Intent) (*schema.Resource, error) {
	switch {
	case len(i.Want) == 0:
		return nil, errors.New("an older enid began it and did not record what was wanted")
	case string(i.Want) == "null":
		return nil, nil
	}
	r, err := schema.Decode(i.Want)
	if err != nil {
		return nil, fmt.Errorf("what was wanted cannot be read: %w", err)
	}
	return r, nil
}

// intended answers the wanted world in which the step was begun, as far as it is
// about the step's target.
func intended(i store.Intent, rest *plan.World) (*plan.World, error) {
	r, err := wantOf(i)
	if err != nil {
		return nil, err
	}
	want := rest.Fork()
	if want.Put(i.Target, nil); r != nil {
		want.Put(i.Target, r)
	}
	return want, nil
}

// isShown reports whether the world shows the effect of an uncertain step. That the
// files no longer ask for it shows nothing.
func isShown(i store.Intent, world, want *plan.World, at time.Time) bool {
	op := plancloud.Domain().Operation(i.Op)
	if op == nil || op.Gives == nil {
		return false
	}
	if then, err := intended(i, want); err == nil {
		want = then
	}
	return !op.Gives(plan.NewView(world, want, at).For(i.Item), i.Target)
}

// Resolve says what became of the uncertain steps on a target; operation chooses
// one where there are several kinds, empty: there is one. done records the effect
// as if the step had succeeded, its Approval spent; else the step may be planned
// again. It answers what was settled.
func (c *Controller) Resolve(ctx context.Context, target schema.Ref, operation string, done bool, by string) ([]store.Intent, error) {
	release, err := c.take(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	_, intents := c.ledger.notes()
	intents, err = uncertain(intents, target, operation)
	if err != nil {
		return nil, err
	}
	verb := "--not-done"
	if done {
		verb = "--done"
	}
	edit := c.byHandEdit(fmt.Sprintf("enid state resolve %s %s", target, verb), by)
	for _, i := range intents {
		step := edit.step(i.Call, i.Operation)
		edit.change.Resolve = append(edit.change.Resolve, i.Call)
		if c.ledger.hold(i.Call).Attempts > 0 {
			edit.change.Release = append(edit.change.Release, i.Call)
		}
		if !done {
			step.Failed, step.Message = true, "said not to have been done, by "+by
			continue
		}
		step.Approvals, step.Message = i.Approvals, "said to have been done, by "+by
		if err := edit.effect(i, step.ID); err != nil {
			return nil, fmt.Errorf("%s of %s cannot be recorded as done: %w; import %s as it is now (enid import --replace), then resolve --not-done", i.Operation, target, err, target)
		}
	}
	if err := edit.commit(ctx); err != nil {
		return nil, err
	}
	return intents, nil
}

// uncertain answers the intents that a person means.
func uncertain(intents []store.Intent, target schema.Ref, operation string) ([]store.Intent, error) {
	var operations []string
	intents = slices.DeleteFunc(intents, func(i store.Intent) bool {
		if i.Target == target && !slices.Contains(operations, i.Operation) {
			operations = append(operations, i.Operation)
		}
		return i.Target != target || operation != "" && i.Operation != operation
	})
	switch {
	case len(operations) == 0:
		return nil, fmt.Errorf("%s has no uncertain step; `enid status` names those there are", target)
	case len(intents) == 0:
		return nil, fmt.Errorf("%s has no uncertain %s; choose one of %v", target, operation, operations)
	case operation == "" && len(operations) > 1:
		return nil, fmt.Errorf("%s has several uncertain steps; choose one with --operation: %v", target, operations)
	}
	return intents, nil
}

// effect does to the edited world what the step did, as far as the model knows.
// That the step's conditions held is what made it begin: where they could not
// have, the state has gone on without it, and the effect is not recorded.
func (e *edit) effect(i store.Intent, id string) error {
	op := plancloud.Domain().Operation(i.Op)
	if op == nil {
		return fmt.Errorf("this enid has no operation %q", i.Op)
	}
	want, err := intended(i, e.world)
	if err != nil {
		return err
	}
	step := &plan.Step{ID: fmt.Sprintf("%d/%s", e.serial, id), Operation: i.Operation, Target: i.Target, Item: i.Item, Op: op, Spends: i.Approvals}
	err = plan.Holding(plancloud.Domain(), step, e.world, want, i.At, plan.Options{})
	if broken := notPolicy(err); broken != nil {
		return broken
	}
	plan.Apply(plancloud.Domain(), step, e.world, want, i.At)
	return nil
}

// notPolicy answers the first violation that is not of what people allow: that
// was asked before the step.
func notPolicy(err error) error {
	list := []error{err}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		list = many.Unwrap()
	}
	for _, one := range list {
		var v *plan.Violation
		if one != nil && !(errors.As(one, &v) && strings.HasPrefix(v.Rule, "policy.")) {
			return one
		}
	}
	return nil
}
