package schema

import (
	"math/big"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// The functions below answer whether a value certainly satisfies what its own
// schema says, its parts aside. They answer false where they do not know: then
// the JSON Schema library decides. They exist because it takes as long as the
// reading of the document, and nearly all documents are right. A test holds
// that they never accept what the library refuses.

// namePattern is that of common.json's name, by far the most frequent pattern.
const namePattern = "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"

// plainSchema reports whether s has no keyword that is not looked at below.
func plainSchema(s *jsonschema.Schema) bool {
	return s != nil && s.Always == nil && s.AnyOf == nil && s.If == nil && s.Dependencies == nil && s.DependentSchemas == nil &&
		s.PatternProperties == nil && s.PrefixItems == nil && s.Contains == nil && s.UnevaluatedItems == nil &&
		s.ExclusiveMinimum == nil && s.ExclusiveMaximum == nil && s.MultipleOf == nil && s.MinProperties < 0 &&
		s.DynamicRef == nil && s.RecursiveRef == nil && s.Items == nil
}

func hasType(s *jsonschema.Schema, name string) bool {
	return len(s.Types) == 0 || slices.Contains(s.Types, name)
}

// acceptsText reports whether s certainly takes a text.
func acceptsText(s *jsonschema.Schema, text string) bool {
	if !plainSchema(s) || !hasType(s, "string") || s.Not != nil || s.AllOf != nil || s.OneOf != nil {
		return false
	}
	if len(s.Constant) > 0 && s.Constant[0] != text || len(s.Enum) > 0 && !slices.Contains(s.Enum, any(text)) {
		return false
	}
	if s.MinLength >= 0 || s.MaxLength >= 0 {
		n := utf8.RuneCountInString(text)
		if n < s.MinLength || s.MaxLength >= 0 && n > s.MaxLength {
			return false
		}
	}
	if s.Format != "" {
		if f, ok := formats[s.Format]; !ok || f.check(text) != "" {
			return false
		}
	}
	if s.Pattern == nil {
		return true
	}
	if s.Pattern.String() == namePattern {
		return isName(text)
	}
	return s.Pattern.MatchString(text)
}

// acceptsInt reports whether s certainly takes a decimal integer.
func acceptsInt(s *jsonschema.Schema, text string) bool {
	if !plainSchema(s) || !hasType(s, "integer") || s.AllOf != nil || s.OneOf != nil || len(s.Constant) > 0 || len(s.Enum) > 0 {
		return false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return false
	}
	if s.Not != nil && (len(s.Not.Enum) == 0 || slices.Contains(texts(s.Not.Enum), text)) {
		return false
	}
	at := new(big.Rat).SetInt64(n)
	return (s.Minimum == nil || s.Minimum.Cmp(at) <= 0) && (s.Maximum == nil || s.Maximum.Cmp(at) >= 0)
}

func acceptsBool(s *jsonschema.Schema) bool {
	return plainSchema(s) && hasType(s, "boolean") && s.Not == nil && s.AllOf == nil && s.OneOf == nil &&
		len(s.Constant) == 0 && len(s.Enum) == 0
}

// acceptsList reports whether s certainly takes a list, its items aside.
func acceptsList(s *jsonschema.Schema, list []*node) bool {
	if !plainSchema(s) || !hasType(s, "array") || s.Not != nil || s.AllOf != nil || s.OneOf != nil || len(s.Constant) > 0 || len(s.Enum) > 0 {
		return false
	}
	if len(list) < s.MinItems || s.MaxItems >= 0 && len(list) > s.MaxItems {
		return false
	}
	if !s.UniqueItems {
		return true
	}
	seen := make(map[string]bool, len(list))
	for _, n := range list {
		if n.shape != scalar || seen[n.text] {
			return false
		}
		seen[n.text] = true
	}
	return true
}

// acceptsFields reports whether s certainly takes a mapping with those fields,
// their values aside.
func acceptsFields(s *jsonschema.Schema, names []string) bool {
	if !plainSchema(s) || !hasType(s, "object") || len(s.Constant) > 0 || len(s.Enum) > 0 {
		return false
	}
	if s.MaxProperties >= 0 && len(names) > s.MaxProperties || !hasAll(names, s.Required) {
		return false
	}
	for _, name := range names {
		if s.PropertyNames != nil && !acceptsText(s.PropertyNames, name) || below(s, name) == nil {
			return false
		}
	}
	for field, needs := range s.DependentRequired {
		if slices.Contains(names, field) && !hasAll(names, needs) {
			return false
		}
	}
	if s.Not != nil && !excludes(s.Not, names) {
		return false
	}
	for _, part := range s.AllOf {
		if part.Not == nil || !excludes(part.Not, names) {
			return false
		}
	}
	if len(s.OneOf) == 0 {
		return true
	}
	hits := 0
	for _, branch := range s.OneOf {
		if len(branch.Required) == 0 {
			return false
		}
		if hasAll(names, branch.Required) {
			hits++
		}
	}
	return hits == 1
}

// excludes reports whether s, a mere `required`, does not hold for those fields.
func excludes(s *jsonschema.Schema, names []string) bool {
	return len(s.Required) > 0 && !hasAll(names, s.Required)
}

func hasAll(names, wanted []string) bool {
	for _, name := range wanted {
		if !slices.Contains(names, name) {
			return false
		}
	}
	return true
}
