package render

import (
	"bufio"
	"io"
	"time"

	"enid/plan"
)

// ReportText writes the report for a terminal or a pipe: what will happen in a
// sentence, what the change grants itself, the risks, then the plan as Text has it.
// What it returns is the writer's error.
func ReportText(w io.Writer, r *Report, o Options) error {
	t := &text{Writer: bufio.NewWriter(w), o: o}
	if r.nothing() {
		t.line(0, o.paint(green, r.noChange(spoken)))
		return t.Flush()
	}
	does, costs := r.headline(spoken)
	t.line(0, o.paint(bold, does))
	t.line(0, costs)
	if r.Change != nil {
		t.line(0, o.paint(faint, r.compared(spoken)))
	}
	t.risk(r.grants())
	for _, k := range r.risks() {
		t.risk(k)
	}
	if len(r.Steps) > 0 {
		t.line(0)
		t.line(0, o.paint(bold, "Steps"))
	}
	width := columns(r.Steps)
	for _, s := range r.Steps {
		t.step(s, width)
	}
	t.rest(r)
	return t.Flush()
}

// rest is what stands below the steps.
func (t *text) rest(r *Report) {
	if r.supposes() {
		t.line(0)
		t.line(0, t.o.paint(yellow, supposition))
	}
	t.impact(r.Impact)
	for _, h := range r.AllHosts() {
		t.host(h)
	}
	t.recorded(r.recordings())
	t.advice(r.Advice)
	t.line(0)
	if line := Summary(r.Plan); line != "" {
		t.line(0, line)
	}
	if r.timed() {
		t.line(0, t.o.paint(faint, "As of "+r.AsOf.UTC().Format(time.RFC3339)))
	}
	if r.Certificate != "" {
		t.line(0, t.o.paint(faint, "Certificate "), Inert(r.Certificate))
	}
}

// risk writes one reason to look twice, and what it is about; nothing for none.
func (t *text) risk(k risk) {
	if len(k.items) == 0 {
		return
	}
	t.line(0)
	t.line(0, t.o.paint(red, k.title), " (", plan.Count(len(k.items), k.word), ")")
	for i, item := range k.items {
		if i == 2*maxOpen {
			t.line(2, "... and ", k.left(i), "; each stands below")
			break
		}
		from := ""
		if o := origin(item.step, spoken); o != "" {
			from = t.o.paint(faint, "  "+o)
		}
		t.line(2, t.o.paint(yellow, "! "), item.say(spoken), from)
	}
}
