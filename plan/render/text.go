package render

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"enid/plan"
)

// Options are how a plan is shown.
type Options struct {
	Color bool
	// Checks shows each step's requirements as they were found, held ones too.
	Checks bool
	// Certificate shows what is recorded without a step, and the digest of it all.
	Certificate bool
}

// symbol is how an action looks in a list of steps.
type symbol struct {
	mark  string
	style style
}

var symbols = map[plan.Action]symbol{
	plan.Create: {"+", green}, plan.Update: {"~", yellow}, plan.Delete: {"-", red},
	plan.Attach: {">", green}, plan.Detach: {"<", yellow}, plan.Bind: {">", green}, plan.Unbind: {"<", yellow},
	plan.Convert: {"=", yellow}, plan.Start: {"^", cyan}, plan.Stop: {"v", cyan}, plan.Reboot: {"o", cyan},
	plan.Register: {">", green}, plan.Deregister: {"<", yellow},
}

// Text writes the plan for people. What it returns is the writer's error.
func Text(w io.Writer, p *plan.Plan, o Options) error {
	t := &text{Writer: bufio.NewWriter(w), o: o}
	t.head(p)
	width := columns(p.Steps)
	for _, s := range p.Steps {
		t.step(s, width)
	}
	if p.Host != nil {
		t.host(p.Host)
	}
	if o.Certificate {
		t.recorded(p.Recorded)
	}
	t.advice(p.Advice)
	t.summary(p)
	if o.Certificate {
		t.line(0, t.o.paint(faint, "Certificate "+p.Certificate))
	}
	return t.Flush()
}

// text is a plan being written.
type text struct {
	*bufio.Writer
	o Options
}

func (t *text) line(indent int, parts ...string) {
	_, _ = t.WriteString(strings.Repeat(" ", indent) + strings.TrimRight(strings.Join(parts, ""), " ") + "\n")
}

func (t *text) head(p *plan.Plan) {
	head := "Plan as of " + p.AsOf.Format(time.RFC3339)
	if p.Revision != "" {
		head += ", revision " + Inert(p.Revision)
	}
	if p.Base.Lineage != "" {
		head += fmt.Sprintf(", from state serial %d", p.Base.Serial)
	}
	t.line(0, t.o.paint(bold, head))
	if len(p.Steps) > 0 {
		t.line(0)
	}
}

// width is how wide the columns of a list of steps are.
type width struct{ id, operation, target int }

func columns(steps []*plan.Step) (w width) {
	for _, s := range steps {
		w.id = max(w.id, len(s.ID))
		w.operation = max(w.operation, len(s.Operation))
		w.target = max(w.target, len(s.Target.String()))
	}
	return w
}

func (t *text) step(s *plan.Step, w width) {
	sym := symbols[s.Action]
	if s.PartOf == "replace" {
		sym = symbol{sym.mark, red}
	}
	mark := t.o.paint(sym.style, sym.mark)
	if s.Blocked() {
		mark = t.o.paint(red, "x")
	}
	t.line(2, mark, " ", pad(s.ID, w.id), "  ", t.o.paint(bold, pad(s.Operation, w.operation)), "  ",
		pad(Inert(s.Target.String()), w.target), t.flags(s), t.where(s))
	indent := w.id + 6
	for _, c := range s.Changes {
		t.change(indent, s.Action, c)
	}
	for _, e := range s.Effects {
		t.line(indent, t.o.paint(faint, "also     "), Inert(e.Detail), t.o.paint(faint, " ["+e.Rule+"]"))
	}
	if s.Deadline != nil {
		t.line(indent, t.o.paint(yellow, "deadline "), s.Deadline.Format(time.RFC3339))
	}
	if s.NotBefore != nil {
		t.line(indent, t.o.paint(yellow, "not before "), s.NotBefore.Format(time.RFC3339))
	}
	if t.o.Checks {
		t.checks(indent, s)
	}
	t.blocks(indent, s.BlockedBy)
}

func (t *text) flags(s *plan.Step) string {
	words := flags(s)
	if len(words) == 0 {
		return ""
	}
	return "  " + t.o.paint(red, "("+strings.Join(words, ", ")+")")
}

