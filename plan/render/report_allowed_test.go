package render

import (
	"fmt"
	"strings"
	"testing"

	"enid/plan"
	"enid/plan/query"
)

// textOf answers a report as text.
func textOf(t *testing.T, r *Report) string {
	t.Helper()
	r.Count()
	var b strings.Builder
	if err := ReportText(&b, r, Options{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestAllowed: a change of Policies and Approvals alone runs no step, and is told as
// what it is: by it may run what nobody sees here.
func TestAllowed(t *testing.T) {
	change := plan.Recorded{Target: plan.Ref{Kind: "Approval", Name: "goes"}, Changes: []plan.Change{{Path: "spec.operation", To: "delete"}, {Path: "spec.target", From: "ENI/a", To: "ENI/b"}, {Path: "spec.reason", From: "old"}}}
	r := &Report{Plan: &plan.Plan{Recorded: []plan.Recorded{change}}}
	text, doc := textOf(t, r), Markdown(r, MarkdownOptions{})
	for _, want := range []string{"Runs no step, but changes what is allowed: ", "Changes what is allowed, of what was asked for earlier too (1 document)",
		"Approval/goes: operation delete, target ENI/a → ENI/b, no longer reason old"} {
		if plain := strings.NewReplacer("`", "", "*", "").Replace(doc); !strings.Contains(text, want) || !strings.Contains(plain, want) {
			t.Errorf("%q is not in\n%s\nor\n%s", want, text, doc)
		}
	}
	if strings.Contains(text+doc, "nothing is lost") {
		t.Errorf("it says that nothing is lost:\n%s\n%s", text, doc)
	}
	r.Recorded[0].Target.Kind = "Host"
	if text := textOf(t, r); strings.Contains(text, "allowed") {
		t.Errorf("a Host allows nothing:\n%s", text)
	}
}

// TestGrants: what one Policy grants of one resource is one line, each granter's.
func TestGrants(t *testing.T) {
	r := &Report{Plan: &plan.Plan{}}
	for i := range 6 {
		r.Steps = append(r.Steps, &plan.Step{Operation: []string{"Stop", "Change"}[i/2%2], Target: plan.Ref{Kind: "Instance", Name: fmt.Sprint("web-", i%2)}, GrantedBy: []plan.Ref{{Kind: "Policy", Name: "p"}}})
	}
	text := textOf(t, r)
	for _, want := range []string{"(2 resources)", "Instance/web-0: Stop and Change (3 steps), granted by Policy/p", "Instance/web-1: Stop and Change (3 steps), granted by Policy/p"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

// TestOnce: what is the same of several is said once, and effects only once at all;
// a step says who asked for it.
func TestOnce(t *testing.T) {
	r := &Report{Plan: &plan.Plan{Steps: []*plan.Step{{Operation: "Stop", BlockedBy: []plan.Block{{Rule: "r"}}, Source: &plan.Source{File: "f", Line: 7, Commit: strings.Repeat("c", 40), Author: "Lin <lin@example.org>"}}}}}
	for _, host := range []string{"a", "b"} {
		r.Advice = append(r.Advice, plan.Advice{Rule: "host.match-mac", Target: plan.Ref{Kind: "Host", Name: host}, Detail: "names are assumed"})
	}
	both := []string{"Instance/a", "Instance/b"}
	r.Impact = &query.Impact{
		Reach:  []query.ReachChange{{From: both, To: both, Opens: []query.Service{{Protocol: "icmp"}}, Reason: "so it is", By: both[:1]}},
		Quotas: []query.QuotaChange{{Of: "ENIs", Before: 1, After: 2}, {Of: "EIPs", Before: 3, After: 2, LimitBefore: 4}},
		Queues: []query.QueueChange{{Host: "Host/a", On: "ENI/x", Setting: "queues", After: "auto"}, {Host: "Host/a", On: "primary", Setting: "queues", After: "auto"}, {Host: "Host/b", On: "primary", Setting: "queues", After: "auto"}},
	}
	text, doc := textOf(t, r), Markdown(r, MarkdownOptions{})
	for _, want := range []string{"Host/a and Host/b: names are assumed", "between Instance/a, Instance/b: opens icmp", "ENIs: 1 -> 2 [", "EIPs: 3 of 4 -> 2 [",
		"Host/a ENI/x, primary queues: not there -> auto", "Host/b primary queues", supposition, "Stop  /  f:7 in cccccccccccc by Lin\n"} {
		if strings.Count(text, want) != 1 {
			t.Errorf("text has %q %d times:\n%s", want, strings.Count(text, want), text)
		}
	}
	for _, want := range []string{"- `Host/a` and `Host/b`: names are assumed", "between `Instance/a` and `Instance/b`: **opens**", "| ENIs | 1 | 2 |", "| EIPs | 3 of 4 | 2 |", "`Host/a ENI/x, primary queues`", supposition} {
		if strings.Count(doc, want) != 1 {
			t.Errorf("markdown has %q %d times:\n%s", want, strings.Count(doc, want), doc)
		}
	}
}

// TestFrom: what was compared is said as it was, so that it can be done again.
func TestFrom(t *testing.T) {
	main, head := Commit{ID: base, Name: "main"}, Commit{ID: head, Name: "HEAD"}
	for _, c := range []struct {
		change Change
		state  string
		host   *plan.Host
		want   string
	}{
		{Change{Base: main, Head: head, Merged: true}, "", nil, "From main aaaaaaaaaaaa, taken as applied, to HEAD bbbbbbbbbbbb, planned as merged into main aaaaaaaaaaaa: 0 commits"},
		{Change{Base: main, Head: head, FromState: true}, "l", nil, "From the state (serial 0) to HEAD"},
		{Change{Base: main, Head: head, FromState: true}, "", nil, "From an empty state to HEAD"},
		{Change{Head: head}, "", nil, "From nothing, taken as applied, to HEAD"},
		{Change{Base: main, Head: head}, "", &plan.Host{Name: "web-1"}, "of the topology. Of machines, only web-1 was looked at."},
	} {
		r := &Report{Plan: &plan.Plan{Base: plan.Base{Lineage: c.state}, Host: c.host, Steps: []*plan.Step{{}}}, Change: &c.change}
		if text := textOf(t, r); !strings.Contains(text, c.want) {
			t.Errorf("%q is not in\n%s", c.want, text)
		}
	}
	for want, c := range map[string]*Change{"enid diff aaaaaaaaaaaa..bbbbbbbbbbbb --direct": {Base: main, Head: head, Direct: true}, "enid diff ..bbbbbbbbbbbb": {Head: head}} {
		if got := c.reproduce(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestRenamesOnly: a new name is nothing but that.
func TestRenamesOnly(t *testing.T) {
	r := &Report{Plan: &plan.Plan{Recorded: []plan.Recorded{{Target: plan.Ref{Kind: "ENI", Name: "a"}, Was: &plan.Ref{Kind: "ENI", Name: "b"}, Changes: []plan.Change{{Path: "metadata.annotations.x", To: "b"}}}}}}
	if text := textOf(t, r); !strings.Contains(text, "Runs no step: 1 resource by another name, and nothing else.") {
		t.Error(text)
	}
	r.Recorded[0].Changes[0].Path = "spec.x"
	if text := textOf(t, r); strings.Contains(text, "nothing else") {
		t.Error(text)
	}
}
