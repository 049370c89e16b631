package cloud

import (
	"enid/plan"
	"enid/schema"
)

// billingOperation changes how an instance is paid for. When it expires is a
// fact, which is recorded and makes no difference.
var billingOperation = &plan.Operation{
	ID: "instance.billing", Name: named("ModifyInstanceChargeType", "ModifyInstanceChargeType"), Kind: schema.KindInstance, Action: plan.Update,
	Rank: rankBilling, Gives: differ(instanceBilling), Changes: changed(instanceBilling),
	Requires: []plan.Requirement{lifecycle("running or stopped", schema.PhaseRunning, schema.PhaseStopped)},
	Effect: func(e *plan.Effects, target plan.Ref) {
		change(e, target, func(s *schema.InstanceSpec) { s.Billing = wantedInstance(e, target).Billing })
	}, Source: "A 2.1, 2.2; public",
}

func instanceBilling(is, want *schema.InstanceSpec) []plan.Change {
	return fields{}.str("spec.billing.method", is.Billing.Method, want.Billing.Method)
}
