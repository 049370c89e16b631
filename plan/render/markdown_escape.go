package render

import (
	"html"
	"regexp"
	"strings"
	"unicode/utf8"

	"enid/plan"
)

// In markdown, whatever comes from the tree stands in a code span, a code fence or
// a <code> element, and nowhere else: there the engines of GitHub and GitLab know
// no mention, reference, link, image, HTML, formula or emoji, and their later
// passes over the text leave it alone. Only plain words of letters stand outside.
// No line begins with such text, so no quick action can either.

// The most characters of what is shown of one name, path or value.
const (
	maxName  = 120
	maxValue = 300
	maxProse = 600
)

// clip answers the inert text, with its middle left out where it has more than n
// characters: what tells long names apart is often at their ends.
func clip(s string, n int) string {
	s = Inert(s)
	length := utf8.RuneCountInString(s)
	if length <= n {
		return s
	}
	r := []rune(s)
	return string(r[:n*2/3]) + "…" + string(r[len(r)-n/3:]) + " (" + plan.Comma(length) + " characters)"
}

// code answers a code span of the text. A | would end a table's cell even there,
// and is written as its number.
func code(s string) string { return span(clip(s, maxName)) }

// span is code for text that is inert and short already.
func span(s string) string {
	s = strings.ReplaceAll(s, "|", `\u007c`)
	if strings.Trim(s, " ") == "" {
		return "–"
	}
	ticks := strings.Repeat("`", run(s, '`')+1)
	// One space is taken off at both ends again.
	if s[0] == '`' || s[len(s)-1] == '`' || s[0] == ' ' || s[len(s)-1] == ' ' {
		s = " " + s + " "
	}
	return ticks + s + ticks
}

// run answers the length of the longest run of a character.
func run(s string, of rune) (longest int) {
	n := 0
	for _, r := range s {
		if n++; r != of {
			n = 0
		}
		longest = max(longest, n)
	}
	return longest
}

var (
	// word is a token that no engine reads anything into.
	word = regexp.MustCompile(`^[A-Za-z]+(['-][a-z]+)*$`)
	// hash is a word that could be a commit's.
	hash = regexp.MustCompile(`^[A-Fa-f]{7,}$`)
	// number is too short for a hash; at the beginning it could be a list's.
	number = regexp.MustCompile(`^[0-9]{1,6}$`)
)

// prose answers a sentence: its plain words as they are, the rest (names, numbers,
// addresses) in code spans, neighbours in one.
func prose(s string) string {
	var out, pending []string
	flush := func(end string) {
		if len(pending) > 0 {
			out = append(out, span(strings.Join(pending, " "))+end)
			pending = pending[:0]
		}
	}
	for i, token := range strings.Fields(clip(s, maxProse)) {
		core := strings.TrimLeft(token, "(")
		open := token[:len(token)-len(core)]
		core = strings.TrimRight(core, ".,;:)")
		end := token[len(open)+len(core):]
		if core == "" || word.MatchString(core) && !hash.MatchString(core) || i > 0 && number.MatchString(core) {
			flush("")
			out = append(out, open+core+end)
			continue
		}
		if open != "" {
			flush("")
			out = append(out, open+span(core)+end)
			continue
		}
		if pending = append(pending, core); end != "" {
			flush(end)
		}
	}
	flush("")
	return strings.Join(out, " ")
}

// element answers the text in a <code> element, for where markdown is not read.
func element(s string) string {
	return "<code>" + html.EscapeString(clip(s, maxName)) + "</code>"
}

// fence answers lines in a code fence that none of them can end. A line never
// begins with a slash: GitLab looks for quick actions without regard to long fences.
func fence(language string, lines []string) string {
	var b strings.Builder
	longest := 2
	for _, l := range lines {
		longest = max(longest, run(l, '`'))
	}
	ticks := strings.Repeat("`", longest+1)
	b.WriteString(ticks + language + "\n")
	for _, l := range lines {
		if strings.HasPrefix(l, "/") {
			l = " " + l
		}
		b.WriteString(l + "\n")
	}
	b.WriteString(ticks + "\n")
	return b.String()
}
