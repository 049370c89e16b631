package web_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"enid/reconcile"
	"enid/reconcile/web"
	"enid/schema"
)

// TestOpenAPI: the description names every path that is answered, and every answer is
// as it says.
func TestOpenAPI(t *testing.T) {
	address, _, _ := listening(t, web.Options{}, nil)
	get := func(path string) (int, []byte) {
		t.Helper()
		got, err := http.Get("http://" + address + path)
		if err != nil {
			t.Fatal(err)
		}
		defer got.Body.Close()
		body, err := io.ReadAll(got.Body)
		if err != nil {
			t.Fatal(err)
		}
		return got.StatusCode, body
	}
	_, text := get("/api/v1/openapi.json")
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			Responses map[string]struct {
				Content map[string]struct{ Schema json.RawMessage }
			}
		}
	}
	if err := json.Unmarshal(text, &doc); err != nil || doc.OpenAPI != "3.1.0" {
		t.Fatalf("%v: %.200s", err, text)
	}
	compiler := jsonschema.NewCompiler()
	compiler.Draft = jsonschema.Draft2020
	compiler.AssertFormat = true
	if err := compiler.AddResource("openapi.json", strings.NewReader(string(text))); err != nil {
		t.Fatal(err)
	}
	for path, kind := range map[string]string{"/api/v1/status": "Status", "/api/v1/plan": "Plan", "/api/v1/resources": "Resources",
		"/api/v1/history": "History", "/api/v1/history/1": "Revision"} {
		described := doc.Paths[strings.Replace(path, "/1", "/{serial}", 1)]["get"].Responses["200"].Content["application/json"].Schema
		if !strings.Contains(string(described), "/"+kind+"\"") {
			t.Errorf("%s is not described as a %s: %s", path, kind, described)
		}
		status, body := get(path)
		var answer any
		if err := json.Unmarshal(body, &answer); err != nil || status != 200 {
			t.Fatalf("%s: %d %v", path, status, err)
		}
		schema, err := compiler.Compile("openapi.json#/components/schemas/" + kind)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(answer); err != nil {
			t.Errorf("%s: %v\n%s", path, err, body)
		}
	}
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/api/v1/history/99": 404, "/api/v1/history/x": 400, "/control/sync": 404} {
		if status, body := get(path); status != want {
			t.Errorf("%s: %d %s, wanted %d", path, status, body, want)
		}
	}
}

// TestEvents: the stream has the status at once, and again when it is another.
func TestEvents(t *testing.T) {
	address, bell, l := listening(t, web.Options{}, nil)
	got, err := http.Get("http://" + address + "/api/v1/events")
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	statuses := make(chan reconcile.Status, 10)
	go func() {
		defer close(statuses)
		lines := bufio.NewScanner(got.Body)
		for lines.Scan() {
			var s reconcile.Status
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && json.Unmarshal([]byte(data), &s) == nil {
				statuses <- s
			}
		}
	}()
	next := func() reconcile.Status {
		t.Helper()
		select {
		case s := <-statuses:
			return s
		case <-time.After(20 * time.Second):
			t.Fatal("no event")
			panic("")
		}
	}
	if s := next(); s.Applied.Revision != "dir:1" {
		t.Errorf("the first event: %+v", s)
	}
	bell.Ring() // nothing is new: no event
	if _, err := l.Apply(t.Context(), reconcile.Revision{ID: "dir:2"}, schema.NewTopology(nil), reconcile.ApplyOptions{AllowShrink: true}); err != nil {
		t.Fatal(err)
	}
	bell.Ring()
	if s := next(); s.Applied.Revision != "dir:2" {
		t.Errorf("the second event: %+v", s)
	}
}
