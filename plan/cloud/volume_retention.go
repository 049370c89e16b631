package cloud

import (
	"slices"

	"enid/plan"
	"enid/schema"
)

// volumeRetentionRules are the rows of the catalogue that this file is about.
var volumeRetentionRules = []schema.Rule{
	{ID: "volume.delete-on-termination", Class: schema.ClassEffect, Cloud: "aws",
		Text:   "With deleteOnTermination an attached volume goes with its instance, its data too; without it stays. By default the root goes and an added volume stays. It changes in place.",
		Source: "B 03-02",
		Note:   "A volume that stays declared, or that a Policy keeps, is detached before its instance goes. One that several instances have goes with the last of them. AttachVolume knows no such setting: a further step turns it on."},
}

// retentionDiffers reports whether an attached volume is to go with its instance
// and does not, or the other way round.
func retentionDiffers(v *plan.View, target plan.Ref) bool {
	a, there := volumeOn(now(v, target), v.Item)
	want := asked(v, target)
	return there && !movesDevice(a, want) && a.DeleteOnTermination != want.DeleteOnTermination
}

func retentionChanges(v *plan.View, target plan.Ref) []plan.Change {
	a, _ := volumeOn(now(v, target), v.Item)
	return []plan.Change{{Path: "spec.attachTo.deleteOnTermination", From: a.DeleteOnTermination, To: asked(v, target).DeleteOnTermination}}
}

func changeRetention(e *plan.Effects, target plan.Ref) {
	goes := asked(e.View, target).DeleteOnTermination
	was := volumeStatus(now(e.View, target)).AttachedTo
	change(e, target, func(s *schema.VolumeSpec) {
		s.AttachTo = slices.Clone(s.AttachTo)
		for i, a := range s.AttachTo {
			s.AttachTo[i].DeleteOnTermination = goes && a.Instance == e.Item || a.Instance != e.Item && a.DeleteOnTermination
		}
	})
	observeVolume(e, target, func(s *schema.VolumeStatus) {
		s.AttachedTo = was
		for i, a := range was {
			if a.Instance == e.Item {
				s.AttachedTo[i].DeleteOnTermination = goes
			}
		}
	})
	if goes {
		e.Note("volume.delete-on-termination", "it goes with %s from now on, its data too", instanceRef(e.Item))
		return
	}
	e.Note("volume.delete-on-termination", "it stays when %s goes", instanceRef(e.Item))
}

// goesWith reports whether the volume goes with the instance: it was so decided,
// and no other instance has it.
func goesWith(r *schema.Resource, instance string) bool {
	a, _ := volumeOn(r, instance)
	return a.DeleteOnTermination && len(attachedTogether(r)) == 1
}

// remainingVolumes has the volumes that stay, and would go with their instance,
// detached first; so has one that left the files and that a Policy keeps.
var remainingVolumes = plan.Requirement{Rule: "volume.delete-on-termination", Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	for _, ref := range v.Members(plan.Term{Index: indexVolumes, Ref: target}) {
		r := now(v, ref)
		switch {
		case r.Observed():
			return plan.Fails("detach it by other means first", "%s, which enid does not manage, is attached and would go or be detached with the instance", ref)
		case goesWith(r, target.Name) && (wanted(v, ref) != nil || !pruneAllowed.Check(v, ref).Holds):
			return plan.Fails("detach it first, or turn deleteOnTermination off", "%s stays, and would go with the instance", ref).EnableFor("volume.detach", ref, target.Name)
		}
	}
	return plan.Skipped()
}}

// losesVolumes reports whether volumes go with the instance.
func losesVolumes(v *plan.View, target plan.Ref) bool {
	return slices.ContainsFunc(v.Members(plan.Term{Index: indexVolumes, Ref: target}), func(ref plan.Ref) bool {
		return goesWith(now(v, ref), target.Name)
	})
}

// releaseVolumes is what an instance's deletion does to what is attached to it.
func releaseVolumes(e *plan.Effects, instance plan.Ref) {
	for _, ref := range e.Members(plan.Term{Index: indexVolumes, Ref: instance}) {
		if goesWith(now(e.View, ref), instance.Name) {
			e.Note("volume.delete-on-termination", "%s goes with it, and its data", ref)
			e.Put(ref, nil)
			continue
		}
		e.Note("volume.delete-on-termination", "%s stays, detached", ref)
		detachFrom(e, ref, instance.Name)
	}
}

// releaseRoot says what becomes of the root volume of an AWS instance that goes.
func releaseRoot(e *plan.Effects, r *schema.Resource) {
	switch s := spec[*schema.InstanceSpec](r); {
	case !is(e.View, r.Ref, schema.AWS) || s.RootDevice == "instance-store":
	case s.RootVolume != nil && !on(s.RootVolume.DeleteOnTermination, true):
		e.Note("volume.delete-on-termination", "its root volume stays, detached")
	default:
		e.Note("volume.delete-on-termination", "its root volume goes with it, and its data")
	}
}
