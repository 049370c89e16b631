package render

import (
	"cmp"
	"reflect"
	"slices"
	"strings"

	"enid/plan"
)

// The most that is shown of one resource.
const (
	maxSteps   = 12
	maxChanges = 40 // lines of one step
	maxEffects = 4  // of one step
	maxItems   = 12 // lines of one list
)

// gravity orders resources: what is gone and made anew first.
func (r *resource) gravity() int {
	switch {
	case r.verb == "replace":
		return 0
	case r.verb == "delete":
		return 1
	case slices.ContainsFunc(r.steps, func(s *plan.Step) bool { return s.Irreversible || s.DataLoss || s.Downtime }):
		return 2
	}
	return 3
}

// resourceList lists the resources, each with its steps in a part of its own.
func (r *Report) resourceList() list {
	all := resources(r.Steps)
	slices.SortStableFunc(all, func(a, b *resource) int { return cmp.Compare(a.gravity(), b.gravity()) })
	return list{
		open: "\n#### Resources\n",
		n:    len(all), fold: 2 * maxOpen,
		item: func(i int, brief bool) string { return all[i].block(brief) },
		left: func(i int) string {
			var steps []*plan.Step
			for _, one := range all[i:] {
				steps = append(steps, one.steps...)
			}
			actions := make([]string, len(steps))
			for j, s := range steps {
				actions[j] = string(s.Action)
			}
			return plan.Count(len(all)-i, "more resource") + " with " + plan.Count(len(steps), "step") + ": " + tally(actions)
		},
	}
}

// block is the collapsed part of one resource.
func (r *resource) block(brief bool) string {
	title := "<b>" + r.verb + "</b> " + element(r.ref.String()) + " · " + plan.Count(len(r.steps), "step")
	blocked := 0
	for _, s := range r.steps {
		if s.Blocked() {
			blocked++
		}
	}
	if blocked > 0 {
		title += ", " + plan.Comma(blocked) + " blocked"
	}
	if brief {
		return "\n" + details(title, "")
	}
	var b strings.Builder
	for _, s := range r.steps[:min(len(r.steps), maxSteps)] {
		b.WriteString(stepBlock(s))
	}
	if more := r.steps[min(len(r.steps), maxSteps):]; len(more) > 0 {
		b.WriteString("and " + moreSteps(more) + "\n")
	}
	return "\n" + details(title, b.String())
}

// stepBlock is one step: what it is, what it changes, what comes with it.
func stepBlock(s *plan.Step) string {
	var b strings.Builder
	mark := ""
	if s.Blocked() {
		mark = " – **blocked**"
	}
	for _, f := range flags(s) {
		mark += " – **" + f + "**"
	}
	b.WriteString(code(s.ID+" "+s.Operation) + mark)
	if from := origin(s, markdown); from != "" {
		b.WriteString(" – " + from)
	}
	b.WriteString("\n\n")
	if lines := diff(s.Changes); len(lines) > 0 && s.Action != plan.Delete {
		b.WriteString(fence("diff", lines) + "\n")
	}
	var also []string
	for _, e := range s.Effects[:min(len(s.Effects), maxEffects)] {
		also = append(also, prose(e.Detail)+" ("+code(e.Rule)+")")
	}
	if more := len(s.Effects) - maxEffects; more > 0 {
		also = append(also, plan.Count(more, "more effect"))
	}
	if s.Blocked() {
		also = append(also, "blocked: "+blocks(s.BlockedBy, markdown))
	}
	for i, line := range also {
		b.WriteString("- " + line + "\n")
		if i == len(also)-1 {
			b.WriteString("\n")
		}
	}
	return b.String()
}

// flags answers the words for what a step cannot undo, stops or loses.
func flags(s *plan.Step) (words []string) {
	for _, f := range []struct {
		is   bool
		word string
	}{{s.PartOf == "replace", "replace"}, {s.Irreversible, "irreversible"}, {s.Downtime, "downtime"}, {s.DataLoss, "data loss"}} {
		if f.is {
			words = append(words, f.word)
		}
	}
	return words
}

// recordedList lists what the state takes over from the files without a step.
func (r *Report) recordedList() list {
	all := r.recordings()
	return list{
		open: "\n#### Recorded without a step\n",
		n:    len(all), fold: maxOpen,
		item: func(i int, brief bool) string {
			one := all[i]
			title := element(one.Target.String())
			if one.Was != nil {
				title += ", was " + element(one.Was.String())
			}
			lines := diff(one.Changes)
			if brief || len(lines) == 0 {
				return "\n" + details(title, "")
			}
			return "\n" + details(title, fence("diff", lines))
		},
		left: func(i int) string { return plan.Count(len(all)-i, "more resource") },
	}
}

// diff answers changes as the lines of a diff.
func diff(changes []plan.Change) (lines []string) {
	for i, c := range changes {
		path := clip(strings.TrimPrefix(c.Path, "spec."), maxName)
		of := sides(c)
		if len(lines)+len(of) > maxChanges {
			return append(lines, "  and "+plan.Count(len(changes)-i, "more field"))
		}
		for _, l := range of {
			lines = append(lines, l[:2]+path+": "+clip(l[2:], maxValue))
		}
	}
	return lines
}

// sides answers the values that go, marked "- ", and that come, marked "+ ". Of
// lists only the items that differ; whether only their order does is said.
func sides(c plan.Change) []string {
	from, to := items(c.From), items(c.To)
	var out []string
	for _, v := range from {
		if !slices.Contains(to, v) {
			out = append(out, "- "+v)
		}
	}
	for _, v := range to {
		if !slices.Contains(from, v) {
			out = append(out, "+ "+v)
		}
	}
	if len(out) == 0 || len(out) > maxItems {
		out = nil
		if one := Value(c.From); one != none {
			out = append(out, "- "+one)
		}
		if one := Value(c.To); one != none {
			out = append(out, "+ "+one)
		}
	}
	return out
}

// items answers a value's parts: those of a list, else itself, none for nothing.
func items(v any) []string {
	if list := reflect.ValueOf(v); list.Kind() == reflect.Slice {
		out := make([]string, list.Len())
		for i := range out {
			out[i] = Value(list.Index(i).Interface())
		}
		return out
	}
	if one := Value(v); one != none {
		return []string{one}
	}
	return nil
}
