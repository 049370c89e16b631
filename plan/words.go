package plan

import (
	"strconv"
	"strings"
)

// Count answers a number with its noun, as people read it: "1 step", "2 addresses",
// "20,000 steps".
func Count(n int, noun string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(noun, "s"), strings.HasSuffix(noun, "x"):
		noun += "es"
	default:
		noun += "s"
	}
	return Comma(n) + " " + noun
}

// Comma answers a number with its thousands set apart: 20,000.
func Comma(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
