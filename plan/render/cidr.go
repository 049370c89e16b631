package render

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"enid/plan/query"
)

// maxHolders is how many users of addresses people are shown; programs get all.
const maxHolders = 40

// cells are the styles of a strip's characters.
var cells = map[byte]style{
	query.CellUnused: plain, query.CellReserved: cyan, query.CellUsed: red, query.CellPartly: yellow, query.CellKept: faint,
}

// CIDR writes the report for people, its address space drawn. What it returns is
// the writer's error.
func CIDR(w io.Writer, r *query.Report, o Options) error {
	t := &text{Writer: bufio.NewWriter(w), o: o}
	gateway := ""
	if r.Gateway.IsValid() {
		gateway = ", gateway " + r.Gateway.String()
	}
	t.line(0, o.paint(bold, Inert(r.Subnet)), fmt.Sprintf(" %s of %s%s", r.CIDR, Inert(r.VPC), gateway))
	if six := r.IPv6; six != nil {
		t.line(2, fmt.Sprintf("IPv6 %s, in use: addresses %d, /80 prefixes %d; what follows is IPv4", six.CIDR, six.Addresses, six.Prefixes))
	}
	t.line(0)
	for _, row := range []struct {
		name string
		n    int64
		of   []query.Range
	}{{"kept", r.Counts.Kept, r.Kept}, {"used", r.Counts.Used, r.Used}, {"reserved", r.Counts.Reserved, r.Reserved}, {"unused", r.Counts.Unused, r.Unused}} {
		t.line(2, pad(row.name, 9), fmt.Sprintf("%6d  ", row.n), o.paint(faint, rangesText(row.of)))
	}
	t.line(2, pad("total", 9), fmt.Sprintf("%6d", r.Counts.Total))
	t.line(0)
	t.strip(r.Strip())
	t.holders(r)
	t.freeBlocks(r)
	return t.Flush()
}

// maxRanges is how many ranges of a class are named on its line.
const maxRanges = 4

func rangesText(all []query.Range) string {
	var words []string
	for _, r := range all[:min(len(all), maxRanges)] {
		words = append(words, r.String())
	}
	if more := len(all) - maxRanges; more > 0 {
		words = append(words, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(words, ", ")
}

func (t *text) strip(s query.Strip) {
	width := 0
	for _, row := range s.Rows {
		width = max(width, len(row.First.String()))
	}
	for _, row := range s.Rows {
		t.line(2, t.o.paint(faint, pad(row.First.String(), width)), "  ", t.cells(row.Cells))
	}
	unit, partly := "one address", ""
	if s.Unit > 1 {
		unit = fmt.Sprintf("%d addresses", s.Unit)
		if s.Unit == 16 {
			unit = "one /28"
		}
		partly = "  " + t.cells(string(query.CellPartly)) + " partly used"
	}
	t.line(0)
	t.line(2, "each character is ", unit, ":  ", t.cells(string(query.CellUnused)), " unused  ", t.cells(string(query.CellReserved)), " reserved  ",
		t.cells(string(query.CellUsed)), " used", partly, "  ", t.cells(string(query.CellKept)), " kept by the cloud")
}

// cells paints a row, each run of one character at once.
func (t *text) cells(row string) string {
	var b strings.Builder
	for from := 0; from < len(row); {
		to := from
		for to < len(row) && row[to] == row[from] {
			to++
		}
		b.WriteString(t.o.paint(cells[row[from]], row[from:to]))
		from = to
	}
	return b.String()
}

func (t *text) holders(r *query.Report) {
	if len(r.Holders) > 0 {
		t.line(0)
		t.line(0, t.o.paint(bold, "Used by"))
	}
	shown, width := r.Holders[:min(len(r.Holders), maxHolders)], 0
	for _, h := range shown {
		width = max(width, len(h.Range.String()))
	}
	for _, h := range shown {
		who := h.Holder
		if who == "" {
			who = "something that enid does not manage"
		}
		t.line(2, pad(h.Range.String(), width), "  ", Inert(who), t.o.paint(faint, "  "+h.As))
	}
	if more := len(r.Holders) - maxHolders; more > 0 {
		t.line(2, fmt.Sprintf("... and %d more; --format json has all", more))
	}
	for _, one := range r.Unplaced {
		t.line(2, t.o.paint(yellow, "! "), Inert(one), " is in the subnet, its address is not known yet")
	}
}

func (t *text) freeBlocks(r *query.Report) {
	t.line(0)
	var names []string
	within := 0
	for _, b := range r.FreeBlocks {
		name := b.CIDR.String()
		if b.Reserved {
			name += " (reserved)"
			within++
		}
		names = append(names, name)
	}
	const shown = 6
	if more := len(names) - shown; more > 0 {
		names = append(names[:shown], fmt.Sprintf("and %d more", more))
	}
	text := fmt.Sprintf(" %d, %d of them reserved", len(r.FreeBlocks), within)
	if len(names) > 0 {
		text += ": " + strings.Join(names, ", ")
	}
	t.line(0, t.o.paint(bold, "Free /28 blocks"), text)
	if r.Remark != "" {
		t.line(0, t.o.paint(bold, "Reserve "), "nothing: ", r.Remark)
	}
	for _, s := range r.Reserve {
		t.line(0, t.o.paint(bold, "Reserve "), s.CIDR.String(), ": ", Inert(s.Detail), t.o.paint(faint, " ["+r.Rule+"]"))
	}
}
