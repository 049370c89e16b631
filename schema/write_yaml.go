package schema

import (
	"bytes"
	"fmt"

	yaml "sigs.k8s.io/yaml/goyaml.v3"
)

// ToYAML answers r as a YAML document that Parse reads, its fields in the order
// of the documentation. A secret-like value is its digest.
func ToYAML(r *Resource) ([]byte, error) {
	doc, err := Encode(r)
	if err != nil {
		return nil, err
	}
	var n yaml.Node
	if err := yaml.Unmarshal(doc, &n); err != nil {
		return nil, fmt.Errorf("write %s as YAML: %w", r.Ref, err)
	}
	restyle(&n)
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(&n); err != nil {
		return nil, fmt.Errorf("write %s as YAML: %w", r.Ref, err)
	}
	return out.Bytes(), nil
}

// restyle turns JSON's style into YAML's, but keeps the quotes of texts that
// some reader takes for something else.
func restyle(n *yaml.Node) {
	switch {
	case n.Kind != yaml.ScalarNode:
		n.Style &^= yaml.FlowStyle
	case n.Style&yaml.DoubleQuotedStyle != 0 && reading(n.Value) == readsText:
		n.Style = 0
	}
	for _, kid := range n.Content {
		restyle(kid)
	}
}
