package schema

import (
	"bytes"
	"encoding"
	"encoding/json"
	"io"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// alone compiles a schema from its own bytes, with nothing to refer to.
func alone(t *testing.T, name string, data []byte) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.LoadURL = func(url string) (io.ReadCloser, error) {
		t.Errorf("%s refers to %s", name, url)
		return nil, io.EOF
	}
	if err := c.AddResource("mem:"+name, bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("mem:" + name)
}

func decoded(t *testing.T, data []byte) (v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSchemasAreSelfContained(t *testing.T) {
	files := JSONSchemaAll()
	if len(files) != len(kinds)+1 {
		t.Fatalf("%d files", len(files))
	}
	byName := map[string]*jsonschema.Schema{}
	for name, data := range files {
		byName[name] = alone(t, name, data)
		if !strings.Contains(string(data), schemaDraft) {
			t.Errorf("%s names no draft", name)
		}
	}
	for _, r := range everything(t) {
		doc, err := Encode(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{string(r.Kind) + ".json", "enid.json"} {
			if err := byName[name].Validate(decoded(t, doc)); err != nil {
				t.Errorf("%s: %s: %v", name, r.Ref, err)
			}
		}
	}
	wrong := decoded(t, []byte(`{"apiVersion":"enid/v1","kind":"VPC","metadata":{"name":"a"},"spec":{"region":"cn-x","cidr":"10.0.0.0/8","no":1}}`))
	for _, name := range []string{"VPC.json", "enid.json"} {
		if byName[name].Validate(wrong) == nil {
			t.Errorf("%s takes an unknown field", name)
		}
	}
	if JSONSchema("Nothing") != nil {
		t.Error("a kind that there is not has a schema")
	}
}

// TestSchemasDescribeEverything holds that each field has a description, and
// that what is described is closed.
func TestSchemasDescribeEverything(t *testing.T) {
	var visit func(path string, s *jsonschema.Schema)
	visit = func(path string, s *jsonschema.Schema) {
		if s.Description == "" && target(s).Description == "" {
			t.Errorf("%s has no description", path)
		}
		s = target(s)
		if len(s.Properties) > 0 && s.UnevaluatedProperties == nil {
			t.Errorf("%s takes unknown fields", path)
		}
		for name, p := range s.Properties {
			visit(path+"."+name, p)
		}
		if s.Items2020 != nil {
			visit(path+"[]", s.Items2020)
		}
	}
	for kind, s := range compiled {
		visit(string(kind), s)
	}
}

// TestSchemasKnowTheTypes holds that schema and Go type have the same fields, in
// any depth: whatever a resource of a kind is encoded to, the schema knows.
func TestSchemasKnowTheTypes(t *testing.T) {
	for _, row := range kinds {
		for part, value := range map[string]any{"spec": row.spec(), "status": row.status()} {
			sameFields(t, string(row.kind)+"."+part, reflect.TypeOf(value), compiled[row.kind].Properties[part])
		}
	}
}

// sameFields looks into what is a struct, or a list of structs, with JSON names of
// its own; a type that writes itself in another way is what its schema says.
func sameFields(t *testing.T, path string, goType reflect.Type, s *jsonschema.Schema) {
	s = target(s)
	for goType.Kind() == reflect.Pointer || goType.Kind() == reflect.Slice {
		if goType.Kind() == reflect.Slice && s.Items2020 != nil {
			s = target(s.Items2020)
		}
		goType = goType.Elem()
	}
	if goType.Kind() != reflect.Struct || reflect.PointerTo(goType).Implements(reflect.TypeFor[json.Unmarshaler]()) ||
		reflect.PointerTo(goType).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return
	}
	known := maps.Clone(s.Properties)
	for _, f := range jsonFields(goType) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if known[name] == nil {
			t.Errorf("%s: the schema does not know %s", path, name)
			continue
		}
		sameFields(t, path+"."+name, f.Type, known[name])
		delete(known, name)
	}
	for name := range known {
		t.Errorf("%s: the type has no %s", path, name)
	}
}
