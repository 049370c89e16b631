package cloud

import (
	"enid/plan"
	"enid/schema"
)

// protectionOperation turns termination protection on or off. What was applied
// is spelled out and stays as it is until the whole commit is applied: see
// unprotected.
var protectionOperation = &plan.Operation{
	ID: "instance.protection", Name: modifyName, Kind: schema.KindInstance, Action: plan.Update,
	Rank: rankModify, Gives: func(v *plan.View, target plan.Ref) bool { return len(protectionChanges(v, target)) > 0 },
	Changes:  protectionChanges,
	Requires: []plan.Requirement{lifecycle("running or stopped", schema.PhaseRunning, schema.PhaseStopped)},
	Effect: func(e *plan.Effects, target plan.Ref) {
		was, on := protected(now(e.View, target), is(e.View, target, schema.AWS)), wantsProtection(e.View, target)
		change(e, target, func(s *schema.InstanceSpec) { s.TerminationProtection = &was })
		observe(e, target, func(s *schema.InstanceStatus) { s.TerminationProtection = &on })
	}, Source: "B 01-02",
}

func protectionChanges(v *plan.View, target plan.Ref) []plan.Change {
	is, want, ok := both[*schema.InstanceSpec](v, target)
	if !ok || equal(is.TerminationProtection, want.TerminationProtection) && instanceStatus(now(v, target)).TerminationProtection == nil {
		return nil
	}
	was, on := protected(now(v, target), provider(v, target) == schema.AWS), wantsProtection(v, target)
	return fields{}.any("spec.terminationProtection", was, on, was == on)
}

func wantsProtection(v *plan.View, target plan.Ref) bool {
	return on(spec[*schema.InstanceSpec](wanted(v, target)).TerminationProtection, is(v, target, schema.AWS))
}

// on answers a switch, unset its cloud's default: AWS instances are protected.
func on(b *bool, unset bool) bool {
	if b == nil {
		return unset
	}
	return *b
}

// protected reports whether termination protection is on, as it was observed or
// else as it was applied.
func protected(r *schema.Resource, unset bool) bool {
	if observed := instanceStatus(r).TerminationProtection; observed != nil {
		return *observed
	}
	return on(spec[*schema.InstanceSpec](r).TerminationProtection, unset)
}

// terminationProtected reads the state, so that protection survives the
// resource's removal from the files. Protection that this very commit turned off
// still counts: the applied spec says so until the commit is applied whole.
var terminationProtected = plan.Requirement{Rule: "instance.termination-protection", Code: code("", "OperationNotPermitted"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	r := now(v, target)
	if r == nil || !is(v, target, schema.AWS) {
		return plan.Skipped()
	}
	const remedy = "apply a commit with terminationProtection: false (and a Policy with allowUnprotected: true) first"
	switch applied := spec[*schema.InstanceSpec](r).TerminationProtection; {
	case protected(r, true):
		return plan.Fails(remedy, "%s is protected from termination", target)
	case on(applied, false):
		return plan.Fails(remedy+", and in it nothing else of the instance that stays blocked",
			"%s is unprotected only since this commit, or since one that was not applied whole", target)
	}
	return plan.Holds("termination protection was turned off by an applied commit")
}}
