package schema

import (
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// target answers the schema that s stands for, without mere references.
func target(s *jsonschema.Schema) *jsonschema.Schema {
	for s != nil && s.Ref != nil {
		s = s.Ref
	}
	return s
}

// below answers the schema of a field of what s describes, nil where s knows no
// such field.
func below(s *jsonschema.Schema, name string) *jsonschema.Schema {
	if s == nil {
		return nil
	}
	if p, ok := s.Properties[name]; ok {
		return target(p)
	}
	p, _ := s.AdditionalProperties.(*jsonschema.Schema)
	return target(p)
}

// items answers the schema of the items of what s describes, or nil.
func items(s *jsonschema.Schema) *jsonschema.Schema {
	if s == nil {
		return nil
	}
	return target(s.Items2020)
}

// isFree reports whether people choose the keys of what s describes.
func isFree(s *jsonschema.Schema) bool {
	return s != nil && s.AdditionalProperties != nil
}

// takesText reports whether s takes texts and nothing else that is a scalar.
func takesText(s *jsonschema.Schema) bool {
	return s != nil && slices.Contains(s.Types, "string") &&
		!slices.ContainsFunc(s.Types, func(t string) bool { return t == "integer" || t == "number" || t == "boolean" })
}

// walkSchema calls see for each field's name that s knows, in any depth.
func walkSchema(s *jsonschema.Schema, see func(name string)) {
	s = target(s)
	if s == nil {
		return
	}
	names := make([]string, 0, len(s.Properties))
	for name := range s.Properties {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		see(name)
		walkSchema(s.Properties[name], see)
	}
	walkSchema(s.Items2020, see)
}
