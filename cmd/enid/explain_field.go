package main

import (
	"strings"

	"enid/schema"
)

// writeField writes what there is to say of a field, and of the fields below it.
func writeField(p *paper, f *schema.FieldDoc) {
	if f.Path == "" {
		p.title(string(f.Kind), "kind")
	} else {
		p.title(string(f.Kind)+" "+f.Path, "field")
	}
	p.labelled("is", f.Description)
	p.labelled("type", f.Type)
	if f.Required {
		p.labelled("required", "yes")
	}
	p.labelled("default", f.Default)
	p.labelled("allowed", f.Allowed)
	if len(f.Choices) > 0 {
		p.labelled("exactly one", strings.Join(f.Choices, ", "))
	}
	if len(f.Fields) > 0 {
		p.heading("Its fields:")
	}
	for _, below := range f.Fields {
		name := below.Path[strings.LastIndexByte(below.Path, '.')+1:]
		p.item(name+"  ("+fieldFacts(below)+")", below.Description)
	}
}

// fieldFacts answers a field's type, whether it is required, and its default.
func fieldFacts(f schema.FieldDoc) string {
	facts := []string{f.Type}
	if f.Required {
		facts = append(facts, "required")
	}
	if f.Default != "" {
		facts = append(facts, "default "+f.Default)
	}
	return strings.Join(facts, ", ")
}
