package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"enid/schema"
)

// saved answers the file that `enid plan --out` writes of a folder.
func saved(t testing.TB, dir string) []byte {
	t.Helper()
	name := filepath.Join(t.TempDir(), "plan")
	var out bytes.Buffer
	a := newApp(nil, &out, &out)
	if code := a.run(t.Context(), []string{"plan", dir, "--out", name, "--state", t.TempDir(), "--at", "2026-11-23T00:00:00Z"}); code != exitOK && code != exitChanges {
		t.Fatalf("%d: %s", code, out.String())
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// FuzzSavedPlan: whatever stands in a saved plan, whole or in the plan or a document in
// it, it is shown, explained and taken to be applied, or refused; what reaches the
// terminal is inert, and a topology that is taken validates.
func FuzzSavedPlan(f *testing.F) {
	dir := f.TempDir() // a small one: the fuzzer is faster with it
	for name, doc := range map[string]string{
		"vpc.yaml":     "apiVersion: enid/v1\nkind: VPC\nmetadata: {name: web-1}\nspec: {region: cn-hangzhou, cidr: 10.0.0.0/16}\n",
		"account.yaml": "apiVersion: enid/v1\nkind: Account\nmetadata: {name: web-1}\nspec: {provider: alibaba}\n",
		"sg.yaml":      "apiVersion: enid/v1\nkind: SecurityGroup\nmetadata: {name: web-1}\nspec: {vpc: web-1}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(doc), 0o600); err != nil {
			f.Fatal(err)
		}
	}
	whole := saved(f, dir)
	f.Add(whole, uint8(0))
	f.Add(bytes.Replace(whole, []byte(`"steps"`), []byte(`"steps":[null],"x"`), 1), uint8(0))
	f.Add(bytes.ReplaceAll(whole, []byte(`"web-1`), []byte(`"web-1\u001b[2J`)), uint8(0))
	f.Add([]byte(`{"format":"enid.saved-plan/v1","topology":null,"plan":null}`), uint8(0))
	f.Add([]byte(`{"format":"enid.plan/v1","steps":[{"id":"s1","target":"ENI/a","changes":[{"path":"spec.mtu","to":[1,{"a":null}]}],"deadline":"2026-01-03T00:00:00Z"}]}`), uint8(1))
	f.Add([]byte(`{"format":"enid.plan/v1","steps":[null],"host":{"steps":[null]},"hosts":[null],"recorded":[{"target":"ENI/a","was":null}]}`), uint8(1))
	f.Add([]byte(`{"apiVersion":"enid/v1","kind":"VPC","metadata":{"name":"a"},"spec":{"region":"cn-hangzhou","cidr":"10.0.0.0/16"}}`), uint8(2))
	f.Add([]byte(`{"apiVersion":"enid/v1","kind":"ENI","metadata":{"name":"a"},"spec":{}}`), uint8(2))
	state := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte, part uint8) {
		body := text
		switch part % 3 { // the others are reached only by what is JSON already
		case 1:
			body, _ = json.Marshal(savedPlan{Format: savedFormat, Plan: whenJSON(text)})
		case 2:
			body, _ = json.Marshal(savedPlan{Format: savedFormat, Topology: []savedDocument{{"a.yaml", 1, whenJSON(text)}}, Plan: json.RawMessage(`{"format":"enid.plan/v1","steps":[]}`)})
		}
		name := filepath.Join(t.TempDir(), "plan")
		if err := os.WriteFile(name, body, 0o600); err != nil {
			t.Fatal(err)
		}
		_, topology, err := loadSaved(name)
		if err != nil && !strings.Contains(err.Error(), name) {
			t.Errorf("which file? %v", err)
		}
		if err == nil && len(topology.Resources()) > 0 {
			if _, findings := schema.Join([]schema.File{{Resources: topology.Resources()}}); schema.Invalid(findings) {
				t.Errorf("taken: %v", findings)
			}
		}
		readSaved(t, state, name)
	})
}

func whenJSON(text []byte) json.RawMessage {
	if json.Valid(text) {
		return text
	}
	return json.RawMessage("null")
}

// readSaved has a saved plan read by all that read one.
func readSaved(t *testing.T, state, name string) {
	t.Helper()
	var out bytes.Buffer
	a := newApp(nil, &out, &out)
	a.state = state
	ctx := context.Background()
	for _, read := range []func() error{
		func() error { return a.show(ctx, name, "text") },
		func() error { return a.show(ctx, name, "json") },
		func() error { _, _, err := a.planOf(ctx, stepSource{file: name}, false); return err },
		func() error { _, err := a.jobOf(ctx, nil, applyFlags{saved: name}); return err },
	} {
		if err := read(); err != nil {
			var code exit
			if errors.As(err, &code) {
				t.Errorf("a plan is shown, or refused with a reason: exit %d", code)
			}
			a.complain(err)
		}
	}
	if at := strings.IndexFunc(out.String(), func(r rune) bool { return r != '\n' && r != '\t' && unicode.IsControl(r) }); at >= 0 {
		t.Errorf("control characters reach the terminal: %q", out.String()[max(0, at-40):])
	}
}

// TestSavedTopology: a saved plan whose topology was made invalid is refused.
func TestSavedTopology(t *testing.T) {
	whole := string(saved(t, "../../examples/multi-eni/topology"))
	for was, changed := range map[string]string{
		`"kind": "ENI"`:    `"kind": "EIN"`,
		`"subnet": "`:      `"subnet": "none-`,
		`"deviceIndex": 1`: `"deviceIndex": -1`,
	} {
		text := strings.Replace(whole, was, changed, 1)
		if text == whole {
			t.Fatalf("%s is not in it", was)
		}
		name := filepath.Join(t.TempDir(), "plan")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := loadSaved(name); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "make it again") {
			t.Errorf("%s: %v", changed, err)
		}
	}
}
