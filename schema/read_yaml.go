package schema

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	yaml "sigs.k8s.io/yaml/goyaml.v3"
)

// readYAML calls each with every document of a YAML text. It stops at the first
// document that is none.
func readYAML(data []byte, each func(*node)) (problem *syntax) {
	// The library panics on some broken texts; one file must not end the daemon.
	defer func() {
		if recover() != nil {
			problem = &syntax{1, 1, "this is not YAML that can be read", "YAML"}
		}
	}()
	if problem := crowded(data); problem != nil {
		return problem
	}
	p := newPlaces(data)
	d := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var doc yaml.Node
		err := d.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return p.problem(err)
		}
		if len(doc.Content) == 0 {
			continue
		}
		n, problem := p.node(doc.Content[0], 0)
		if problem != nil {
			return problem
		}
		each(n)
	}
}

// node turns a node of the library into one of ours, refusing what is more than
// plain data: aliases (whose expansion costs gigabytes), merge keys and tags.
func (p *places) node(y *yaml.Node, depth int) (*node, *syntax) {
	n := &node{}
	n.line, n.col = p.of(y.Line, y.Column)
	at := func(message, allowed string) (*node, *syntax) {
		return nil, &syntax{n.line, n.col, message, allowed}
	}
	switch {
	case depth > maxDepth:
		return nil, tooDeep(n)
	case y.Kind == yaml.AliasNode || y.Anchor != "":
		return at("anchors and aliases are not taken", "the value itself, written out")
	case y.Tag == "!!merge":
		return at("merge keys are not taken", "the fields themselves, written out")
	case y.Style&yaml.TaggedStyle != 0:
		return at("tags are not taken", "plain values")
	}
	switch y.Kind {
	case yaml.MappingNode:
		n.shape = mapping
	case yaml.SequenceNode:
		n.shape = sequence
	default:
		n.text = y.Value
		n.plain = y.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
		return n, nil
	}
	n.block = y.Style&yaml.FlowStyle == 0
	n.kids = make([]*node, len(y.Content))
	for i, kid := range y.Content {
		k, problem := p.node(kid, depth+1)
		if problem != nil {
			return nil, problem
		}
		n.kids[i] = k
	}
	return n, nil
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?([a-z](?:[a-z ,]|'[^\w\s]{1,3}')*)`)

// problem takes the place and the wording of the library's error, but
// nothing that it quotes from the file.
func (p *places) problem(err error) *syntax {
	s := &syntax{1, 1, "this is not YAML", "YAML"}
	m := yamlLine.FindStringSubmatch(err.Error())
	if m == nil {
		return s
	}
	if line, err := strconv.Atoi(m[1]); err == nil && line > 0 {
		s.line, s.col = p.of(line, 1)
	}
	if strings.HasPrefix(m[2], "unknown anchor") {
		s.message, s.allowed = "anchors and aliases are not taken", "the value itself, written out"
		return s
	}
	s.message = fmt.Sprintf("this is not YAML (%s)", strings.TrimSpace(m[2]))
	return s
}
