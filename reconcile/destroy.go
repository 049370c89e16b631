package reconcile

import "enid/schema"

// Destroying answers what a topology asks for when all that enid manages is to go, or,
// with targets, these and what refers to them, in the files or in the state; and what
// of the state is to go. Facts stay, and so do Accounts, Hosts, and the Policies and
// Approvals that decide about it.
func Destroying(t *schema.Topology, state []*schema.Resource, targets map[schema.Ref]bool) (left *schema.Topology, goes map[schema.Ref]bool) {
	goes = map[schema.Ref]bool{}
	files := t.Resources()
	for _, r := range state {
		if managed(r) && (targets == nil || targets[r.Ref]) {
			goes[r.Ref] = true
		}
	}
	for more := targets != nil; more; {
		more = false
		for _, all := range [][]*schema.Resource{state, files} {
			for _, r := range all {
				if managed(r) && !goes[r.Ref] && refersTo(r, goes) {
					goes[r.Ref], more = true, true
				}
			}
		}
	}
	var stay []*schema.Resource
	for _, r := range files {
		if !managed(r) || targets != nil && !goes[r.Ref] {
			stay = append(stay, r)
		}
	}
	return schema.NewTopology(stay), goes
}

func refersTo(r *schema.Resource, refs map[schema.Ref]bool) bool {
	for _, field := range r.Spec.References() {
		if refs[field.Ref] {
			return true
		}
	}
	return false
}
