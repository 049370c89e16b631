package cloud

import (
	"slices"

	"enid/plan"
	"enid/schema"
)

// volumeAttachRules are the rows of the catalogue that this file is about.
var volumeAttachRules = []schema.Rule{
	{ID: "volume.same-zone", Class: schema.ClassPrecondition, Cloud: "aws",
		Text:   "A volume attaches to instances of its own zone only.",
		Source: "B 03-02", Code: "InvalidVolume.ZoneMismatch"},
	{ID: "volume.multi-attach", Class: schema.ClassPrecondition, Cloud: "aws",
		Text:   "Only io1 and io2 volumes attach to several instances at once.",
		Source: "B 03-02", Code: "InvalidParameterCombination",
		Note: "Public: to 16 instances of the Nitro system at most; on io2 it is turned on only while detached, and off with one attachment at most; on io1 it is fixed at creation; the type stays while it is on."},
	{ID: "volume.device-path", Class: schema.ClassEffect, Cloud: "aws",
		Text:   "On types of the Nitro system /dev/xvdb appears as an NVMe device (/dev/nvme1n1) whose number cannot be foreseen; on Xen the name stays.",
		Source: "B 03-02"},
	{ID: "volume.attach.status", Class: schema.ClassPrecondition, Cloud: "aws",
		Text:   "A volume is attached while it is available, or takes several instances, and while the instance is running or stopped.",
		Source: "public", Code: "VolumeInUse"},
	{ID: "volume.device", Class: schema.ClassPrecondition, Cloud: "aws",
		Text:   "A device of an instance takes one volume.",
		Source: "public", Code: "InvalidDevice.InUse"},
}

// wantedInstances answers the instances that the files attach the volume to.
func wantedInstances(v *plan.View, target plan.Ref) (names []string) {
	if _, want, ok := both[*schema.VolumeSpec](v, target); ok {
		for _, a := range want.AttachTo {
			names = with(names, a.Instance)
		}
	}
	return names
}

// attachedInstances answers those that it is attached to.
func attachedInstances(v *plan.View, target plan.Ref) []string {
	return attachedTogether(now(v, target))
}

// itemInstance answers the instance that a step of a volume is about.
func itemInstance(v *plan.View, _ plan.Ref) plan.Ref { return instanceRef(v.Item) }

// asked answers what the files want of the volume at the instance in question.
func asked(v *plan.View, target plan.Ref) schema.VolumeAttachment {
	return attachmentTo(spec[*schema.VolumeSpec](wanted(v, target)), v.Item)
}

// volumeAttaches reports whether the volume is not at the instance as the files
// want it, nor on its way there.
func volumeAttaches(v *plan.View, target plan.Ref) bool {
	r := now(v, target)
	a, there := volumeOn(r, v.Item)
	return !there || movesDevice(a, asked(v, target)) || volumeStatus(r).Phase == schema.PhaseDetaching
}

// movesDevice reports whether an attachment is at another device than asked for;
// a device that nobody knows is taken for the right one.
func movesDevice(is schema.AttachedVolume, want schema.VolumeAttachment) bool {
	return is.Device != "" && is.Device != want.Device
}

func volumeAttachChanges(v *plan.View, target plan.Ref) []plan.Change {
	a, _ := volumeOn(now(v, target), v.Item)
	return fields{}.str("spec.attachTo.instance", a.Instance, v.Item).str("spec.attachTo.device", a.Device, asked(v, target).Device)
}

// volumeDetaches reports whether the volume leaves the instance for good. One
// that moves is detached for its attachment, so that it stays where it is while
// that is blocked.
func volumeDetaches(v *plan.View, target plan.Ref) bool {
	is, want, ok := both[*schema.VolumeSpec](v, target)
	if !ok || attachmentTo(want, v.Item).Instance != "" {
		return false
	}
	comes := func(a schema.VolumeAttachment) bool { _, there := volumeOn(now(v, target), a.Instance); return !there }
	return several(is) || !slices.ContainsFunc(want.AttachTo, comes)
}

// several reports whether the volume attaches to several instances at once.
func several(s *schema.VolumeSpec) bool { return s.MultiAttach && takesSeveral(s.Type) }

func takesSeveral(volumeType string) bool { return volumeType == "io1" || volumeType == "io2" }

var volumeSameZone = plan.Requirement{Rule: "volume.same-zone", Code: code("", "InvalidVolume.ZoneMismatch"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	r, instance := now(v, target), now(v, itemInstance(v, target))
	if r == nil || instance == nil {
		return plan.Skipped() // that both exist is another requirement
	}
	zone, at := schema.ZoneOf(inWorld(v), r), schema.ZoneOf(inWorld(v), instance)
	if zone != at {
		return plan.Fails("attach it to an instance of its zone, or make a volume there from a snapshot of it",
			"%s is in zone %q, and %s in %q", target, zone, instance.Ref, at).Wait(target, instance.Ref)
	}
	return plan.Holds("both are in zone %s", zone)
}}

// mostTogether is how many instances a volume attaches to at once. Public.
const mostTogether = 16

