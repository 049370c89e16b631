package schema

import (
	"fmt"
	"strings"
)

// FieldDoc is what the JSON Schemas say of a field, or of a whole kind.
type FieldDoc struct {
	Kind Kind `json:"kind"`
	// Path is the field's from the document's root: spec.guest.mtu; the items of a
	// list are taken for the list. "" for the kind itself.
	Path        string `json:"path"`
	Description string `json:"description"`
	// Type is text, whole number, true or false or mapping, or "list of " one of
	// these in the plural; where there are several, with " or " between them.
	Type string `json:"type"`
	// Required says that the parent has to have it.
	Required bool   `json:"required,omitempty"`
	Default  string `json:"default,omitempty"` // as a file writes it; "": none
	// Allowed says in words what is taken; "" where the type says all.
	Allowed string `json:"allowed,omitempty"`
	// Choices are sub-fields of which exactly one is to be set.
	Choices []string `json:"choices,omitempty"`
	// Fields are the fields below it, or below each item, in the order in which
	// the documentation has them. Their own Fields are left out.
	Fields []FieldDoc `json:"fields,omitempty"`
}

// Field answers what there is to say of a field: eni.spec.guest, ENIs.guest,
// volume.spec.attachTo.device. Case does not matter, the kind may be plural, and
// `spec` may be left out. The error says which step leads nowhere and what there
// is instead.
func Field(path string) (FieldDoc, error) {
	names := strings.Split(strings.ReplaceAll(strings.TrimSpace(path), "[]", ""), ".")
	kind, ok := KindNamed(names[0])
	if !ok {
		return FieldDoc{}, fmt.Errorf("there is no kind %s%s; %s", shown(names[0]), didYouMean(names[0], kindNames()), orList(kindNames()))
	}
	at := rootField(kind)
	for i, name := range names[1:] {
		next, found := at.child(name)
		if !found && i == 0 && Nearest(name, at.names()) == "" {
			at, _ = at.child("spec")
			next, found = at.child(name)
		}
		if !found {
			return FieldDoc{}, at.lacks(name)
		}
		at = next
	}
	doc := at.doc()
	for _, name := range at.names() {
		if below, found := at.child(name); found {
			doc.Fields = append(doc.Fields, below.doc())
		}
	}
	return doc, nil
}
