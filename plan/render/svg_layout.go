package render

import (
	"slices"
	"strings"

	"enid/plan/query"
)

// Sizes of the picture in pixels.
const (
	titleSize  = 13
	lineSize   = 12
	titleRow   = 20
	lineRow    = 17
	padding    = 10
	gap        = 10
	badge      = 18  // the sign of a mark, with the space after it
	leastWidth = 120 // of a box
	mostWidth  = 250 // of a box for the sake of its text
	mostTitle  = 330 // of a box with others in it, for the sake of its title
)

// line is a line of text in a box.
type line struct {
	full string
	mark query.Mark
}

// box is a node with its place in the picture.
type box struct {
	node        *query.Node
	x, y, w, h  int
	kind, title string // as they are shown
	lines       []line
	children    []*box
	rows        [][]*box // the children, as they are packed
}

// small kinds share rows that come before those of the boxes which hold others.
var large = []string{"Account", query.RegionNode, query.ClassicNode, query.ZoneNode, "VPC", "Subnet", "Instance"}

func (b *box) large() bool { return slices.Contains(large, b.node.Kind) }

// layout answers the graph as boxes, each with its place; relations is what lines
// of text say instead of lines through the picture.
func layout(g *query.Graph) *box {
	relations := map[string][]line{}
	for _, e := range g.Edges {
		tell := func(at, other string) {
			words := "↔ " + other
			if e.Label != "" {
				words += " by " + e.Label
			}
			relations[at] = append(relations[at], line{full: words, mark: e.Mark})
		}
		tell(e.From, e.To)
		tell(e.To, e.From)
	}
	page := &box{node: &query.Node{}}
	for _, n := range g.Roots {
		page.children = append(page.children, measure(n, relations))
	}
	page.pack()
	w, h := page.inner()
	page.spread(0, 0, w+2*padding, h+2*padding, padding)
	return page
}

// measure answers the box of a node with the size that it needs at least.
func measure(n *query.Node, relations map[string][]line) *box {
	b := &box{node: n, kind: kindTitle(n.Kind), title: Inert(n.Title)}
	if n.Kind == query.MoreNode {
		b.kind = ""
	}
	for _, l := range n.Lines {
		b.lines = append(b.lines, line{full: Inert(l)})
	}
	for _, c := range n.Children {
		b.children = append(b.children, measure(c, relations))
	}
	if len(n.Children) > 0 && len(b.lines) > 1 {
		words := make([]string, len(b.lines))
		for i, l := range b.lines {
			words[i] = l.full
		}
		if one := strings.Join(words, " · "); measured(one, lineSize) <= mostTitle-2*padding {
			b.lines = []line{{full: one}}
		}
	}
	for _, l := range relations[n.ID] {
		b.lines = append(b.lines, line{full: Inert(l.full), mark: l.mark})
	}
	room := mostWidth
	if len(b.children) > 0 {
		room = mostTitle
	}
	want := b.titleWidth()
	for _, l := range b.lines {
		want = max(want, measured(l.full, lineSize)+lineIndent(l))
	}
	b.w = max(leastWidth, min(want+2*padding, room))
	b.h = b.head() + padding - 2
	b.pack()
	if w, h := b.inner(); len(b.children) > 0 {
		b.w = max(b.w, w+2*padding)
		b.h = b.head() + gap/2 + h + padding
	}
	return b
}

// head is the height of a box's own text with the space above it.
func (b *box) head() int { return padding - 2 + titleRow + lineRow*len(b.lines) }

func (b *box) titleWidth() int {
	w := (measured(b.title, titleSize)*boldWidth + 99) / 100
	if b.kind != "" {
		w += measured(b.kind+" ", lineSize)
	}
	if b.node.Mark != query.Unmarked {
		w += badge
	}
	return w
}

func lineIndent(l line) int {
	if l.mark != query.Unmarked {
		return badge
	}
	return 0
}

// pack puts the children into rows, in their order: of all widths up to some
// number of columns the one whose picture is the smallest at a screen's shape.
func (b *box) pack() {
	const mostColumns = 40
	b.align()
	best, room, tall := 0, 0, 17
	if b.node.Kind == "Instance" {
		tall = 40 // its ENIs side by side
	}
	var chosen [][]*box
	for i := range min(len(b.children), mostColumns) {
		room += b.children[i].w + gap
		b.rows = rowsOf(b.children, room-gap)
		w, h := b.inner()
		if cost := max(w*10, h*tall); chosen == nil || cost < best {
			best, chosen = cost, b.rows
		}
	}
	b.rows = chosen
}

// align has boxes of the same kind that hold nothing stand in columns: as wide as the
// widest of them but those few that are far wider than most, with a long name.
func (b *box) align() {
	widths := map[string][]int{}
	for _, c := range b.children {
		if len(c.children) == 0 {
			widths[c.node.Kind] = append(widths[c.node.Kind], c.w)
		}
	}
	column := map[string]int{}
	for kind, all := range widths {
		slices.Sort(all)
		most := all[len(all)*3/4] * 5 / 4
		for _, w := range all {
			if w <= most {
				column[kind] = w
			}
		}
	}
	for _, c := range b.children {
		if len(c.children) == 0 {
			c.w = max(c.w, column[c.node.Kind])
		}
	}
}

// rowsOf breaks boxes into rows of at most room, or of one box; what stands
// apart begins a row.
func rowsOf(boxes []*box, room int) (rows [][]*box) {
	used := 0
	for i, c := range boxes {
		if i == 0 || used+gap+c.w > room || c.apart(boxes[i-1]) {
			rows = append(rows, nil)
			used = -gap
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], c)
		used += gap + c.w
	}
	return rows
}

// apart reports whether a box begins a row though there is room in the one of its
// neighbour: boxes that hold others, and ENIs, stand by themselves.
func (b *box) apart(before *box) bool {
	eni := func(b *box) bool { return b.node.Kind == "ENI" }
	return b.node.Kind != query.MoreNode && (b.large() != before.large() || eni(b) != eni(before))
}

// inner is the size of the rows together.
func (b *box) inner() (w, h int) {
	for i, row := range b.rows {
		rw, rh := rowSize(row)
		w = max(w, rw)
		h += rh
		if i > 0 {
			h += gap
		}
	}
	return w, h
}

func rowSize(row []*box) (w, h int) {
	for i, c := range row {
		w += c.w
		h = max(h, c.h)
		if i > 0 {
			w += gap
		}
	}
	return w, h
}

// spread gives a box its place, and its children theirs from top down: those of
// a row are equally high, and networks take what width is left.
func (b *box) spread(x, y, w, h, top int) {
	b.x, b.y, b.w, b.h = x, y, w, h
	cy := y + top
	for _, row := range b.rows {
		rw, rh := rowSize(row)
		slack := w - 2*padding - rw
		grow := 0
		for _, c := range row {
			if c.grows() {
				grow++
			}
		}
		cx := x + padding
		for _, c := range row {
			cw := c.w
			if c.grows() {
				cw += slack / grow
				slack -= slack / grow
				grow--
			}
			c.spread(cx, cy, cw, rh, c.head()+gap/2)
			cx += cw + gap
		}
		cy += rh + gap
	}
}

// grows reports whether a box is a network, which may be wider than it must.
func (b *box) grows() bool { return b.large() && b.node.Kind != "Instance" }
