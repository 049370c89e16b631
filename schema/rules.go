package schema

// invalidRule is a rule of the catalogue that the files alone can break.
type invalidRule struct {
	Rule
	// check reports every place that breaks the rule. It is linear in the
	// topology. It is nil where the check of another rule reports it too.
	check func(*joined)
}

// invalidRules are the rules of each section of the catalogue, in its order.
var invalidRules = concat(
	networkRules, subnetRules, publicAddressRules, interfaceRules, blockRules, instanceRules, volumeRules, fieldRules,
)

func concat(sections ...[]invalidRule) (all []invalidRule) {
	for _, section := range sections {
		all = append(all, section...)
	}
	return all
}

// Rules answers the `invalid` rules, and the advice that the files alone give.
func Rules() []Rule {
	rules := make([]Rule, len(invalidRules))
	for i, r := range invalidRules {
		rules[i] = r.Rule
	}
	return rules
}

// each calls see for every resource of a kind with its spec.
func each[S Spec](j *joined, kind Kind, see func(*Resource, S)) {
	for _, r := range j.OfKind(kind) {
		if s, ok := r.Spec.(S); ok {
			see(r, s)
		}
	}
}

// specOf answers the spec of a resource, nil where there is no such resource.
func specOf[S Spec](j *joined, kind Kind, name string) S {
	var none S
	if r := j.Get(Ref{kind, name}); r != nil {
		if s, ok := r.Spec.(S); ok {
			return s
		}
	}
	return none
}