func (t *text) where(s *plan.Step) string {
	if from := origin(s, spoken); from != "" {
		return "  " + t.o.paint(faint, from)
	}
	return ""
}

func (t *text) change(indent int, a plan.Action, c plan.Change) {
	path := strings.TrimPrefix(c.Path, "spec.")
	from, to := Value(c.From), Value(c.To)
	switch {
	case a == plan.Delete:
	case a == plan.Create && from == none:
		t.line(indent, t.o.paint(green, path+": "), to)
	case from == none:
		t.line(indent, t.o.paint(green, path+": + "), to)
	case to == none:
		t.line(indent, t.o.paint(red, path+": - "), from)
	default:
		t.line(indent, t.o.paint(yellow, path+": "), from, " -> ", to)
	}
}

func (t *text) checks(indent int, s *plan.Step) {
	for _, c := range s.Checks {
		word, st := "holds    ", green
		switch {
		case c.Unknown:
			word, st = "unknown  ", yellow
		case !c.Holds:
			word, st = "fails    ", red
		}
		t.line(indent, t.o.paint(st, word), Inert(c.Detail), t.o.paint(faint, " ["+c.Rule+"]"))
	}
}

func (t *text) blocks(indent int, blocks []plan.Block) {
	for _, b := range blocks {
		code := ""
		if b.Code != "" {
			code = ", " + b.Code
		}
		t.line(indent, t.o.paint(red, "blocked  "), Inert(b.Detail), t.o.paint(faint, " ["+b.Rule+code+"]"))
		if b.Remedy != "" {
			t.line(indent, t.o.paint(faint, "remedy   "), Inert(b.Remedy))
		}
	}
}

func (t *text) host(h *plan.Host) {
	t.line(0)
	if len(h.Steps) == 0 {
		t.line(0, t.o.paint(bold, "Host "+Inert(h.Name)), " is as it should be.")
		return
	}
	t.line(0, t.o.paint(bold, "Host "+Inert(h.Name)))
	w := width{}
	for _, s := range h.Steps {
		w.id, w.operation, w.target = max(w.id, len(s.ID)), max(w.operation, len(s.Operation)), max(w.target, len(s.Target))
	}
	for _, s := range h.Steps {
		mark := t.o.paint(green, "*")
		if len(s.BlockedBy) > 0 {
			mark = t.o.paint(red, "x")
		}
		t.line(2, mark, " ", pad(s.ID, w.id), "  ", t.o.paint(bold, pad(s.Operation, w.operation)), "  ",
			pad(Inert(s.Target), w.target), "  ", t.o.paint(faint, Inert(s.Command)))
		t.blocks(w.id+6, s.BlockedBy)
	}
}

func (t *text) advice(advice []plan.Advice) {
	if len(advice) == 0 {
		return
	}
	t.line(0)
	t.line(0, t.o.paint(bold, "Advice"))
	for _, a := range advised(advice) {
		t.line(2, t.o.paint(yellow, "! "), names(a.targets, spoken), ": ", Inert(a.Detail), t.o.paint(faint, " ["+a.Rule+"]"))
	}
}

func (t *text) summary(p *plan.Plan) {
	t.line(0)
	if line := Summary(p); line != "" {
		t.line(0, line)
		return
	}
	t.line(0, t.o.paint(green, "Nothing to do: "), "everything is as the files ask.")
}

// Summary answers the plan's counts in one line, "" where there is nothing to do.
func Summary(p *plan.Plan) string {
	s := p.Summary
	var parts []string
	for _, c := range []struct {
		n    int
		word string
	}{
		{s.Create, "to create"}, {s.Update, "to change"}, {s.Replace, "to replace"}, {s.Delete, "to delete"},
		{s.Power, "to start or stop"}, {s.Host, "on the host"},
		{s.Irreversible, "irreversible"}, {s.Downtime, "with downtime"}, {s.DataLoss, "losing data"}, {s.Blocked, "blocked"},
	} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.word))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "Plan: " + strings.Join(parts, ", ") + "."
}

func pad(s string, n int) string {
	if len(s) >= n {
		return s
	}
	return s + strings.Repeat(" ", n-len(s))
}
