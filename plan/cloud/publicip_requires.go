package cloud

import (
	"time"

	"enid/plan"
	"enid/schema"
)

// publicIPChangeRules are the rows of the catalogue that this file is about.
var publicIPChangeRules = []schema.Rule{
	{ID: "public-ip.no-unbind", Class: schema.ClassPrecondition, Cloud: "alibaba",
		Text:   "A NAT public IP is released, never unbound or moved to another instance.",
		Source: "A 2.1"},
	{ID: "public-ip.release.subscription", Class: schema.ClassPrecondition, Cloud: "alibaba",
		Text:   "A NAT public IP is released by itself only on a subscription instance in a VPC, by a renewal downgrade that is taken as effective at once. Bandwidth 0 is a release. Otherwise it is converted to an EIP.",
		Source: "A 2.1", Code: "ChargeTypeViolation",
		Note: "Dated: the cloud now releases it on pay-as-you-go instances too, by bandwidth 0."},
	{ID: "public-ip.assign.late", Class: schema.ClassPrecondition, Cloud: "alibaba",
		Text:   "An instance that was created without a public address gets one later only if it is a subscription; for pay-as-you-go there is an EIP, for classic nothing.",
		Source: "A 2.2, 3.2", Code: "OperationDenied",
		Note: "Dated: AllocatePublicIpAddress now assigns one to pay-as-you-go instances as well."},
	{ID: "public-ip.change.window", Class: schema.ClassPrecondition, Cloud: "alibaba",
		Text:   "The public address changes only while the instance is younger than 6 hours; afterwards it is converted to an EIP.",
		Source: "A 3.2",
		Note:   "The console does it; no API operation is documented."},
	{ID: "public-ip.change.count", Class: schema.ClassLimit, Cloud: "alibaba",
		Text:   "The public address changes at most 3 times; each raise of rotation counts.",
		Source: "A 3.2"},
	{ID: "public-ip.change.assigned", Class: schema.ClassPrecondition, Cloud: "alibaba",
		Text:   "Only an address that is assigned changes.",
		Source: "A 3.2"},
	{ID: "public-ip.classic-fixed", Class: schema.ClassPrecondition, Cloud: "alibaba",
		Text:   "A classic public address is never released by itself or converted; it goes with its instance.",
		Source: "A 2.2, 3.2, 3.3",
		Note:   "The source says in one place never, in another within 6 hours: the latter, being specific, holds for a change."},
	{ID: "ec2.public-ip.at-launch", Class: schema.ClassPrecondition, Cloud: "aws",
		Text:   "Automatic assignment of a public address is decided when an instance is created, neither enabled nor disabled later.",
		Source: "B 01-02",
		Note:   "Dated: ModifyNetworkInterfaceAttribute now has AssociatePublicIpAddress."},
}

var publicIPLate = plan.Requirement{Rule: "public-ip.assign.late", Code: code("OperationDenied", ""), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	s, yes := subscription(v, target)
	if is(v, target, schema.AWS) {
		return plan.Skipped()
	}
	if yes {
		return plan.Holds("a subscription instance gets one by a bandwidth change")
	}
	remedy := "declare an EIP with bindTo"
	if classic(s) {
		remedy = "none: a classic pay-as-you-go instance gets no public address later"
	}
	return plan.Fails(remedy, "%s is pay-as-you-go and was created without a public address", target)
}}

// atLaunch: automatic assignment on AWS is decided at launch.
var atLaunch = plan.Requirement{Rule: "ec2.public-ip.at-launch", Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	if !is(v, target, schema.AWS) {
		return plan.Skipped()
	}
	return plan.Fails("declare an EIP, or replace the instance", "automatic assignment is decided when an instance is created")
}}

var noEIPBound = plan.Requirement{Rule: "eip.bind.no-nat-ip", Code: code("InvalidInstance.EipNotSupport", ""), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	t := plan.Term{Index: indexBound, Ref: target}
	if v.AtLeast(t, 1) {
		refs := v.Members(t)
		return plan.Fails("unbind the EIP first", "%s is bound to it", refs[0]).Wait(refs...)
	}
	return plan.Holds("no EIP is bound to it")
}}

// publicIPNoUnbind is said wherever a removal is blocked; by itself it blocks nothing
// that the release rules allow.
var publicIPNoUnbind = plan.Requirement{Rule: "public-ip.no-unbind", Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	if s, yes := subscription(v, target); yes || classic(s) || is(v, target, schema.AWS) || !converting(v, target).IsZero() {
		return plan.Skipped()
	}
	return plan.Fails("convert it to an EIP (convertFrom), which can be unbound", "a NAT public IP is released with its instance, never unbound or moved")
}}

var publicIPRelease = plan.Requirement{Rule: "public-ip.release.subscription", Code: code("ChargeTypeViolation", ""), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	s, yes := subscription(v, target)
	if classic(s) || is(v, target, schema.AWS) || !converting(v, target).IsZero() {
		return plan.Skipped()
	}
	if !yes {
		return plan.Fails("convert it to an EIP (convertFrom) and release that", "%s is pay-as-you-go: only a subscription instance releases its public address", target)
	}
	return plan.Holds("%s is a subscription instance", target)
}}

var publicIPClassicFixed = plan.Requirement{Rule: "public-ip.classic-fixed", Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	if s, _ := subscription(v, target); !classic(s) {
		return plan.Skipped()
	}
	return plan.Fails("take the change back: it goes with the instance only", "a classic public address is never released by itself")
}}

var publicIPWindow = plan.Requirement{Rule: "public-ip.change.window", Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	r := now(v, target)
	born := instanceStatus(r).CreatedAt.Time
	remedy := "convert it to an EIP (convertFrom)"
	if classic(spec[*schema.InstanceSpec](r)) {
		remedy = "none: after 6 h a classic address stays"
	}
	switch {
	case unseen(v, r):
		return plan.Unknown("when %s was created only the state knows; if that was 6 h ago or more, this step is blocked", target)
	case born.IsZero():
		return plan.Fails(remedy, "when %s was created is not known", target)
	}
	end := born.Add(changeWindow)
	if !v.At.Before(end) {
		return plan.Fails(remedy, "%s was created at %s, and the address changes within 6 h only", target, born.UTC().Format(time.RFC3339))
	}
	return plan.Holds("%s is younger than 6 h until %s", target, end.UTC().Format(time.RFC3339)).Until(end)
}}

var publicIPCount = plan.Requirement{Rule: "public-ip.change.count", Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	r := now(v, target)
	p := instanceStatus(r).PublicIP
	switch {
	case p == nil:
		return plan.Skipped()
	case p.Changes >= maxChanges:
		return plan.Fails("convert it to an EIP (convertFrom)", "used %d of %d changes", p.Changes, maxChanges)
	case unseen(v, r):
		return plan.Unknown("how often the address of %s was changed before only the state knows; if that was %s or more, this step is blocked", target, plan.Count(maxChanges-p.Changes, "time"))
	}
	return plan.Holds("used %d of %d changes", p.Changes, maxChanges)
}}

var publicIPAssigned = plan.Requirement{Rule: "public-ip.change.assigned", Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	if instanceStatus(now(v, target)).PublicIP == nil {
		return plan.Fails("declare one at creation", "%s has no public address", target)
	}
	return plan.Holds("%s has a public address", target)
}}
