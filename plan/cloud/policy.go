package cloud

import (
	"enid/plan"
	"enid/schema"
)

// policiesOf answers the Policies of the files that select the target by its
// labels, in the world or in the files.
func policiesOf(v *plan.View, target plan.Ref) (out []*schema.Resource) {
	r, w := now(v, target), wanted(v, target)
	for _, ref := range v.Want.Members(plan.Term{Index: indexPolicies}) {
		p := v.Want.Get(ref).(*schema.Resource)
		if selects(p, r) || selects(p, w) {
			out = append(out, p)
		}
	}
	return out
}

func selects(policy, r *schema.Resource) bool {
	return r != nil && policy.Spec.(*schema.PolicySpec).Selector.Matches(r.Labels)
}

// approvalsOf answers the Approvals of the files for the target, with what the
// world says of their use.
func approvalsOf(v *plan.View, target plan.Ref) (out []*schema.Resource) {
	for _, ref := range v.Want.Members(plan.Term{Index: indexApprovals, Ref: target}) {
		if r := now(v, ref); r != nil {
			out = append(out, r)
			continue
		}
		out = append(out, v.Want.Get(ref).(*schema.Resource))
	}
	return out
}

// downtimeAllowed is the requirement of every step that stops or reboots.
// policy.window is the same question with another answer; which of the two rules
// a blocked step names is decided by the policies, so each has its requirement.
func downtimeAllowed(rule string) plan.Requirement {
	return plan.Requirement{Rule: rule, Check: func(v *plan.View, target plan.Ref) plan.Verdict {
		decides, verdict := plan.Downtime(policiesOf(v, target), v.At)
		if decides != rule {
			return plan.Skipped()
		}
		return verdict
	}}
}

// pruneAllowed is the requirement of deleting what left the files: no Policy of
// the files, or of the last applied commit, that selects it says prune: false.
var pruneAllowed = plan.Requirement{Rule: plan.RulePrune, Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	if wanted(v, target) != nil {
		return plan.Skipped()
	}
	r := now(v, target)
	for _, p := range append(policiesOf(v, target), appliedPolicies(v, r)...) {
		if prune := p.Spec.(*schema.PolicySpec).Prune; prune != nil && !*prune {
			return plan.Fails("declare it again, or apply a commit in which that Policy no longer selects it",
				"%s says prune: false", p.Ref)
		}
	}
	return plan.Holds("it left the files, and no Policy keeps it")
}}

// appliedPolicies answers the Policies that state holds and that select r.
func appliedPolicies(v *plan.View, r *schema.Resource) (out []*schema.Resource) {
	for _, ref := range v.Members(plan.Term{Index: indexPolicies}) {
		if p := now(v, ref); selects(p, r) {
			out = append(out, p)
		}
	}
	return out
}

// approved is the requirement of an Approval. needs answers whether the target's
// step needs one; operation answers the operation's own name.
func approved(rule, class string, operation func(*plan.View, plan.Ref) string, needs func(*plan.View, plan.Ref) bool, words ...string) plan.Requirement {
	return plan.Requirement{Rule: rule, Check: func(v *plan.View, target plan.Ref) plan.Verdict {
		if !needs(v, target) {
			return plan.Skipped()
		}
		all := append([]string{operation(v, target)}, words...)
		a := plan.Approval{Rule: rule, Words: append(all, class)}
		return a.Approved(approvalsOf(v, target), target, v.At)
	}}
}

// notSelf is the requirement of every step that stops, reboots or deletes an
// instance: enid itself does not run on it.
var notSelf = plan.Requirement{Rule: "plan.self-stop", Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	if v.Self.IsZero() || v.Self != target {
		return plan.Skipped()
	}
	return plan.Fails("run the cloud half of enid on another machine", "enid itself runs on %s", target)
}}

// replacing reports whether a delete of the target is part of its replacement.
func replacing(v *plan.View, target plan.Ref) bool { return wanted(v, target) != nil }

// deleting answers the requirements that every delete has: what left the files
// may go, what is replaced has an Approval, and so has what loses data.
func deleting(name func(*plan.View, plan.Ref) string, loses func(*plan.View, plan.Ref) bool) []plan.Requirement {
	reqs := []plan.Requirement{
		pruneAllowed,
		approved(plan.RuleReplace, plan.ClassReplace, name, replacing, plan.ClassDelete),
	}
	if loses != nil {
		reqs = append(reqs, approved(plan.RuleDataLoss, plan.ClassDataLoss, name, loses, plan.ClassDelete))
	}
	return reqs
}
