package plan

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"enid/schema"
)

// notCertified are the fields of a plan that the same doing has more than one of.
var notCertified = []string{
	".Format", ".AsOf", ".Revision", ".Base", ".Summary", ".Certificate", ".Advice", ".Host", ".Hosts",
	".Steps.ID", ".Steps.DependsOn", ".Steps.Deadline", ".Steps.NotBefore", ".Steps.Checks", ".Steps.Source",
	".Steps.BlockedBy.Code", ".Steps.BlockedBy.Detail", ".Steps.BlockedBy.Remedy",
	".Steps.GrantedBy", // the Policy or Approval is a document that is recorded
	".Steps.Unties", ".Steps.Op", ".Steps.Serves",
}

// specimen answers a plan in which every field is set.
func specimen() *Plan {
	at := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	ref := Ref{Kind: schema.KindENI, Name: "web-1-b"}
	was := Ref{Kind: schema.KindENI, Name: "web-b"}
	changes := []Change{{"spec.privateIP", "10.0.0.1", "10.0.0.2"}}
	blocks := []Block{{"policy.window", "Code", "detail", "remedy"}}
	host := &Host{Name: "web-1", Steps: []*HostStep{{ID: "h1"}}}
	return &Plan{
		Format: Format, AsOf: at, Revision: "r", Base: Base{"l", 1}, Certificate: "c", Advice: []Advice{{Rule: "r"}}, Host: host, Hosts: []*Host{host},
		Recorded: []Recorded{{ref, &was, changes}},
		Steps: []*Step{{ID: "s1", Operation: "Attach", Target: ref, Item: "i", Action: Attach, PartOf: "replace", Changes: changes, DependsOn: []string{"s0"},
			Effects: []Effect{{Rule: "eni.carries", Detail: "detail"}}, Deadline: &at, NotBefore: &at, Checks: []Checked{{Rule: "r"}}, BlockedBy: blocks,
			GrantedBy: []Ref{ref}, Source: &Source{File: "f"}, Op: &Operation{ID: "eni.attach"}, Serves: &Call{Op: "eni.attach"}, Spends: []Ref{ref}}},
	}
}

// TestCertificate_fields changes one field of a plan after another: the certificate
// changes with each, but for those that are named above.
func TestCertificate_fields(t *testing.T) {
	for _, all := range []reflect.Value{reflect.ValueOf(*specimen()), reflect.ValueOf(*specimen().Steps[0]), reflect.ValueOf(specimen().Recorded[0])} {
		for i := range all.NumField() {
			if empty(all.Field(i)) {
				t.Errorf("the specimen leaves %s.%s empty", all.Type(), all.Type().Field(i).Name)
			}
		}
	}
	before := certificateOf(t, specimen())
	seen := map[string]bool{}
	for _, path := range leaves("", reflect.ValueOf(specimen()).Elem()) {
		p := specimen()
		mutate(reflect.ValueOf(p).Elem(), path)
		exempt := slices.ContainsFunc(notCertified, func(x string) bool {
			is := path == x || strings.HasPrefix(path, x+".")
			seen[x] = seen[x] || is
			return is
		})
		if same := certificateOf(t, p) == before; same != exempt {
			t.Errorf("%s changed: the certificate is the same: %t, want %t", path, same, exempt)
		}
	}
	for _, x := range notCertified {
		if !seen[x] {
			t.Errorf("%s is no field of a plan", x)
		}
	}
}

// TestCertificate_order: what is done in another order is something else, and one
// more of the same too.
func TestCertificate_order(t *testing.T) {
	p := specimen()
	second := *p.Steps[0]
	second.Operation = "Detach"
	p.Steps = append(p.Steps, &second)
	ab := certificateOf(t, p)
	slices.Reverse(p.Steps)
	ba := certificateOf(t, p)
	p.Steps = append(p.Steps, &second)
	if aba := certificateOf(t, p); ab == ba || ba == aba || ab == aba {
		t.Errorf("%s, %s, %s: want three", ab, ba, aba)
	}
}

