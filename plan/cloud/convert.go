package cloud

import (
	"time"

	"enid/plan"
	"enid/schema"
)

// convertRules are the rows of the catalogue that this file is about.
var convertRules = []schema.Rule{
	{ID: "eip.convert.irreversible", Class: schema.ClassIrreversible, Cloud: "alibaba",
		Text:   "Converting a NAT public IP to an EIP cannot be undone.",
		Source: "A 3.3"},
	{ID: "eip.convert.vpc-assigned", Class: schema.ClassPrecondition, Cloud: "alibaba",
		Text:   "Only a VPC instance to which a NAT public IP is assigned converts it.",
		Source: "A 3.3", Code: "OperationDenied",
		Note: "The cloud's documents further ask for pay-by-traffic and a bandwidth that is not 0."},
	{ID: "eip.convert.status", Class: schema.ClassPrecondition, Cloud: "alibaba",
		Text:   "The instance is running or stopped when its address is converted.",
		Source: "A 3.3", Code: "IncorrectInstanceStatus"},
	{ID: "eip.convert.no-pending-change", Class: schema.ClassPrecondition, Cloud: "alibaba",
		Text:   "No specification change of the instance waits to take effect when its address is converted.",
		Source: "A 3.3", Code: "InvalidInstanceId.PlanedChange"},
	{ID: "eip.convert.not-expiring", Class: schema.ClassPrecondition, Cloud: "alibaba",
		Text:   "More than 24 hours are left of the instance when its address is converted; one that does not expire has them.",
		Source: "A 3.3", Code: "InvalidEndTime.OperateNotSupport",
		Note: "The cloud asks it of subscriptions only."},
	{ID: "eip.convert.keeps-traffic", Class: schema.ClassEffect, Cloud: "alibaba",
		Text:   "The address and its traffic stay; from then on the EIP is billed on its own and can be unbound, bound elsewhere and released.",
		Source: "A 3.3"},
}

var convertName = named("ConvertNatPublicIpToEip", "ConvertNatPublicIpToEip")

// convertOperation makes an EIP of an instance's NAT public IP. Document A 3.3.
var convertOperation = &plan.Operation{
	ID: "eip.convert", Name: convertName, Kind: schema.KindEIP, Action: plan.Convert,
	Rank: rankUnbind, Gives: func(v *plan.View, target plan.Ref) bool {
		w := spec[*schema.EIPSpec](wanted(v, target))
		return w != nil && w.ConvertFrom != nil && now(v, target) == nil
	},
	Changes: func(v *plan.View, target plan.Ref) []plan.Change {
		return []plan.Change{{Path: "spec.convertFrom.instance", To: convertSource(v, target).Name}}
	},
	Nature: func(*plan.View, plan.Ref) plan.Nature { return plan.Nature{Irreversible: true} },
	Requires: []plan.Requirement{
		approved(plan.RuleIrreversible, plan.ClassIrreversible, convertName, func(*plan.View, plan.Ref) bool { return true }),
		convertible(ruleObserveOnly, "", func(_ *plan.View, r *schema.Resource) plan.Verdict {
			if r.Observed() {
				return plan.Fails("convert it by other means", "%s is a fact that enid only observes", r.Ref)
			}
			return plan.Skipped()
		}),
		convertible("eip.convert.vpc-assigned", "OperationDenied", convertAssigned),
		convertible("eip.convert.status", "IncorrectInstanceStatus", func(_ *plan.View, r *schema.Resource) plan.Verdict {
			return inPhase(r.Ref, instanceStatus(r).Phase, "running or stopped", []schema.Phase{schema.PhaseRunning, schema.PhaseStopped})
		}),
		convertible("eip.convert.no-pending-change", "InvalidInstanceId.PlanedChange", func(v *plan.View, r *schema.Resource) plan.Verdict {
			switch {
			case instanceStatus(r).PendingSpecChange:
				return plan.Fails("wait until it takes effect", "a specification change of %s waits to take effect", r.Ref)
			case unseen(v, r):
				return plan.Unknown("whether a specification change of %s waits to take effect only the state knows; while one does, this step is blocked", r.Ref)
			}
			return plan.Holds("no specification change of %s is pending", r.Ref)
		}),
		convertible("eip.convert.not-expiring", "InvalidEndTime.OperateNotSupport", convertNotExpiring),
		exists(convertSource),
	},
	Effect: convert, Source: "A 3.3",
}

// convertSource answers the instance whose NAT public IP becomes the EIP.
func convertSource(v *plan.View, target plan.Ref) plan.Ref {
	if s := spec[*schema.EIPSpec](wanted(v, target)); s != nil && s.ConvertFrom != nil {
		return instanceRef(s.ConvertFrom.Instance)
	}
	return plan.Ref{}
}

func convertible(rule, alibabaCode string, check func(v *plan.View, r *schema.Resource) plan.Verdict) plan.Requirement {
	return plan.Requirement{Rule: rule, Code: code(alibabaCode, ""), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
		r := now(v, convertSource(v, target))
		if r == nil {
			return plan.Skipped() // that it exists is another requirement
		}
		return check(v, r)
	}}
}

func convertAssigned(_ *plan.View, r *schema.Resource) plan.Verdict {
	s := spec[*schema.InstanceSpec](r)
	switch {
	case s.NetworkType == schema.NetworkClassic:
		return plan.Fails("only VPC instances convert", "%s is a classic instance", r.Ref)
	case instanceStatus(r).PublicIP == nil:
		return plan.Fails("drop convertFrom; bindTo binds a new EIP", "%s has no NAT public IP", r.Ref)
	}
	return plan.Holds("%s is a VPC instance with a NAT public IP", r.Ref)
}

func convertNotExpiring(v *plan.View, r *schema.Resource) plan.Verdict {
	end := spec[*schema.InstanceSpec](r).Billing.ExpiresAt.Time
	if end.IsZero() {
		return plan.Holds("%s does not expire", r.Ref)
	}
	last := end.Add(-24 * time.Hour)
	if !v.At.Before(last) {
		return plan.Fails("renew the instance", "%s expires at %s, and more than 24 h have to be left", r.Ref, end.UTC().Format(time.RFC3339))
	}
	return plan.Holds("%s expires at %s", r.Ref, end.UTC().Format(time.RFC3339)).Until(last)
}

func convert(e *plan.Effects, target plan.Ref) {
	from := convertSource(e.View, target)
	var status schema.EIPStatus
	if r := now(e.View, from); r != nil && !r.Observed() {
		observe(e, from, func(s *schema.InstanceStatus) {
			if s.PublicIP != nil { // it is where a plan runs it, not where it is taken as done
				status.Address = s.PublicIP.Address
			}
			s.PublicIP = nil
		})
		change(e, from, func(s *schema.InstanceSpec) { s.PublicIP = nil })
	}
	at := &schema.Binding{Instance: from.Name}
	status.CreatedAt = schema.Time{Time: e.At.UTC()}
	status.Phase, status.BoundTo, status.ConvertedFrom = schema.PhaseInUse, at, from.Name
	w := wanted(e.View, target)
	made := *spec[*schema.EIPSpec](w)
	made.BindTo = at
	e.Put(target, w.With(&made, &status))
	e.Note("eip.convert.irreversible", "the address cannot become a NAT public IP again")
	e.Note("eip.convert.keeps-traffic", "the address and its traffic stay; from then on the EIP is billed on its own and can be unbound, bound elsewhere and released")
}
