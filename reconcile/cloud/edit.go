package cloud

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"enid/schema"
)

// edit is one call in the making: what it changes is kept apart until it is
// known that the call is not refused.
type edit struct {
	*memory
	call     Call
	provider schema.Provider
	staged   []change
}

// change is a resource as it will be; nil: it goes.
type change struct {
	ref schema.Ref
	now *schema.Resource
}

func (d *Driver) edit(call Call) *edit {
	e := &edit{memory: d.memory, call: call}
	if call.Account != nil {
		e.provider = call.Account.Spec.(*schema.AccountSpec).Provider
		return e
	}
	for _, r := range []*schema.Resource{d.memory.Get(call.Target), call.Want} {
		if r != nil && e.provider == "" {
			e.provider = schema.ProviderOf(d.memory, r)
		}
	}
	return e
}

// stage notes a change, in place of an earlier one of the same resource.
func (e *edit) stage(ref schema.Ref, now *schema.Resource) {
	i := slices.IndexFunc(e.staged, func(c change) bool { return c.ref == ref })
	if i >= 0 {
		e.staged[i].now = now
		return
	}
	e.staged = append(e.staged, change{ref, now})
}

func (e *edit) setInstance(i instance) { e.set(i.ref, &i.spec, &i.status) }
func (e *edit) setENI(n eni)           { e.set(n.ref, &n.spec, &n.status) }
func (e *edit) setEIP(p eip)           { e.set(p.ref, &p.spec, &p.status) }

// set stages a resource with this spec and status, its labels as they were.
func (e *edit) set(ref schema.Ref, spec schema.Spec, status schema.Status) {
	r := e.Get(ref)
	if r == nil {
		r = &schema.Resource{Ref: ref}
		if e.call.Want != nil && e.call.Want.Ref == ref {
			r.Labels, r.Annotations = e.call.Want.Labels, e.call.Want.Annotations
		}
	}
	e.stage(ref, r.With(spec, status))
}

func (e *edit) remove(ref schema.Ref) { e.stage(ref, nil) }

// now answers the resource as this edit leaves it so far, or nil.
func (e *edit) now(ref schema.Ref) *schema.Resource {
	for _, c := range e.staged {
		if c.ref == ref {
			return c.now
		}
	}
	return e.Get(ref)
}

func (e *edit) changes() (c Changes) {
	for _, x := range e.staged {
		if x.now == nil {
			c.Delete = append(c.Delete, x.ref)
		} else {
			c.Put = append(c.Put, x.now)
		}
	}
	return c
}

// apply takes the edit into the memory, and lets the phases begin that it begins.
func (d *Driver) apply(e *edit) {
	due := d.options.Now().Add(d.options.Settle)
	stays := d.stays(e.call)
	for _, c := range slices.Clone(e.staged) {
		if c.now == nil {
			d.memory.delete(c.ref)
			delete(d.due, c.ref)
			continue
		}
		d.memory.put(c.now)
		switch {
		case stays:
			delete(d.due, c.ref)
		case d.options.Settle == 0:
			if isTransitional(c.now) {
				end(e, c.now)
			}
		default:
			d.begin(c.now, due)
		}
	}
	if d.options.Settle == 0 {
		for _, c := range e.staged {
			if c.now == nil {
				d.memory.delete(c.ref)
			} else if d.memory.Get(c.ref) != c.now {
				d.memory.put(c.now)
			}
		}
	}
}

// common answers the status that a new resource has: an id made of kind and
// name, the same each time, and the time of the call.
func (e *edit) common(prefix codes) schema.CommonStatus {
	p := prefix.alibaba
	if e.provider == schema.AWS {
		p = prefix.aws
	}
	sum := sha256.Sum256([]byte(e.call.Target.String()))
	return schema.CommonStatus{
		ID:        p + "-0" + hex.EncodeToString(sum[:8]),
		CreatedAt: schema.Time{Time: e.call.At.UTC().Truncate(time.Second)},
	}
}
