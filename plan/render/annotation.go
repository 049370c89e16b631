package render

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"enid/schema"
)

// Annotation is a finding as forges and editors show it, beside its line.
type Annotation struct {
	// Finding's file is relative to the repository's top, slash-separated; its
	// column counts UTF-16 code units from 1, as their programs do.
	schema.Finding
	// End is the column after the word that begins there; 0 where none is known.
	End int
}

// schemaRule is the id of findings that break no rule of the catalogue, but the
// schema or the syntax.
const schemaRule = "schema"

func (a Annotation) rule() string { return cmp.Or(a.Rule, schemaRule) }

// maxAnnotation is how many bytes of text an annotation has: messages quote the
// tree, where a value may be as long as its file.
const maxAnnotation = 2000

// text is the finding without its place, which is told apart from it.
func (a Annotation) text() string {
	text := Inert(strings.TrimPrefix(a.String(), a.Pos.String()+": "))
	if len(text) <= maxAnnotation {
		return text
	}
	cut := maxAnnotation
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "..."
}

// byUse answers the annotations in the order of their use to a person who is
// shown ten: errors before advice, and of each the first of every kind before
// the second of any.
func byUse(list []Annotation) []Annotation {
	type kind struct{ rule, field string }
	type ranked struct {
		Annotation
		nth int
	}
	seen := map[kind]int{}
	order := make([]ranked, len(list))
	for i, a := range list {
		k := kind{a.Rule, a.Path}
		order[i] = ranked{a, seen[k]}
		seen[k]++
	}
	slices.SortStableFunc(order, func(a, b ranked) int {
		return cmp.Or(errorsFirst(a.Annotation, b.Annotation), cmp.Compare(a.nth, b.nth))
	})
	sorted := make([]Annotation, len(list))
	for i, r := range order {
		sorted[i] = r.Annotation
	}
	return sorted
}

func errorsFirst(a, b Annotation) int {
	switch {
	case a.Advice == b.Advice:
		return 0
	case b.Advice:
		return -1
	}
	return 1
}
