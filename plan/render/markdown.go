package render

import (
	"fmt"
	"strings"
	"time"

	"enid/plan"
)

// Marker is a report's first line, by which scripts find the comment that they
// made before.
const Marker = "<!-- enid-report -->"

// MarkdownLimit is how many bytes a report has at most where nothing else is said:
// GitHub takes 65,536 characters, and a script may add a line.
const MarkdownLimit = 65000

// MarkdownOptions are how a report in markdown is made.
type MarkdownOptions struct {
	Limit int // in bytes; 0: MarkdownLimit
}

// Markdown answers the report for the comment of a pull request, in GitHub's
// dialect, of at most so many bytes, however large the plan is. What matters most
// stands first; what is left out is counted. The same report gives the same bytes.
func Markdown(r *Report, o MarkdownOptions) string {
	limit := o.Limit
	if limit == 0 {
		limit = MarkdownLimit
	}
	p := &page{limit: limit}
	p.add(Marker + "\n")
	if r.nothing() {
		p.add(r.noChange(markdown) + "\n")
		return p.String()
	}
	does, costs := r.headline(markdown)
	p.add("### " + does + "\n\n" + costs + "\n")
	if r.Change != nil {
		p.add("\n" + r.compared(markdown) + "\n")
	}
	p.add(r.summaryTable())
	foot := r.foot()
	p.limit -= len(foot) + leftRoom
	body, left := share(max(p.room(), 0), r.sections())
	p.limit += len(foot) + leftRoom
	p.add(body)
	if len(left) > 0 {
		p.add("\nNot shown for want of room: " + strings.Join(left, ", ") + ".\n")
	}
	p.add(foot)
	return p.String()
}

// page is a report being written.
type page struct {
	strings.Builder
	limit int
}

func (p *page) room() int { return p.limit - p.Len() }

// add takes the block where it fits, whole.
func (p *page) add(block string) {
	if len(block) <= p.room() {
		p.WriteString(block)
	}
}

// sections answers the parts that are not empty, in the order of the report.
func (r *Report) sections() []section {
	var all []section
	add := func(is bool, name string, weight int, fit func(int) string) {
		if is {
			all = append(all, section{name, weight, fit})
		}
	}
	if granted := r.granted(); granted.n > 0 {
		add(true, "what is granted", 12, granted.fit)
	}
	risks := r.risks()
	add(len(risks) > 0, "risks", 30, func(room int) string { return markdownRisks(risks, room) })
	effects := r.effects()
	add(len(effects) > 0, "effects", 14, func(room int) string { return titled(r.effectsTitle(), effects, room) })
	add(r.Picture != nil && len(r.Picture.Roots) > 0, "the picture", 20, r.picture)
	steps := r.resourceList()
	add(steps.n > 0, "resources", 32, steps.fit)
	recorded := r.recordedList()
	add(recorded.n > 0, "what is recorded", 8, recorded.fit)
	add(len(r.AllHosts()) > 0, "machines", 16, r.machines().fit)
	add(len(r.Advice) > 0, "advice", 8, r.adviceList().fit)
	return all
}

// titled answers sections below one title.
func titled(title string, of []section, room int) string {
	text, left := share(room-len(title)-leftRoom, of)
	if text == "" {
		return ""
	}
	if len(left) > 0 {
		text += "\nNot shown for want of room: " + strings.Join(left, ", ") + ".\n"
	}
	return title + text
}

// noChange is the whole report of a change that does nothing.
func (r *Report) noChange(v voice) string {
	if r.Change == nil {
		return "No change: everything is as the files ask."
	}
	if r.Change.AlreadyMerged {
		return "No change: " + v.name(r.Change.Head.String()) + " is merged into " + v.name(r.Change.Base.String()) + " already."
	}
	return "No change: " + v.name(r.Change.Head.String()) + " over " + v.name(r.Change.Base.String()) + " plans nothing." + r.oneMachine(v)
}

// oneMachine says that others were not asked for.
func (r *Report) oneMachine(v voice) string {
	if r.Host == nil {
		return ""
	}
	return " Of machines, only " + v.name(r.Host.Name) + " was looked at."
}

