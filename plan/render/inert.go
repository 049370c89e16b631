package render

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode"
)

// Inert answers the text with control characters, bidirectional marks and
// invalid bytes escaped, so that it stays where it is printed. A leading "::",
// by which CI systems take commands, is escaped too.
func Inert(s string) string {
	if strings.HasPrefix(s, "::") {
		s = "\\" + s
	}
	if strings.IndexFunc(s, unprintable) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case unprintable(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func unprintable(r rune) bool {
	return r == unicode.ReplacementChar || !unicode.IsPrint(r)
}

// none is how a value that is not there is shown.
const none = "(none)"

// Value answers a change's value on one line: text as it is, what has words of
// its own in those, lists item by item, the rest as JSON, nothing as "(none)".
func Value(v any) string {
	if list := reflect.ValueOf(v); list.Kind() == reflect.Slice && list.Len() > 0 {
		items := make([]string, list.Len())
		for i := range items {
			items[i] = Value(list.Index(i).Interface())
		}
		return strings.Join(items, ", ")
	}
	b, err := json.Marshal(v)
	if err != nil {
		return Inert(fmt.Sprint(v))
	}
	if text := string(b); text == "null" || text == "[]" {
		return none
	}
	if words, ok := v.(fmt.Stringer); ok && b[0] == '{' {
		return Inert(words.String())
	}
	var s string
	if json.Unmarshal(b, &s) == nil {
		if s == "" {
			return none
		}
		return Inert(s)
	}
	return Inert(string(b))
}
