package schema

import "fmt"

// MovedFrom is the annotation by which a document says what its resource was
// called before: the resource is renamed, not deleted and created anew.
const MovedFrom = "enid/moved-from"

// RuleMoved is the rule of renames.
const RuleMoved = "plan.moved"

const pathMovedFrom = "metadata.annotations." + MovedFrom

// Was answers what the resource was called before, zero where it does not say.
func (r *Resource) Was() Ref {
	if name := r.Annotations[MovedFrom]; name != "" {
		return Ref{r.Kind, name}
	}
	return Ref{}
}

// checkMoved asks that an old name is one, that one document claims it, and that
// none still declares it: then it is plain which resource is meant, in any order
// of the documents.
func checkMoved(j *joined) {
	j.rule = RuleMoved
	defer func() { j.rule = "" }()
	claimed := map[Ref]*Resource{}
	for _, r := range j.Resources() {
		was, says := r.Annotations[MovedFrom]
		if !says {
			continue
		}
		old := Ref{r.Kind, was}
		declared := j.Get(old)
		switch {
		case !isName(was):
			j.find(r, pathMovedFrom, fmt.Sprintf("%s is no name", shown(was)), fmt.Sprintf("the name that the %s had, without its kind", r.Kind))
		case old == r.Ref:
			j.find(r, pathMovedFrom, "says that it is called as it was", "the name that it had before, or to leave it out")
		case declared != nil:
			j.find(r, pathMovedFrom, fmt.Sprintf("says that it was %s, which is still declared, at %s", old, declared.Pos),
				"a name that no document has: apply one rename before the next, and drop the annotation when the name is used again")
		case claimed[old] != nil:
			j.find(r, pathMovedFrom, fmt.Sprintf("says that it was %s, and so does %s at %s", old, claimed[old].Ref, claimed[old].Pos),
				"one document that was it")
		default:
			claimed[old] = r
		}
	}
}
