package render

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"enid/plan/doctor"
)

var severityStyles = map[doctor.Severity]style{doctor.Error: red, doctor.Warning: yellow, doctor.Info: cyan}

// Doctor writes the findings for people, the worst first. What it returns is the
// writer's error.
func Doctor(w io.Writer, r *doctor.Report, o Options) error {
	t := &text{Writer: bufio.NewWriter(w), o: o}
	for _, f := range r.Findings {
		t.line(0, o.paint(severityStyles[f.Severity], pad(string(f.Severity), 9)), o.paint(bold, Inert(subject(f))), o.paint(faint, "  ["+f.Check+"]"))
		t.under("seen", f.Seen)
		t.under("why", []string{f.Why})
		t.under("remedy", f.Remedy)
		t.line(0)
	}
	t.line(0, findings(r))
	return t.Flush()
}

// subject answers who and where a finding is about.
func subject(f doctor.Finding) string {
	switch {
	case f.Program == "" && f.Interface == "":
		return "this machine"
	case f.Program == "":
		return f.Interface
	case f.Interface == "":
		return f.Program
	}
	return f.Program + " on " + f.Interface
}

func (t *text) under(name string, lines []string) {
	for _, line := range lines {
		rest := strings.TrimLeft(line, " ")
		t.line(2, t.o.paint(faint, pad(name, 7)), line[:len(line)-len(rest)], Inert(rest))
		name = ""
	}
}

func findings(r *doctor.Report) string {
	n := map[doctor.Severity]int{}
	for _, f := range r.Findings {
		n[f.Severity]++
	}
	if len(r.Findings) == 0 {
		return "Nothing gets in enid's way here."
	}
	var words []string
	for _, x := range []struct {
		severity doctor.Severity
		one      string
		many     string
	}{{doctor.Error, "1 error", "errors"}, {doctor.Warning, "1 warning", "warnings"}, {doctor.Info, "1 for information", "for information"}} {
		switch n[x.severity] {
		case 0:
		case 1:
			words = append(words, x.one)
		default:
			words = append(words, fmt.Sprintf("%d %s", n[x.severity], x.many))
		}
	}
	return strings.Join(words, ", ")
}
