package cloud

import (
	"slices"

	"enid/plan"
	"enid/schema"
)

// volumeDetachRules are the rows of the catalogue that this file is about.
var volumeDetachRules = []schema.Rule{
	{ID: "volume.detach-running", Class: schema.ClassPrecondition, Cloud: "aws",
		Text:   "A volume is detached from a running instance only if it is unmounted, as its applied attachment states (unmounted: true) or its host sees; else the instance is stopped first.",
		Source: "B 03-02", Code: "IncorrectState",
		Note: "What the host sees counts more than what was stated. The source's heading says attach where it means detach."},
	{ID: "volume.lifecycle", Class: schema.ClassPrecondition, Cloud: "aws",
		Text:   "creating → available → attaching → in-use → detaching → available. One that is attached is detached before it is deleted, as a step of its own.",
		Source: "public", Code: "IncorrectState"},
}

// volumeUnmounted is the requirement of detaching from an instance that runs: the
// guest has it unmounted, as the applied attachment states or as its host saw,
// who knows better. Else the instance is stopped first.
var volumeUnmounted = plan.Requirement{Rule: "volume.detach-running", Code: code("", "IncorrectState"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	r, instance := now(v, target), itemInstance(v, target)
	i := now(v, instance)
	if r == nil || i == nil {
		return plan.Skipped()
	}
	if instanceStatus(i).Phase != schema.PhaseRunning {
		return plan.Holds("%s does not run", instance)
	}
	a, _ := volumeOn(r, v.Item)
	if unseen(v, r) {
		return unseenMount(v, r, instance)
	}
	switch stated := attachmentTo(spec[*schema.VolumeSpec](r), v.Item).Unmounted; {
	case a.Mounted != nil && !*a.Mounted:
		return plan.Holds("its host sees it unmounted")
	case a.Mounted == nil && stated:
		return plan.Holds("it was applied as unmounted")
	}
	return plan.Fails("unmount it and apply a commit with unmounted: true, or allow downtime by a Policy",
		"%s is running and may have it mounted", instance).Enable("instance.stop", instance)
}}

// volumeInUse is the requirement that the attachment is settled.
var volumeInUse = volumeInPhase("in-use", schema.PhaseInUse)

// volumeSteady is the requirement that nothing is under way.
var volumeSteady = volumeInPhase("available or in-use", schema.PhaseAvailable, schema.PhaseInUse)

func volumeInPhase(words string, phases ...schema.Phase) plan.Requirement {
	return plan.Requirement{Rule: "volume.lifecycle", Code: code("", "IncorrectState"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
		r := now(v, target)
		if r == nil {
			return plan.Fails("settle what keeps it from being created", "%s does not exist", target)
		}
		return inPhase(target, volumeStatus(r).Phase, words, phases)
	}}
}

// volumeUnattached has a volume that is attached detached first, from each of its
// instances.
var volumeUnattached = plan.Requirement{Rule: "volume.lifecycle", Code: code("", "VolumeInUse"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	s := volumeStatus(now(v, target))
	if s.Phase == schema.PhaseInUse && len(s.AttachedTo) > 0 {
		at := s.AttachedTo[0].Instance
		return plan.Fails("detach it first", "%s is attached to %s", target, instanceRef(at)).EnableFor("volume.detach", target, at)
	}
	return inPhase(target, s.Phase, "available", []schema.Phase{schema.PhaseAvailable})
}}

func detachVolume(e *plan.Effects, target plan.Ref) {
	detachFrom(e, target, e.Item)
}

// detachFrom takes the volume off the instance.
func detachFrom(e *plan.Effects, target plan.Ref, instance string) {
	change(e, target, func(s *schema.VolumeSpec) {
		s.AttachTo = slices.DeleteFunc(slices.Clone(s.AttachTo), func(a schema.VolumeAttachment) bool { return a.Instance == instance })
		if len(s.AttachTo) == 0 {
			s.AttachTo = nil
		}
	})
	observeVolume(e, target, func(s *schema.VolumeStatus) {
		s.AttachedTo = slices.DeleteFunc(s.AttachedTo, func(a schema.AttachedVolume) bool { return a.Instance == instance })
		if len(s.AttachedTo) == 0 {
			s.AttachedTo = nil
		}
	})
}
