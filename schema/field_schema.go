package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// schemaField is a field of a kind's JSON Schema: compiled, and as its file has
// it, for the compiled form has lost the order of fields.
type schemaField struct {
	kind     Kind
	path     string
	schema   *jsonschema.Schema // a mere reference is not followed yet: it has a description of its own
	written  *node
	shared   *node // common.json
	required bool
}

// rootField answers a kind's document.
func rootField(kind Kind) schemaField {
	return schemaField{kind: kind, schema: compiled[kind], written: writtenSchema(string(kind)), shared: writtenSchema("common")}
}

// writtenSchema answers an embedded file, which the compiler has accepted before.
func writtenSchema(name string) (root *node) {
	data, err := schemaFiles.ReadFile("jsonschema/" + name + ".json")
	if err != nil {
		panic("schema: " + err.Error())
	}
	if problem := readJSON(data, func(n *node) { root = n }); problem != nil {
		panic("schema: " + name + ": " + problem.Error())
	}
	return root
}

// holder answers the schema that has the fields of f: its own, or its items'.
func (f schemaField) holder() (*jsonschema.Schema, *node) {
	s, n := target(f.schema), f.follow(f.written)
	if s != nil && s.Items2020 != nil {
		return target(s.Items2020), f.follow(n.field("items"))
	}
	return s, n
}

func (f schemaField) follow(n *node) *node {
	for {
		to := n.field("$ref")
		if to == nil {
			return n
		}
		n = f.shared.field("$defs").field(strings.TrimPrefix(strings.TrimPrefix(to.text, commonDefs), "#/$defs/"))
	}
}

// names answers the names of the fields below f, in the order of the file.
func (f schemaField) names() (names []string) {
	_, n := f.holder()
	if n = n.field("properties"); n != nil {
		for i := 0; i < len(n.kids); i += 2 {
			names = append(names, n.kids[i].text)
		}
	}
	return names
}

// child answers the field of that name in any case, or what people's own keys hold.
func (f schemaField) child(name string) (schemaField, bool) {
	s, n := f.holder()
	child := f
	if free, ok := s.AdditionalProperties.(*jsonschema.Schema); ok && name != "" {
		child.schema, child.written, child.required = free, n.field("additionalProperties"), false
		child.path = strings.TrimPrefix(f.path+"."+name, ".")
		return child, true
	}
	for _, known := range f.names() {
		if strings.EqualFold(known, name) {
			child.schema, child.written = s.Properties[known], n.field("properties").field(known)
			child.required = slices.Contains(s.Required, known)
			child.path = strings.TrimPrefix(f.path+"."+known, ".")
			return child, true
		}
	}
	return f, false
}

// lacks answers the error of a name that is no field below f.
func (f schemaField) lacks(name string) error {
	place := strings.TrimSuffix(string(f.kind)+"."+f.path, ".")
	names := f.names()
	if len(names) == 0 {
		return fmt.Errorf("%s has no fields: it is %s", place, f.doc().Type)
	}
	return fmt.Errorf("%s has no field %s%s; %s", place, shown(name), didYouMean(name, names), orList(names))
}

// doc answers what there is to say of f, its fields aside.
func (f schemaField) doc() FieldDoc {
	s := target(f.schema)
	doc := FieldDoc{
		Kind: f.kind, Path: f.path, Required: f.required, Type: typeName(s, false), Allowed: allowedOf(s),
		Description: s.Description,
	}
	if f.schema.Description != "" {
		doc.Description = f.schema.Description
	}
	for _, from := range []*jsonschema.Schema{f.schema, s} {
		if from.Default != nil {
			doc.Default = fmt.Sprint(from.Default)
		}
	}
	holder, _ := f.holder()
	for _, branch := range holder.OneOf {
		doc.Choices = append(doc.Choices, strings.Join(branch.Required, " with "))
	}
	return doc
}

// allowedOf answers what a schema, or its items, take beyond their type.
func allowedOf(s *jsonschema.Schema) string {
	if s.Items2020 != nil {
		s = target(s.Items2020)
	}
	switch {
	case len(s.Properties) > 0 || isFree(s) || s.WriteOnly:
		return ""
	case len(s.Constant) == 0 && len(s.Enum) == 0 && s.Format == "" && s.Pattern == nil && s.Minimum == nil && s.MaxLength < 0:
		return ""
	case s.Pattern != nil:
		return described(s)
	}
	return form(s)
}

var typeNames = map[string][2]string{ // one, several
	"string": {"text", "texts"}, "integer": {"whole number", "whole numbers"},
	"boolean": {"true or false", "booleans"}, "object": {"mapping", "mappings"},
}

// typeName answers a schema's type in words, in the plural where it is a list's.
func typeName(s *jsonschema.Schema, plural bool) string {
	var words []string
	for _, t := range s.Types {
		switch {
		case t == "array":
			words = append(words, "list of "+typeName(target(s.Items2020), true))
		case plural:
			words = append(words, typeNames[t][1])
		default:
			words = append(words, typeNames[t][0])
		}
	}
	return strings.Join(words, " or ")
}
