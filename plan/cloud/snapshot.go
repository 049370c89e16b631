package cloud

import (
	"strings"
	"time"

	"enid/plan"
	"enid/schema"
)

// snapshotRules are the rows of the catalogue that this file is about.
var snapshotRules = []schema.Rule{
	{ID: "snapshot.incremental", Class: schema.ClassEffect, Cloud: "aws",
		Text:   "A snapshot adds only what changed since the last one; it is of one volume, or of an instance's volumes together.",
		Source: "B 03-02"},
	{ID: "snapshot.immutable", Class: schema.ClassReplace, Cloud: "aws",
		Text:   "Nothing of a snapshot changes: another description, or another volume, is another snapshot.",
		Source: "public"},
}

var (
	createSnapshotName = func(v *plan.View, target plan.Ref) string {
		if s := spec[*schema.SnapshotSpec](wanted(v, target)); s != nil && s.Of.Instance != "" {
			return "CreateSnapshots"
		}
		return "CreateSnapshot"
	}
	deleteSnapshotName = named("DeleteSnapshot", "DeleteSnapshot")
)

var snapshotOperations = []*plan.Operation{
	{
		ID: "snapshot.create", Name: createSnapshotName, Kind: schema.KindSnapshot, Action: plan.Create,
		Rank: rankSnapshot, Gives: creates(snapshotFixed), Changes: createChanges(snapshotFixed), Nature: replacement,
		Requires: []plan.Requirement{absent("snapshot.immutable", "snapshot.delete"), referencesExist, snapshotSource},
		Effect:   createSnapshot, Takes: 10 * time.Minute, Source: "B 03-02",
	},
	{
		ID: "snapshot.delete", Name: deleteSnapshotName, Kind: schema.KindSnapshot, Action: plan.Delete,
		Rank: rankDeleteStored, Gives: deleted, Changes: deleteChanges, Nature: deleteNature(always),
		Requires: deleting(deleteSnapshotName, always),
		Effect:   deletePlain, Source: "B 03-02",
	},
}

// snapshotFixed answers what differs of a snapshot: nothing of it ever changes.
func snapshotFixed(v *plan.View, target plan.Ref) []plan.Change {
	is, want, ok := both[*schema.SnapshotSpec](v, target)
	if !ok {
		return nil
	}
	return fields{}.
		str("spec.of.volume", is.Of.Volume, want.Of.Volume).
		str("spec.of.instance", is.Of.Instance, want.Of.Instance).
		str("spec.description", is.Description, want.Description)
}

// snapshotSource is the requirement that what a snapshot is taken of was made, and
// is not about to go.
var snapshotSource = plan.Requirement{Rule: "volume.lifecycle", Code: code("", "IncorrectState"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	of := spec[*schema.SnapshotSpec](wanted(v, target)).Of
	if r := now(v, volumeRef(of.Volume)); r != nil {
		return inPhase(r.Ref, volumeStatus(r).Phase, "created", []schema.Phase{schema.PhaseAvailable, schema.PhaseAttaching, schema.PhaseInUse, schema.PhaseDetaching})
	}
	if r := now(v, instanceRef(of.Instance)); r != nil {
		return inPhase(r.Ref, instanceStatus(r).Phase, "running or stopped", []schema.Phase{schema.PhaseRunning, schema.PhaseStopped})
	}
	return plan.Skipped()
}}

func createSnapshot(e *plan.Effects, target plan.Ref) {
	createDated(e, target)
	of := spec[*schema.SnapshotSpec](wanted(e.View, target)).Of
	if of.Volume != "" {
		e.Note("snapshot.incremental", "it adds what changed of %s since its last snapshot; the first one is full", volumeRef(of.Volume))
		return
	}
	e.Note("snapshot.incremental", "it takes the root of %s%s together, each since its last snapshot", instanceRef(of.Instance), volumesOf(e.View, instanceRef(of.Instance)))
}

// volumesOf names the volumes that are attached to an instance, after its root.
func volumesOf(v *plan.View, instance plan.Ref) string {
	var b strings.Builder
	for _, ref := range v.Members(plan.Term{Index: indexVolumes, Ref: instance}) {
		b.WriteString(" and " + ref.String())
	}
	return b.String()
}

// createDated is createPlain with the time of the creation.
func createDated(e *plan.Effects, target plan.Ref) {
	createWith(e, target, &schema.CommonStatus{CreatedAt: schema.Time{Time: e.At.UTC()}})
}
