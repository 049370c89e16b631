package schema

import (
	"strings"
	"testing"
)

func TestReading(t *testing.T) {
	for as, list := range map[reads]string{
		readsText: "a web-1 10.0.0.1 10.0.0.0/24 00:16:3e:12:e7:27 centos-7.2-64 8000-8100 -a .x m5.large 1.2.3 1a e3 2026-11 " +
			"yEs nUll +a 10:70 2026-11-23x 192.168.1 cn-hangzhou v1.10 --- 0x 1e",
		readsNull:      "null Null NULL ~",
		readsBool:      "true True TRUE false False FALSE",
		readsInt:       "0 1 -1 443 999999999999999999",
		readsFloat:     "1.5 -0.25 1.10",
		readsTimestamp: "2026-11-23 2026-11-23T00:00:00Z 2026-11-23T00:00:00+08:00 2026-11-23T00:00:00.5Z",
		readsOdd: "yes No ON off y N = << .inf -.INF .NaN 010 00 +1 1_000 0x1F 0o17 0b11 1e3 1. .5 1E-3 10:20 10:20:30 " +
			"1:30.5 9999999999999999999 012345678901 10:20:30:40:50:00",
	} {
		for text := range strings.FieldsSeq(list) {
			if got := reading(text); got != as {
				t.Errorf("%s is read as %d, want %d", text, got, as)
			}
		}
	}
	if reading("") != readsNull {
		t.Error("nothing is null")
	}
}

// TestOddTextsSurvive holds that any label comes back from `enid get -o yaml`.
func TestOddTextsSurvive(t *testing.T) {
	const odd = "yes No ON off y N ~ null = << .inf .NaN 010 1_000 0x1F 0o17 0b11 1e3 1. .5 10:20 10:20:30 2026-11-23 " +
		"2026-11-23T00:00:00Z true 12 1.5 # - ? : & * ! | > % @ `"
	labels := map[string]string{"empty": "", "space": " a ", "lines": "a\nb\n", "quote": `"'`, "emoji": "😀"}
	for text := range strings.FieldsSeq(odd) {
		labels["v"+text] = text
		labels[text] = "key"
	}
	r := &Resource{Ref: Ref{KindVPC, "a"}, Labels: labels, Spec: &VPCSpec{}}
	r.Spec = Parse("a.yaml", []byte("apiVersion: enid/v1\nkind: VPC\nmetadata: {name: a}\nspec: {region: cn-x, cidr: 10.0.0.0/8}\n")).Resources[0].Spec
	text, err := ToYAML(r)
	if err != nil {
		t.Fatal(err)
	}
	f := Parse("a.yaml", text)
	if len(f.Findings) > 0 {
		t.Fatalf("%v\n%s", f.Findings, text)
	}
	for key, want := range labels {
		if got := f.Resources[0].Labels[key]; got != want {
			t.Errorf("label %q: %q, want %q", key, got, want)
		}
	}
}
