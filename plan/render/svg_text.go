package render

import (
	"strings"
	"unicode"
)

// The widths of characters are those of DejaVu Sans, the widest of the fonts that
// a browser is likely to choose for sans-serif, in thousandths of the font size.
// Text measured so fits its box in any of them.
func advance(r rune) int {
	switch {
	case strings.ContainsRune("ijlI.,:;'|!", r):
		return 340
	case strings.ContainsRune("frt()[]/ -", r):
		return 420
	case strings.ContainsRune("mwMW%@—…", r):
		return 1000
	case r < 0x250 && unicode.IsUpper(r):
		return 760
	case r < 0x500:
		return 640
	case r < 0x1100:
		return 800
	}
	return 1050 // the wide scripts, signs and whatever is not known
}

// boldWidth is how much wider bold text is, in percent.
const boldWidth = 114

// measured answers the width of text in pixels at most.
func measured(s string, size int) int {
	sum := 0
	for _, r := range s {
		sum += advance(r)
	}
	return (sum*size + 999) / 1000
}

// shortened answers the text with its middle left out where it is wider than
// room: what tells long names apart is often at their ends.
func shortened(s string, size, room int) string {
	if measured(s, size) <= room {
		return s
	}
	all := []rune(s)
	for keep := min(len(all)-1, room/(size/4+1)); keep > 0; keep-- {
		if t := string(all[:keep-keep/3]) + "…" + string(all[len(all)-keep/3:]); measured(t, size) <= room {
			return t
		}
	}
	return "…"
}
