package cloud

import (
	"slices"

	"enid/schema"
	"enid/schema/tables"
)

// mostAttachments is how many instances a volume attaches to at once. Public.
const mostAttachments = 16

var notAttached = onAWS("InvalidAttachment.NotFound")

// asked answers the attachment that is asked for the call's instance; ok where
// there is one.
func (e *edit) asked(s *schema.VolumeSpec) (a schema.VolumeAttachment, ok bool) {
	i := slices.IndexFunc(s.AttachTo, func(a schema.VolumeAttachment) bool { return a.Instance == e.call.Item })
	if i < 0 {
		return a, false
	}
	return s.AttachTo[i], true
}

// attachment answers which of the attachments is the call's, -1 for none.
func (e *edit) attachment(v volume) int {
	return slices.IndexFunc(v.status.AttachedTo, func(a schema.AttachedVolume) bool { return a.Instance == e.call.Item })
}

// attachVolume attaches a volume to one instance. Document B 03-02.
func (e *edit) attachVolume() error {
	v, want, err := e.wantedVolume()
	if err != nil {
		return err
	}
	at, ok := e.asked(want)
	at.DeleteOnTermination = false // another call turns it on
	r := e.Get(schema.Ref{Kind: schema.KindInstance, Name: e.call.Item})
	shared := v.spec.MultiAttach && sharable(v.spec.Type)
	switch {
	case !ok:
		return e.refuse(badParameter, "%s is not asked to be attached to %s", v.ref, e.call.Item)
	case r == nil:
		return e.refuse(noInstance, "there is no instance %s", e.call.Item)
	case e.attachment(v) >= 0, v.status.Phase == schema.PhaseInUse && !shared:
		return e.refuse(volumeInUse, "%s is attached to %s", v.ref, v.status.AttachedTo[0].Instance)
	case len(v.status.AttachedTo) >= mostAttachments:
		return e.refuse(onAWS("AttachmentLimitExceeded"), "%s is attached to %d instances", v.ref, mostAttachments)
	}
	if err := e.takesVolume(v, r, at.Device); err != nil {
		return err
	}
	v.spec.AttachTo = append(slices.Clone(v.spec.AttachTo), at)
	v.status.AttachedTo = append(slices.Clone(v.status.AttachedTo), schema.AttachedVolume{Instance: at.Instance, Device: at.Device})
	v.status.Phase = schema.PhaseAttaching
	e.setVolume(v)
	return nil
}

// takesVolume refuses an instance that is elsewhere, in a phase in which nothing
// is attached, of a type that shares nothing, or that has something else at the
// device.
func (e *edit) takesVolume(v volume, at *schema.Resource, device string) error {
	i := instanceOf(at)
	switch {
	case !i.steady():
		return e.refuse(instanceState, "%s is %s", i.ref, i.status.Phase)
	case schema.ZoneOf(e, at) != v.spec.Zone:
		return e.refuse(onAWS("InvalidVolume.ZoneMismatch"), "%s is in zone %s, and %s is not", v.ref, v.spec.Zone, i.ref)
	}
	if t, known := tables.Lookup(string(e.provider), i.spec.Type); v.spec.MultiAttach && known && !t.Nitro {
		return e.refuse(badCombination, "type %s of %s shares no volume", t.Name, i.ref)
	}
	for _, on := range e.linked[link{schema.KindVolume, i.ref}] {
		for _, a := range volumeOf(e.Get(on)).status.AttachedTo {
			if a.Instance == i.ref.Name && a.Device == device {
				return e.refuse(onAWS("InvalidDevice.InUse"), "%s of %s is %s", device, i.ref, on)
			}
		}
	}
	return nil
}

