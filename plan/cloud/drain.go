package cloud

import (
	"slices"

	"enid/plan"
	"enid/schema"
)

// drainRules are the rows of the catalogue that this file is about.
var drainRules = []schema.Rule{
	{ID: "instance.drain", Class: schema.ClassEffect, Cloud: "aws",
		Text:   "Before an instance stops, reboots or goes it is deregistered from its target groups; once it runs it is registered again. In a group of two or more the next target is deregistered only when another one is registered and running; a group of one is drained all the same. A declared target that is stopped is no difference.",
		Source: "B 01-02",
		Note:   "A declared target that the files have stopped does not make a group of two: nobody would ever take its place."},
}

// drained is the requirement of every step that stops, reboots or deletes an
// instance: nobody sends it traffic any more. Registering it again, once it
// runs, is a difference of its target groups.
var drained = plan.Requirement{Rule: "instance.drain", Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	groups := v.Members(plan.Term{Index: indexTargetGroups, Ref: target})
	for _, group := range groups {
		if slices.Contains(registeredTargets(v, group), target.Name) {
			return plan.Fails("deregister it first", "%s takes traffic of %s", target, group).EnableFor("target-group.deregister", group, target.Name)
		}
	}
	if len(groups) == 0 {
		return plan.Skipped()
	}
	return plan.Holds("no target group sends it traffic")
}}

// anotherServes is the requirement of a deregistration: in a group of two or more
// another target is registered and runs. A declared target that the files have
// stopped makes no group of two: nobody could wait for it.
var anotherServes = plan.Requirement{Rule: "instance.drain", Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	if !runs(inWorld(v), v.Item) {
		return plan.Skipped() // it takes no traffic
	}
	serving := registeredTargets(v, target)
	var awaited []plan.Ref
	for _, n := range slices.Concat(serving, toServe(v, target)) {
		switch {
		case n == v.Item:
		case runs(inWorld(v), n) && slices.Contains(serving, n):
			return plan.Holds("%s keeps taking traffic of %s", instanceRef(n), target)
		default:
			awaited = append(awaited, instanceRef(n))
		}
	}
	if len(awaited) == 0 {
		return plan.Holds("%s has no other target: it is drained all the same", target)
	}
	return plan.Fails("start or register another target, or take those that do not run out of the targets",
		"%s is the last one that takes traffic of %s; %s does not", instanceRef(v.Item), target, awaited[0]).Wait(append(awaited, target)...)
}}

// toServe answers the declared targets that the files want running.
func toServe(v *plan.View, target plan.Ref) []string {
	want := spec[*schema.TargetGroupSpec](wanted(v, target))
	if want == nil {
		return nil
	}
	return drop(want.Targets, func(n string) bool {
		s := spec[*schema.InstanceSpec](wanted(v, instanceRef(n)))
		return s == nil || s.Power == schema.PowerStopped
	})
}
