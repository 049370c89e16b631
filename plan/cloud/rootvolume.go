package cloud

import (
	"enid/plan"
	"enid/schema"
)

// rootVolumeRules are the rows of the catalogue that this file is about.
var rootVolumeRules = []schema.Rule{
	{ID: "instance.root-volume", Class: schema.ClassPrecondition, Cloud: "aws",
		Text:   "Only an EBS root is a volume, which changes in place.",
		Source: "public", Code: "UnsupportedOperation"},
	{ID: "volume.grow-only", Class: schema.ClassPrecondition, Cloud: "aws",
		Text:   "A volume grows without downtime; it never shrinks.",
		Source: "B 03-02", Code: "InvalidParameterValue",
		Note: "That it never shrinks is public. The clouds allow a few changes of a volume a day; how many were made is not in state."},
}

var rootVolumeOperations = []*plan.Operation{
	{
		ID: "instance.root-volume", Name: named("ModifyVolume", "ModifyVolume"), Kind: schema.KindInstance, Action: plan.Update,
		Rank: rankModify, Gives: differ(rootVolume), Changes: changed(rootVolume),
		Requires: []plan.Requirement{
			rootIsVolume, rootGrows, lifecycle("running or stopped", schema.PhaseRunning, schema.PhaseStopped),
		},
		Effect: func(e *plan.Effects, target plan.Ref) {
			want := rootOf(wantedInstance(e, target))
			changeRoot(e, target, func(v *schema.RootVolume) {
				set(&v.Type, want.Type)
				set(&v.SizeGiB, want.SizeGiB)
				set(&v.IOPS, want.IOPS)
				set(&v.ThroughputMiBps, want.ThroughputMiBps)
			})
		}, Source: "B 03-02",
	},
	{
		ID: "instance.root-retention", Name: modifyName, Kind: schema.KindInstance, Action: plan.Update,
		Rank: rankModify, Gives: differ(rootRetention), Changes: changed(rootRetention),
		Requires: []plan.Requirement{rootIsVolume, lifecycle("running or stopped", schema.PhaseRunning, schema.PhaseStopped)},
		Effect: func(e *plan.Effects, target plan.Ref) {
			goes := on(rootOf(wantedInstance(e, target)).DeleteOnTermination, true)
			changeRoot(e, target, func(v *schema.RootVolume) { v.DeleteOnTermination = &goes })
			if goes {
				e.Note("volume.delete-on-termination", "its root volume goes with it from now on")
			} else {
				e.Note("volume.delete-on-termination", "its root volume stays when it goes")
			}
		}, Source: "B 03-02",
	},
}

// rootOf answers what is said of an instance's root volume; zero fields are not.
func rootOf(s *schema.InstanceSpec) schema.RootVolume {
	if s.RootVolume == nil {
		return schema.RootVolume{}
	}
	return *s.RootVolume
}

// rootVolume answers what the files change of the root volume; what they do not
// say stays as it is.
func rootVolume(is, want *schema.InstanceSpec) []plan.Change {
	has, w := rootOf(is), rootOf(want)
	return fields{}.
		any("spec.rootVolume.type", orNil(has.Type), w.Type, w.Type == "" || has.Type == w.Type).
		any("spec.rootVolume.sizeGiB", orNilInt(has.SizeGiB), w.SizeGiB, w.SizeGiB == 0 || has.SizeGiB == w.SizeGiB).
		any("spec.rootVolume.iops", orNilInt(has.IOPS), w.IOPS, w.IOPS == 0 || has.IOPS == w.IOPS).
		any("spec.rootVolume.throughputMiBps", orNilInt(has.ThroughputMiBps), w.ThroughputMiBps, w.ThroughputMiBps == 0 || has.ThroughputMiBps == w.ThroughputMiBps)
}

// rootRetention answers a change of whether the root volume goes with its
// instance, which it does unless the files keep it.
func rootRetention(is, want *schema.InstanceSpec) []plan.Change {
	goes, wants := on(rootOf(is).DeleteOnTermination, true), on(rootOf(want).DeleteOnTermination, true)
	return fields{}.any("spec.rootVolume.deleteOnTermination", goes, wants, goes == wants)
}

// rootGrows is the refusal to shrink a root volume. A size that was never said
// is not known, and the cloud judges.
var rootGrows = plan.Requirement{Rule: "volume.grow-only", Code: code("", "InvalidParameterValue"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	is, want, ok := both[*schema.InstanceSpec](v, target)
	if !ok {
		return plan.Skipped()
	}
	has, wants := rootOf(is).SizeGiB, rootOf(want).SizeGiB
	if wants != 0 && wants < has {
		return plan.Fails("take the change back, or replace the instance", "the root volume of %s has %d GiB and never shrinks to %d", target, has, wants)
	}
	return plan.Holds("its root volume does not shrink")
}}

// rootIsVolume refuses to change what is no volume.
var rootIsVolume = plan.Requirement{Rule: "instance.root-volume", Code: code("", "UnsupportedOperation"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	if s := spec[*schema.InstanceSpec](now(v, target)); s == nil || s.RootDevice != "instance-store" {
		return plan.Skipped()
	}
	return plan.Fails("leave rootVolume out, or replace it by an instance with an EBS root", "%s has an instance-store root, which is no volume", target)
}}

// changeRoot puts the instance with its root volume as edit leaves it.
func changeRoot(e *plan.Effects, target plan.Ref, edit func(*schema.RootVolume)) {
	change(e, target, func(s *schema.InstanceSpec) {
		v := rootOf(s)
		edit(&v)
		s.RootVolume = &v
	})
}

// set sets a field to a value that is not zero.
func set[T comparable](field *T, value T) {
	var zero T
	if value != zero {
		*field = value
	}
}
