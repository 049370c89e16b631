package schema

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// shown quotes what a file says for a message: short, and inert on a terminal.
func shown(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}

// isWord reports whether a key looks like a name. One that does not may be part
// of a text that was indented too little, and such a text may be a secret.
func isWord(key string) bool {
	odd := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_./", r)
	}
	return key != "" && len(key) <= 63 && !strings.ContainsFunc(key, odd)
}

// shownKey quotes the name of a field for a message.
func shownKey(key string) string {
	if !isWord(key) {
		return "whose name is no word"
	}
	return fmt.Sprintf("%q", key)
}

// pathStep answers a key as a step of a field's path.
func pathStep(key string) string {
	if !isWord(key) {
		return "(no word)"
	}
	return key
}

// didYouMean answers `: did you mean "x"?` for the nearest of some names, or ""
// where none is near.
func didYouMean(got string, names []string) string {
	if name := Nearest(got, names); name != "" {
		return fmt.Sprintf(": did you mean %q?", name)
	}
	return ""
}

// Nearest answers the name with the smallest edit distance from got, at most a
// third of its length; case costs nothing but decides between equals. It answers ""
// where none is near.
func Nearest(got string, names []string) string {
	if len(got) > 64 {
		return ""
	}
	best, least := "", max(1, len(got)/3)+1
	for _, name := range names {
		if d := distance(strings.ToLower(got), strings.ToLower(name), least); d < least {
			best, least = name, d
		}
	}
	return best
}

// distance answers how many insertions, deletions, substitutions and swaps of
// neighbours make b of a (Levenshtein's distance with swaps), or most where it
// is not less.
func distance(a, b string, most int) int {
	if len(a)-len(b) >= most || len(b)-len(a) >= most {
		return most
	}
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(above[j]+cost, above[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, above, row = above, row, before
	}
	return min(above[len(b)], most)
}
