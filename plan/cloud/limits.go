package cloud

import (
	"slices"

	"enid/plan"
	"enid/schema"
	"enid/schema/tables"
)

// limitsRules are the rows of the catalogue that this file is about.
var limitsRules = []schema.Rule{
	{ID: "eni.limit.instance-type", Class: schema.ClassLimit, Cloud: "any",
		Text:   "An instance's type bounds its ENIs, the primary one included, and the addresses and prefixes of each; an Alibaba ENI that is not attached takes 10 secondary addresses.",
		Source: "A 4.1, 4.3", Code: "EniPerInstanceLimitExceeded",
		Note: "The numbers are in the type tables; the one of the source is missing. IPv6 addresses and prefixes are counted by themselves, with numbers of their own (public)."},
	{ID: "eni.io-optimized", Class: schema.ClassPrecondition, Cloud: "alibaba",
		Text:   "Only I/O optimized types take ENIs; types for which it is a choice need ioOptimized: true.",
		Source: "A 4.1", Code: "InvalidOperation.InvalidGeneration",
		Note: "The error code is probable, not documented for this case."},
}

// eniLimit bounds the ENIs of an instance, the primary included, and the
// addresses of the ENI that comes, by the instance's type.
var eniLimit = plan.Requirement{Rule: "eni.limit.instance-type", Code: code("EniPerInstanceLimitExceeded", "AttachmentLimitExceeded"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	instance, eni := attachTarget(v, target), now(v, target)
	t, ok := typeOf(v, instance)
	if !ok || eni == nil || t.MaxENIs == 0 {
		return plan.Skipped()
	}
	attached := plan.Term{Index: indexENIs, Ref: instance}
	if v.AtLeast(attached, t.MaxENIs-1) {
		refs := v.Members(attached)
		return plan.Fails("detach an ENI, or choose a larger type", "%s of type %s has %d of %d ENIs", instance, t.Name, len(refs)+1, t.MaxENIs).Wait(refs...)
	}
	if f, n, most := crowded(eni, t); f != nil {
		return plan.Fails("declare fewer addresses, or choose a larger type", "%s has %d %saddresses and prefixes, and type %s takes %d on an ENI", target, n, f.noun, t.Name, most)
	}
	return plan.Holds("type %s takes %d ENIs, and %d are attached", t.Name, t.MaxENIs, v.Count(attached)+1)
}}

// roomToMove is the requirement of a detach that an attach follows: the instance
// has room for the ENI beside all others that are there or that the files attach
// to it, so that none of them takes its place in between.
var roomToMove = plan.Requirement{Foresight: true, Rule: "eni.limit.instance-type", Code: code("EniPerInstanceLimitExceeded", "AttachmentLimitExceeded"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	to := attachTarget(v, target)
	most := mostENIs(v, to)
	if most == 0 {
		return plan.Skipped()
	}
	others := slices.DeleteFunc(attachedOrWanted(v, to), func(ref plan.Ref) bool { return ref == target })
	if len(others)+2 > most {
		return plan.Fails("attach fewer ENIs, or choose a larger type", "%s takes %d ENIs, and with those that are there or are to come it would have %d", to, most, len(others)+2).Wait(others...)
	}
	return plan.Holds("%s has room for it beside all others", to)
}}

// mostENIs answers how many ENIs an instance takes by the types that it has and
// is to have; 0 where that is not known, or there is no such instance.
func mostENIs(v *plan.View, instance plan.Ref) int {
	t, _ := typeOf(v, instance)
	most := t.MaxENIs
	if want := spec[*schema.InstanceSpec](wanted(v, instance)); want != nil {
		if t, _ := tables.Lookup(string(provider(v, instance)), want.Type); t.MaxENIs > 0 && (most == 0 || t.MaxENIs < most) {
			most = t.MaxENIs
		}
	}
	return most
}

