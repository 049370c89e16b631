package render

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"enid/plan"
	"enid/plan/query"
	"enid/schema"
)

var (
	at   = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	base = strings.Repeat("a", 40)
	head = strings.Repeat("b", 40)
)

// told is a report that has something in every part, all of it saying s.
func told(s string) *Report {
	block := plan.Block{Rule: s, Code: s, Detail: "it is " + s, Remedy: "do " + s}
	from := &plan.Source{File: s, Line: 7, Commit: s, Author: s}
	steps := []*plan.Step{
		{ID: "s1", Operation: s, Target: plan.Ref{Kind: "ENI", Name: s}, Action: plan.Create, Source: from,
			Changes: []plan.Change{{Path: s, To: s}, {Path: "l", From: []string{s, "x"}, To: []string{"x", "y"}}}, GrantedBy: []plan.Ref{{Kind: "Policy", Name: s}}},
		{ID: "s2", Operation: "Attach", Target: plan.Ref{Kind: "ENI", Name: s}, Action: plan.Attach, Changes: []plan.Change{{Path: "spec.attachTo.instance", To: s}}},
		{ID: "s3", Operation: "Delete", Target: plan.Ref{Kind: "Volume", Name: s}, Action: plan.Delete, Irreversible: true, DataLoss: true, Source: from,
			Effects: []plan.Effect{{Rule: s, Detail: "with it goes " + s}}},
		{ID: "s4", Operation: "Stop", Target: plan.Ref{Kind: "Instance", Name: s}, Action: plan.Stop, Downtime: true, Deadline: &at,
			Checks: []plan.Checked{{Rule: s, Detail: "nobody knows " + s, Unknown: true}}},
		{ID: "s5", Operation: "Make", Target: plan.Ref{Kind: "Subnet", Name: s}, Action: plan.Create, PartOf: "replace", NotBefore: &at},
		{ID: "s6", Operation: "Modify", Target: plan.Ref{Kind: "EIP", Name: s}, Action: plan.Update, BlockedBy: []plan.Block{block}},
	}
	p := &plan.Plan{AsOf: at, Steps: steps, Advice: []plan.Advice{{Rule: s, Target: steps[0].Target, Detail: s + " is advised"}},
		Hosts: []*plan.Host{{Name: s, Steps: []*plan.HostStep{{ID: "h1", Operation: s, Target: s, Command: "ip link set " + s},
			{ID: "h2", Operation: s, Target: s, Command: s, BlockedBy: []plan.Block{block}}, {ID: "h3", Operation: s, Target: s, Command: s}}}}}
	p.Count()
	tcp := []query.Service{{Protocol: "tcp", Ports: s}}
	p.Certificate = "sha256:" + s
	p.Recorded = []plan.Recorded{{Target: plan.Ref{Kind: "Policy", Name: s}, Was: &steps[1].Target, Changes: steps[0].Changes}}
	return &Report{Plan: p, Held: "too many " + s, Picture: &query.Graph{Roots: []*query.Node{{ID: s, Kind: s, Title: s, Lines: []string{s}, Mark: query.Added}}, Omitted: 2},
		Change: &Change{Base: Commit{ID: base, Name: s, Author: s, Subject: s}, Head: Commit{ID: head, Name: s}, Merged: true, Commits: 3, Files: 2},
		Impact: &query.Impact{
			Reach:   []query.ReachChange{{From: []string{"internet"}, To: []string{s}, Opens: tcp, Closes: tcp, Rule: s, Reason: s, By: []string{s}}},
			Subnets: []query.SubnetChange{{Subnet: s, CIDR: s, After: &query.Counts{Total: 100, Unused: 3}}},
			Quotas:  []query.QuotaChange{{Of: s, Rule: s, Before: 1, After: 99, Limit: 100}},
			Queues:  []query.QueueChange{{Host: s, On: s, Before: s, After: s, Detail: s}}}}
}

