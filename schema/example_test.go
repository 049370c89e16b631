package schema

import "testing"

// TestExamples holds that each kind's example stands alone: nothing is wrong with
// it, nothing advised, and what it ends with is of that kind.
func TestExamples(t *testing.T) {
	for _, kind := range Kinds() {
		f := Parse(string(kind)+".yaml", Example(kind))
		top, findings := Join([]File{f})
		for _, x := range findings {
			t.Error(x)
		}
		if top == nil || len(top.OfKind(kind)) == 0 {
			t.Errorf("%s: its example has none", kind)
			continue
		}
		if last := f.Resources[len(f.Resources)-1]; last.Kind != kind {
			t.Errorf("%s: its example ends with %s", kind, last.Ref)
		}
	}
	if Example("Nothing") != nil || Example("../jsonschema/common") != nil {
		t.Error("a kind that there is not has an example")
	}
}
