package render

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"strings"

	"enid/plan"
	"enid/plan/query"
)

// SVG writes the graph as one picture without script, link, outside font or
// asset. It follows the reader's preference for light or dark. Relations that no
// nesting shows are lines of text in the boxes of both ends: lines through a
// picture of many boxes hide more than they say.
func SVG(w io.Writer, g *query.Graph) error {
	return drawSVG(w, g, "<style>\n"+SVGStyle+"</style>\n")
}

// InlineSVG is SVG for a page that serves SVGStyle itself, as one has to whose
// Content-Security-Policy allows no style in the document.
func InlineSVG(w io.Writer, g *query.Graph) error { return drawSVG(w, g, "") }

func drawSVG(w io.Writer, g *query.Graph, style string) error {
	page := layout(g)
	out := &svg{Writer: bufio.NewWriter(w)}
	foot := page.h
	legend := out.legend(g)
	width := max(page.w, legend.width+2*padding, 200)
	if legend.width > 0 {
		foot += titleRow + padding
	}
	title, desc := description(g)
	fmt.Fprintf(out, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-labelledby="title desc">`+"\n",
		width, foot, width, foot)
	fmt.Fprintf(out, "<title id=\"title\">%s</title>\n<desc id=\"desc\">%s</desc>\n%s", title, desc, style)
	fmt.Fprintf(out, "<g class=\"page\"><rect width=\"%d\" height=\"%d\" rx=\"8\"/></g>\n", width, foot)
	for _, b := range page.children {
		out.box(b)
	}
	legend.write(out, padding, page.h)
	fmt.Fprint(out, "</svg>\n")
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write the picture: %w", err)
	}
	return nil
}

type svg struct{ *bufio.Writer }

// box writes a box before those in it, which lie on top of it.
func (o *svg) box(b *box) {
	class := b.node.Kind
	if b.node.Mark != query.Unmarked {
		class += " " + string(b.node.Mark)
	}
	fmt.Fprintf(o, `<g class="%s"><title>%s</title><rect class="b" x="%d" y="%d" width="%d" height="%d" rx="5"/>`,
		html.EscapeString(class), html.EscapeString(b.words()), b.x, b.y, b.w, b.h)
	x, y, room := b.x+padding, b.y+padding+titleSize-1, b.w-2*padding
	if b.node.Mark != query.Unmarked {
		o.sign(x, y, b.node.Mark)
		x, room = x+badge, room-badge
	}
	fmt.Fprintf(o, `<text class="t" x="%d" y="%d">`, x, y)
	if b.kind != "" {
		fmt.Fprintf(o, `<tspan class="k">%s </tspan>`, html.EscapeString(b.kind))
		room -= measured(b.kind+" ", lineSize)
	}
	fmt.Fprintf(o, "%s</text>", html.EscapeString(shortened(b.title, titleSize, room*100/boldWidth)))
	for _, l := range b.lines {
		y += lineRow
		x, room := b.x+padding, b.w-2*padding
		if l.mark != query.Unmarked {
			o.sign(x, y, l.mark)
			x, room = x+badge, room-badge
		}
		fmt.Fprintf(o, `<text class="l" x="%d" y="%d">%s</text>`, x, y, html.EscapeString(shortened(l.full, lineSize, room)))
	}
	fmt.Fprint(o, "</g>\n")
	for _, c := range b.children {
		o.box(c)
	}
}

// sign writes the badge of a mark at the beginning of a line of text.
func (o *svg) sign(x, y int, m query.Mark) {
	fmt.Fprintf(o, `<g class="s s-%s"><rect x="%d" y="%d" width="14" height="14" rx="3"/><text x="%d" y="%d">%s</text></g>`,
		html.EscapeString(string(m)), x, y-11, x+7, y, signOf(m))
}

// words are all that a box says, in full.
func (b *box) words() string {
	words := []string{Inert(heading(b.node))}
	for _, l := range b.lines {
		if l.mark != query.Unmarked {
			l.full += " (" + string(l.mark) + ")"
		}
		words = append(words, l.full)
	}
	return strings.Join(words, "\n")
}

// description answers what the picture is, for those who do not see it.
func description(g *query.Graph) (title, desc string) {
	marks := map[query.Mark]int{}
	nodes := 0
	g.Walk(func(n, _ *query.Node) {
		if n.Kind != query.MoreNode {
			nodes++
			marks[n.Mark]++
		}
	})
	title, desc = "A network topology", plan.Count(nodes, "node")+" in nested boxes"
	for _, s := range signs {
		if n := marks[s.mark]; n > 0 {
			desc += fmt.Sprintf(", %s %s", plan.Comma(n), s.mark)
			title = "A network topology and what changes in it"
		}
	}
	if g.Omitted > 0 {
		desc += fmt.Sprintf(", %s left out", plan.Comma(g.Omitted))
	}
	return title, desc + "."
}

// legend is the line below the picture: the signs that are used, and how much
// was left out.
type legend struct {
	items []line
	width int
}

func (o *svg) legend(g *query.Graph) (l legend) {
	used := map[query.Mark]bool{}
	g.Walk(func(n, _ *query.Node) { used[n.Mark] = true })
	for _, e := range g.Edges {
		used[e.Mark] = true
	}
	for _, s := range signs {
		if used[s.mark] {
			l.items = append(l.items, line{full: string(s.mark), mark: s.mark})
		}
	}
	if g.Omitted > 0 {
		l.items = append(l.items, line{full: plan.Comma(g.Omitted) + " not drawn"})
	}
	for _, item := range l.items {
		l.width += lineIndent(item) + measured(item.full, lineSize) + 2*gap
	}
	return l
}

func (l legend) write(o *svg, x, y int) {
	y += titleSize
	for _, item := range l.items {
		if item.mark != query.Unmarked {
			o.sign(x, y, item.mark)
			x += badge
		}
		fmt.Fprintf(o, "<text class=\"l\" x=\"%d\" y=\"%d\">%s</text>\n", x, y, item.full)
		x += measured(item.full, lineSize) + 2*gap
	}
}
