package cloud

import (
	"enid/plan"
	"enid/schema"
)

// policyRules are the rows of the catalogue that this file is about.
var policyRules = []schema.Rule{
	{ID: "policy.irreversible", Class: schema.ClassPolicy, Cloud: "any",
		Text:   "A step that cannot be undone runs only with an Approval.",
		Source: "contract, section 1"},
	{ID: "policy.data-loss", Class: schema.ClassPolicy, Cloud: "any",
		Text:   "A step that loses data runs only with an Approval.",
		Source: "contract, section 1"},
	{ID: "policy.replace", Class: schema.ClassPolicy, Cloud: "any",
		Text:   "A replacement runs only with an Approval.",
		Source: "contract, section 1"},
	{ID: "policy.downtime", Class: schema.ClassPolicy, Cloud: "any",
		Text:   "A step that stops an instance runs only where the Policies that select it allow downtime; the strictest wins.",
		Source: "contract, section 1"},
	{ID: "policy.window", Class: schema.ClassPolicy, Cloud: "any",
		Text:   "Where downtime is allowed in windows, it waits until one is open.",
		Source: "contract, section 1"},
	{ID: "policy.prune", Class: schema.ClassPolicy, Cloud: "any",
		Text:   "What left the files is deleted, unless a Policy of the files or of the last applied commit keeps it.",
		Source: "contract, section 1"},
	{ID: "plan.depends-on-blocked", Class: schema.ClassPolicy, Cloud: "any",
		Text:   "A step that needs what a blocked step would do is blocked itself.",
		Source: "contract, section 1"},
	{ID: "plan.cycle", Class: schema.ClassPolicy, Cloud: "any",
		Text:   "Steps that wait for one another are untied where taking one of them apart first (a detach, an unbind) lets all be served; else they are blocked, the shortest way round named.",
		Source: "contract, section 1"},
	{ID: "plan.unserved", Class: schema.ClassPolicy, Cloud: "any",
		Text:   "A difference that no operation serves is blocked.",
		Source: "enid"},
	{ID: "plan.held", Class: schema.ClassPolicy, Cloud: "any",
		Text:   "A step that failed is not tried again until something that would help has changed.",
		Source: "enid"},
	{ID: "plan.self-stop", Class: schema.ClassPolicy, Cloud: "any",
		Text:   "A step that stops, reboots or deletes the instance on which enid runs is blocked under any driver but state-only: the cloud half runs elsewhere.",
		Source: "enid"},
}

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
// world says of their use; last those that may be used up.
func approvalsOf(v *plan.View, target plan.Ref) (out []*schema.Resource) {
	var unsure []*schema.Resource
	for _, ref := range v.Want.Members(plan.Term{Index: indexApprovals, Ref: target}) {
		switch r := now(v, ref); {
		case r == nil:
			out = append(out, v.Want.Get(ref).(*schema.Resource))
		case appliedUnseen(v, r):
			unsure = append(unsure, r)
		default:
			out = append(out, r)
		}
	}
	return append(out, unsure...)
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
			return plan.Fails("declare it again; to have it deleted, first apply a commit that declares it and in which no Policy keeps it",
				"%s says prune: false", p.Ref)
		}
	}
	if v.Presumed() {
		return plan.Unknown("whether a Policy of an earlier commit still keeps %s (prune: false) only the state knows; if one does, this step is blocked", target)
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
		return sure(v, a.Approved(approvalsOf(v, target), target, v.At))
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