// attachSeveral judges the files as a whole, so that of two instances that cannot
// share a volume none gets it, and then what is attached already.
var attachSeveral = plan.Requirement{Rule: "volume.multi-attach", Code: code("", "VolumeInUse"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	is, want, ok := both[*schema.VolumeSpec](v, target)
	if !ok {
		return plan.Skipped()
	}
	if n := len(want.AttachTo); n > 1 && !several(want) {
		return plan.Fails("attach it to one instance, or make it io1 or io2 with multiAttach: true",
			"%s is to be attached to %d instances, and a %s volume without multiAttach takes one", target, n, want.Type)
	}
	if !several(is) {
		if several(want) && len(want.AttachTo) > 1 {
			return plan.Fails("settle what keeps it from being modified", "%s does not take several instances yet", target).Enable("volume.modify", target)
		}
		return plan.Skipped()
	}
	if n := len(volumeStatus(now(v, target)).AttachedTo); n >= mostTogether {
		return plan.Fails("detach it from another instance first", "%s is attached to %d of %d instances", target, n, mostTogether)
	}
	if t, known := typeOf(v, itemInstance(v, target)); known && !t.Nitro {
		return plan.Fails("choose a type of the Nitro system", "%s is multi-attach, which type %s of %s does not take", target, t.Name, itemInstance(v, target)).Wait(itemInstance(v, target))
	}
	return plan.Holds("%s takes several instances at once", target)
}}

// volumeAttachable has a volume that is elsewhere, or at another device, detached
// first: the move.
var volumeAttachable = plan.Requirement{Rule: "volume.attach.status", Code: code("", "VolumeInUse"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	r := now(v, target)
	if r == nil {
		return plan.Fails("settle what keeps it from being created", "%s does not exist", target)
	}
	s := volumeStatus(r)
	if s.Phase != schema.PhaseInUse {
		return inPhase(target, s.Phase, "available", []schema.Phase{schema.PhaseAvailable})
	}
	if a, there := volumeOn(r, v.Item); there {
		return plan.Fails("detach it first", "%s is attached to %s at %s", target, instanceRef(v.Item), a.Device).EnableFor("volume.detach", target, v.Item)
	}
	if several(spec[*schema.VolumeSpec](r)) {
		return plan.Holds("%s takes several instances at once", target)
	}
	for _, a := range s.AttachedTo {
		return plan.Fails("detach it first", "%s is attached to %s", target, instanceRef(a.Instance)).EnableFor("volume.detach", target, a.Instance)
	}
	return plan.Fails("detach it by other means first", "%s is attached to something that enid does not know", target)
}}

// steadyInstance is the requirement that the instance in question, where it is
// there, is running or stopped.
func steadyInstance(rule string) plan.Requirement {
	return plan.Requirement{Rule: rule, Code: code("", "IncorrectState"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
		r := now(v, itemInstance(v, target))
		if r == nil {
			return plan.Skipped()
		}
		return inPhase(r.Ref, instanceStatus(r).Phase, "running or stopped", []schema.Phase{schema.PhaseRunning, schema.PhaseStopped})
	}}
}

var (
	volumeInstanceStatus = steadyInstance("volume.attach.status")
	itemSteady           = steadyInstance("instance.lifecycle")
)

// deviceFree is the requirement that no other volume sits at the device.
var deviceFree = plan.Requirement{Rule: "volume.device", Code: code("", "InvalidDevice.InUse"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	device := asked(v, target).Device
	for _, ref := range v.Members(plan.Term{Index: indexVolumes, Ref: itemInstance(v, target)}) {
		if a, _ := volumeOn(now(v, ref), v.Item); ref != target && a.Device == device {
			return plan.Fails("choose another device", "%s sits at %s of %s", ref, device, itemInstance(v, target)).Wait(ref)
		}
	}
	return plan.Holds("%s of %s is free", device, itemInstance(v, target))
}}

// attachVolume attaches it so that it stays when the instance goes: the clouds'
// operation says nothing of that, and another one changes it.
func attachVolume(e *plan.Effects, target plan.Ref) {
	want := asked(e.View, target)
	want.DeleteOnTermination = false
	change(e, target, func(s *schema.VolumeSpec) {
		s.AttachTo = append(slices.DeleteFunc(slices.Clone(s.AttachTo), func(a schema.VolumeAttachment) bool { return a.Instance == want.Instance }), want)
	})
	observeVolume(e, target, func(s *schema.VolumeStatus) {
		s.AttachedTo = append(s.AttachedTo, schema.AttachedVolume{Instance: want.Instance, Device: want.Device})
	})
	switch t, known := typeOf(e.View, instanceRef(want.Instance)); {
	case known && t.Nitro:
		e.Note("volume.device-path", "%s appears as an NVMe device in the guest, such as /dev/nvme1n1, whose number cannot be foreseen", want.Device)
	case known:
		e.Note("volume.device-path", "it keeps the name %s in the guest", xenDevice(want.Device))
	}
}

// observeVolume puts the volume with its attachments as edit leaves them, and in
// the phase that follows from them.
func observeVolume(e *plan.Effects, target plan.Ref, edit func(*schema.VolumeStatus)) {
	r := now(e.View, target)
	s := volumeStatus(r)
	edit(&s)
	s.Phase = restingPhase(s.AttachedTo)
	e.Put(target, r.With(nil, &s))
}
