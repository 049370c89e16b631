package reconcile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"enid/plan"
	plancloud "enid/plan/cloud"
	"enid/reconcile/cloud"
	"enid/reconcile/store"
	"enid/schema"
)

// Held answers the steps that are not tried for now, for plan.Options: those that
// failed and whose time has not come, and irreversible ones that were cut short.
// A hold whose resource or approvals have changed since is not among them.
func Held(holds []store.Hold, intents []store.Intent, t *schema.Topology, at time.Time) map[plan.Call]plan.Block {
	held := map[plan.Call]plan.Block{}
	for _, h := range holds {
		if h.Digest != digest(t, h.Target) || !h.NotBefore.IsZero() && !at.Before(h.NotBefore) {
			continue
		}
		b := plan.Block{Rule: plan.RuleHeld, Code: h.Code,
			Detail: fmt.Sprintf("it failed at %s (attempt %d): %s", stamp(h.At), h.Attempts, h.Message),
			Remedy: fmt.Sprintf("change %s or its approvals, or try again with `enid retry %s`", h.Target, h.Target)}
		if !h.NotBefore.IsZero() {
			b.Remedy = fmt.Sprintf("it is tried again at %s, or with `enid retry %s`", stamp(h.NotBefore), h.Target)
		}
		held[plan.Call(h.Call)] = b
	}
	for _, i := range intents {
		held[plan.Call(i.Call)] = plan.Block{Rule: plancloud.RuleUncertain,
			Detail: fmt.Sprintf("%s cannot be undone, was begun at %s, and whether it was done is not known", i.Operation, stamp(i.At)),
			Remedy: fmt.Sprintf("look at %s in the cloud, then say so: `enid state resolve %s --done`, or --not-done", i.Target, i.Target)}
	}
	return held
}

// Lasting answers the holds that time alone does not lift: those that keep a step
// back from a person who runs a command now.
func Lasting(holds []store.Hold) []store.Hold {
	return slices.DeleteFunc(slices.Clone(holds), func(h store.Hold) bool { return !h.NotBefore.IsZero() })
}

// options answers what the turn knows beyond the worlds. A person who runs a
// command now does not wait for the back-off of what failed before.
func (t *turn) options() plan.Options {
	holds, intents := t.notes()
	if t.byHand {
		holds = slices.DeleteFunc(holds, func(h store.Hold) bool { return !h.NotBefore.IsZero() && h.At.Before(t.started) })
	}
	return plan.Options{Held: Held(holds, intents, t.topology, t.Now()), Only: t.only, Self: t.self()}
}

