package schema

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// violation is one thing that a JSON Schema has against a document.
type violation struct {
	steps   []string // to the value
	keyword string   // of the schema
	schema  *jsonschema.Schema
	value   any
	root    *node
}

// violations turns the library's tree of errors into findings, all of them. The
// library's own messages are not used: they quote values and name no remedy.
func violations(err error, s *jsonschema.Schema, value any, root *node, report func(Finding)) {
	var tree *jsonschema.ValidationError
	if !errors.As(err, &tree) {
		if err != nil {
			report(Finding{Pos: Pos{Line: root.line, Column: root.col}, Message: "the document cannot be checked against its schema", Allowed: "a document of its kind"})
		}
		return
	}
	var leaves []*jsonschema.ValidationError
	var visit func(e *jsonschema.ValidationError)
	visit = func(e *jsonschema.ValidationError) {
		keyword := lastStep(e.KeywordLocation)
		if len(e.Causes) > 0 && keyword != "oneOf" {
			for _, cause := range e.Causes {
				visit(cause)
			}
			return
		}
		leaves = append(leaves, e)
	}
	visit(tree)
	slices.SortFunc(leaves, func(a, b *jsonschema.ValidationError) int {
		return cmp.Or(cmp.Compare(a.InstanceLocation, b.InstanceLocation), cmp.Compare(a.KeywordLocation, b.KeywordLocation))
	})
	if more := len(leaves) - maxViolations; more > 0 {
		leaves = leaves[:maxViolations]
		report(Finding{
			Pos: Pos{Line: root.line, Column: root.col}, Message: fmt.Sprintf("the document breaks its schema in %d further places", more),
			Allowed: "to mend those that are listed first",
		})
	}
	for _, e := range leaves {
		v := violation{steps: steps(e.InstanceLocation), keyword: lastStep(e.KeywordLocation), root: root}
		v.schema, v.value = descend(s, value, v.steps)
		v.report(e.KeywordLocation, report)
	}
}

// maxViolations bounds what is said of one document: finding the place of each
// costs as much as the document is long.
const maxViolations = 1000

// lastStep answers the keyword that a location ends in, without the indices of
// dependentRequired, allOf and the like.
func lastStep(location string) string {
	parts := strings.Split(location, "/")
	if i := slices.Index(parts, "dependentRequired"); i >= 0 && i == len(parts)-3 {
		return "dependentRequired"
	}
	return parts[len(parts)-1]
}

// steps splits a location, which is percent-encoded and escaped as JSON pointers are.
func steps(location string) []string {
	if location == "" {
		return nil
	}
	parts := strings.Split(location[1:], "/")
	for i, p := range parts {
		if plain, err := url.PathUnescape(p); err == nil {
			p = plain
		}
		parts[i] = strings.ReplaceAll(strings.ReplaceAll(p, "~1", "/"), "~0", "~")
	}
	return parts
}

// descend answers the schema and the value at the end of some steps.
func descend(s *jsonschema.Schema, value any, path []string) (*jsonschema.Schema, any) {
	for _, step := range path {
		switch v := value.(type) {
		case map[string]any:
			s, value = below(s, step), v[step]
		case []any:
			s = items(s)
			if i, err := strconv.Atoi(step); err == nil && i < len(v) {
				value = v[i]
			}
		}
	}
	return s, value
}

// path answers the steps as findings write them: spec.rules[2].peer.
func (v violation) path(steps []string) string {
	var b strings.Builder
	n := v.root
	for _, step := range steps {
		switch {
		case n != nil && n.shape == sequence:
			fmt.Fprintf(&b, "[%s]", step)
		case b.Len() > 0:
			b.WriteString("." + pathStep(step))
		default:
			b.WriteString(pathStep(step))
		}
		_, n = v.child(n, step)
	}
	return b.String()
}

func (v violation) child(n *node, step string) (key, value *node) {
	if n == nil {
		return nil, nil
	}
	switch n.shape {
	case mapping:
		for i := 0; i < len(n.kids); i += 2 {
			if n.kids[i].text == step {
				return n.kids[i], n.kids[i+1]
			}
		}
	case sequence:
		if i, err := strconv.Atoi(step); err == nil && i < len(n.kids) {
			return nil, n.kids[i]
		}
	}
	return nil, nil
}

// place answers where the value stands, or its key where byKey or where the
// value begins on a line of its own; else the nearest parent.
func (v violation) place(byKey bool) Pos {
	at, n := v.root, v.root
	for i, step := range v.steps {
		key, value := v.child(n, step)
		if value == nil {
			break
		}
		at, n = value, value
		if key != nil && (value.block || byKey && i == len(v.steps)-1) {
			at = key
		}
	}
	return Pos{Line: at.line, Column: at.col}
}
