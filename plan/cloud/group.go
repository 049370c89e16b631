package cloud

import (
	"slices"

	"enid/plan"
	"enid/schema"
)

// groupRules are the rows of the catalogue that this file is about.
var groupRules = []schema.Rule{
	{ID: "group.immutable", Class: schema.ClassReplace, Cloud: "any",
		Text:   "A security group's VPC or classic network, account and region are fixed at its creation.",
		Source: "public"},
}

var groupOperations = []*plan.Operation{
	{
		ID: "group.create", Name: named("CreateSecurityGroup", "CreateSecurityGroup"), Kind: schema.KindSecurityGroup, Action: plan.Create,
		Rank: rankCreateGroup, Gives: creates(groupFixed), Changes: createChanges(groupFixed),
		Nature:   replacement,
		Requires: []plan.Requirement{absent("group.immutable", "group.delete"), referencesExist},
		Effect:   createPlain, Source: "A 2.3",
	},
	{
		ID: "group.delete", Name: named("DeleteSecurityGroup", "DeleteSecurityGroup"), Kind: schema.KindSecurityGroup, Action: plan.Delete,
		Rank: rankDeleteGroup, Gives: deleted, Changes: deleteChanges, Nature: deleteNature(nil),
		Requires: append(deleting(named("DeleteSecurityGroup", "DeleteSecurityGroup"), nil),
			unnamedByLeaving, unreferenced(code("DependencyViolation", "InvalidGroup.InUse"))),
		Effect: deletePlain, Source: "A 2.3",
	},
	authorize("ingress", "AuthorizeSecurityGroup", "AuthorizeSecurityGroupIngress"),
	authorize("egress", "AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupEgress"),
	revoke("ingress", "RevokeSecurityGroup", "RevokeSecurityGroupIngress"),
	revoke("egress", "RevokeSecurityGroupEgress", "RevokeSecurityGroupEgress"),
}

func groupFixed(v *plan.View, target plan.Ref) []plan.Change {
	is, want, ok := both[*schema.SecurityGroupSpec](v, target)
	if !ok {
		return nil
	}
	return fields{}.
		str("spec.vpc", is.VPC, want.VPC).
		str("spec.networkType", string(is.NetworkType), string(want.NetworkType)).
		str("spec.account", is.Account, want.Account).
		str("spec.region", is.Region, want.Region)
}

// of answers the rules of one direction.
func of(direction string, rules []schema.SecurityRule) (out []schema.SecurityRule) {
	for _, r := range rules {
		if r.Direction == direction {
			out = append(out, r)
		}
	}
	return out
}

func authorize(direction, alibaba, aws string) *plan.Operation {
	lacks := func(v *plan.View, target plan.Ref) []schema.SecurityRule {
		is, want, ok := both[*schema.SecurityGroupSpec](v, target)
		if !ok {
			return nil
		}
		return missing(of(direction, is.Rules), of(direction, want.Rules))
	}
	return &plan.Operation{
		ID: "group.authorize-" + direction, Name: named(alibaba, aws), Kind: schema.KindSecurityGroup, Action: plan.Update,
		Rank:  rankAuthorize,
		Gives: func(v *plan.View, target plan.Ref) bool { return len(lacks(v, target)) > 0 },
		Changes: func(v *plan.View, target plan.Ref) (out []plan.Change) {
			for _, r := range lacks(v, target) {
				out = append(out, plan.Change{Path: "spec.rules", To: r})
			}
			return out
		},
		Requires: []plan.Requirement{peersExist(lacks)},
		Effect: func(e *plan.Effects, target plan.Ref) {
			change(e, target, func(s *schema.SecurityGroupSpec) {
				s.Rules = append(slices.Clone(s.Rules), lacks(e.View, target)...)
			})
		}, Source: "A 2.3",
	}
}

// peersExist is the requirement that the groups that new rules name were created.
func peersExist(lacks func(*plan.View, plan.Ref) []schema.SecurityRule) plan.Requirement {
	return exists(func(v *plan.View, target plan.Ref) plan.Ref {
		for _, r := range lacks(v, target) {
			if r.Peer.SecurityGroup != "" && now(v, groupRef(r.Peer.SecurityGroup)) == nil {
				return groupRef(r.Peer.SecurityGroup)
			}
		}
		return plan.Ref{}
	})
}

func revoke(direction, alibaba, aws string) *plan.Operation {
	extra := func(v *plan.View, target plan.Ref) []schema.SecurityRule {
		is, want := spec[*schema.SecurityGroupSpec](now(v, target)), spec[*schema.SecurityGroupSpec](wanted(v, target))
		switch {
		case is == nil:
			return nil
		case want == nil:
			return of(direction, is.Rules)
		}
		return missing(of(direction, want.Rules), of(direction, is.Rules))
	}
	return &plan.Operation{
		ID: "group.revoke-" + direction, Name: named(alibaba, aws), Kind: schema.KindSecurityGroup, Action: plan.Update,
		Rank: rankRevoke,
		Gives: func(v *plan.View, target plan.Ref) bool {
			_, _, ok := both[*schema.SecurityGroupSpec](v, target)
			return ok && len(extra(v, target)) > 0
		},
		Changes: func(v *plan.View, target plan.Ref) (out []plan.Change) {
			for _, r := range extra(v, target) {
				out = append(out, plan.Change{Path: "spec.rules", From: r})
			}
			return out
		},
		Requires: []plan.Requirement{notObserved, pruneAllowed},
		Effect: func(e *plan.Effects, target plan.Ref) {
			gone := extra(e.View, target)
			change(e, target, func(s *schema.SecurityGroupSpec) { s.Rules = missing(gone, s.Rules) })
		}, Source: "A 2.3",
	}
}

// unnamedByLeaving has the rules revoked by which a group that leaves too names
// the target: two groups that name each other could never go otherwise.
var unnamedByLeaving = plan.Requirement{Rule: ruleDelete, Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	for _, ref := range v.Members(plan.Term{Index: indexReferrers, Ref: target}) {
		if ref.Kind != schema.KindSecurityGroup || wanted(v, ref) != nil {
			continue
		}
		for _, r := range spec[*schema.SecurityGroupSpec](now(v, ref)).Rules {
			if r.Peer.SecurityGroup == target.Name {
				return plan.Fails("take the rule out first", "a rule of %s names it", ref).Enable("group.revoke-"+r.Direction, ref)
			}
		}
	}
	return plan.Skipped()
}}