// ioOptimized is the requirement that the instance's type takes ENIs at all.
var ioOptimized = plan.Requirement{Rule: "eni.io-optimized", Code: code("InvalidOperation.InvalidGeneration", ""), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	instance := attachTarget(v, target)
	if s := spec[*schema.InstanceSpec](now(v, instance)); s != nil {
		return takesENIs(v, instance, s.Type, s.IOOptimized)
	}
	return plan.Skipped()
}}

// typeTakesENIs is the requirement that a new type takes ENIs at all, where some
// are attached or the files attach some.
var typeTakesENIs = plan.Requirement{Rule: "eni.io-optimized", Code: code("InvalidOperation.InvalidGeneration", ""), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	is, want, ok := both[*schema.InstanceSpec](v, target)
	enis := attachedOrWanted(v, target)
	if !ok || len(enis) == 0 {
		return plan.Skipped()
	}
	verdict := takesENIs(v, target, want.Type, is.IOOptimized)
	if !verdict.Holds {
		return verdict.Wait(enis...)
	}
	return verdict
}}

// takesENIs is the verdict whether an Alibaba instance would take ENIs with the type.
func takesENIs(v *plan.View, instance plan.Ref, name string, asked *bool) plan.Verdict {
	if is(v, instance, schema.AWS) {
		return plan.Skipped()
	}
	t, _ := tables.Lookup(string(schema.Alibaba), name)
	switch {
	case t.IOOptimized == "":
		return plan.Skipped()
	case t.IOOptimized == "no":
		return plan.Fails("choose an I/O optimized type, or attach no ENI", "type %s of %s is not I/O optimized", name, instance)
	case t.IOOptimized == "optional" && (asked == nil || !*asked):
		return plan.Fails("set ioOptimized: true on the instance, or attach no ENI", "type %s of %s is I/O optimized only where it is asked for", name, instance)
	}
	return plan.Holds("type %s is I/O optimized", name)
}

// ioDecided reports whether a type is I/O optimized, or is not, whatever is asked for.
func ioDecided(name string) bool {
	t, _ := tables.Lookup(string(schema.Alibaba), name)
	return t.IOOptimized == "yes" || t.IOOptimized == "no"
}

// typeHoldsENIs is the requirement that a new type takes what is attached, and
// what the files attach: an ENI that is detached only to come back must find room.
var typeHoldsENIs = plan.Requirement{Rule: "eni.limit.instance-type", Code: code("InvalidOperation.Ipv4CountExceeded", "AttachmentLimitExceeded"), Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	want := spec[*schema.InstanceSpec](wanted(v, target))
	if want == nil {
		return plan.Skipped()
	}
	t, ok := tables.Lookup(string(provider(v, target)), want.Type)
	if !ok || t.MaxENIs == 0 {
		return plan.Skipped()
	}
	enis := attachedOrWanted(v, target)
	if len(enis)+1 > t.MaxENIs {
		return plan.Fails("detach ENIs first, or choose a larger type", "%s has or is to have %d ENIs, and type %s takes %d", target, len(enis)+1, t.Name, t.MaxENIs).Wait(enis...)
	}
	for _, ref := range enis {
		eni := now(v, ref)
		if eni == nil {
			continue
		}
		if f, n, most := crowded(eni, t); f != nil {
			return plan.Fails("unassign addresses first, or choose a larger type", "%s has %d %saddresses, and type %s takes %d on an ENI", ref, n, f.noun, t.Name, most).Wait(ref)
		}
	}
	return plan.Holds("type %s takes the %d ENIs that are attached or to be attached", t.Name, len(enis)+1)
}}

// attachedOrWanted answers the secondary ENIs that are attached to the instance,
// and those that the files attach to it.
func attachedOrWanted(v *plan.View, instance plan.Ref) []plan.Ref {
	attached := plan.Term{Index: indexENIs, Ref: instance}
	refs := v.Members(attached)
	for _, ref := range v.Want.Members(attached) {
		if !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	return refs
}