// compared says what was compared.
func (r *Report) compared(v voice) string {
	c := r.Change
	from := v.name(c.Base.String()) + ", taken as applied,"
	if c.FromState {
		from = fmt.Sprintf("the state (serial %d)", r.Base.Serial)
		if r.Base.Lineage == "" {
			from = "an empty state"
		}
	}
	text := "From " + from + " to " + v.name(c.Head.String())
	if c.Merged {
		text += ", planned as merged into " + v.name(c.Base.String())
	}
	text += ": " + plan.Count(c.Commits, "commit") + ", " + plan.Count(c.Files, "file") + " of the topology."
	return text + r.oneMachine(v)
}

// summaryTable counts the steps by kind and by what they do, and says how many
// of them are what else.
func (r *Report) summaryTable() string {
	if len(r.Steps) == 0 {
		return ""
	}
	var kinds []string
	of := map[string]*plan.Plan{}
	for _, s := range r.Steps {
		kind := string(s.Target.Kind)
		if of[kind] == nil {
			of[kind] = &plan.Plan{}
			kinds = append(kinds, kind)
		}
		of[kind].Steps = append(of[kind].Steps, s)
	}
	total := &plan.Plan{Steps: r.Steps}
	total.Count()
	columns := counted(total.Summary, does)
	rows := [][]string{{"steps"}}
	for _, c := range columns {
		rows[0] = append(rows[0], c.word)
	}
	row := func(name string, s plan.Summary) {
		cells := []string{name}
		for _, c := range columns {
			cells = append(cells, dash(c.of(s)))
		}
		rows = append(rows, cells)
	}
	for _, kind := range kinds {
		of[kind].Count()
		row(prose(kind), of[kind].Summary)
	}
	if len(kinds) > 1 {
		row("**all**", total.Summary)
	}
	text := "\n" + markdownTable(rows)
	var also []string
	for _, c := range counted(total.Summary, is) {
		also = append(also, fmt.Sprintf("**%s** %s", plan.Comma(c.of(total.Summary)), c.word))
	}
	if len(also) > 0 {
		text += "\nOf these steps: " + strings.Join(also, " · ") + "\n"
	}
	return text
}

// column is a count of the summary.
type column struct {
	word string
	of   func(plan.Summary) int
}

var (
	// does are the counts of what steps do: each counts in one of them.
	does = []column{
		{"create", func(s plan.Summary) int { return s.Create }}, {"change", func(s plan.Summary) int { return s.Update }},
		{"replace", func(s plan.Summary) int { return s.Replace }}, {"delete", func(s plan.Summary) int { return s.Delete }},
		{"start or stop", func(s plan.Summary) int { return s.Power }}, {"of them blocked", func(s plan.Summary) int { return s.Blocked }},
	}
	// is are the counts of what steps are.
	is = []column{
		{"irreversible", func(s plan.Summary) int { return s.Irreversible }}, {"losing data", func(s plan.Summary) int { return s.DataLoss }},
		{"with downtime", func(s plan.Summary) int { return s.Downtime }}, {"granted by this change", func(s plan.Summary) int { return s.Granted }},
		{"that only the state can judge", func(s plan.Summary) int { return s.Unknown }},
	}
)

// counted answers the columns that are not zero.
func counted(s plan.Summary, of []column) (some []column) {
	for _, c := range of {
		if c.of(s) > 0 {
			some = append(some, c)
		}
	}
	return some
}

func dash(n int) string {
	if n == 0 {
		return "–"
	}
	return plan.Comma(n)
}

// markdownTable answers a table of cells that are markdown already, numbers to the
// right.
func markdownTable(rows [][]string) string {
	var b strings.Builder
	for i, cells := range rows {
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
		if i == 0 {
			b.WriteString("|:--|" + strings.Repeat("--:|", len(cells)-1) + "\n")
		}
	}
	return b.String()
}

// foot says how to get at the same report again.
func (r *Report) foot() string {
	var parts []string
	if r.Certificate != "" {
		parts = append(parts, "Certificate "+code(r.Certificate))
	}
	if r.timed() {
		parts = append(parts, "As of "+code(r.AsOf.UTC().Format(time.RFC3339)))
	}
	if r.Change != nil {
		parts = append(parts, "Reproduce with "+code(r.Change.reproduce()))
	} else if r.Base.Lineage != "" {
		parts = append(parts, fmt.Sprintf("From state serial %d", r.Base.Serial))
	}
	if len(parts) == 0 {
		return ""
	}
	return "\n---\n" + strings.Join(parts, " · ") + "\n"
}
