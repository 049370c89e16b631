package web

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"enid/schema"
)

// described describes the API (OpenAPI 3.1), all but the kinds of resources, which have
// their own JSON Schemas. A test holds the answers, and the types behind them, to it.
//
//go:embed openapi.json
var described []byte

// openapi answers the description with the kinds in it. Both parts are the program's
// own: that they cannot be read is found by the first test that runs.
var openapi = sync.OnceValue(func() []byte {
	read := func(text []byte) (v map[string]any) {
		if err := json.Unmarshal(text, &v); err != nil {
			panic("openapi: " + err.Error())
		}
		return v
	}
	whole := read(described)
	resource := read(bytes.ReplaceAll(schema.JSONSchemaAll()["enid.json"], []byte(`"#/$defs/`), []byte(`"#/components/schemas/`)))
	schemas := whole["components"].(map[string]any)["schemas"].(map[string]any)
	for name, kind := range resource["$defs"].(map[string]any) {
		if _, taken := schemas[name]; taken {
			panic("openapi: two schemas are called " + name)
		}
		schemas[name] = kind
	}
	for _, name := range []string{"$defs", "$id", "$schema"} {
		delete(resource, name)
	}
	schemas["Resource"] = resource
	text, err := json.MarshalIndent(whole, "", "  ")
	if err != nil {
		panic("openapi: " + err.Error())
	}
	return append(text, '\n')
})

func describe(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("ETag", tag(since))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(openapi()))
}
