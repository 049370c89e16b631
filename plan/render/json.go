package render

import (
	"encoding/json"
	"io"
)

// JSON writes a value as indented JSON, times in UTC and text unescaped, with a
// line feed at its end.
func JSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
