package cloud

import (
	"slices"

	"enid/plan"
	"enid/schema"
)

// link is a kind that is only created and deleted: it joins two others, and is
// declared anew to join something else.
type link struct {
	id             string // of its rows: peering
	rule           string // by which it is fixed: peering.immutable
	kind           schema.Kind
	create, delete func(*plan.View, plan.Ref) string
	fixed          func(*plan.View, plan.Ref) []plan.Change
	also           []plan.Requirement // of both rows
	source         string
}

func (l link) operations() []*plan.Operation {
	return []*plan.Operation{
		{
			ID: l.id + ".create", Name: l.create, Kind: l.kind, Action: plan.Create,
			Rank: rankCreateLink, Gives: creates(l.fixed), Changes: createChanges(l.fixed),
			Nature:   replacement,
			Requires: append([]plan.Requirement{absent(l.rule, l.id+".delete"), referencesExist}, l.also...),
			Effect:   createPlain, Source: l.source,
		},
		{
			ID: l.id + ".delete", Name: l.delete, Kind: l.kind, Action: plan.Delete,
			Rank: rankDeleteLink, Gives: deleted, Changes: deleteChanges, Nature: deleteNature(nil),
			Requires: append(deleting(l.delete, nil), l.also...),
			Effect:   deletePlain, Source: l.source,
		},
	}
}

var linkOperations = slices.Concat(peering.operations(), classicLink.operations(), trafficMirror.operations())
