package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"enid/plan/render"
)

// width answers how many columns text is wrapped at: the terminal's, within
// reason, else 100.
func (a *app) width() int {
	if f, ok := a.out.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil {
			return min(max(columns, 60), 120)
		}
	}
	return 100
}

// wrap breaks text into lines of at most so many characters, at spaces; a word
// that is longer has its line to itself.
func wrap(text string, width int) (lines []string) {
	var line strings.Builder
	used := 0
	for _, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		if used > 0 && used+1+n > width {
			lines = append(lines, line.String())
			line.Reset()
			used = 0
		}
		if used > 0 {
			line.WriteByte(' ')
			used++
		}
		line.WriteString(word)
		used += n
	}
	if used > 0 {
		lines = append(lines, line.String())
	}
	return lines
}

// paper is an explanation being written: titles, labelled paragraphs, lists. What
// it is given may come from a topology or a file: it is inert when it is shown.
type paper struct {
	bytes.Buffer
	width int
}

// labelColumns is how far labelled text is indented.
const labelColumns = 14

// title begins what is explained; the blank line parts it from what came before.
func (p *paper) title(name, what string) {
	if p.Len() > 0 {
		p.WriteByte('\n')
	}
	fmt.Fprintf(p, "%s  (%s)\n", render.Inert(name), render.Inert(what))
}

// labelled writes a paragraph beside its label; nothing where there is no text.
func (p *paper) labelled(label, text string) {
	for i, line := range wrap(render.Inert(text), p.width-labelColumns) {
		if i > 0 {
			label = ""
		}
		fmt.Fprintf(p, "  %-*s%s\n", labelColumns-2, label, line)
	}
}

// heading begins a list.
func (p *paper) heading(text string) { fmt.Fprintf(p, "\n  %s\n", text) }

// item writes an entry of a list, and what is to say of it, indented.
func (p *paper) item(name string, about ...string) {
	fmt.Fprintf(p, "    %s\n", render.Inert(name))
	for _, text := range about {
		for _, line := range wrap(render.Inert(text), p.width-8) {
			fmt.Fprintf(p, "        %s\n", line)
		}
	}
}

// columns writes rows under one another, each cell but the last padded.
func (p *paper) columns(rows [][]string) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		line := "    "
		for i, cell := range row {
			line += cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2)
		}
		p.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}