// many is a report of so many steps on resources of their own, one in four blocked.
func many(n int, name string) *Report {
	actions := []plan.Action{plan.Create, plan.Update, plan.Delete}
	p := &plan.Plan{AsOf: at}
	for i := range n {
		s := &plan.Step{ID: fmt.Sprintf("s%d", i+1), Operation: "Operate", Action: actions[i%3], Target: plan.Ref{Kind: "ENI", Name: fmt.Sprintf("%s-%d", name, i)},
			Changes: []plan.Change{{Path: "spec.x", To: "y"}}, Irreversible: i%5 == 0, DataLoss: i%7 == 0, Source: &plan.Source{File: name, Line: i}}
		if i >= n*3/4 {
			s.BlockedBy = []plan.Block{{Rule: "r.x", Detail: "no", Remedy: "yes"}}
		}
		p.Steps = append(p.Steps, s)
	}
	p.Count()
	return &Report{Plan: p, Change: &Change{Base: Commit{ID: base}, Head: Commit{ID: head}}}
}

// TestMarkdownFits: whatever the size, it fits, is whole, and says what is left out.
func TestMarkdownFits(t *testing.T) {
	long := many(3, "n")
	long.Steps[0].Changes[0].To = strings.Repeat("`", 60<<10)
	for _, c := range []struct {
		name string
		r    *Report
	}{
		{"one", many(1, "n")}, {"20,000", many(20000, "n")}, {"long value", long}, {"long names", many(2000, strings.Repeat("é`|", 3334))},
		{"everything", told(strings.Repeat("<`|", 3334))}, {"many kinds", manyKinds(strings.Repeat("é", 200))},
	} {
		for _, limit := range []int{0, 65536, 20000, 5000, 1000, 100, 1} {
			doc := Markdown(c.r, MarkdownOptions{Limit: limit})
			if limit == 0 {
				limit = MarkdownLimit
			}
			if len(doc) > limit {
				t.Errorf("%s: %d bytes, at most %d are wanted", c.name, len(doc), limit)
			}
			whole(t, fmt.Sprintf("%s in %d", c.name, limit), doc)
			if limit >= 5000 && (!strings.Contains(doc, "\n### ") || !strings.Contains(doc, "| steps |") || !strings.Contains(doc, "Reproduce")) {
				t.Errorf("%s in %d: the headline, the table or the foot is not there:\n%.300s", c.name, limit, doc)
			}
		}
	}
}

// manyKinds is a report in which each of many kinds is in each of many verbs once.
func manyKinds(name string) *Report {
	p := &plan.Plan{}
	for i := range 400 {
		action := []plan.Action{plan.Create, plan.Update, plan.Delete, plan.Attach, plan.Detach, plan.Bind, plan.Unbind, plan.Convert, plan.Start, plan.Stop}[i/20%10]
		p.Steps = append(p.Steps, &plan.Step{Operation: name, Action: action, Downtime: true, Target: plan.Ref{Kind: schema.Kind("Kind" + string(rune('A'+i%20))), Name: fmt.Sprint(name, i)},
			BlockedBy: slices.Repeat([]plan.Block{{Rule: name, Detail: strings.Repeat(name, 9), Remedy: strings.Repeat(name, 9)}}, i/200)})
	}
	p.Count()
	return &Report{Plan: p, Change: &Change{Base: Commit{ID: base}, Head: Commit{ID: head}}}
}

func whole(t *testing.T, name, doc string) {
	t.Helper()
	if opened, closed := strings.Count(doc, "<details"), strings.Count(doc, "</details>"); opened != closed {
		t.Errorf("%s: %d details are opened, %d closed", name, opened, closed)
	}
	if !utf8.ValidString(doc) || doc != "" && !strings.HasSuffix(doc, "\n") {
		t.Errorf("%s: it was cut", name)
	}
	if got := outline(doc); strings.Contains(got, "Link") || strings.Contains(got, "RawHTML") {
		t.Errorf("%s: it is broken:\n%s", name, got)
	}
}

