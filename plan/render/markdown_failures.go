package render

import (
	"strings"

	"enid/plan"
	"enid/schema"
)

// MarkdownFindings answers the report of a change whose head does not validate, in
// at most limit bytes; 0: MarkdownLimit. No plan can be made of it.
func MarkdownFindings(c *Change, findings []schema.Finding, limit int) string {
	errors := 0
	for _, f := range findings {
		if !f.Advice {
			errors++
		}
	}
	return failure(c, limit, "This change does not validate: "+plan.Count(errors, "error")+".",
		"Nothing is planned until these are settled; the branch as it is would be held.", list{
			open: "\n",
			n:    len(findings),
			item: func(i int, _ bool) string { return findingItem(findings[i]) },
			left: func(i int) string { return plan.Count(len(findings)-i, "more finding") },
		})
}

// MarkdownBase is MarkdownFindings of a base that does not validate: nothing is known
// to begin from, which need not be this change's fault.
func MarkdownBase(c *Change, findings []schema.Finding, limit int) string {
	return failure(c, limit, "The base of this change does not validate: what merging would do cannot be planned.",
		"The base is taken as applied, and the daemon holds it as it is. Compare with the last revision that validates, or with the state (--state).", list{
			open: "\n",
			n:    len(findings),
			item: func(i int, _ bool) string { return findingItem(findings[i]) },
			left: func(i int) string { return plan.Count(len(findings)-i, "more finding") },
		})
}

func findingItem(f schema.Finding) string {
	text := "- " + code(f.Pos.String())
	if !f.Ref.IsZero() {
		text += " " + code(f.Ref.String())
	}
	if f.Path != "" {
		text += " " + code(f.Path)
	}
	text += ": " + prose(f.Message)
	if f.Allowed != "" {
		text += "; " + prose(f.Allowed)
	}
	if f.Rule != "" {
		text += " (" + code(f.Rule) + ")"
	}
	if f.Advice {
		text += " – advice only"
	}
	return text + "\n"
}

// MarkdownConflict answers the report of a change that cannot be merged, with the
// files on which both sides disagree, in at most limit bytes; 0: MarkdownLimit.
func MarkdownConflict(c *Change, files []string, limit int) string {
	return failure(c, limit, "This change conflicts with its base in "+plan.Count(len(files), "file")+".",
		"What merging would do cannot be planned. Merge or rebase onto the base, settle the conflicts, and push again.", list{
			open: "\n",
			n:    len(files),
			item: func(i int, _ bool) string { return "- " + code(files[i]) + "\n" },
			left: func(i int) string { return plan.Count(len(files)-i, "more file") },
		})
}

// failure is a report without a plan.
func failure(c *Change, limit int, what, then string, of list) string {
	if limit == 0 {
		limit = MarkdownLimit
	}
	p := &page{limit: limit}
	p.add(strings.Join([]string{Marker, "### " + what, "", then, ""}, "\n"))
	foot := ""
	if c != nil {
		p.add("\nFrom " + code(c.Base.String()) + " to " + code(c.Head.String()) + ".\n")
		foot = "\n---\nReproduce with " + code(c.reproduce()) + "\n"
	}
	p.limit -= len(foot)
	p.add(of.fit(max(p.room(), 0)))
	p.limit += len(foot)
	p.add(foot)
	return p.String()
}
