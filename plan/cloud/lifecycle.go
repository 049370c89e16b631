package cloud

import (
	"slices"
	"time"

	"enid/plan"
	"enid/schema"
)

// lifecycleRules are the rows of the catalogue that this file is about.
var lifecycleRules = []schema.Rule{
	{ID: "classic.closed", Class: schema.ClassPrecondition, Cloud: "alibaba",
		Text:   "A classic instance is created until 2017-07-14T17:00:00+08:00, that second included; a replacement is a creation. One that exists stays manageable.",
		Source: "A 1", Code: "OperationDenied",
		Note: "The cloud's own documents in English and Chinese say 2017-06-14; the source's date governs."},
	{ID: "classic.address-assigned", Class: schema.ClassPrecondition, Cloud: "alibaba",
		Text:   "The cloud hands out the addresses of a classic instance: privateIP cannot be chosen at creation.",
		Source: "A 1, 2.2"},
	{ID: "private-ip.at-creation", Class: schema.ClassEffect, Cloud: "any",
		Text:   "An instance gets one private address of its subnet when it is created; one that is not declared is the lowest free address outside every reservation.",
		Source: "A 2.1, B 04"},
	{ID: "eni.instance-release", Class: schema.ClassEffect, Cloud: "alibaba",
		Text:   "Releasing an instance deletes what is attached to it: an ENI that stays declared is detached first. On AWS such ENIs survive, and are detached first all the same.",
		Source: "A 4.3, 4.7", Code: "InvalidOperation.EniLinked"},
	{ID: "eni.create-with-instance", Class: schema.ClassEffect, Cloud: "alibaba",
		Text:   "An instance is created with its primary ENI; each declared one is attached after it, in the order of deviceIndex.",
		Source: "A 4.3"},
	{ID: "instance.lifecycle", Class: schema.ClassPrecondition, Cloud: "any",
		Text:   "pending → running → stopping → stopped → pending, and running or stopped → shutting-down → terminated: no other way.",
		Source: "B 01-02", Code: "IncorrectInstanceState",
		Note: "The source names the phases; the arrows are public."},
	{ID: "classic-link.with-instance", Class: schema.ClassEffect, Cloud: "alibaba",
		Text:   "Releasing a classic instance ends its link to a VPC.",
		Source: "public"},
	{ID: "public-ip.release.with-instance", Class: schema.ClassEffect, Cloud: "alibaba",
		Text:   "Releasing an instance releases its NAT public IP; an EIP that is bound stays.",
		Source: "A 2.1"},
	{ID: "public-ip.at-creation", Class: schema.ClassEffect, Cloud: "alibaba",
		Text:   "publicIP declared at creation has a NAT public IP assigned then.",
		Source: "A 2.1, 2.2"},
}

// classicEnd is the last second in which a classic instance could be created.
// The clouds' own documents say 2017-06-14; the source's date governs.
var classicEnd = time.Date(2017, 7, 14, 17, 0, 0, 0, time.FixedZone("UTC+8", 8*3600))

var classicClosed = plan.Requirement{Rule: "classic.closed", Code: code("OperationDenied", ""), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	want := spec[*schema.InstanceSpec](wanted(v, target))
	if want == nil || want.NetworkType != schema.NetworkClassic {
		return plan.Skipped()
	}
	if v.At.After(classicEnd) {
		return plan.Fails("declare it in a VPC: networkType vpc and a subnet",
			"no classic instance is created after %s, and it would be %s", classicEnd.Format(time.RFC3339), v.At.UTC().Format(time.RFC3339))
	}
	return plan.Holds("classic instances can be created until %s", classicEnd.Format(time.RFC3339))
}}

var classicAddressAssigned = plan.Requirement{Rule: "classic.address-assigned", Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	want := spec[*schema.InstanceSpec](wanted(v, target))
	if want == nil || want.NetworkType != schema.NetworkClassic || !want.PrivateIP.IsValid() {
		return plan.Skipped()
	}
	return plan.Fails("leave privateIP out", "a classic instance's address is handed out by the cloud, and %s was declared", want.PrivateIP)
}}

// lifecycle is the requirement that the instance is in one of the phases.
func lifecycle(words string, phases ...schema.Phase) plan.Requirement {
	return plan.Requirement{Rule: "instance.lifecycle", Code: code("IncorrectInstanceStatus", "IncorrectInstanceState"),
		Check: func(v *plan.View, target plan.Ref) plan.Verdict {
			r := now(v, target)
			if r == nil {
				return plan.Fails("settle what keeps it from being created", "%s does not exist", target)
			}
			return inPhase(target, instanceStatus(r).Phase, words, phases)
		}}
}

func inPhase(ref plan.Ref, is schema.Phase, words string, phases []schema.Phase) plan.Verdict {
	if slices.Contains(phases, is) {
		return plan.Holds("%s is %s", ref, is)
	}
	if is.Transitional() {
		// No step of a plan ends it, so that the verdict waits for no object.
		return plan.Fails("plan again when that has ended", "%s is %s, and has to be %s", ref, is, words)
	}
	if is == schema.PhaseTerminated {
		return plan.Fails("it does not come back: enid state forget, and the next plan creates it anew", "%s is terminated, and has to be %s", ref, words)
	}
	return plan.Fails("bring it there first", "%s is %s, and has to be %s", ref, is, words)
}

