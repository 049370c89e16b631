package cloud

import (
	"net/netip"
	"time"

	"enid/plan"
	"enid/schema"
)

// powerRules are the rows of the catalogue that this file is about.
var powerRules = []schema.Rule{
	{ID: "instance.store-root", Class: schema.ClassAdvice, Cloud: "aws",
		Text:   "An instance-store root is discouraged: such an instance cannot be stopped, and its data goes with it.",
		Source: "B 01-02", Code: "UnsupportedOperation"},
}

var powerOperations = []*plan.Operation{
	{
		ID: "instance.start", Name: named("StartInstance", "StartInstances"), Kind: schema.KindInstance, Action: plan.Start,
		Rank: rankPower, Order: leavingFirst, Gives: powerGives(schema.PowerRunning), Changes: powerChanges(schema.PhaseRunning),
		Requires: []plan.Requirement{lifecycle("stopped", schema.PhaseStopped)},
		Effect:   start, Takes: takesToStart, Source: "A 3.1; B 01-02",
	},
	relocateOperation,
	{
		ID: "instance.stop", Name: named("StopInstance", "StopInstances"), Kind: schema.KindInstance, Action: plan.Stop,
		Rank: rankPower, Gives: powerGives(schema.PowerStopped), Changes: powerChanges(schema.PhaseStopped),
		Nature: func(*plan.View, plan.Ref) plan.Nature { return plan.Nature{Downtime: true} },
		Requires: []plan.Requirement{notObserved, lifecycle("running", schema.PhaseRunning), storeRoot,
			downtimeAllowed(plan.RuleDowntime), downtimeAllowed(plan.RuleWindow), drained, notSelf},
		Effect: func(e *plan.Effects, target plan.Ref) {
			observe(e, target, func(s *schema.InstanceStatus) { s.Phase = schema.PhaseStopped })
		}, Takes: time.Minute, Source: "A 3.1; B 01-02",
	},
}

// takesToStart is how long a start may take.
const takesToStart = time.Minute

// start brings an instance up, on another host than the one that it left.
func start(e *plan.Effects, target plan.Ref) {
	observe(e, target, func(s *schema.InstanceStatus) {
		s.Phase, s.Retirement = schema.PhaseRunning, nil
		if s.PendingPrivateIP.IsValid() {
			e.Note("private-ip.change.restart", "%s takes effect with this start", s.PendingPrivateIP)
			s.PrivateIP, s.PendingPrivateIP = s.PendingPrivateIP, netip.Addr{}
		}
	})
}

// leavingFirst starts first what gives an address up with its start, so that who
// waits for the address, and is stopped already, need not be stopped again; and
// of those first the ones for which no ENI waits that is attached while stopped.
func leavingFirst(v *plan.View, target plan.Ref) int {
	if r := now(v, target); r == nil || !leaving(r).IsValid() {
		return 2
	}
	if ifStoppedOnly(v, target).IsZero() {
		return 0
	}
	for _, ref := range v.Want.Members(plan.Term{Index: indexENIs, Ref: target}) {
		if r := now(v, ref); r == nil || attachedTo(r) != target.Name {
			return 1
		}
	}
	return 0
}

// powerGives reports whether the instance is not where the files want it, nor on
// its way there.
func powerGives(power schema.Power) func(*plan.View, plan.Ref) bool {
	return func(v *plan.View, target plan.Ref) bool {
		_, want, ok := both[*schema.InstanceSpec](v, target)
		if !ok || want.Power != power {
			return false
		}
		return !powered(instanceStatus(now(v, target)).Phase, power)
	}
}

// powered reports whether an instance in that phase is as wanted, or will be.
func powered(is schema.Phase, want schema.Power) bool {
	if want == schema.PowerStopped {
		return is == schema.PhaseStopped || is == schema.PhaseStopping
	}
	return is == schema.PhaseRunning || is == schema.PhasePending
}

func powerChanges(to schema.Phase) func(*plan.View, plan.Ref) []plan.Change {
	return func(v *plan.View, target plan.Ref) []plan.Change {
		return []plan.Change{{Path: "status.phase", From: instanceStatus(now(v, target)).Phase, To: to}}
	}
}

// storeRoot refuses to stop an instance whose root lives in the instance store.
var storeRoot = plan.Requirement{Rule: "instance.store-root", Code: code("", "UnsupportedOperation"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	if s := spec[*schema.InstanceSpec](now(v, target)); s == nil || s.RootDevice != "instance-store" {
		return plan.Skipped()
	}
	return plan.Fails("replace it by an instance with an EBS root", "%s has an instance-store root, which cannot be stopped", target)
}}
