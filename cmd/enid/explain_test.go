package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"enid/schema"
)

// TestExplainEverything explains all that has a name: each rule, error code, class,
// operation by each of its names, kind and field. What is told is of that name.
func TestExplainEverything(t *testing.T) {
	c, err := readCases()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range catalogue() {
		told(t, r.ID, r.ID+"  (rule)", r.Source)
		if r.Code != "" {
			told(t, r.Code, r.ID+"  (rule)", "")
		}
	}
	for _, op := range allOperations() {
		for _, name := range append(namesOf(op, c).all(), op.ID) {
			told(t, name, "(operation "+op.ID+")", string(op.Action))
		}
		for _, r := range requirementsOf(op) {
			for _, codes := range r.Codes {
				for code := range strings.SplitSeq(codes, ", ") {
					told(t, code, r.Rule+"  (rule)", "")
				}
			}
		}
	}
	for _, class := range classNames() {
		told(t, class, class+"  (class of rules)", "")
	}
	for _, kind := range schema.Kinds() {
		told(t, string(kind), string(kind)+"  (kind)", "apiVersion")
		told(t, strings.ToLower(string(kind))+".spec", string(kind)+" spec  (field)", "")
	}
}

// told explains a name, as text and as JSON, and looks for what has to be said.
func told(t *testing.T, name string, want ...string) {
	t.Helper()
	a := newApp(nil, nil, nil)
	e, err := a.explain(t.Context(), []string{name}, stepSource{})
	if err != nil {
		t.Errorf("explain %s: %v", name, err)
		return
	}
	p := &paper{width: 80}
	e.write(p)
	for _, w := range want {
		if !strings.Contains(p.String(), w) {
			t.Errorf("explain %s does not say %q:\n%s", name, w, p)
		}
	}
	if _, err := json.Marshal(e); err != nil {
		t.Errorf("explain %s: %v", name, err)
	}
}

func TestExplainWrong(t *testing.T) {
	for _, each := range []struct{ args, want string }{
		{"eni.attach.statu", `did you mean "eni.attach.status"`},
		{"ENI.ATTACH.STATUS", `did you mean "eni.attach.status"`},
		{"atachnetworkinterface", `did you mean "AttachNetworkInterface"`},
		{"eni.spec.gest", `ENI.spec has no field "gest"`},
		{"volumez.spec", `nothing goes by "volumez.spec"`},
		{"\x1b[31mred", `nothing goes by "\x1b[31mred"`},
		{strings.Repeat("a", 10000), "nothing goes by"},
		{"a b", "one name, or `type NAME`"},
		{"type", "type c5.large"},
		{"type xx.none", "xx.none"},
		{"s1 --plan a --path b", "one of --plan and --path"},
	} {
		t.Setenv("ENID_STATE", t.TempDir())
		var out, stderr bytes.Buffer
		args := strings.Split("explain "+each.args, " ")
		if code := newApp(nil, &out, &stderr).run(t.Context(), args); code != exitFailed || out.Len() > 0 {
			t.Errorf("explain %q: exit %d, said %q", each.args, code, out.String())
		}
		if !strings.Contains(stderr.String(), each.want) {
			t.Errorf("explain %q: %s, wanted %q", each.args, stderr.String(), each.want)
		}
	}
}

// TestWrap: nothing is lost, no line is too long but for one long word.
func TestWrap(t *testing.T) {
	text := "x " + strings.Repeat("öäü long-ish words ", 20) + strings.Repeat("y", 200) + " end"
	for width := 1; width < 130; width += 7 {
		lines := wrap(text, width)
		if got := strings.Join(lines, " "); got != strings.Join(strings.Fields(text), " ") {
			t.Fatalf("width %d: %q", width, got)
		}
		for _, line := range lines {
			if utf8.RuneCountInString(line) > width && strings.Contains(line, " ") {
				t.Errorf("width %d: %q is too long", width, line)
			}
		}
	}
}

// TestExplainTypes_instance_type_facts explains every type of the tables: family,
// size, hardware and limits of each, credits of those that the tables have them for.
func TestExplainTypes_instance_type_facts(t *testing.T) {
	credits := 0
	for _, provider := range []schema.Provider{schema.Alibaba, schema.AWS} {
		for _, name := range typeNames(provider) {
			e, err := explainType(name)
			if err != nil {
				t.Error(err)
				continue
			}
			p := &paper{width: 80}
			e.write(p)
			if e.Cloud != string(provider) || e.Family == "" || e.Size == "" || e.Hardware == nil ||
				!strings.Contains(p.String(), "hardware") || strings.Contains(p.String(), "  0 vCPU") || strings.Contains(p.String(), "at most 0 ENI") {
				t.Errorf("%s: %s", name, p)
			}
			if e.Credits != nil {
				credits++
			}
		}
	}
	if credits < 20 {
		t.Errorf("credits are told of %d types", credits)
	}
}
