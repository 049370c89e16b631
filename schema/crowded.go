package schema

import "bytes"

// maxValues is about how many values a document may have: half a gigabyte of memory
// while it is read. A file of brackets and commas alone would take sixteen.
const maxValues = 250_000

func tooMany(line, col int) *syntax {
	return &syntax{line, col, "the document has too many values", "250,000 a document; several documents"}
}

// crowded refuses a YAML text of which a document has too many values. The library
// makes all of them before it answers one, so that what stands between values is
// counted: there are at most three for each of these characters, YAML 1.1's line ends
// among them. Comments and texts count alike; none that is meant has as many.
func crowded(data []byte) *syntax {
	count, lineStart := 0, 0
	for i, b := range data {
		switch b {
		case '\n', '\r':
			if lineStart = i + 1; begins(data[lineStart:]) {
				count = 0
			}
			count++
		case ',', '[', '{', 0x85, 0xa8, 0xa9: // the last bytes of U+0085, U+2028 and U+2029
			count++
		}
		if count > maxValues {
			return tooMany(1+bytes.Count(data[:lineStart], []byte("\n")), max(i-lineStart+1, 1))
		}
	}
	return nil
}

// begins says whether a document begins with the line.
func begins(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("---"))
	return ok && (len(rest) == 0 || bytes.IndexByte([]byte(" \t\r\n"), rest[0]) >= 0)
}
