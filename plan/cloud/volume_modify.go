package cloud

import (
	"enid/plan"
	"enid/schema"
)

// volumeModifyRules are the rows of the catalogue that this file is about.
var volumeModifyRules = []schema.Rule{
	{ID: "volume.grow-guest", Class: schema.ClassHost, Cloud: "aws",
		Text:   "After a volume grew, its partition grows (growpart, where there is one), then its file system (resize2fs for ext4, xfs_growfs for xfs).",
		Source: "B 03-02",
		Note:   "The step that grows the volume lists them in this order, as far as guest says what there is. On a machine with a Host enid does them, once the disk has grown: only what an attachment's guest declares, only the last partition, only what is mounted."},
}

// volumeModified answers what changes in place of a volume.
func volumeModified(v *plan.View, target plan.Ref) []plan.Change {
	is, want, ok := both[*schema.VolumeSpec](v, target)
	if !ok {
		return nil
	}
	size := volumeStatus(now(v, target)).SizeGiB
	return fields{}.
		str("spec.type", is.Type, want.Type).
		any("spec.sizeGiB", size, want.SizeGiB, size == want.SizeGiB).
		any("spec.iops", orNilInt(is.IOPS), orNilInt(want.IOPS), is.IOPS == want.IOPS).
		any("spec.throughputMiBps", orNilInt(is.ThroughputMiBps), orNilInt(want.ThroughputMiBps), is.ThroughputMiBps == want.ThroughputMiBps).
		any("spec.multiAttach", is.MultiAttach, want.MultiAttach, is.MultiAttach == want.MultiAttach)
}

var volumeGrows = plan.Requirement{Rule: "volume.grow-only", Code: code("", "InvalidParameterValue"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	has, want := volumeStatus(now(v, target)).SizeGiB, spec[*schema.VolumeSpec](wanted(v, target)).SizeGiB
	if want < has {
		return plan.Fails("take the change back, or move the data to a smaller volume", "%s has %d GiB, and never shrinks to %d", target, has, want)
	}
	return plan.Holds("%s does not shrink", target)
}}

// severalTake is the refusal of multiAttach on types that do not take it.
var severalTake = plan.Requirement{Rule: "volume.multi-attach", Code: code("", "InvalidParameterCombination"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	want := spec[*schema.VolumeSpec](wanted(v, target))
	if !want.MultiAttach {
		return plan.Skipped()
	}
	if !takesSeveral(want.Type) {
		return plan.Fails("choose io1 or io2, or drop multiAttach", "a %s volume attaches to one instance", want.Type)
	}
	return plan.Holds("%s volumes attach to several instances", want.Type)
}}

// severalChange is what the cloud says of turning multiAttach on and off: on only
// while detached, off only where one instance at most is left, never on io1.
var severalChange = plan.Requirement{Rule: "volume.multi-attach", Code: code("", "InvalidParameterCombination"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	is, want, ok := both[*schema.VolumeSpec](v, target)
	if !ok || is.MultiAttach == want.MultiAttach && !(is.MultiAttach && is.Type != want.Type) {
		return plan.Skipped()
	}
	at := volumeStatus(now(v, target)).AttachedTo
	switch {
	case is.MultiAttach == want.MultiAttach:
		return plan.Fails("drop multiAttach first, in a commit of its own", "%s is multi-attach, and keeps its type as long", target)
	case is.Type == "io1":
		return plan.Fails("declare another volume", "an io1 volume is multi-attach, or not, from its creation")
	case want.MultiAttach && len(at) > 0:
		return plan.Fails("detach it first", "%s is attached to %s", target, instanceRef(at[0].Instance)).EnableFor("volume.detach", target, at[0].Instance)
	case !want.MultiAttach && len(at) > 1:
		return tooMany(target, at, want)
	}
	return plan.Holds("%s is attached to %d instances", target, len(at))
}}

// tooMany has a volume detached from an instance that the files no longer attach
// it to.
func tooMany(target plan.Ref, at []schema.AttachedVolume, want *schema.VolumeSpec) plan.Verdict {
	verdict := plan.Fails("detach it from all but one", "%s is attached to %d instances", target, len(at))
	for _, a := range at {
		if attachmentTo(want, a.Instance).Instance == "" {
			return verdict.EnableFor("volume.detach", target, a.Instance)
		}
	}
	return verdict
}

func modifyVolume(e *plan.Effects, target plan.Ref) {
	r, want := now(e.View, target), spec[*schema.VolumeSpec](wanted(e.View, target))
	s := volumeStatus(r)
	grows := want.SizeGiB > s.SizeGiB
	s.SizeGiB = want.SizeGiB
	change(e, target, func(is *schema.VolumeSpec) {
		is.Type, is.SizeGiB, is.IOPS, is.ThroughputMiBps, is.MultiAttach = want.Type, want.SizeGiB, want.IOPS, want.ThroughputMiBps, want.MultiAttach
	})
	e.Put(target, now(e.View, target).With(nil, &s))
	if !grows {
		return
	}
	for _, a := range s.AttachedTo {
		guest := attachmentTo(want, a.Instance).Guest
		if guest == nil {
			guest = attachmentTo(spec[*schema.VolumeSpec](r), a.Instance).Guest
		}
		e.Aside("volume.grow-guest", "then in the guest of %s: %s", instanceRef(a.Instance), growsInGuest(guestDevice(e.View, a), guest))
	}
}
