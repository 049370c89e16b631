package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// document is one resource as it is written.
type document struct {
	APIVersion string   `json:"apiVersion"`
	Kind       Kind     `json:"kind"`
	Metadata   metadata `json:"metadata"`
	Spec       any      `json:"spec"`
	Status     any      `json:"status,omitempty"`
}

type metadata struct {
	Name        string            `json:"name"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// Encode answers r as a compact JSON document, the same for the same resource.
// Positions are not kept; everything else is.
func Encode(r *Resource) ([]byte, error) {
	if r == nil || r.Spec == nil {
		return nil, errors.New("encode resource: it has no spec")
	}
	data, err := json.Marshal(writable(r))
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", r.Ref, err)
	}
	return data, nil
}

func writable(r *Resource) document {
	d := document{
		APIVersion: APIVersion, Kind: r.Kind, Spec: r.Spec,
		Metadata: metadata{r.Name, r.Labels, r.Annotations},
	}
	if r.Status != nil {
		d.Status = r.Status
	}
	return d
}

// Decode reads what Encode wrote. It trusts the writer: the schema is not checked.
func Decode(doc []byte) (*Resource, error) {
	var kind struct {
		Kind Kind `json:"kind"`
	}
	head, ok := bytes.CutPrefix(doc, []byte(`{"apiVersion":"`+APIVersion+`","kind":"`))
	if end := bytes.IndexByte(head, '"'); ok && end > 0 {
		kind.Kind = Kind(head[:end])
	} else if err := json.Unmarshal(doc, &kind); err != nil {
		return nil, fmt.Errorf("decode resource: %w", err)
	}
	row := rowOf(kind.Kind)
	if row == nil {
		return nil, fmt.Errorf("decode resource: there is no kind %s", shown(string(kind.Kind)))
	}
	spec, status := row.spec(), row.status()
	var d struct {
		APIVersion   string
		Metadata     metadata
		Spec, Status part
	}
	d.Spec.into, d.Status.into = spec, status
	err := json.Unmarshal(doc, &d)
	r := &Resource{
		Ref: Ref{kind.Kind, d.Metadata.Name}, Labels: d.Metadata.Labels, Annotations: d.Metadata.Annotations, Spec: spec,
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("decode %s: %w", r.Ref, err)
	case d.APIVersion != APIVersion:
		return nil, fmt.Errorf("decode %s: apiVersion %s is not %s", r.Ref, shown(d.APIVersion), APIVersion)
	case r.Name == "":
		return nil, fmt.Errorf("decode %s: it has no name", r.Ref)
	case !d.Spec.seen:
		return nil, fmt.Errorf("decode %s: it has no spec", r.Ref)
	}
	if d.Status.seen {
		r.Status = status
	}
	return r, nil
}

// part is a part of a document that may be missing.
type part struct {
	into any
	seen bool
}

// UnmarshalJSON reads into what p was made for.
func (p *part) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	p.seen = true
	return json.Unmarshal(b, p.into)
}
