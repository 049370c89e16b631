package render

import (
	"fmt"
	"strings"

	"enid/plan"
)

// maxOpen is how many items of a list stand open, before the others fold.
const maxOpen = 10

// granted lists what runs only because the change itself lets it.
func (r *Report) granted() list {
	k := r.grants()
	return list{
		open: "\n#### Granted by this change itself\n\nWhoever approves this change approves these steps too; without it they would be blocked.\n\n",
		n:    len(k.items), fold: maxOpen,
		item: func(i int, brief bool) string { return bullet(k.items[i], brief) },
		left: k.left,
	}
}

func refs(all []plan.Ref, v voice) string {
	s := make([]string, len(all))
	for i, ref := range all {
		s[i] = ref.String()
	}
	return names(s, v)
}

// moreSteps answers "3 more steps: 2 create, 1 update".
func moreSteps(steps []*plan.Step) string {
	actions := make([]string, len(steps))
	for i, s := range steps {
		actions[i] = string(s.Action)
	}
	return plan.Count(len(steps), "more step") + ": " + tally(actions)
}

func bullet(item riskItem, brief bool) string {
	if brief && item.short != nil {
		return "- " + item.short(markdown) + "\n"
	}
	text := "- " + item.say(markdown)
	if from := origin(item.step, markdown); from != "" {
		text += " – " + from
	}
	return text + "\n"
}

// markdownRisks answers the risks, each a list with its count.
func markdownRisks(risks []risk, room int) string {
	sections := make([]section, len(risks))
	for i, k := range risks {
		l := list{
			open: "\n**" + k.title + "** (" + plan.Count(len(k.items), k.word) + ")\n\n",
			n:    len(k.items), fold: maxOpen,
			item: func(i int, brief bool) string { return bullet(k.items[i], brief) },
			left: k.left,
		}
		sections[i] = section{strings.ToLower(k.title[:1]) + k.title[1:], 1, l.fit}
	}
	return titled("\n#### Risks\n", sections, room)
}

// picture is the diagram of as much of the affected part as there is room for.
func (r *Report) picture(room int) string {
	const open, end = "\n<details open><summary><b>Picture</b></summary>\n\n", "\n</details>\n"
	drawn, left := Mermaid(r.Picture, max(room-len(open)-len(end)-leftRoom, 1))
	if drawn == "" {
		return ""
	}
	text := open + fence("mermaid", strings.Split(strings.TrimRight(drawn, "\n"), "\n"))
	if left > 0 {
		text += "\nand " + plan.Comma(left) + " more boxes that the picture leaves out\n"
	}
	return text + end
}

// machines lists what would run on each machine.
func (r *Report) machines() list {
	hosts := r.AllHosts()
	return list{
		open: "\n#### On the machines\n",
		n:    len(hosts), fold: maxOpen,
		item: func(i int, brief bool) string { return machine(hosts[i], brief) },
		left: func(i int) string {
			words := []string{}
			for _, h := range hosts[i:] {
				for _, s := range h.Steps {
					words = append(words, s.Operation)
				}
			}
			return plan.Count(len(hosts)-i, "more machine") + " with " + plan.Count(len(words), "step")
		},
	}
}

// maxCommands is how many lines of one machine's commands are shown.
const maxCommands = 80

func machine(h *plan.Host, brief bool) string {
	title := element(h.Name) + " · " + plan.Count(len(h.Steps), "change")
	var run, stop []*plan.HostStep
	for _, s := range h.Steps {
		if len(s.BlockedBy) > 0 {
			stop = append(stop, s)
		} else {
			run = append(run, s)
		}
	}
	if len(stop) > 0 {
		title += ", " + plan.Comma(len(stop)) + " of them blocked"
	}
	if brief || len(h.Steps) == 0 {
		return "\n" + details(title, "")
	}
	var body strings.Builder
	lines, shown := commandLines(run)
	if len(lines) > 0 {
		body.WriteString(fence("sh", lines))
	}
	if more := len(run) - shown; more > 0 {
		body.WriteString("\nand " + plan.Count(more, "more command") + "\n")
	}
	for i, s := range stop[:min(len(stop), maxBlocks)] {
		if i == 0 {
			body.WriteString("\n")
		}
		body.WriteString("- blocked: " + code(s.Operation) + " of " + code(s.Target) + ": " + blocks(s.BlockedBy, markdown) + "\n")
	}
	if more := len(stop) - maxBlocks; more > 0 {
		body.WriteString("\nand " + plan.Count(more, "more blocked step") + "\n")
	}
	return "\n" + details(title, body.String())
}

// commandLines answers the lines of the first commands, and how many those are.
func commandLines(steps []*plan.HostStep) (lines []string, shown int) {
	for _, s := range steps {
		of := strings.Split(strings.TrimRight(s.Command, "\n"), "\n")
		if len(lines)+len(of) > maxCommands {
			break
		}
		for _, l := range of {
			lines = append(lines, clip(strings.TrimRight(l, "\r"), maxValue))
		}
		shown++
	}
	return lines, shown
}

// details answers a collapsed part; the title is HTML.
func details(title, body string) string {
	if body == "" {
		return "<details><summary>" + title + "</summary></details>\n"
	}
	return "<details><summary>" + title + "</summary>\n\n" + body + "\n</details>\n"
}

func (r *Report) adviceList() list {
	all := advised(r.Advice)
	return list{
		open: "\n#### Advice\n\n",
		n:    len(all), fold: maxOpen,
		item: func(i int, _ bool) string {
			a := all[i]
			return "- " + names(a.targets, markdown) + ": " + prose(a.Detail) + " (" + code(a.Rule) + ")\n"
		},
		left: func(i int) string { return fmt.Sprintf("%s more", plan.Comma(len(all)-i)) },
	}
}
