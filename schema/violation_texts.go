package schema

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// report says what v is against, what is allowed, and where.
func (v violation) report(location string, report func(Finding)) {
	f := Finding{Pos: v.place(false), Path: v.path(v.steps)}
	if v.schema == nil && v.keyword != "unevaluatedProperties" {
		return
	}
	switch v.keyword {
	case "required":
		v.reportMissing(f, report)
		return
	case "dependentRequired":
		f.Message, f.Allowed = v.dependency(location)
	case "unevaluatedProperties":
		f.Message, f.Allowed = v.unknown()
		f.Pos = v.place(true)
	default:
		f.Message, f.Allowed = v.texts()
	}
	report(f)
}

// reportMissing reports each required field that is not there as that field's finding.
func (v violation) reportMissing(f Finding, report func(Finding)) {
	fields, _ := v.value.(map[string]any)
	for _, name := range v.schema.Required {
		if _, ok := fields[name]; ok {
			continue
		}
		f := f
		f.Path = v.path(append(slices.Clone(v.steps), name))
		f.Message = "is required"
		f.Allowed = form(below(v.schema, name))
		report(f)
	}
}

// texts says what is wrong with a value and what is allowed.
func (v violation) texts() (message, allowed string) {
	s := v.schema
	switch v.keyword {
	case "type":
		return fmt.Sprintf("%s is %s", v.shown(), typeOf(v.value)), form(s)
	case "enum", "const":
		return fmt.Sprintf("%s is not allowed here%s", v.shown(), v.near()), form(s)
	case "format":
		text, _ := v.value.(string)
		if formats[s.Format].secret {
			return formats[s.Format].check(text), form(s)
		}
		return fmt.Sprintf("%s %s", v.shown(), formats[s.Format].check(text)), form(s)
	case "minimum", "maximum":
		return fmt.Sprintf("%s is out of range", v.shown()), form(s)
	case "uniqueItems":
		return "an item stands here twice", "each once"
	case "not":
		return v.refused()
	case "oneOf":
		return "has none or several of " + alternatives(s), "exactly one of " + alternatives(s)
	case "minLength", "maxLength":
		return "is too long or too short", form(s)
	case "maxProperties":
		return "takes one field only", orList(sortedNames(s))
	case "minItems", "maxItems":
		return "has too few or too many items", form(s)
	default:
		return fmt.Sprintf("%s is not of the right form", v.shown()), form(s)
	}
}

func (v violation) shown() string {
	switch value := v.value.(type) {
	case string:
		return shown(value)
	case json.Number:
		return value.String()
	case bool:
		return fmt.Sprint(value)
	}
	return "this"
}

func (v violation) near() string {
	text, ok := v.value.(string)
	if !ok {
		return ""
	}
	return didYouMean(text, texts(v.schema.Enum))
}

// refused says what a `not` of the schema excludes: values, or fields together.
func (v violation) refused() (message, allowed string) {
	for _, s := range append([]*jsonschema.Schema{v.schema}, v.schema.AllOf...) {
		if s.Not == nil {
			continue
		}
		if slices.ContainsFunc(s.Not.Enum, func(e any) bool { return fmt.Sprint(e) == fmt.Sprint(v.value) }) {
			return fmt.Sprintf("%s is taken by others", v.shown()), form(v.schema)
		}
		fields, _ := v.value.(map[string]any)
		both := len(s.Not.Required) > 0
		for _, name := range s.Not.Required {
			_, there := fields[name]
			both = both && there
		}
		if both {
			return strings.Join(s.Not.Required, " and ") + " exclude each other", orList(s.Not.Required)
		}
	}
	return "is not allowed", form(v.schema)
}

// dependency reads .../dependentRequired/FIELD/INDEX.
func (v violation) dependency(location string) (message, allowed string) {
	parts := strings.Split(location, "/")
	field := parts[len(parts)-2]
	needs := v.schema.DependentRequired[field]
	return fmt.Sprintf("%s needs %s beside it", field, strings.Join(needs, " and ")),
		fmt.Sprintf("%s together with %s, or neither", field, strings.Join(needs, " and "))
}

func (v violation) unknown() (message, allowed string) {
	name := v.steps[len(v.steps)-1]
	parent := v.parent()
	if parent == nil {
		return "unknown field " + shownKey(name), ""
	}
	names := sortedNames(parent)
	return "unknown field " + shownKey(name) + didYouMean(name, names), orList(names)
}

func (v violation) parent() *jsonschema.Schema {
	s := compiled[Kind(v.root.field("kind").text)]
	for _, step := range v.steps[:len(v.steps)-1] {
		if next := below(s, step); next != nil {
			s = next
		} else {
			s = items(s)
		}
	}
	return s
}