// detachVolume detaches a volume from one instance, which does not run or has it
// unmounted. Document B 03-02: the cloud itself would wait for the guest, busy.
func (e *edit) detachVolume() error {
	v, err := e.volume()
	if err != nil {
		return err
	}
	at := e.attachment(v)
	switch {
	case !v.steady():
		return e.refuse(volumeState, "%s is %s", v.ref, v.status.Phase)
	case at < 0:
		return e.refuse(notAttached, "%s is not attached to %s", v.ref, e.call.Item)
	}
	if r := e.Get(schema.Ref{Kind: schema.KindInstance, Name: e.call.Item}); r != nil {
		i := instanceOf(r)
		switch {
		case !i.steady():
			return e.refuse(instanceState, "%s is %s", i.ref, i.status.Phase)
		case i.status.Phase == schema.PhaseRunning && !e.unmounted(v, v.status.AttachedTo[at]):
			return e.refuse(volumeState, "%s runs, and may have %s mounted", i.ref, v.ref)
		}
	}
	v.spec.AttachTo = slices.DeleteFunc(v.attached(), func(a schema.VolumeAttachment) bool { return a.Instance == e.call.Item })
	v.status.Phase = schema.PhaseDetaching
	e.setVolume(v)
	return nil
}

// unmounted reports whether the guest is known not to use the attachment.
func (e *edit) unmounted(v volume, a schema.AttachedVolume) bool {
	if a.Mounted != nil {
		return !*a.Mounted
	}
	applied, _ := e.asked(&v.spec)
	return applied.Unmounted
}

// attached answers the attachments that there are, as a spec asks for them.
func (v volume) attached() (out []schema.VolumeAttachment) {
	for _, a := range v.status.AttachedTo {
		i := slices.IndexFunc(v.spec.AttachTo, func(s schema.VolumeAttachment) bool { return s.Instance == a.Instance })
		if i >= 0 {
			out = append(out, v.spec.AttachTo[i])
			continue
		}
		out = append(out, schema.VolumeAttachment{Instance: a.Instance, Device: a.Device, DeleteOnTermination: a.DeleteOnTermination})
	}
	return out
}

// leave is the end of a detachment: what the spec no longer has goes, all of it
// where the spec has everything still.
func (v *volume) leave() {
	stays := func(a schema.AttachedVolume) bool {
		return slices.ContainsFunc(v.spec.AttachTo, func(s schema.VolumeAttachment) bool { return s.Instance == a.Instance })
	}
	left := slices.Clone(v.status.AttachedTo)
	left = slices.DeleteFunc(left, func(a schema.AttachedVolume) bool { return !stays(a) })
	if len(left) == len(v.status.AttachedTo) {
		left, v.spec.AttachTo = nil, nil
	}
	v.status.AttachedTo = left
	v.status.Phase = v.rest()
}

// loseInstance answers the volume without an instance that is gone; ok false
// where the volume goes with it: with the last of its instances, which decides.
func (v volume) loseInstance(name string) (_ volume, ok bool) {
	goes := false
	v.status.AttachedTo = slices.DeleteFunc(slices.Clone(v.status.AttachedTo), func(a schema.AttachedVolume) bool {
		goes = goes || a.Instance == name && a.DeleteOnTermination
		return a.Instance == name
	})
	v.spec.AttachTo = slices.DeleteFunc(slices.Clone(v.spec.AttachTo), func(a schema.VolumeAttachment) bool { return a.Instance == name })
	if !v.status.Phase.Transitional() || len(v.status.AttachedTo) == 0 { // else what is under way with another one goes on
		v.status.Phase = v.rest()
	}
	return v, !goes || len(v.status.AttachedTo) > 0
}

// changeDeleteOnTermination decides whether an attached volume goes with its
// instance. Document B 03-02.
func (e *edit) changeDeleteOnTermination() error {
	v, want, err := e.wantedVolume()
	if err != nil {
		return err
	}
	asked, ok := e.asked(want)
	at := e.attachment(v)
	if !ok || at < 0 {
		return e.refuse(badParameter, "%s is not attached to %s", v.ref, e.call.Item)
	}
	if r := e.Get(schema.Ref{Kind: schema.KindInstance, Name: e.call.Item}); r != nil && !instanceOf(r).steady() {
		return e.refuse(instanceState, "%s is %s", r.Ref, instanceOf(r).status.Phase)
	}
	v.spec.AttachTo, v.status.AttachedTo = v.attached(), slices.Clone(v.status.AttachedTo)
	v.spec.AttachTo[at].DeleteOnTermination = asked.DeleteOnTermination
	v.status.AttachedTo[at].DeleteOnTermination = asked.DeleteOnTermination
	e.setVolume(v)
	return nil
}
