package render

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"enid/plan"
	"enid/plan/query"
)

// ImpactText writes for people what a change does beyond its steps; nothing where it
// does nothing. What it returns is the writer's error.
func ImpactText(w io.Writer, i *query.Impact, o Options) error {
	t := &text{Writer: bufio.NewWriter(w), o: o}
	t.impact(i)
	return t.Flush()
}

// maxImpact is how many of each list people are shown; programs get all.
const maxImpact = 40

func (t *text) impact(i *query.Impact) {
	if i == nil {
		return
	}
	show(t, "Reach", i.Reach, t.reached)
	if i.Omitted > 0 {
		t.line(2, t.o.paint(yellow, "! "), plan.Comma(i.Omitted), " pairs of instances were not compared: there are too many")
	}
	show(t, "Addresses", i.Subnets, t.subnet)
	show(t, "Quotas", i.Quotas, t.quota)
	show(t, "Queues", settings(i.Queues), t.queue)
}

// show writes the first of all under a title.
func show[E any](t *text, title string, all []E, line func(E)) {
	if len(all) == 0 {
		return
	}
	t.line(0)
	t.line(0, t.o.paint(bold, title))
	for _, one := range all[:min(len(all), maxImpact)] {
		line(one)
	}
	if more := len(all) - maxImpact; more > 0 {
		t.line(2, fmt.Sprintf("... and %s more; --format json has all", plan.Comma(more)))
	}
}

func (t *text) reached(c query.ReachChange) {
	for _, one := range []struct {
		mark, word string
		style      style
		of         []query.Service
	}{{"+", "opens ", green, c.Opens}, {"-", "closes ", red, c.Closes}} {
		if len(one.of) > 0 {
			t.line(2, t.o.paint(one.style, one.mark), " ", Inert(wayText(c)), ": ", one.word, t.o.paint(bold, services(one.of)))
		}
	}
	t.line(6, Inert(c.Reason), t.o.paint(faint, " ["+c.Rule+"]"))
	t.line(6, t.o.paint(faint, "changed by "), Inert(nameText(c.By)))
}

// wayText answers from where to where: of instances that all reach each other, that.
func wayText(c query.ReachChange) string {
	if len(c.From) > 1 && slices.Equal(c.From, c.To) {
		return "between " + nameText(c.From)
	}
	return endText(c, c.From) + " -> " + endText(c, c.To)
}

// endText answers one end of a change: which part of the internet, which instances.
func endText(c query.ReachChange, names []string) string {
	if text, ok := internetText(c, names); ok {
		return text
	}
	return nameText(names)
}

// internetText answers which part of the internet is meant; false where the end is
// another.
func internetText(c query.ReachChange, names []string) (string, bool) {
	switch {
	case len(names) != 1 || names[0] != query.Internet:
		return "", false
	case len(c.CIDRs) == 0:
		return query.Internet, true
	case len(c.Except) == 0:
		return fmt.Sprintf("%s (%s)", query.Internet, cidrs(c.CIDRs)), true
	}
	return fmt.Sprintf("%s (%s without %s)", query.Internet, cidrs(c.CIDRs), cidrs(c.Except)), true
}

func cidrs(all []netip.Prefix) string {
	out := make([]string, len(all))
	for i, e := range all {
		out[i] = e.String()
	}
	return strings.Join(out, ", ")
}

// nameText answers a few names as they are, of many how many, the first and the last.
func nameText(names []string) string {
	if len(names) <= 3 {
		return strings.Join(names, ", ")
	}
	first, last := names[0], names[len(names)-1]
	if kind, name, _ := strings.Cut(first, "/"); strings.HasPrefix(last, kind+"/") { // all are: they are sorted
		return fmt.Sprintf("%s %s (%s … %s)", plan.Comma(len(names)), strings.Replace(kind+"s", "Instances", "instances", 1), name, last[len(kind)+1:])
	}
	return fmt.Sprintf("%s (%s … %s)", plan.Comma(len(names)), first, last)
}

func (t *text) subnet(s query.SubnetChange) {
	t.line(2, Inert(s.Subnet), " ", s.CIDR, ": ", useText(s.Before, s.UnplacedBefore, s.IPv6Before), " -> ", t.o.paint(bold, useText(s.After, s.UnplacedAfter, s.IPv6After)))
}

// useText answers how much of a subnet is used.
func useText(c *query.Counts, unplaced, six int) string {
	if c == nil {
		return "not there"
	}
	out := fmt.Sprintf("%s used of %s", plan.Comma(int(c.Used)), plan.Comma(int(c.Total-c.Kept)))
	if c.Reserved > 0 {
		out += fmt.Sprintf(" (%s reserved)", plan.Comma(int(c.Reserved)))
	}
	if unplaced > 0 {
		out += fmt.Sprintf(" and %s to be placed", plan.Comma(unplaced))
	}
	if six > 0 {
		out += ", IPv6: " + plan.Comma(six)
	}
	return out
}

func (t *text) quota(q query.QuotaChange) {
	full := ""
	switch {
	case q.Limit == 0: // it is not known
	case q.After > q.Limit:
		full = "  too many"
	case q.After == q.Limit:
		full = "  full"
	}
	t.line(2, Inert(q.Of), ": ", ofLimit(q.Before, q.LimitBefore), " -> ", t.o.paint(bold, ofLimit(q.After, q.Limit)), t.o.paint(red, full), t.o.paint(faint, " ["+q.Rule+"]"))
}

// ofLimit answers how much of a limit is used; 0: it is not known.
func ofLimit(n, limit int) string {
	if limit == 0 {
		return plan.Comma(n)
	}
	return plan.Comma(n) + " of " + plan.Comma(limit)
}

// settings answers changes with those that are alike on interfaces of one machine
// as one: "primary, ENI/a, ENI/b".
func settings(all []query.QueueChange) (out []query.QueueChange) {
	at, on := map[query.QueueChange]int{}, [][]string{}
	for _, q := range all {
		name := q.On
		q.On = ""
		i, ok := at[q]
		if !ok || name == "" {
			i = len(out)
			at[q] = i
			out, on = append(out, q), append(on, nil)
		}
		on[i] = append(on[i], name)
	}
	for i := range out {
		out[i].On = nameText(on[i])
	}
	return out
}

// queueOf names a setting by its interface, none where it is the machine's.
func queueOf(q query.QueueChange) string { return strings.TrimSpace(q.On + " " + q.Setting) }

func (t *text) queue(q query.QueueChange) {
	before := q.Before
	if before == "" {
		before = "not there"
	}
	t.line(2, Inert(q.Host), " ", Inert(queueOf(q)), ": ", Inert(before), " -> ", t.o.paint(bold, Inert(q.After)))
	if q.Detail != "" {
		t.line(6, t.o.paint(faint, q.Detail))
	}
}