// TestCertificate_types: the digest is of values, not of the Go types that hold them.
func TestCertificate_types(t *testing.T) {
	with := func(v any) string {
		p := specimen()
		p.Steps[0].Changes[0].To = v
		return certificateOf(t, p)
	}
	type pair struct {
		Z int    `json:"z"`
		A string `json:"a"`
	}
	if a, b := with(pair{3, "x"}), with(map[string]any{"a": "x", "z": int64(3)}); a != b {
		t.Errorf("a struct gives %s, a map %s", a, b)
	}
	if a, b := with([]string{"x"}), with([]any{"x"}); a != b {
		t.Errorf("a typed list gives %s, another %s", a, b)
	}
	if a, b, c := with([]string(nil)), with([]string{}), with(nil); a != b || b != c {
		t.Errorf("of what is empty there are several: %s, %s, %s", a, b, c)
	}
	if a, b := with("3"), with(3); a == b {
		t.Error("3 and \"3\" are the same")
	}
	aside := func(detail string) string {
		p := specimen()
		p.Steps[0].Effects = append(p.Steps[0].Effects, Effect{Rule: "volume.grow-guest", Detail: detail, Aside: detail != ""})
		return certificateOf(t, p)
	}
	if a, b, c := aside("growpart DEVICE 1"), aside("growpart /dev/nvme1n1 1"), certificateOf(t, specimen()); a != b || a == c {
		t.Errorf("what a machine has told gives %s, then %s; without the effect it is %s", a, b, c)
	}
	p := specimen()
	p.Steps[0].Changes[0].To = func() {}
	if err := p.Certify(); err == nil || !strings.Contains(err.Error(), "spec.privateIP") {
		t.Errorf("a value that is none: %v", err)
	}
}

// TestCertificate_nothing pins the digest of a plan of nothing, and with it the
// encoding: sha256 of one line, {"format":"enid.certificate/v1"}.
func TestCertificate_nothing(t *testing.T) {
	const want = "sha256:2ec811478cf51688bca7be73e82d26cd39f9fc81fb13e14158e106428868cafb"
	if got := certificateOf(t, &Plan{}); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if _, err := ParseCertificate(want); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{"", "sha256:", want[7:], strings.ToUpper(want), want + "00", "md5:" + want[7:], "sha256:" + strings.Repeat("g", 64)} {
		if _, err := ParseCertificate(wrong); err == nil || !strings.Contains(err.Error(), "64") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

func certificateOf(t *testing.T, p *Plan) string {
	t.Helper()
	if err := p.Certify(); err != nil {
		t.Fatal(err)
	}
	return p.Certificate
}

// leaves answers the paths of all fields that hold a value of their own.
func leaves(path string, v reflect.Value) (out []string) {
	switch v.Kind() {
	case reflect.Pointer:
		return leaves(path, v.Elem())
	case reflect.Slice:
		return leaves(path, v.Index(0))
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() || v.Type() == reflect.TypeFor[Operation]() {
			return []string{path}
		}
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.IsExported() && !empty(v.Field(i)) {
				out = append(out, leaves(path+"."+f.Name, v.Field(i))...)
			}
		}
		return out
	}
	return []string{path}
}

// empty reports whether a list or pointer has nothing in it to be changed.
func empty(v reflect.Value) bool {
	return v.Kind() == reflect.Slice && v.Len() == 0 || v.Kind() == reflect.Pointer && v.IsNil()
}

// mutate changes the field at the path.
func mutate(v reflect.Value, path string) {
	for _, name := range strings.Split(path, ".")[1:] {
		v = v.FieldByName(name)
		for v.Kind() == reflect.Pointer || v.Kind() == reflect.Slice {
			if v.Kind() == reflect.Pointer {
				v = v.Elem()
			} else {
				v = v.Index(0)
			}
		}
	}
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		*x = x.Add(time.Hour)
	case *Operation:
		x.ID += "x"
	case *any:
		*x = fmt.Sprint(*x, "x")
	default:
		switch v.Kind() {
		case reflect.String:
			v.SetString(v.String() + "x")
		case reflect.Bool:
			v.SetBool(!v.Bool())
		case reflect.Int:
			v.SetInt(v.Int() + 1)
		case reflect.Uint64:
			v.SetUint(v.Uint() + 1)
		default:
			panic("a field of a plan that cannot be changed: " + path)
		}
	}
}
