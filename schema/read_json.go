package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// maxDepth is how deep a document may nest.
const maxDepth = 100

// readJSON calls each with every value of a JSON text. JSON is read as itself
// and not as YAML, which knows neither its surrogate pairs nor its numbers.
func readJSON(data []byte, each func(*node)) *syntax {
	r := &jsonReader{data: data, tokens: json.NewDecoder(bytes.NewReader(data))}
	r.tokens.UseNumber()
	for {
		r.values = 0
		n, err := r.value(0)
		if errors.Is(err, io.EOF) && n == nil {
			return nil
		}
		if err != nil {
			return r.problem(err)
		}
		each(n)
	}
}

type jsonReader struct {
	data      []byte
	tokens    *json.Decoder
	line, bol int // of seen: the line and where it begins
	seen      int
	values    int // of the document
}

// place answers line and column of an offset; offsets only grow.
func (r *jsonReader) place(offset int) (line, col int) {
	for ; r.seen < offset; r.seen++ {
		if r.data[r.seen] == '\n' {
			r.line++
			r.bol = r.seen + 1
		}
	}
	return r.line + 1, offset - r.bol + 1
}

// start answers where the next token begins.
func (r *jsonReader) start() int {
	at := int(r.tokens.InputOffset())
	for at < len(r.data) && bytes.IndexByte([]byte(" \t\r\n,:"), r.data[at]) >= 0 {
		at++
	}
	return at
}

func (r *jsonReader) value(depth int) (*node, error) {
	n := &node{}
	n.line, n.col = r.place(r.start())
	token, err := r.tokens.Token()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return n, tooDeep(n)
	}
	if r.values++; r.values > 2*maxValues { // a key is one as well
		return n, tooMany(n.line, n.col)
	}
	switch token := token.(type) {
	case json.Delim:
		n.shape = sequence
		if token == '{' {
			n.shape = mapping
		}
		for r.tokens.More() {
			kid, err := r.value(depth + 1)
			if err != nil {
				return n, unexpectedEnd(err)
			}
			n.kids = append(n.kids, kid)
		}
		_, err := r.tokens.Token()
		return n, unexpectedEnd(err)
	case string:
		n.text = token
	case json.Number:
		n.text, n.plain = token.String(), true
	case bool:
		n.text, n.plain = map[bool]string{true: "true", false: "false"}[token], true
	case nil:
		n.text, n.plain = "null", true
	}
	return n, nil
}

func unexpectedEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func tooDeep(n *node) *syntax {
	return &syntax{n.line, n.col, "the document nests too deep", "100 levels"}
}

// problem never repeats the library's text, which quotes from the file.
func (r *jsonReader) problem(err error) *syntax {
	var s *syntax
	if errors.As(err, &s) {
		return s
	}
	at := int(r.tokens.InputOffset())
	var bad *json.SyntaxError
	if errors.As(err, &bad) {
		at = max(at, min(int(bad.Offset)-1, len(r.data)))
	}
	message := "this is not JSON"
	if errors.Is(err, io.ErrUnexpectedEOF) {
		message, at = "the JSON text ends too early", len(r.data)
	}
	return syntaxAt(r.data, min(at, len(r.data)), message, "JSON")
}
