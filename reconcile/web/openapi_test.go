package web_test

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"enid/reconcile"
	"enid/reconcile/cloud"
	"enid/reconcile/store"
	"enid/reconcile/store/bolt"
	"enid/reconcile/web"
	"enid/schema"
)

// description is openapi.json as it is answered.
type description struct {
	OpenAPI    string
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]any }
}

type operation struct {
	Responses map[string]struct {
		Content map[string]struct{ Schema map[string]any }
	}
}

// read answers the description, and what judges an answer of a status at a path by it:
// strictly, so that a field that is not described is an error.
func read(t *testing.T, h http.Handler) (d description, judge func(path string, status int, body []byte) error) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/api/v1/openapi.json", nil))
	var whole any
	for _, to := range []any{&d, &whole} {
		if err := json.Unmarshal(w.Body.Bytes(), to); err != nil {
			t.Fatal(err)
		}
	}
	strict(whole)
	text, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.Draft = jsonschema.Draft2020
	if err := compiler.AddResource("openapi.json", bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	return d, func(path string, status int, body []byte) error {
		for _, part := range []string{"/history/1/", "/history/1"} {
			if strings.Contains(path, part) {
				path = strings.Replace(path, "/1", "/{serial}", 1)
			}
		}
		at := fmt.Sprintf("openapi.json#/paths/%s/get/responses/%d/content/application~1json/schema", strings.ReplaceAll(path, "/", "~1"), status)
		judge, err := compiler.Compile(at)
		if err != nil {
			return err
		}
		var v any
		if err := json.Unmarshal(body, &v); err != nil {
			return err
		}
		return judge.Validate(v)
	}
}

// strict forbids what is not described wherever the description leaves it open.
func strict(v any) {
	switch v := v.(type) {
	case []any:
		for _, each := range v {
			strict(each)
		}
	case map[string]any:
		for _, each := range v {
			strict(each)
		}
		_, closed := v["unevaluatedProperties"]
		_, open := v["additionalProperties"]
		if _, has := v["properties"]; has && v["type"] == "object" && v["allOf"] == nil && !closed && !open {
			v["additionalProperties"] = false
		}
	}
}

// TestDescribedRoutes: what is answered is described, and what is described is
// answered; POST /webhook stands beside it.
func TestDescribedRoutes(t *testing.T) {
	h, l := deep(t, 1)
	d, _ := read(t, h)
	var have []string
	for path, methods := range d.Paths {
		for method, does := range methods {
			have = append(have, strings.ToUpper(method)+" "+path)
			for status, r := range does.Responses {
				for form, content := range r.Content {
					if len(content.Schema) == 0 {
						t.Errorf("%s %s: what is answered under %s as %s is not described", method, path, status, form)
					}
				}
			}
		}
	}
	want := append(web.Patterns(l), "POST /webhook")
	slices.Sort(have)
	slices.Sort(want)
	if !slices.Equal(have, want) || d.OpenAPI != "3.1.0" {
		t.Errorf("OpenAPI %s describes %q, wanted %q", d.OpenAPI, have, want)
	}
}

// TestDescribedAnswers: real answers of states with every kind of resource, and with
// everything that a state can hold, are as they are described.
func TestDescribedAnswers(t *testing.T) {
	for _, kind := range schema.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			file := schema.ParseImport("topology.yaml", schema.Example(kind))
			h := shelf(t, file, &store.Change{})
			judgeAll(t, h)
		})
	}
	t.Run("everything", func(t *testing.T) {
		at := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
		call := store.Call{Op: "volume.detach", Target: schema.Ref{Kind: schema.KindVolume, Name: "logs"}, Item: "web-1"}
		approval := []schema.Ref{{Kind: schema.KindApproval, Name: "a"}}
		h := shelf(t, schema.Parse("topology.yaml", []byte(topology)), &store.Change{
			Intend: []store.Intent{{Call: call, Operation: "DetachVolume", Serial: 1, At: at, Want: json.RawMessage("null"), Approvals: approval}},
			Hold:   []store.Hold{{Call: call, Code: "IncorrectState", Message: "no", At: at, Attempts: 2, NotBefore: at, Digest: "d"}},
			Accept: []store.Acceptance{{Commit: "c", By: "you", At: at}}, Suspend: &store.Suspension{By: "you", Reason: "r", At: at, Until: at},
			Confirm: []store.Confirmation{{Host: "web-1", Passed: json.RawMessage(`{"enis":[]}`), Failed: "c", Message: "m", At: at}},
			Begin:   &store.Begin{Plan: json.RawMessage("null"), Revision: store.Revision{Commit: "c", Author: "a", Subject: "s", Time: at, At: at, AcceptedBy: "you", ReviewedBy: "you"}},
			Steps: []store.Step{{Call: call, ID: "s1", Operation: "DetachVolume", Action: "detach", At: at, Took: 1, Failed: true, Code: "c", Message: "m"},
				{Call: call, ID: "s2", Operation: "DetachVolume", Action: "detach", At: at, Took: 1, Approvals: approval}},
			End: &store.End{Outcome: store.Failed, At: at},
		})
		judgeAll(t, h, "/api/v1/history/1/plan") // it has none of a plan's form
	})
}

