package cloud

import (
	"strings"

	"enid/plan"
	"enid/schema"
)

// keyPairRules are the rows of the catalogue that this file is about.
var keyPairRules = []schema.Rule{
	{ID: "key-pair.immutable", Class: schema.ClassReplace, Cloud: "aws",
		Text:   "A key pair's public key, account and region are fixed at its creation.",
		Source: "public",
		Note:   "The comment behind a public key is no part of it. A fingerprint states what the cloud shows, and is recorded."},
}

func keyPairRef(name string) plan.Ref { return plan.Ref{Kind: schema.KindKeyPair, Name: name} }

// createKeyPairName is ImportKeyPair where the files hold the public key; else the
// cloud makes the pair.
func createKeyPairName(v *plan.View, target plan.Ref) string {
	if s := spec[*schema.KeyPairSpec](wanted(v, target)); s != nil && s.PublicKey != "" {
		return "ImportKeyPair"
	}
	return "CreateKeyPair"
}

var deleteKeyPairName = named("DeleteKeyPairs", "DeleteKeyPair")

var keyPairOperations = []*plan.Operation{
	{
		ID: "key-pair.create", Name: createKeyPairName, Kind: schema.KindKeyPair, Action: plan.Create,
		Rank: rankCreateKeyPair, Gives: creates(keyPairFixed), Changes: createChanges(keyPairFixed), Nature: replacement,
		Requires: []plan.Requirement{absent("key-pair.immutable", "key-pair.delete")},
		Effect:   createDated, Source: "B 01-02",
	},
	{
		ID: "key-pair.delete", Name: deleteKeyPairName, Kind: schema.KindKeyPair, Action: plan.Delete,
		Rank: rankDeleteStored, Gives: deleted, Changes: deleteChanges, Nature: deleteNature(always),
		Requires: deleting(deleteKeyPairName, always),
		Effect: func(e *plan.Effects, target plan.Ref) {
			e.Note("instance.key-pair.at-launch", "instances that were launched with it keep its public key")
			e.Put(target, nil)
		}, Source: "B 01-02",
	},
}

// keyPairFixed answers what the commit changes of a key pair, of which nothing
// ever changes. The fingerprint says what the cloud shows, and is only recorded.
func keyPairFixed(v *plan.View, target plan.Ref) []plan.Change {
	is, want, ok := both[*schema.KeyPairSpec](v, target)
	if !ok {
		return nil
	}
	return fields{}.
		str("spec.account", is.Account, want.Account).
		str("spec.region", is.Region, want.Region).
		any("spec.publicKey", orNil(is.PublicKey), orNil(want.PublicKey), keyOf(is.PublicKey) == keyOf(want.PublicKey))
}

// keyOf answers the key itself: its algorithm and content, without the comment.
func keyOf(openSSH string) string {
	f := strings.Fields(openSSH)
	return strings.Join(f[:min(len(f), 2)], " ")
}
