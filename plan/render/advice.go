package render

import "enid/plan"

// said is advice, and all that it is given to.
type said struct {
	plan.Advice
	targets []string
}

// advised answers advice with that of the same words once, where its first stands.
func advised(all []plan.Advice) (out []*said) {
	at := map[[2]string]*said{}
	for _, a := range all {
		key := [2]string{a.Rule, a.Detail}
		if at[key] == nil {
			at[key] = &said{Advice: a}
			out = append(out, at[key])
		}
		at[key].targets = append(at[key].targets, a.Target.String())
	}
	return out
}
