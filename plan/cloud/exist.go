package cloud

import (
	"slices"
	"strings"

	"enid/plan"
	"enid/schema"
)

// existRules are the rows of the catalogue that this file is about.
var existRules = []schema.Rule{
	{ID: "delete.unreferenced", Class: schema.ClassPrecondition, Cloud: "any",
		Text:   "What others live in or refer to is not deleted before they are gone or changed.",
		Source: "public", Code: "DependencyViolation"},
}

// named answers an operation's name per cloud.
func named(alibaba, aws string) func(*plan.View, plan.Ref) string {
	return func(v *plan.View, target plan.Ref) string {
		if is(v, target, schema.AWS) {
			return aws
		}
		return alibaba
	}
}

// code answers error codes per cloud; "" where none is known.
func code(alibaba, aws string) map[string]string {
	return map[string]string{string(schema.Alibaba): alibaba, string(schema.AWS): aws}
}

// created reports whether the files ask for the target and the world has none.
func created(v *plan.View, target plan.Ref) bool {
	w := wanted(v, target)
	return w != nil && !w.Observed() && now(v, target) == nil
}

// deleted reports whether the world has the target and the files no longer do.
func deleted(v *plan.View, target plan.Ref) bool {
	if wanted(v, target) != nil {
		return false
	}
	r := now(v, target)
	return r != nil && !r.Observed()
}

// creates answers Gives of a create that also serves the replacement of what
// differs in fields that never change.
func creates(fixed func(v *plan.View, target plan.Ref) []plan.Change) func(*plan.View, plan.Ref) bool {
	return func(v *plan.View, target plan.Ref) bool {
		return created(v, target) || len(fixed(v, target)) > 0
	}
}

func deleteChanges(v *plan.View, target plan.Ref) []plan.Change {
	return specChanges(now(v, target), nil)
}

// absent is the requirement of a create: what stands there is deleted first. The
// rule is the one that says the field never changes.
func absent(rule, enabler string) plan.Requirement {
	return plan.Requirement{Rule: rule, Check: func(v *plan.View, target plan.Ref) plan.Verdict {
		if now(v, target) == nil {
			return plan.Skipped()
		}
		return plan.Fails("take the change back, or approve the replacement",
			"%s exists, and what the commit changes is fixed at creation", target).Enable(enabler, target)
	}}
}

// absentWhere is absent where one of the fields at the given paths differs.
func absentWhere(fixed func(*plan.View, plan.Ref) []plan.Change, rule, enabler string, paths []string) plan.Requirement {
	inner := absent(rule, enabler)
	return plan.Requirement{Rule: rule, Check: func(v *plan.View, target plan.Ref) plan.Verdict {
		if slices.ContainsFunc(fixed(v, target), func(c plan.Change) bool { return slices.Contains(paths, c.Path) }) {
			return inner.Check(v, target)
		}
		return plan.Skipped()
	}}
}

// referencesExist is the requirement that everything that the wanted spec refers
// to was created; later references (attachTo, bindTo) are their own steps'.
var referencesExist = plan.Requirement{Rule: plan.RuleDependsOn, Check: func(v *plan.View, target plan.Ref) plan.Verdict {
	w := wanted(v, target)
	if w == nil {
		return plan.Skipped()
	}
	for _, f := range w.Spec.References() {
		if later(f.Path) || f.Ref == target || now(v, f.Ref) != nil {
			continue
		}
		return plan.Fails("settle what keeps it from being created", "%s does not exist yet", f.Ref).Wait(f.Ref)
	}
	return plan.Verdict{Holds: true}
}}

// later reports whether the reference is taken up by a later step than create,
// or by rules of a group that may name groups created after it, or by targets.
func later(path string) bool {
	switch path {
	case "spec.attachTo.instance", "spec.bindTo.instance", "spec.bindTo.eni", "spec.convertFrom.instance":
		return true
	}
	return strings.HasPrefix(path, "spec.rules") || strings.HasPrefix(path, "spec.targets") || strings.HasPrefix(path, "spec.attachTo[")
}

// exists is the requirement that one more object was created.
func exists(which func(v *plan.View, target plan.Ref) plan.Ref) plan.Requirement {
	return plan.Requirement{Rule: plan.RuleDependsOn, Check: func(v *plan.View, target plan.Ref) plan.Verdict {
		ref := which(v, target)
		if ref.IsZero() || now(v, ref) != nil {
			return plan.Verdict{Holds: true}
		}
		return plan.Fails("settle what keeps it from being created", "%s does not exist yet", ref).Wait(ref)
	}}
}

// unreferenced is the requirement of deleting what others live in or refer to.
func unreferenced(codes map[string]string) plan.Requirement {
	return plan.Requirement{Rule: ruleDelete, Code: codes, Check: func(v *plan.View, target plan.Ref) plan.Verdict {
		t := plan.Term{Index: indexReferrers, Ref: target}
		if !v.AtLeast(t, 1) {
			return plan.Holds("nothing refers to it")
		}
		users := v.Members(t)
		return plan.Fails("remove or change what uses it", "%s uses it, of %d in all", users[0], len(users)).Wait(users[:min(len(users), 8)]...)
	}}
}