// shelf is the API of a loop that has applied a topology, on a state that was made
// otherwise before: what has a status was imported.
func shelf(t *testing.T, file schema.File, before *store.Change) http.Handler {
	t.Helper()
	db, err := bolt.Open(t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for _, r := range file.Resources {
		if r.Status != nil {
			before.Put = append(before.Put, r)
		}
	}
	if _, err := db.Commit(t.Context(), 0, before); err != nil {
		t.Fatal(err)
	}
	state, err := db.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l := loop{reconcile.New(reconcile.Config{Store: db, Target: cloud.New(state.Resources, cloud.Options{}), From: "a test", SourceKind: "dir"}, state)}
	joined, findings := schema.Join([]schema.File{file})
	if schema.Invalid(findings) {
		t.Fatal(findings)
	}
	if _, err := l.Apply(t.Context(), reconcile.Revision{ID: "dir:1", Subject: "first", Author: "A <a@example.com>"}, joined, reconcile.ApplyOptions{AllowShrink: true}); err != nil {
		t.Fatal(err)
	}
	return web.Handler(l, &web.Bell{})
}

func judgeAll(t *testing.T, h http.Handler, but ...string) {
	t.Helper()
	d, judge := read(t, h)
	for path := range d.Paths {
		path = strings.Replace(path, "{serial}", "1", 1)
		if slices.Contains(but, path) || !strings.HasPrefix(path, "/api/v1/") || path == "/api/v1/events" {
			continue
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		none := w.Code == http.StatusNotFound && strings.Contains(path, "/history/1") // nothing was done
		if w.Code != http.StatusOK && !none {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		} else if err := judge(path, w.Code, w.Body.Bytes()); err != nil {
			t.Errorf("%s: %#v\n%.2000s", path, err, w.Body)
		}
	}
	for path, status := range map[string]int{"/api/v1/history?limit=0": 400, "/api/v1/history/1?after=x": 404} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		bare, _, _ := strings.Cut(path, "?")
		if err := judge(bare, status, w.Body.Bytes()); w.Code != status || err != nil {
			t.Errorf("%s: %d %s: %v", path, w.Code, w.Body, err)
		}
	}
}

// TestDescribedTypes: every field of what is answered is described, also those that no
// answer of a test has, and nothing else; what may be left out is not required.
func TestDescribedTypes(t *testing.T) {
	h, _ := deep(t, 1)
	d, _ := read(t, h)
	c := comparison{t: t, schemas: d.Components.Schemas, seen: map[string]bool{}}
	roots := map[string]reflect.Type{"Status": reflect.TypeFor[reconcile.Status]()}
	for name, typ := range web.Answers {
		roots[name] = typ
	}
	for name, typ := range roots {
		c.compare(name, map[string]any{"$ref": "#/components/schemas/" + name}, typ)
	}
	if len(c.seen) < 30 {
		t.Errorf("only %d types were compared", len(c.seen))
	}
}

type comparison struct {
	t       *testing.T
	schemas map[string]any
	seen    map[string]bool
}

// text are types whose JSON is a text, or their own business.
func text(typ reflect.Type) bool {
	return typ.Implements(reflect.TypeFor[encoding.TextMarshaler]()) || reflect.PointerTo(typ).Implements(reflect.TypeFor[json.Unmarshaler]())
}

func (c comparison) compare(at string, described map[string]any, typ reflect.Type) {
	c.t.Helper()
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if ref, ok := described["$ref"].(string); ok {
		described, _ = c.schemas[strings.TrimPrefix(ref, "#/components/schemas/")].(map[string]any)
	}
	switch {
	case text(typ):
	case typ.Kind() == reflect.Slice && typ.Elem().Kind() != reflect.Uint8:
		items, ok := described["items"].(map[string]any)
		if !ok {
			c.t.Errorf("%s is a list, and is described as %v", at, described)
			return
		}
		c.compare(at+"[]", items, typ.Elem())
	case typ.Kind() == reflect.Struct && !c.seen[typ.String()]:
		c.seen[typ.String()] = true
		properties, _ := described["properties"].(map[string]any)
		required, _ := described["required"].([]any)
		have := map[string]bool{}
		for name, f := range fieldsOf(typ) {
			have[name] = true
			p, ok := properties[name].(map[string]any)
			if !ok {
				c.t.Errorf("%s.%s is not described", at, name)
				continue
			}
			if slices.Contains(required, any(name)) == f.optional {
				c.t.Errorf("%s.%s may be left out: %v; it is described otherwise", at, name, f.optional)
			}
			c.compare(at+"."+name, p, f.Type)
		}
		for name := range properties {
			if !have[name] {
				c.t.Errorf("%s.%s is described, and is not there", at, name)
			}
		}
	}
}

type jsonField struct {
	reflect.StructField
	optional bool
}

// fieldsOf answers the fields of a struct as encoding/json writes them: an outer one
// hides those of the same name in what is embedded.
func fieldsOf(typ reflect.Type) map[string]jsonField {
	out := map[string]jsonField{}
	for i := range typ.NumField() {
		f := typ.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			for inner, g := range fieldsOf(f.Type) {
				if _, hidden := out[inner]; !hidden {
					out[inner] = g
				}
			}
		case name != "-" && f.IsExported():
			out[name] = jsonField{f, strings.HasPrefix(options, "omit") || strings.Contains(options, ",omit")}
		}
	}
	return out
}
