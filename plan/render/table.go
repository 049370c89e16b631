package render

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Table is some rows under one head, drawn in columns. A title alone is drawn when
// there is no row.
type Table struct {
	Title string
	Head  []string
	Rows  [][]string // as many cells as Head; "" is drawn as -
	// Most is how many rows people are shown; 0: all.
	Most int
	// Rest says where the others are.
	Rest string
}

// words are the cells that have a colour.
var words = map[string]style{"-": faint, "off": faint, "up": green, "down": yellow, "enid": green}

// Tables writes tables for people, one below the other. What it returns is the
// writer's error.
func Tables(w io.Writer, o Options, tables ...Table) error {
	t := &text{Writer: bufio.NewWriter(w), o: o}
	for i, table := range tables {
		if i > 0 {
			t.line(0)
		}
		t.table(table)
	}
	return t.Flush()
}

func (t *text) table(table Table) {
	t.line(0, t.o.paint(bold, table.Title))
	rows := table.Rows
	if table.Most > 0 && len(rows) > table.Most {
		rows = rows[:table.Most]
	}
	if len(rows) == 0 {
		return
	}
	width := make([]int, len(table.Head))
	shown := make([][]string, len(rows))
	for i, name := range table.Head {
		width[i] = utf8.RuneCountInString(name)
	}
	for i, row := range rows {
		for column, cell := range row {
			// No cell begins a line, so that ::1 is harmless.
			if cell = strings.TrimPrefix(Inert(" "+cell), " "); cell == "" {
				cell = "-"
			}
			shown[i] = append(shown[i], cell)
			width[column] = max(width[column], utf8.RuneCountInString(cell))
		}
	}
	t.row(table.Head, width, func(string) style { return faint })
	for _, row := range shown {
		t.row(row, width, func(cell string) style { return words[cell] })
	}
	if more := len(table.Rows) - len(rows); more > 0 {
		t.line(2, fmt.Sprintf("... and %d more; %s", more, table.Rest))
	}
}

// row paints cells one by one, and pads outside of the paint: escape sequences have
// no width.
func (t *text) row(cells []string, width []int, of func(cell string) style) {
	var parts []string
	for i, cell := range cells {
		parts = append(parts, t.o.paint(of(cell), cell))
		if i < len(cells)-1 {
			parts = append(parts, fmt.Sprintf("%*s", width[i]-utf8.RuneCountInString(cell)+2, ""))
		}
	}
	t.line(2, parts...)
}
