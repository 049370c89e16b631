package render

import (
	"fmt"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"enid/plan/query"
)

// mermaidClasses are the styles of marks: fills of their own with dark text, so
// that they are read on light and dark pages. The word in the label says it too.
var mermaidClasses = []struct {
	mark  query.Mark
	style string
}{
	{query.Added, "fill:#d9f2df,stroke:#1a7f37,stroke-width:2px,color:#0b2e13"},
	{query.Removed, "fill:#fbdfdc,stroke:#b3261e,stroke-width:2px,color:#47100c,stroke-dasharray:5 4"},
	{query.Changed, "fill:#fdf0c8,stroke:#8a5a00,stroke-width:2px,color:#3a2600"},
	{query.Blocked, "fill:#ece1fa,stroke:#6a3fb5,stroke-width:2px,color:#2b1650"},
	{query.Drifted, "fill:#dcebfb,stroke:#0b62b8,stroke-width:2px,color:#08294d"},
}

// Mermaid answers the graph as the text of a mermaid flowchart, without a fence,
// of at most maxBytes (0: any length), and how many nodes it leaves out. Where
// not even the heading fits it answers "". No text of a topology can be read as
// markup: labels hold letters and digits, the rest is written by its number.
func Mermaid(g *query.Graph, maxBytes int) (text string, left int) {
	text = flowchart(g)
	if maxBytes <= 0 || len(text) <= maxBytes {
		return text, g.Omitted
	}
	nodes := 0
	g.Walk(func(*query.Node, *query.Node) { nodes++ })
	// The most nodes that fit: fewer nodes make no longer text, or hardly so;
	// what is answered was measured.
	text, left = "", nodes+g.Omitted
	sort.Search(nodes, func(n int) bool {
		part := g.Within(n)
		if t := flowchart(part); len(t) <= maxBytes {
			if len(t) > len(text) {
				text, left = t, part.Omitted
			}
			return false
		}
		return true
	})
	return text, left
}

// mermaid is a flowchart that is being written.
type mermaid struct {
	strings.Builder
	ids     map[string]string          // of nodes: n1, n2
	lies    map[string]map[string]bool // node: all that it lies in
	classes map[query.Mark][]string
}

func flowchart(g *query.Graph) string {
	m := &mermaid{ids: map[string]string{}, lies: map[string]map[string]bool{}, classes: map[query.Mark][]string{}}
	m.WriteString("flowchart TB\n")
	for _, n := range g.Roots {
		m.node(n, nil)
	}
	for _, e := range g.Edges {
		// A line between a box and one inside of it breaks mermaid's layout.
		if m.ids[e.From] == "" || m.ids[e.To] == "" || m.lies[e.From][e.To] || m.lies[e.To][e.From] {
			continue
		}
		line := "---"
		if e.Mark == query.Removed {
			line = "-.-"
		}
		fmt.Fprintf(m, "  %s %s|\"%s\"| %s\n", m.ids[e.From], line, label(edgeLabel(e)), m.ids[e.To])
	}
	for _, c := range mermaidClasses {
		if ids := m.classes[c.mark]; len(ids) > 0 {
			fmt.Fprintf(m, "  classDef %s %s\n  class %s %s\n", c.mark, c.style, strings.Join(ids, ","), c.mark)
		}
	}
	return m.String()
}

func (m *mermaid) node(n *query.Node, above []*query.Node) {
	id := fmt.Sprintf("n%d", len(m.ids)+1)
	m.ids[n.ID] = id
	m.lies[n.ID] = map[string]bool{}
	for _, a := range above {
		m.lies[n.ID][a.ID] = true
	}
	if n.Mark != query.Unmarked {
		m.classes[n.Mark] = append(m.classes[n.Mark], id)
	}
	indent := strings.Repeat("  ", len(above)+1)
	words := []string{label(heading(n))}
	for _, l := range n.Lines {
		words = append(words, label(l))
	}
	if len(n.Children) == 0 {
		fmt.Fprintf(m, "%s%s[\"%s\"]\n", indent, id, strings.Join(words, "<br/>"))
		return
	}
	if tooWide(n) {
		fmt.Fprintf(m, "%ssubgraph %s[\"%s\"]\n%s  %s_0[\"%s\"]\n", indent, id, words[0], indent, id, strings.Join(words[1:], "<br/>"))
	} else {
		fmt.Fprintf(m, "%ssubgraph %s[\"%s\"]\n", indent, id, strings.Join(words, " · "))
	}
	above = append(above[:len(above):len(above)], n)
	for _, c := range n.Children {
		m.node(c, above)
	}
	fmt.Fprintf(m, "%send\n", indent)
}

// tooWide reports whether what a box says is wider than what lies in it. Mermaid
// widens such a box over its neighbours, so that its lines get a box of their own in
// it.
func tooWide(n *query.Node) bool {
	const leaf, border = 16, 8 // characters of one box in a row
	leaves := 0
	var down func(n *query.Node)
	down = func(n *query.Node) {
		if len(n.Children) == 0 {
			leaves++
		}
		for _, c := range n.Children {
			down(c)
		}
	}
	down(n)
	return len(n.Lines) > 0 && utf8.RuneCountInString(heading(n)+" · "+strings.Join(n.Lines, " · ")) > leaf*leaves+border
}

// heading answers "ENI web-1-b", with the word of its mark.
func heading(n *query.Node) string {
	words := n.Title
	if n.Kind != query.MoreNode {
		words = strings.TrimSpace(kindTitle(n.Kind) + " " + n.Title)
	}
	if n.Mark != query.Unmarked {
		words += " (" + string(n.Mark) + ")"
	}
	return words
}

func edgeLabel(e query.Edge) string {
	if e.Mark != query.Unmarked {
		return e.Label + " (" + string(e.Mark) + ")"
	}
	return e.Label
}

// kindTitle answers what stands before a node's name.
func kindTitle(kind string) string {
	switch kind {
	case query.ClassicNode:
		return ""
	case "SecurityGroup":
		return "group"
	}
	return kind
}

// label answers text as mermaid shows it: whatever could be markup, in mermaid,
// markdown, HTML or a link, as the number of its character. A dot, dash or slash
// is none within a word: addresses stay readable.
func label(s string) string {
	plain := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	all := []rune(clip(strings.TrimSpace(s), maxName))
	var b strings.Builder
	for i, r := range all {
		within := i > 0 && i < len(all)-1 && plain(all[i-1]) && plain(all[i+1])
		if plain(r) || r == ' ' || within && strings.ContainsRune(".-/", r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	return b.String()
}