var left = regexp.MustCompile(`\nand ([0-9,]+) more (?:step|resource)s?(?: with [0-9,]+ steps?)?: (.*)\n`)

// TestMarkdownCounts: what each section shows and what it leaves out are together
// what there is.
func TestMarkdownCounts(t *testing.T) {
	r := many(20000, "n")
	doc := Markdown(r, MarkdownOptions{})
	final := 0
	for _, s := range r.Steps {
		if s.Irreversible || s.DataLoss {
			final++
		}
	}
	for _, c := range []struct {
		begin, end, item string
		want             int
	}{
		{"**Cannot be undone, or loses data**", "\n**", "\n- ", final},
		{"**Blocked**", "\n####", "\n- ", r.Summary.Blocked}, {"#### Resources", "\n---", "<details><summary><b>", len(r.Steps)},
	} {
		_, part, ok := strings.Cut(doc, c.begin)
		if !ok {
			t.Errorf("%s is not there", c.begin)
			continue
		}
		part, _, _ = strings.Cut(part, c.end)
		found := left.FindStringSubmatch(part + "\n")
		if found == nil {
			t.Errorf("%s does not say what it leaves out", c.begin)
			continue
		}
		shown, sum := strings.Count(part, c.item), 0
		for _, one := range strings.Split(found[2], ", ") {
			number, _, _ := strings.Cut(one, " ")
			sum += atoi(t, number)
		}
		if n := atoi(t, found[1]); shown == 0 || n != sum || shown+n != c.want {
			t.Errorf("%s shows %d and leaves out %d (%d by action), there are %d", c.begin, shown, n, sum, c.want)
		}
	}
}

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.ReplaceAll(s, ",", ""))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestMarkdownFailures: the reports without a plan are as inert, and fit.
func TestMarkdownFailures(t *testing.T) {
	failed := func(s string, n int) (docs []string) {
		c := &Change{Base: Commit{ID: base, Name: s}, Head: Commit{ID: head, Name: s}}
		var findings []schema.Finding
		var files []string
		for range n {
			findings = append(findings, schema.Finding{Pos: schema.Pos{File: s, Line: 1, Column: 2}, Ref: schema.Ref{Kind: "ENI", Name: s}, Path: s, Message: "x " + s, Allowed: "y " + s, Rule: s})
			files = append(files, s)
		}
		return []string{MarkdownFindings(c, findings, 0), MarkdownConflict(c, files, 0)}
	}
	want := failed("harmless", 2)
	for _, s := range hostile {
		for i, doc := range failed(s, 2) {
			if w, got := outline(want[i]), outline(doc); got != w {
				t.Errorf("%q changes the document:\n%s", s, difference(w, got))
			}
		}
	}
	for _, doc := range failed(strings.Repeat("x", 500), 5000) {
		if len(doc) > MarkdownLimit || !strings.Contains(doc, "\nand ") {
			t.Errorf("%d bytes of %d", len(doc), MarkdownLimit)
		}
		whole(t, "failure", doc)
	}
}

// TestNoChange: it is one line, whoever reads it.
func TestNoChange(t *testing.T) {
	r := &Report{Plan: &plan.Plan{}, Change: &Change{Base: Commit{ID: base, Name: "main"}, Head: Commit{ID: head, Name: "topic"}}}
	if got, want := Markdown(r, MarkdownOptions{}), Marker+"\nNo change: `topic bbbbbbbbbbbb` over `main aaaaaaaaaaaa` plans nothing.\n"; got != want {
		t.Errorf("got %q, wanted %q", got, want)
	}
	var b strings.Builder
	if err := ReportText(&b, r, Options{}); err != nil || b.String() != "No change: topic bbbbbbbbbbbb over main aaaaaaaaaaaa plans nothing.\n" {
		t.Errorf("got %q, %v", b.String(), err)
	}
}