// stopped is the requirement that the instance is stopped, under the rule that
// asks for it; a stop makes it hold.
func stopped(rule string, codes map[string]string) plan.Requirement {
	return stoppedInstance(rule, codes, func(_ *plan.View, target plan.Ref) plan.Ref { return target })
}

// stoppedInstance is stopped for the instance that which answers; the zero Ref
// is none that the rule concerns.
func stoppedInstance(rule string, codes map[string]string, which func(*plan.View, plan.Ref) plan.Ref) plan.Requirement {
	return plan.Requirement{Rule: rule, Code: codes, Check: func(v *plan.View, target plan.Ref) plan.Verdict {
		ref := which(v, target)
		if ref.IsZero() {
			return plan.Skipped()
		}
		r := now(v, ref)
		if r == nil {
			return plan.Fails("settle what keeps it from being created", "%s does not exist", ref).Wait(ref)
		}
		switch phase := instanceStatus(r).Phase; phase {
		case schema.PhaseStopped:
			return plan.Holds("%s is stopped", ref)
		case schema.PhaseRunning:
			return plan.Fails("allow downtime by a Policy, or stop it", "%s is running, and has to be stopped", ref).Enable("instance.stop", ref)
		default:
			return inPhase(ref, phase, "stopped", nil)
		}
	}}
}

// remainingENIs has the ENIs that stay detached before their instance goes, and
// waits for those that go on their own.
var remainingENIs = plan.Requirement{Rule: "eni.instance-release", Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	var going []plan.Ref
	for _, ref := range v.Members(plan.Term{Index: indexENIs, Ref: target}) {
		r := now(v, ref)
		switch {
		case r.Observed():
			return plan.Fails("detach it by other means first", "%s, which enid does not manage, is attached and would go or be changed with the instance", ref)
		case wanted(v, ref) != nil:
			return plan.Fails("detach it first", "%s stays, and would go with the instance", ref).Enable("eni.detach", ref)
		default:
			going = append(going, ref)
		}
	}
	if len(going) > 0 {
		return plan.Fails("settle what keeps it from being deleted", "%s is still attached", going[0]).Wait(going...)
	}
	return plan.Holds("no ENI that enid manages is attached")
}}

// factsBound keeps what enid does not manage from being unbound along the way.
var factsBound = plan.Requirement{Rule: ruleObserveOnly, Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	for _, ref := range v.Members(plan.Term{Index: indexBound, Ref: target}) {
		if now(v, ref).Observed() {
			return plan.Fails("unbind it by other means first", "%s, a fact that enid only observes, is bound to it", ref)
		}
	}
	for _, ref := range linksOf(v, target) {
		if now(v, ref).Observed() {
			return plan.Fails("detach it by other means first", "%s, a fact that enid only observes, links it", ref)
		}
	}
	return plan.Skipped()
}}

// instanceLosesData reports whether deleting the instance loses data: its root
// goes with it, unless an EBS root is kept, and so do volumes.
func instanceLosesData(v *plan.View, target plan.Ref) bool {
	s := spec[*schema.InstanceSpec](now(v, target))
	if s == nil {
		return false
	}
	kept := s.RootVolume != nil && s.RootVolume.DeleteOnTermination != nil && !*s.RootVolume.DeleteOnTermination
	return !kept || s.RootDevice == "instance-store" || losesVolumes(v, target)
}

func runInstance(e *plan.Effects, target plan.Ref) {
	w := wanted(e.View, target)
	s := spec[*schema.InstanceSpec](w)
	status := schema.InstanceStatus{
		CommonStatus: schema.CommonStatus{CreatedAt: schema.Time{Time: e.At.UTC()}},
		Phase:        schema.PhaseRunning, PrivateIP: s.PrivateIP, MAC: s.MAC, TerminationProtection: s.TerminationProtection,
	}
	if s.NetworkType != schema.NetworkClassic && !s.PrivateIP.IsValid() {
		status.PrivateIP = lowestFree(e, s.Subnet)
		status.Predicted = []string{"privateIP"}
		e.Note("private-ip.at-creation", "the cloud assigns an address of %s; the lowest free one is %s", subnetRef(s.Subnet), status.PrivateIP)
	}
	if n := e.Want.Count(plan.Term{Index: indexENIs, Ref: target}); n > 0 && !is(e.View, target, schema.AWS) {
		e.Note("eni.create-with-instance", "it is created with its primary ENI; %d declared are attached afterwards, in the order of deviceIndex", n)
	}
	if asks(s) {
		status.PublicIP = &schema.PublicIPStatus{}
		e.Note("public-ip.at-creation", "it gets a public address at creation")
	}
	e.Put(target, w.With(nil, &status))
}

func deleteInstance(e *plan.Effects, target plan.Ref) {
	r := now(e.View, target)
	if instanceStatus(r).PublicIP != nil {
		e.Note("public-ip.release.with-instance", "its public address is released with it")
	}
	alibaba := !is(e.View, target, schema.AWS)
	for _, ref := range e.World().Members(plan.Term{Index: indexENIs, Ref: target}) {
		if alibaba {
			e.Note("eni.instance-release", "%s is still attached and goes with it", ref)
			e.Put(ref, nil)
			continue
		}
		detachEffect(e, ref)
	}
	for _, ref := range linksOf(e.View, target) {
		e.Note("classic-link.with-instance", "%s goes with it", ref)
		e.Put(ref, nil)
	}
	releaseRoot(e, r)
	releaseVolumes(e, target)
	unbindAll(e, target)
	e.Put(target, nil)
}
