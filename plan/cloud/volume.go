package cloud

import (
	"slices"
	"time"

	"enid/plan"
	"enid/schema"
)

// volumeRules are the rows of the catalogue that this file is about.
var volumeRules = []schema.Rule{
	{ID: "volume.free-space", Class: schema.ClassQuery, Cloud: "any",
		Text:   "How much of a volume is free is known in the guest only: enid host show reports it for attached volumes.",
		Source: "B 03-02"},
	{ID: "volume.encryption", Class: schema.ClassReplace, Cloud: "aws",
		Text:   "A volume's encryption is fixed at its creation.",
		Source: "B 03-02", Note: "Public."},
	{ID: "volume.immutable", Class: schema.ClassReplace, Cloud: "aws",
		Text:   "A volume's account, its zone and the snapshot that it is made of are fixed at its creation.",
		Source: "public",
		Note:   "A volume whose fromSnapshot leaves the files stays as it is."},
}

func volumeRef(name string) plan.Ref   { return plan.Ref{Kind: schema.KindVolume, Name: name} }
func snapshotRef(name string) plan.Ref { return plan.Ref{Kind: schema.KindSnapshot, Name: name} }

var (
	createVolumeName = named("CreateDisk", "CreateVolume")
	deleteVolumeName = named("DeleteDisk", "DeleteVolume")
)

var volumeOperations = []*plan.Operation{
	{
		ID: "volume.create", Name: createVolumeName, Kind: schema.KindVolume, Action: plan.Create,
		Rank: rankCreateVolume, Gives: creates(volumeFixed), Changes: createChanges(volumeFixed), Nature: replacement,
		Requires: []plan.Requirement{severalTake, volumeAbsent("volume.encryption", "spec.encrypted"),
			volumeAbsent("volume.immutable", "spec.account", "spec.zone", "spec.fromSnapshot"), snapshotReady},
		Effect: createVolume, Takes: 10 * time.Second, Source: "B 03-02",
	},
	{
		ID: "volume.delete", Name: deleteVolumeName, Kind: schema.KindVolume, Action: plan.Delete,
		Rank: rankDeleteVolume, Gives: deleted, Changes: deleteChanges, Nature: deleteNature(always),
		Requires: append(deleting(deleteVolumeName, always), volumeUnattached),
		Effect:   deletePlain, Takes: 10 * time.Second, Source: "B 03-02",
	},
	{
		ID: "volume.attach", Name: named("AttachDisk", "AttachVolume"), Kind: schema.KindVolume, Action: plan.Attach,
		Rank: rankAttach, Items: wantedInstances, Gives: volumeAttaches, Changes: volumeAttachChanges,
		Requires: []plan.Requirement{volumeSameZone, attachSeveral, volumeAttachable, volumeInstanceStatus, deviceFree, exists(itemInstance)},
		Effect:   attachVolume, Takes: 10 * time.Second, Source: "B 03-02",
	},
	{
		ID: "volume.detach", Name: named("DetachDisk", "DetachVolume"), Kind: schema.KindVolume, Action: plan.Detach,
		Rank: rankDetach, Items: attachedInstances, Gives: volumeDetaches,
		Changes: func(v *plan.View, _ plan.Ref) []plan.Change {
			return []plan.Change{{Path: "spec.attachTo.instance", From: v.Item}}
		},
		Requires: []plan.Requirement{volumeUnmounted, volumeInUse, itemSteady},
		Effect:   detachVolume, Takes: 10 * time.Second, Source: "B 03-02",
	},
	{
		ID: "volume.modify", Name: named("ResizeDisk", "ModifyVolume"), Kind: schema.KindVolume, Action: plan.Update,
		Rank: rankModify, Gives: func(v *plan.View, target plan.Ref) bool { return len(volumeModified(v, target)) > 0 },
		Changes:  volumeModified,
		Requires: []plan.Requirement{volumeGrows, severalTake, severalChange, volumeSteady},
		Effect:   modifyVolume, Takes: time.Minute, Source: "B 03-02",
	},
	{
		ID: "volume.delete-on-termination", Name: modifyName, Kind: schema.KindVolume, Action: plan.Update,
		Rank: rankModify, Items: wantedInstances, Gives: retentionDiffers, Changes: retentionChanges,
		Requires: []plan.Requirement{volumeInUse, itemSteady, exists(itemInstance)},
		Effect:   changeRetention, Source: "B 03-02",
	},
}

// always is the nature of what loses data whatever it is.
func always(*plan.View, plan.Ref) bool { return true }

