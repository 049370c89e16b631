package schema

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// form says what a schema allows, for the second half of a finding.
func form(s *jsonschema.Schema) string {
	if s == nil {
		return ""
	}
	if f, ok := formats[s.Format]; ok {
		return f.allowed
	}
	switch {
	case len(s.Constant) > 0:
		return fmt.Sprint(s.Constant[0])
	case len(s.Enum) > 0:
		return orList(texts(s.Enum))
	case s.Pattern != nil, s.WriteOnly:
		return described(s)
	case s.Minimum != nil && s.Maximum != nil:
		return fmt.Sprintf("a whole number from %s to %s%s", s.Minimum.RatString(), s.Maximum.RatString(), except(s))
	case s.Minimum != nil:
		return fmt.Sprintf("a whole number from %s up", s.Minimum.RatString())
	case slices.Contains(s.Types, "boolean"):
		return "true or false"
	case slices.Contains(s.Types, "object") && len(s.Properties) > 0:
		return "a mapping with " + orList(sortedNames(s))
	case slices.Contains(s.Types, "object"):
		return "a mapping of texts"
	case slices.Contains(s.Types, "array") && s.MinItems > 0 && s.MinItems == s.MaxItems:
		return fmt.Sprintf("a list of %d", s.MinItems)
	case slices.Contains(s.Types, "array"):
		return "a list"
	case s.MaxLength >= 0:
		return fmt.Sprintf("a text of %d to %d characters", max(s.MinLength, 0), s.MaxLength)
	}
	return described(s)
}

// described answers a schema's description as a part of a sentence.
func described(s *jsonschema.Schema) string {
	text := strings.TrimSuffix(s.Description, ".")
	if rest, ok := strings.CutPrefix(text, "A"); ok && (strings.HasPrefix(rest, " ") || strings.HasPrefix(rest, "n ")) {
		return "a" + rest
	}
	return text
}

func except(s *jsonschema.Schema) string {
	if s.Not == nil || len(s.Not.Enum) == 0 {
		return ""
	}
	return ", but for " + strings.Join(texts(s.Not.Enum), ", ")
}

func typeOf(value any) string {
	switch value.(type) {
	case string:
		return "a text"
	case json.Number:
		return "a number"
	case bool:
		return "true or false"
	case []any:
		return "a list"
	case map[string]any:
		return "a mapping"
	}
	return "nothing"
}

// alternatives lists the fields of which a oneOf wants exactly one.
func alternatives(s *jsonschema.Schema) string {
	var names []string
	for _, branch := range s.OneOf {
		names = append(names, strings.Join(branch.Required, " with "))
	}
	return orList(names)
}

func sortedNames(s *jsonschema.Schema) []string {
	names := make([]string, 0, len(s.Properties))
	for name := range s.Properties {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func texts(values []any) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = fmt.Sprint(v)
	}
	return list
}

// orList answers "a, b or c".
func orList(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}
