package web

import (
	"reflect"

	"enid/plan"
)

// Patterns answers the patterns of everything that Handler answers.
func Patterns(d Daemon) (all []string) {
	for _, r := range routes(d, &Bell{}) {
		all = append(all, r.pattern)
	}
	return all
}

// Answers are the types of what is answered as JSON, by the name of their description.
var Answers = map[string]reflect.Type{
	"Plan": reflect.TypeFor[plan.Plan](), "Resources": reflect.TypeFor[wireState](),
	"History": reflect.TypeFor[historyAnswer](), "RevisionSteps": reflect.TypeFor[revisionAnswer](),
}
