package schema

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

const accountDoc = "apiVersion: enid/v1\nkind: Account\nmetadata: {name: main}\nspec: {provider: alibaba}\n"

func TestParseTexts(t *testing.T) {
	cases := map[string]struct{ text, want string }{
		"BOM":           {"\xef\xbb\xbf" + accountDoc, ""},
		"CRLF":          {strings.ReplaceAll(accountDoc, "\n", "\r\n"), ""},
		"empty":         {"", ""},
		"comment":       {"# nothing\n", ""},
		"two markers":   {"---\n---\n" + accountDoc, ""},
		"NUL":           {accountDoc + "# \x00", "a.yaml:5:3: there is a NUL; text"},
		"invalid UTF-8": {accountDoc + "# \xff", "a.yaml:5:3: this is not UTF-8; UTF-8"},
		"UTF-16":        {"\xff\xfea\x00", "a.yaml:1:1: the file is not UTF-8 but UTF-16 or UTF-32; UTF-8"},
		"depth":         {strings.Repeat("[", 200) + strings.Repeat("]", 200), "a.yaml:1:102: the document nests too deep; 100 levels"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := ""
			for _, f := range Parse("a.yaml", []byte(c.text)).Findings {
				got += f.String()
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if f := Parse("a.yaml", make([]byte, MaxFileSize+1)); len(f.Findings) != 1 {
		t.Errorf("a file that is too large: %v", f.Findings)
	}
}

// TestAliasesAreCheap is the file of pitfalls.md that costs other readers 1.3 GiB.
func TestAliasesAreCheap(t *testing.T) {
	text := "a: &a " + strings.Repeat("x", 100_000) + "\nb:\n" + strings.Repeat("- *a\n", 2000)
	f := Parse("a.yaml", []byte(text))
	if len(f.Findings) != 1 || !strings.Contains(f.Findings[0].Message, "anchors") {
		t.Errorf("%v", f.Findings)
	}
}

func TestSecretNeverKept(t *testing.T) {
	doc := "apiVersion: enid/v1\nkind: Instance\nmetadata: {name: a}\nspec: {type: m5.large, image: ami-1, subnet: s, userData: hunter2}\n"
	f := Parse("a.yaml", []byte(doc))
	if len(f.Resources) != 1 {
		t.Fatal(f.Findings)
	}
	data := f.Resources[0].Spec.(*InstanceSpec).UserData
	if want := Secret("hunter2").Digest(); string(data) != want {
		t.Errorf("kept %q, want %q", string(data), want)
	}
}

func TestParseImportTakesStatus(t *testing.T) {
	doc := []byte(accountDoc + "status: {id: \"123\"}\n")
	if f := Parse("a.yaml", doc); len(f.Findings) != 1 || len(f.Resources) != 0 {
		t.Errorf("Parse: %v", f.Findings)
	}
	f := ParseImport("a.yaml", doc)
	if len(f.Findings) != 0 || f.Resources[0].Status.Common().ID != "123" {
		t.Errorf("ParseImport: %v", f.Findings)
	}
}

func TestFieldPositions(t *testing.T) {
	doc := `apiVersion: enid/v1
kind: ENI
metadata:
  name: a
  labels: {subnet: x}
spec:
  subnet: s
  secondaryIPs:
  - 10.0.0.1
  - 10.0.0.2
  securityGroups: [g, h]
  attachTo:
    instance: i
`
	f := Parse("a.yaml", []byte(doc))
	if len(f.Resources) != 1 {
		t.Fatal(f.Findings)
	}
	for path, want := range map[string]string{
		"":                       "1:1",
		"metadata.name":          "4:9",
		"metadata.labels.subnet": "5:11",
		"spec":                   "6:1",
		"spec.subnet":            "7:11",
		"spec.secondaryIPs":      "8:3",
		"spec.secondaryIPs[1]":   "10:5",
		"spec.secondaryIPs[7]":   "8:3",
		"spec.securityGroups[1]": "11:23",
		"spec.attachTo.instance": "13:15",
		"spec.attachTo.nothing":  "12:3",
		"spec.guest.mtu":         "6:1",
		"status":                 "1:1",
	} {
		if got := f.Resources[0].FieldPos(path).String(); got != "a.yaml:"+want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

func TestDefaults(t *testing.T) {
	doc := "apiVersion: enid/v1\nkind: Host\nmetadata: {name: a}\nspec: {instance: i}\n"
	r := Parse("a.yaml", []byte(doc)).Resources[0]
	want := HostSpec{
		Instance: "i", Addressing: "static", Routing: Routing{"balanced", 1001, 1001, 7000},
		Queues: Queues{Auto: true}, IRQBalance: "unmanaged", RPS: RPS{Mode: "unmanaged"}, XPS: "unmanaged", RFS: RFS{Unmanaged: true}, Persist: "none",
	}
	if got := *r.Spec.(*HostSpec); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// corpus answers the files of all stories, and the examples.
func corpus(t testing.TB) (docs [][]byte) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range Kinds() {
		docs = append(docs, Example(kind))
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range txtar.Parse(data).Files {
			if strings.HasSuffix(f.Name, ".yaml") {
				docs = append(docs, f.Data)
			}
		}
	}
	return docs
}

// FuzzParse holds that nothing panics, that no secret gets into a message, that
// places lie in the file, and that what is judged right without the JSON Schema
// library is right for it too.
func FuzzParse(f *testing.F) {
	for _, doc := range corpus(f) {
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, data []byte) { parsed(t, data) })
}

func parsed(t *testing.T, data []byte) {
	const secret = "hunter2"
	data = append(data, "\n---\napiVersion: enid/v1\nkind: Instance\nmetadata: {name: a}\nspec: {userData: "+secret+"}\n"...)
	hidden := !strings.Contains(string(data[:len(data)-20]), secret)
	lines := len(lineStarts(data))
	for _, name := range []string{"a.yaml", "a.json"} {
		file := Parse(name, data)
		for _, x := range file.Findings {
			if hidden && strings.Contains(x.String(), secret) {
				t.Errorf("the secret is shown: %s", x)
			}
			if x.Pos.Line < 1 || x.Pos.Line > lines+1 || x.Pos.Column < 1 || x.Allowed == "" || x.Message == "" {
				t.Errorf("a finding without place or remedy: %s", x)
			}
		}
		if again := Parse(name, data); fmt.Sprint(again.Findings) != fmt.Sprint(file.Findings) {
			t.Error("the same file is read differently")
		}
		Join([]File{file})
	}
}

// TestAcceptedIsValid holds that the short judgement agrees with the library's.
func TestAcceptedIsValid(t *testing.T) {
	sure, doubted := 0, 0
	for _, doc := range corpus(t) {
		readYAML(doc, func(root *node) {
			f := &File{Path: "a.yaml"}
			kind, ok := f.kindOf(root)
			if root.isNull() || !ok {
				return
			}
			var findings []Finding
			w := &walk{at: &positions{}, parts: map[string][2]int{}, report: func(x Finding) { findings = append(findings, x) }}
			w.value(root, compiled[kind], 1)
			lints := len(findings)
			f.validate(w, kind, root)
			valid := len(findings) == lints
			switch {
			case !w.doubt && !valid:
				t.Errorf("accepted, but %v:\n%s", findings[lints:], w.out)
			case w.doubt && valid && lints == 0:
				t.Errorf("doubted without reason:\n%s", w.out)
			case w.doubt:
				doubted++
			default:
				sure++
			}
		})
	}
	if sure < 100 || doubted < 20 {
		t.Errorf("%d accepted, %d doubted: the stories hold too few of either", sure, doubted)
	}
}
