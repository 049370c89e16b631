package schema

import (
	"cmp"
	"slices"
)

// Invalid reports whether findings make a topology invalid: one that is no
// advice does.
func Invalid(findings []Finding) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool { return !f.Advice })
}

// SortFindings puts findings into the order in which people read them: by place.
func SortFindings(findings []Finding) { slices.SortStableFunc(findings, compareFindings) }

// compareFindings orders findings by place; of one place by what they say.
func compareFindings(a, b Finding) int {
	return cmp.Or(
		comparePos(a.Pos, b.Pos), a.Ref.Compare(b.Ref), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Message, b.Message),
	)
}

func comparePos(a, b Pos) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}
