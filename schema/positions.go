package schema

import (
	"strconv"
	"strings"
)

// positions are the places of a document's fields, in the order in which they
// were read: 12 bytes each, for a topology has millions of them.
type positions struct {
	file   string
	fields []fieldPlace
}

type fieldPlace struct {
	line  uint32
	col   uint16
	depth uint16
	// key is the field's name as a number of fieldNames; anItem for a list's item.
	key uint16
}

const (
	anItem   = 0xffff
	anyField = 0xfffe // a key that people chose: a label's
)

// fieldNames number the names that the schemas know.
var fieldNames = numberFields()

func numberFields() map[string]uint16 {
	names := map[string]uint16{}
	for _, row := range kinds {
		walkSchema(compiled[row.kind], func(name string) {
			if _, ok := names[name]; !ok {
				names[name] = uint16(len(names))
			}
		})
	}
	return names
}

func (p *positions) add(key uint16, depth, line, col int) {
	p.fields = append(p.fields, fieldPlace{uint32(line), uint16(min(col, 0xffff)), uint16(depth), key})
}

// Pos answers the place of a field, or of its nearest parent that is written.
func (p *positions) Pos(path string) Pos {
	if len(p.fields) == 0 {
		return Pos{File: p.file, Line: 1, Column: 1}
	}
	f := p.fields[p.find(path)]
	return Pos{File: p.file, Line: int(f.line), Column: int(f.col)}
}

// Last answers the last line on which something of that field begins.
func (p *positions) Last(path string) int {
	if len(p.fields) == 0 {
		return 1
	}
	at := p.find(path)
	last := p.fields[at].line
	for _, f := range p.fields[at+1:] {
		if f.depth <= p.fields[at].depth {
			break
		}
		last = max(last, f.line)
	}
	return int(last)
}

// find answers the index of a field, or of its nearest parent that is written.
func (p *positions) find(path string) int {
	at := 0
	for depth := uint16(1); path != ""; depth++ {
		var key uint16
		var skip int
		key, skip, path = step(path)
		if key == anyField {
			break
		}
		next := p.child(at, depth, key, skip)
		if next < 0 {
			break
		}
		at = next
	}
	return at
}

// child answers the index of the child with that key of the field at index
// parent, after skip others of that key; -1 where there is none.
func (p *positions) child(parent int, depth, key uint16, skip int) int {
	for i := parent + 1; i < len(p.fields) && p.fields[i].depth >= depth; i++ {
		if p.fields[i].depth == depth && p.fields[i].key == key {
			if skip == 0 {
				return i
			}
			skip--
		}
	}
	return -1
}

// step splits the first step off a path: a field's name, or an item's index.
func step(path string) (key uint16, skip int, rest string) {
	path = strings.TrimPrefix(path, ".")
	if strings.HasPrefix(path, "[") {
		index, rest, _ := strings.Cut(path[1:], "]")
		n, err := strconv.Atoi(index)
		if err != nil {
			return anyField, 0, ""
		}
		return anItem, n, rest
	}
	end := strings.IndexAny(path, ".[")
	if end < 0 {
		end = len(path)
	}
	key, ok := fieldNames[path[:end]]
	if !ok {
		return anyField, 0, ""
	}
	return key, 0, path[end:]
}
