package schema

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// walk turns a document's nodes into JSON, led by its schema: the schema says
// which scalars are texts, which are secrets, and which keys people chose.
type walk struct {
	out    []byte
	at     *positions
	path   []byte // of the value at hand, for findings
	report func(Finding)
	file   string
	// doubt says that the JSON Schema library has to judge.
	doubt bool
	// parts are the places in out of the document's own fields.
	parts map[string][2]int
}

func (w *walk) find(n *node, message, allowed string) {
	w.report(Finding{
		Pos: Pos{w.file, n.line, n.col}, Path: string(w.path), Message: message, Allowed: allowed,
	})
}

func (w *walk) value(n *node, s *jsonschema.Schema, depth int) {
	if s != nil && s.WriteOnly {
		w.secret(n)
		return
	}
	switch n.shape {
	case mapping:
		w.mapping(n, s, depth)
	case sequence:
		w.sequence(n, s, depth)
	default:
		w.scalar(n, s)
	}
}

func (w *walk) mapping(n *node, s *jsonschema.Schema, depth int) {
	w.out = append(w.out, '{')
	begin, length := len(w.out), len(w.path)
	free := isFree(s)
	names := make([]string, 0, len(n.kids)/2)
	earlier := n.firstKeys()
	for i := 0; i < len(n.kids); i += 2 {
		key, value := n.kids[i], n.kids[i+1]
		if !w.key(key, earlier(i), free) || !free && value.isNull() {
			continue
		}
		if len(w.out) > begin {
			w.out = append(w.out, ',')
		}
		names = append(names, key.text)
		w.out = append(appendText(w.out, key.text), ':')
		w.field(key, value, s, depth)
		w.path = w.path[:length]
	}
	w.out = append(w.out, '}')
	w.doubt = w.doubt || !acceptsFields(s, names)
}

// key reports whether a key can be taken: it is a text, and the first of its name.
func (w *walk) key(key, earlier *node, free bool) bool {
	switch {
	case key.shape != scalar:
		w.find(key, "a key is a list or a mapping", "a text as key")
		return false
	case earlier != nil:
		w.find(key, fmt.Sprintf("the key %s stands here a second time", shownKey(key.text)),
			fmt.Sprintf("once; the first is at %d:%d", earlier.line, earlier.col))
		return false
	case free && key.plain && reading(key.text) != readsText:
		w.find(key, fmt.Sprintf("the key %s is no text for every reader of YAML: quote it", orNothing(key.text)), `"`+key.text+`"`)
	}
	return true
}

// field adds a field's value, and notes where it stands.
func (w *walk) field(key, value *node, s *jsonschema.Schema, depth int) {
	if number, ok := fieldNames[key.text]; ok && !isFree(s) {
		place := value
		if value.block {
			place = key
		}
		w.at.add(number, depth, place.line, place.col)
	}
	if len(w.path) > 0 {
		w.path = append(w.path, '.')
	}
	w.path = append(w.path, pathStep(key.text)...)
	start := len(w.out)
	w.value(value, below(s, key.text), depth+1)
	if depth == 1 {
		w.parts[key.text] = [2]int{start, len(w.out)}
	}
}

func (w *walk) sequence(n *node, s *jsonschema.Schema, depth int) {
	w.out = append(w.out, '[')
	length := len(w.path)
	for i, kid := range n.kids {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		w.path = fmt.Appendf(w.path, "[%d]", i)
		w.at.add(anItem, depth, kid.line, kid.col)
		w.value(kid, items(s), depth+1)
		w.path = w.path[:length]
	}
	w.out = append(w.out, ']')
	w.doubt = w.doubt || !acceptsList(s, n.kids)
}

func (w *walk) scalar(n *node, s *jsonschema.Schema) {
	if !n.plain {
		w.text(n.text, s)
		return
	}
	switch as := reading(n.text); {
	case as == readsText,
		s != nil && s.Format == "date-time" && as == readsTimestamp,
		s != nil && s.Format == "ports" && as == readsInt:
		w.text(n.text, s)
	case takesText(s):
		w.find(n, fmt.Sprintf("%s is no text for every reader of YAML: quote it", orNothing(n.text)), `"`+n.text+`"`)
		w.text(n.text, s)
	case as == readsNull:
		w.out = append(w.out, "null"...)
		w.doubt = true
	case as == readsBool:
		w.out = append(w.out, strings.ToLower(n.text)...)
		w.doubt = w.doubt || !acceptsBool(s)
	case as == readsInt, as == readsFloat:
		w.out = append(w.out, n.text...)
		w.doubt = w.doubt || as == readsFloat || !acceptsInt(s, n.text)
	default:
		w.text(n.text, s)
	}
}

func (w *walk) text(text string, s *jsonschema.Schema) {
	w.out = appendText(w.out, text)
	w.doubt = w.doubt || !acceptsText(s, text)
}

// secret adds the digest of a secret-like value. Nothing of the value, not even
// the names of fields below it, gets into a finding.
func (w *walk) secret(n *node) {
	switch {
	case n.shape == mapping:
		w.out, w.doubt = append(w.out, "{}"...), true
	case n.shape == sequence:
		w.out, w.doubt = append(w.out, "[]"...), true
	default:
		if n.plain && reading(n.text) != readsText {
			w.find(n, "the value is no text for every reader of YAML: quote it", "a quoted text")
		}
		w.out = appendText(w.out, Secret(n.text).Digest())
	}
}

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}

// appendText appends a text as JSON.
func appendText(out []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			quoted, err := json.Marshal(s)
			if err != nil { // no text is refused
				panic(err)
			}
			return append(out, quoted...)
		}
	}
	out = append(out, '"')
	out = append(out, s...)
	return append(out, '"')
}
