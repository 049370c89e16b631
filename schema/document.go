package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// document reads one document into a resource of f, or into findings.
func (f *File) document(root *node, withStatus bool) {
	if root.isNull() {
		return
	}
	kind, ok := f.kindOf(root)
	if !ok {
		return
	}
	ref := Ref{Kind: kind}
	if meta := root.field("metadata"); meta != nil {
		if name := meta.field("name"); name != nil && isName(name.text) {
			ref.Name = name.text
		}
	}
	before := len(f.Findings)
	report := func(x Finding) {
		x.Pos.File = f.Path
		if ref.Name != "" {
			x.Ref = ref
		}
		f.Findings = append(f.Findings, x)
	}
	w := &walk{
		file: f.Path, report: report, parts: map[string][2]int{},
		at: &positions{file: f.Path, fields: make([]fieldPlace, 0, 24)},
	}
	w.at.add(anyField, 0, root.line, root.col)
	w.value(root, compiled[kind], 1)
	if w.doubt {
		f.validate(w, kind, root)
	}
	r := w.resource(ref)
	if r != nil && r.Status != nil && !withStatus && !r.Observed() {
		report(Finding{
			Pos: r.FieldPos("status"), Path: "status", Message: "status is what enid observes, not what files ask for",
			Allowed: fmt.Sprintf("in `enid import`, or beside the annotation %s: \"true\"", ObserveOnly),
		})
	}
	if r == nil && len(f.Findings) == before {
		w.find(root, "the document cannot be read as its kind", "values of the sizes that the schema states")
	}
	if r == nil || len(f.Findings) > before {
		if ref.Name != "" {
			f.Broken = append(f.Broken, ref)
		}
		if r != nil {
			f.doubted = append(f.doubted, r)
		}
		return
	}
	f.Resources = append(f.Resources, r)
}

// kindOf answers a document's kind, or reports why it has none.
func (f *File) kindOf(root *node) (Kind, bool) {
	find := func(at *node, path, message, allowed string) {
		f.Findings = append(f.Findings, Finding{
			Pos: Pos{f.Path, at.line, at.col}, Path: path, Message: message, Allowed: allowed,
		})
	}
	const elsewhere = "apiVersion: enid/v1, or a line in .enidignore that excludes the file"
	version, kind := root.field("apiVersion"), root.field("kind")
	switch {
	case root.shape != mapping:
		find(root, "", "the document is no resource of enid/v1", elsewhere)
	case version == nil || version.shape != scalar:
		find(root, "apiVersion", "the document is not of enid/v1: it has no apiVersion", elsewhere)
	case version.text != APIVersion:
		find(version, "apiVersion", fmt.Sprintf("the document is not of enid/v1 but of %s", shown(version.text)), elsewhere)
	case kind == nil || kind.shape != scalar:
		find(root, "kind", "is required", orList(kindNames()))
	case rowOf(Kind(kind.text)) == nil:
		find(kind, "kind", fmt.Sprintf("there is no kind %s%s", shown(kind.text), didYouMean(kind.text, kindNames())), orList(kindNames()))
	default:
		return Kind(kind.text), true
	}
	return "", false
}

// validate checks what was read against the kind's JSON Schema.
func (f *File) validate(w *walk, kind Kind, root *node) {
	s := compiled[kind]
	var value any
	d := json.NewDecoder(bytes.NewReader(w.out))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		w.find(root, "the document cannot be read", "a document of its kind")
		return
	}
	if err := s.Validate(value); err != nil {
		violations(err, s, value, root, w.report)
	}
}

// resource makes the typed resource, nil where the document is too broken.
func (w *walk) resource(ref Ref) *Resource {
	if ref.Name == "" {
		return nil
	}
	row := rowOf(ref.Kind)
	r := &Resource{Ref: ref, Spec: row.spec(), At: w.at}
	r.Pos = w.at.Pos("")
	var meta metadata
	if json.Unmarshal(w.part("metadata"), &meta) != nil || json.Unmarshal(w.part("spec"), r.Spec) != nil {
		return nil
	}
	r.Labels, r.Annotations = meta.Labels, meta.Annotations
	if status := w.part("status"); status != nil {
		r.Status = row.status()
		if json.Unmarshal(status, r.Status) != nil {
			return nil
		}
	}
	setDefaults(r.Spec)
	normalize(r.Spec, r.Status)
	return r
}

func (w *walk) part(name string) []byte {
	p, ok := w.parts[name]
	if !ok {
		return nil
	}
	return w.out[p[0]:p[1]]
}
