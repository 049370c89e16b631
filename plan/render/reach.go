package render

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"enid/plan/query"
)

// maxPairs is how many pairs of interfaces people are shown; programs get all.
const maxPairs = 16

// Reach writes the answer for people. What it returns is the writer's error.
func Reach(w io.Writer, a *query.Answer, o Options) error {
	t := &text{Writer: bufio.NewWriter(w), o: o}
	verdict := o.paint(red, "no")
	if a.Reachable {
		verdict = o.paint(green, "yes")
	}
	asked := ""
	if a.Asked != nil {
		asked = " on " + a.Asked.String()
	}
	t.line(0, o.paint(bold, fmt.Sprintf("Does %s reach %s%s?", Inert(a.From.Name), Inert(a.To.Name), asked)), " ", verdict)
	t.line(2, Inert(a.Reason), o.paint(faint, " ["+a.Rule+"]"))
	if len(a.Path) > 0 {
		t.line(2, o.paint(faint, "path  "), Inert(strings.Join(a.Path, " > ")))
	}
	if a.Reachable {
		t.line(2, o.paint(faint, "open  "), services(a.Open))
	}
	for i := range a.Pairs[:min(len(a.Pairs), maxPairs)] {
		t.pair(&a.Pairs[i])
	}
	if more := len(a.Pairs) - maxPairs; more > 0 {
		t.line(0)
		t.line(2, fmt.Sprintf("... and %d more pairs of interfaces; --format json has all", more))
	}
	t.line(0)
	if a.Bandwidth != nil {
		t.line(0, o.paint(bold, "Bandwidth "), Inert(a.Bandwidth.Detail), o.paint(faint, " ["+a.Bandwidth.Rule+"]"))
	}
	t.queryChanges(a)
	for _, one := range a.Advice {
		t.line(0, o.paint(yellow, "! "), Inert(one.Detail), o.paint(faint, " ["+one.Rule+"]"))
	}
	return t.Flush()
}

func (t *text) queryChanges(a *query.Answer) {
	switch {
	case len(a.Changes) == 0:
		return
	case a.Reachable:
		t.line(0, t.o.paint(bold, "To close it, commit"))
	default:
		t.line(0, t.o.paint(bold, "To open it, commit"))
	}
	for _, c := range a.Changes {
		path := ""
		if c.Path != "" {
			path = " " + c.Path
		}
		t.line(2, t.o.paint(yellow, "~ "), Inert(c.Target), path, ": ", Inert(c.Do), t.place(c.Source))
	}
}

func (t *text) pair(p *query.Pair) {
	t.line(0)
	mark := t.o.paint(red, "x")
	if p.Reachable {
		mark = t.o.paint(green, ">")
	}
	t.line(2, mark, " ", t.o.paint(bold, interfaceText(p.From)), " to ", t.o.paint(bold, interfaceText(p.To)), ": ", services(p.Open),
		t.o.paint(faint, " ["+p.Rule+"]"))
	if p.There != nil {
		t.direction("there", p.There)
	}
	if p.Back != nil {
		t.direction("back", p.Back)
	}
}

func (t *text) direction(name string, d *query.Direction) {
	t.line(6, pad(name, 6), services(d.Open))
	for _, one := range d.DecidedBy {
		word := t.o.paint(red, "deny  ")
		if one.Allows {
			word = t.o.paint(green, "allow ")
		}
		if one.Group == "" {
			t.line(12, word, services(one.Services), " ", one.Direction, " by default")
			continue
		}
		t.line(12, word, services(one.Services), " ", t.o.paint(faint, "by "), Inert(one.Group), " ", one.Path,
			t.o.paint(faint, fmt.Sprintf(" (%s, peer %s, priority %d)", one.Direction, Inert(one.Peer), one.Priority)), t.place(one.Source))
	}
}

func (t *text) place(s *query.Source) string {
	if s == nil {
		return ""
	}
	return "  " + t.o.paint(faint, fmt.Sprintf("%s:%d", Inert(s.File), s.Line))
}

// interfaceText answers an interface with its address and groups.
func interfaceText(i query.Interface) string {
	var parts []string
	for _, a := range []netip.Addr{i.PrivateIP, i.PublicIP} {
		if a.IsValid() {
			parts = append(parts, a.String())
		}
	}
	if i.CIDR.IsValid() {
		parts = append(parts, i.CIDR.String())
	}
	parts = append(parts, i.SecurityGroups...)
	if len(parts) == 0 {
		return Inert(i.Name)
	}
	return Inert(fmt.Sprintf("%s (%s)", i.Name, strings.Join(parts, ", ")))
}

func services(all []query.Service) string {
	if len(all) == 0 {
		return "nothing"
	}
	words := make([]string, len(all))
	for i, s := range all {
		words[i] = s.String()
	}
	return strings.Join(words, ", ")
}
