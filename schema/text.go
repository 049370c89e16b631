package schema

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// MaxFileSize is how many bytes a file may have.
const MaxFileSize = 64 << 20

var byteOrderMark = []byte("\xef\xbb\xbf")

// checkText answers the text of a file without its byte order mark, or why it
// is none: what cannot be shown to a person is not read.
func checkText(data []byte) ([]byte, *syntax) {
	if len(data) > MaxFileSize {
		return nil, &syntax{1, 1, fmt.Sprintf("the file has %d bytes", len(data)), "64 MiB a file"}
	}
	for _, mark := range []string{"\xff\xfe", "\xfe\xff", "\x00\x00\xfe\xff"} {
		if bytes.HasPrefix(data, []byte(mark)) {
			return nil, &syntax{1, 1, "the file is not UTF-8 but UTF-16 or UTF-32", "UTF-8"}
		}
	}
	data = bytes.TrimPrefix(data, byteOrderMark)
	for i := 0; i < len(data); {
		c := data[i]
		if c == 0 {
			return nil, syntaxAt(data, i, "there is a NUL", "text")
		}
		if c < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return nil, syntaxAt(data, i, "this is not UTF-8", "UTF-8")
		}
		if isBidi(r) {
			return nil, syntaxAt(data, i, fmt.Sprintf("there is the bidirectional control character U+%04X", r),
				"text whose order is what it looks like")
		}
		i += size
	}
	return data, nil
}

// isBidi reports whether r changes the direction in which text is shown, so
// that a reviewer may see something else than what is there.
func isBidi(r rune) bool {
	switch {
	case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0x061C, r == 0x200E, r == 0x200F:
		return true
	}
	return false
}

func syntaxAt(data []byte, offset int, message, allowed string) *syntax {
	line := 1 + bytes.Count(data[:offset], []byte("\n"))
	col := offset - bytes.LastIndexByte(data[:offset], '\n')
	return &syntax{line, col, message, allowed}
}

// places turns places as the YAML reader has them, with columns in characters and
// lines that end as YAML 1.1 has it, into those of git and of editors: a line ends
// with a line feed, and columns are in bytes.
type places struct {
	data []byte
	// starts are the reader's lines, each with the line of git that it is in; nil
	// where the two count the same.
	starts []lineStart
	// last is the place asked for last: places mostly come in order, and a file
	// may be one long line.
	last struct{ line, col, at int }
}

type lineStart struct{ at, line, from int } // from: where git's line begins

func newPlaces(data []byte) *places {
	p := &places{data: data}
	same := true
	for i, b := range data {
		same = same && b < utf8.RuneSelf && (b != '\r' || i+1 < len(data) && data[i+1] == '\n')
	}
	if same {
		return p
	}
	last := lineStart{line: 1}
	for _, at := range lineStarts(data) {
		if passed := data[last.at:at]; bytes.IndexByte(passed, '\n') >= 0 {
			last.line += bytes.Count(passed, []byte("\n"))
			last.from = at
		}
		last.at = at
		p.starts = append(p.starts, last)
	}
	return p
}

// of answers line and column of the reader's.
func (p *places) of(line, col int) (int, int) {
	if line < 1 || line > len(p.starts) {
		return line, max(col, 1)
	}
	start := p.starts[line-1]
	from, at := 1, start.at
	if p.last.line == line && p.last.col <= col {
		from, at = p.last.col, p.last.at
	}
	for range col - from {
		_, size := utf8.DecodeRune(p.data[min(at, len(p.data)):])
		at += size
	}
	p.last.line, p.last.col, p.last.at = line, col, at
	return start.line, at - start.from + 1
}

// lineStarts answers where lines begin, with all that YAML 1.1 takes for a line's end.
func lineStarts(data []byte) []int {
	starts := []int{0}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		i += size
		switch r {
		case '\r':
			if i < len(data) && data[i] == '\n' {
				i++
			}
			starts = append(starts, i)
		case '\n', '\u0085', '\u2028', '\u2029':
			starts = append(starts, i)
		}
	}
	return starts
}