// volumeFixed answers what the commit changes of what is fixed at a volume's
// creation. A snapshot that is no longer named says nothing: the volume is made.
func volumeFixed(v *plan.View, target plan.Ref) []plan.Change {
	is, want, ok := both[*schema.VolumeSpec](v, target)
	if !ok {
		return nil
	}
	f := fields{}.
		any("spec.encrypted", is.Encrypted, want.Encrypted, is.Encrypted == want.Encrypted).
		str("spec.account", is.Account, want.Account).
		str("spec.zone", is.Zone, want.Zone)
	if want.FromSnapshot == "" {
		return f
	}
	return f.str("spec.fromSnapshot", is.FromSnapshot, want.FromSnapshot)
}

// volumeAbsent is absent under the rule that fixes the given fields.
func volumeAbsent(rule string, paths ...string) plan.Requirement {
	return absentWhere(volumeFixed, rule, "volume.delete", paths)
}

// snapshotReady is the requirement that the snapshot that a volume is made of is
// there, and is the one that the files mean.
var snapshotReady = plan.Requirement{Rule: plan.RuleDependsOn, Code: code("", "InvalidSnapshot.NotFound"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	for _, f := range wanted(v, target).Spec.References() {
		if f.Ref.Kind == schema.KindSnapshot {
			return madeAsWanted(v, f.Ref, snapshotFixed)
		}
	}
	return plan.Skipped()
}}

// madeAsWanted is the verdict whether something that a creation begins from is
// there and will not be made anew. Fixed answers why it would.
func madeAsWanted(v *plan.View, ref plan.Ref, fixed func(*plan.View, plan.Ref) []plan.Change) plan.Verdict {
	switch {
	case now(v, ref) == nil:
		return plan.Fails("settle what keeps it from being created", "%s does not exist yet", ref).Wait(ref)
	case len(fixed(v, ref)) > 0:
		return plan.Fails("settle its replacement", "%s is to be made anew first", ref).Wait(ref)
	}
	return plan.Holds("%s is there", ref)
}

func createVolume(e *plan.Effects, target plan.Ref) {
	createWith(e, target, &schema.VolumeStatus{
		CommonStatus: schema.CommonStatus{CreatedAt: schema.Time{Time: e.At.UTC()}},
		Phase:        schema.PhaseAvailable, SizeGiB: spec[*schema.VolumeSpec](wanted(e.View, target)).SizeGiB,
	})
}

// volumeStatus answers a copy of a volume's status, with what the spec implies
// where nothing was observed. Its attachments may be changed.
func volumeStatus(r *schema.Resource) schema.VolumeStatus {
	var s schema.VolumeStatus
	if r == nil {
		return s
	}
	sp := spec[*schema.VolumeSpec](r)
	if have, ok := r.Status.(*schema.VolumeStatus); ok {
		s = *have
		s.AttachedTo = slices.Clone(s.AttachedTo)
	} else {
		for _, a := range sp.AttachTo {
			s.AttachedTo = append(s.AttachedTo, schema.AttachedVolume{Instance: a.Instance, Device: a.Device, DeleteOnTermination: a.DeleteOnTermination})
		}
	}
	for i, a := range s.AttachedTo {
		if a.Device == "" {
			s.AttachedTo[i].Device = attachmentTo(sp, a.Instance).Device
		}
	}
	if s.SizeGiB == 0 {
		s.SizeGiB = sp.SizeGiB
	}
	if s.Phase == "" {
		s.Phase = restingPhase(s.AttachedTo)
	}
	return s
}

// restingPhase is where a volume with these attachments is when nothing is under way.
func restingPhase(at []schema.AttachedVolume) schema.Phase {
	if len(at) > 0 {
		return schema.PhaseInUse
	}
	return schema.PhaseAvailable
}

// volumeOn answers a volume's attachment to the instance.
func volumeOn(r *schema.Resource, instance string) (a schema.AttachedVolume, ok bool) {
	at := volumeStatus(r).AttachedTo
	i := slices.IndexFunc(at, func(a schema.AttachedVolume) bool { return a.Instance == instance })
	if i < 0 {
		return a, false
	}
	return at[i], true
}

// attachmentTo answers what a spec asks for of an instance, zero for nothing.
func attachmentTo(s *schema.VolumeSpec, instance string) (a schema.VolumeAttachment) {
	if s == nil {
		return a
	}
	i := slices.IndexFunc(s.AttachTo, func(a schema.VolumeAttachment) bool { return a.Instance == instance })
	if i < 0 {
		return a
	}
	return s.AttachTo[i]
}

// attachedTogether answers the instances that a volume is attached to.
func attachedTogether(r *schema.Resource) (names []string) {
	for _, a := range volumeStatus(r).AttachedTo {
		names = append(names, a.Instance)
	}
	return names
}

// indexVolume adds the instances that a volume is attached to, each once.
func indexVolume(r *schema.Resource, add func(plan.Term)) {
	names := attachedTogether(r)
	for i, n := range names {
		if !slices.Contains(names[:i], n) {
			add(plan.Term{Index: indexVolumes, Ref: instanceRef(n)})
		}
	}
}