// self answers the instance on which this process runs, where a step could reach
// it: a target that only keeps state stops nobody.
func (t *turn) self() plan.Ref {
	if t.stateOnly || t.HostName == "" {
		return plan.Ref{}
	}
	host := schema.Ref{Kind: schema.KindHost, Name: t.HostName}
	for _, w := range []*plan.World{t.want, t.world} {
		if r, ok := w.Get(host).(*schema.Resource); ok {
			return schema.Ref{Kind: schema.KindInstance, Name: r.Spec.(*schema.HostSpec).Instance}
		}
	}
	return plan.Ref{}
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// digest answers what a step on the target is made from: the target as wanted,
// and the approvals for it. It does not depend on what the target is called.
func digest(t *schema.Topology, target schema.Ref) string {
	return digestAs(t, target, func(ref schema.Ref) schema.Ref { return ref })
}

// digestAs is digest where the files call every resource as its name says.
func digestAs(t *schema.Topology, target schema.Ref, name func(schema.Ref) schema.Ref) string {
	sum := sha256.New()
	add := func(r *schema.Resource) {
		r, err := schema.Renamed(r, name)
		if err == nil {
			doc, err := schema.Encode(nameless(r))
			if err == nil {
				sum.Write(append(doc, '\n'))
			}
		}
	}
	if t != nil {
		if r := t.Get(target); r != nil {
			add(r)
		}
		for _, r := range t.OfKind(schema.KindApproval) {
			if s, ok := r.Spec.(*schema.ApprovalSpec); ok && name(s.Target) == name(target) {
				add(r)
			}
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// nameless answers the resource without what says how it, or an Approval's
// target, is called.
func nameless(r *schema.Resource) *schema.Resource {
	c := *r
	if s, ok := c.Spec.(*schema.ApprovalSpec); ok {
		spec := *s
		spec.Target = schema.Ref{Kind: s.Target.Kind, Name: "target"}
		c.Spec = &spec
	} else {
		c.Name = "it"
	}
	if _, says := c.Annotations[schema.MovedFrom]; says {
		c.Annotations = maps.Clone(c.Annotations)
		delete(c.Annotations, schema.MovedFrom)
		if len(c.Annotations) == 0 {
			c.Annotations = nil
		}
	}
	return &c
}

// holdFor answers the hold for a step that failed; was is the one of its last
// failure, zero for none. A step for which an instance stands stopped waits for a
// person in any case: else the instance would be stopped for it again and again.
func holdFor(call store.Call, was store.Hold, err error, stopped bool, digest string, interval time.Duration, at time.Time) store.Hold {
	h := store.Hold{Call: call, Message: err.Error(), At: at.UTC(), Attempts: 1, Digest: digest}
	if was.Digest == digest {
		h.Attempts += was.Attempts
	}
	var api *cloud.APIError
	if errors.As(err, &api) {
		h.Code, h.Message = api.Code, api.Message
	}
	if Classify(err) != Person && !stopped {
		h.NotBefore = at.UTC().Add(backOff(interval, h.Attempts))
	}
	return h
}

// downFor reports whether the step's instance is stopped, although it is wanted
// running, and the step needs that: it was stopped for the step.
func downFor(s *plan.Step, world, want *plan.World, at time.Time) bool {
	ref := instanceOf(s, world, want)
	r, _ := world.Get(ref).(*schema.Resource)
	wanted, ok := specOf[*schema.InstanceSpec](want, ref)
	if r == nil || !ok || wanted.Power == schema.PowerStopped {
		return false
	}
	status, ok := r.Status.(*schema.InstanceStatus)
	if !ok || status.Phase != schema.PhaseStopped {
		return false
	}
	running := *status
	running.Phase = schema.PhaseRunning
	before := world.Fork()
	before.Put(ref, r.With(nil, &running))
	view := plan.NewView(before, want, at).For(s.Item)
	return slices.ContainsFunc(s.Op.Requires, func(req plan.Requirement) bool {
		enabler := req.Check(view, s.Target).Enabler
		if enabler == nil {
			return false
		}
		op := plancloud.Domain().Operation(enabler.Op)
		return op != nil && op.Action == plan.Stop
	})
}

// instanceOf answers the instance that a step's target is, or that it is or goes
// to; the part of a target that a step is about is one.
func instanceOf(s *plan.Step, world, want *plan.World) schema.Ref {
	target := s.Target
	if s.Item != "" {
		return schema.Ref{Kind: schema.KindInstance, Name: s.Item}
	}
	if target.Kind != schema.KindENI {
		return target
	}
	ref := schema.Ref{Kind: schema.KindInstance}
	if spec, ok := specOf[*schema.ENISpec](want, target); ok && spec.AttachTo != nil {
		ref.Name = spec.AttachTo.Instance
	} else if r, ok := world.Get(target).(*schema.Resource); ok {
		if status, ok := r.Status.(*schema.ENIStatus); ok {
			ref.Name = status.Instance
		}
	}
	return ref
}

// specOf answers a resource's spec in a world.
func specOf[S schema.Spec](w *plan.World, ref schema.Ref) (s S, ok bool) {
	if r, is := w.Get(ref).(*schema.Resource); is {
		s, ok = r.Spec.(S)
	}
	return s, ok
}
