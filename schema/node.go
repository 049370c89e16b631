package schema

// shape is what a node is.
type shape uint8

const (
	scalar shape = iota
	mapping
	sequence
)

// node is one value of a document, whichever form it was written in. A mapping
// holds keys and values in turn.
type node struct {
	shape shape
	// plain says that a scalar was written without quotes, so that readers
	// differ on what it is.
	plain bool
	// block says that a collection begins at its first key or item, a line
	// below the field that holds it.
	block     bool
	line, col int
	text      string
	kids      []*node
}

// field answers the value of a mapping's field, nil where there is none.
func (n *node) field(name string) *node {
	if n.shape == mapping {
		for i := 0; i < len(n.kids); i += 2 {
			if n.kids[i].text == name && n.kids[i].shape == scalar {
				return n.kids[i+1]
			}
		}
	}
	return nil
}

// firstKeys answers a function that answers, for the index of a key, an earlier
// key of the same text, or nil. `1` and `"1"` are the same text.
func (n *node) firstKeys() func(i int) *node {
	const few = 32
	if len(n.kids) <= few {
		return func(i int) *node {
			for k := 0; k < i; k += 2 {
				if n.kids[k].text == n.kids[i].text && n.kids[k].shape == scalar {
					return n.kids[k]
				}
			}
			return nil
		}
	}
	first := make(map[string]*node, len(n.kids)/2)
	return func(i int) *node {
		key := n.kids[i]
		earlier := first[key.text]
		if earlier == nil && key.shape == scalar {
			first[key.text] = key
		}
		return earlier
	}
}

// isNull reports whether n was left out, or written as null.
func (n *node) isNull() bool {
	return n.shape == scalar && n.plain && reading(n.text) == readsNull
}

// syntax is what makes a text no document, with its place.
type syntax struct {
	line, col        int
	message, allowed string
}

func (s *syntax) Error() string { return s.message }
