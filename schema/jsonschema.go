package schema

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

//go:embed jsonschema/*.json
var schemaFiles embed.FS

const (
	schemaBase  = "https://enid.dev/schema/v1/"
	commonDefs  = "common.json#/$defs/"
	schemaDraft = "https://json-schema.org/draft/2020-12/schema"
)

// compiled holds each kind's JSON Schema. References are answered from the
// embedded files only: neither file nor network is ever opened.
var compiled = compileAll()

func compileAll() map[Kind]*jsonschema.Schema {
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft2020
	c.AssertFormat = true
	c.ExtractAnnotations = true
	c.LoadURL = func(url string) (io.ReadCloser, error) {
		name, ok := strings.CutPrefix(url, schemaBase)
		if !ok {
			return nil, fmt.Errorf("%s is not embedded", url)
		}
		return schemaFiles.Open(path.Join("jsonschema", name))
	}
	for name, f := range formats {
		c.Formats[name] = func(v any) bool {
			s, isText := v.(string)
			return !isText || f.check(s) == ""
		}
	}
	all := make(map[Kind]*jsonschema.Schema, len(kinds))
	for _, row := range kinds {
		all[row.kind] = c.MustCompile(schemaBase + string(row.kind) + ".json")
	}
	return all
}

// JSONSchema answers the JSON Schema (draft 2020-12) of a kind's documents,
// complete in itself; nil where there is no such kind.
func JSONSchema(kind Kind) []byte {
	if rowOf(kind) == nil {
		return nil
	}
	doc, defs := selfContained(kind)
	doc["$defs"] = defs
	return indented(doc)
}

// JSONSchemaAll answers the JSON Schemas of all kinds by file name, and
// enid.json, which describes a document of any kind.
func JSONSchemaAll() map[string][]byte {
	all := make(map[string][]byte, len(kinds)+1)
	defs := map[string]any{}
	var branches []any
	for _, row := range kinds {
		all[string(row.kind)+".json"] = JSONSchema(row.kind)
		doc, shared := selfContained(row.kind)
		for name, def := range shared {
			defs[name] = def
		}
		delete(doc, "$schema")
		delete(doc, "$id")
		defs[string(row.kind)] = doc
		branches = append(branches, map[string]any{
			"if":   map[string]any{"properties": map[string]any{"kind": map[string]any{"const": row.kind}}, "required": []string{"kind"}},
			"then": map[string]any{"$ref": "#/$defs/" + string(row.kind)},
		})
	}
	all["enid.json"] = indented(map[string]any{
		"$schema": schemaDraft, "$id": schemaBase + "enid.json", "title": "enid/v1",
		"description": "A document of an enid topology, of any kind.",
		"type":        "object", "required": []string{"apiVersion", "kind", "metadata", "spec"},
		"properties": map[string]any{
			"apiVersion": map[string]any{"const": APIVersion, "description": "The version of this form."},
			"kind":       map[string]any{"enum": kindNames(), "description": "What the document describes."},
		},
		"allOf": branches, "$defs": defs,
	})
	return all
}

// selfContained answers a kind's schema with references into itself, and the
// shared definitions that it needs.
func selfContained(kind Kind) (doc, defs map[string]any) {
	doc = readSchema(string(kind))
	shared := readSchema("common")["$defs"].(map[string]any)
	defs = map[string]any{}
	var localize func(v any)
	localize = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				localize(item)
			}
		case map[string]any:
			for _, item := range v {
				localize(item)
			}
			to, _ := v["$ref"].(string)
			name, ok := strings.CutPrefix(to, commonDefs)
			if !ok {
				name, ok = strings.CutPrefix(to, "#/$defs/")
			}
			if !ok {
				return
			}
			v["$ref"] = "#/$defs/" + name
			if _, done := defs[name]; !done {
				defs[name] = shared[name]
				localize(shared[name])
			}
		}
	}
	localize(doc)
	return doc, defs
}

// readSchema reads an embedded file, which the compiler has accepted before.
func readSchema(name string) map[string]any {
	data, err := schemaFiles.ReadFile("jsonschema/" + name + ".json")
	if err != nil {
		panic("schema: " + err.Error())
	}
	var doc map[string]any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		panic("schema: " + name + ": " + err.Error())
	}
	return doc
}

func indented(v any) []byte {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic("schema: " + err.Error())
	}
	return append(data, '\n')
}
