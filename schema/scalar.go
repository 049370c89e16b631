package schema

import (
	"regexp"
	"strings"
)

// reads is what readers take a plain scalar for.
type reads uint8

const (
	readsText      reads = iota // YAML 1.1 and 1.2 agree: a text
	readsNull                   // both agree
	readsBool                   // both agree: true or false
	readsInt                    // both agree: a decimal integer
	readsFloat                  // both agree: a decimal fraction
	readsTimestamp              // a time in 1.1, a text in 1.2
	readsOdd                    // anything else that one of them takes for no text
)

// words are the plain scalars that are no text by their spelling alone.
var words = map[string]reads{"": readsNull, "~": readsNull, "=": readsOdd, "<<": readsOdd}

func init() {
	for as, list := range map[reads]string{
		readsNull: "null", readsBool: "true false", readsOdd: "yes no on off y n .inf +.inf -.inf .nan",
	} {
		for word := range strings.FieldsSeq(list) {
			words[word] = as
			words[strings.ToUpper(word)] = as
			if start := strings.IndexAny(word, "abcdefghijklmnopqrstuvwxyz"); start >= 0 {
				words[word[:start]+strings.ToUpper(word[start:start+1])+word[start+1:]] = as
			}
		}
	}
	words[".NaN"] = readsOdd
}

var (
	timestamp = regexp.MustCompile(`^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(([Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(\.[0-9]*)?([ \t]*(Z|[-+][0-9]{1,2}(:?[0-9]{2})?))?)?$`)
	fraction  = regexp.MustCompile(`^-?(0|[1-9][0-9]*)\.[0-9]+$`)
	oddNumber = regexp.MustCompile(`^([-+]?[0-9][0-9_]*|` + // octal in 1.1, decimal in 1.2
		`[-+]?0[xX][0-9a-fA-F_]+|[-+]?0[oO][0-7_]+|[-+]?0[bB][01_]+|` +
		`[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|` + // sexagesimal
		`[-+]?(\.[0-9_]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?)$`)
)

// reading answers what a plain scalar is by YAML 1.1 (with PyYAML's regular
// expressions, since the specification's own take 10.0.0.20 for a number) and
// by YAML 1.2.
func reading(s string) reads {
	if as, ok := words[s]; ok {
		return as
	}
	if c := s[0]; (c < '0' || c > '9') && c != '-' && c != '+' && c != '.' {
		return readsText
	}
	switch {
	case isDecimal(s):
		return readsInt
	case strings.Count(s, ".") > 1 || strings.ContainsAny(s, "/"):
		return readsText // addresses and CIDRs, by far the most frequent
	case fraction.MatchString(s):
		return readsFloat
	case timestamp.MatchString(s):
		return readsTimestamp
	case oddNumber.MatchString(s):
		return readsOdd
	}
	return readsText
}

// isDecimal reports whether s is an integer in the one form that all agree on.
func isDecimal(s string) bool {
	s = strings.TrimPrefix(s, "-")
	if s == "" || len(s) > 18 || s[0] == '0' && len(s) > 1 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
