package render

import (
	"strings"
	"testing"

	"enid/plan"
	"enid/schema"
)

// TestReportOrder: what matters most stands first, in both forms, and twice the same.
func TestReportOrder(t *testing.T) {
	r := told("harmless")
	var b strings.Builder
	if err := ReportText(&b, r, Options{}); err != nil {
		t.Fatal(err)
	}
	doc := Markdown(r, MarkdownOptions{})
	if doc != Markdown(told("harmless"), MarkdownOptions{}) {
		t.Error("the same report gives other bytes")
	}
	for name, c := range map[string]struct {
		of     string
		wanted []string
	}{
		"markdown": {doc, []string{Marker, "### Adds ENI `harmless`", "Stops `Instance/harmless` once", "From `harmless aaaaaaaaaaaa`", "| steps |", "#### Granted by this change itself",
			"#### Risks", "**The daemon would hold it**", "**Cannot be undone, or loses data**", "**Stops**", "**Replaced", "**Opens to the internet**", "**Blocked**",
			"**Blocked on machines**", "**Bound to a time**", "**Only the state knows**", "**Nearly full**", "#### Effects", "```mermaid", "#### Resources",
			"<b>replace</b>", "<b>delete</b>", "#### Recorded without a step", "#### On the machines", "```sh\nip link", "#### Advice", "---", "`sha256:harmless`",
			"As of `2026-11-23T09:00:00Z`", "`enid diff aaaaaaaaaaaa..bbbbbbbbbbbb`"}},
		"text": {b.String(), []string{"Adds ENI harmless", "Granted by this change itself", "The daemon would hold it", "Cannot be undone", "Nearly full", "Steps", "Reach", "Addresses", "Host harmless", "Advice", "Plan: ", "Certificate sha256:harmless"}},
	} {
		rest := c.of
		for _, want := range c.wanted {
			_, after, ok := strings.Cut(rest, want)
			if !ok {
				t.Errorf("%s: %q is not there, or not in its place:\n%s", name, want, c.of)
				break
			}
			rest = after
		}
	}
}

// TestHeadline: a newcomer is told what happens.
func TestHeadline(t *testing.T) {
	step := func(a plan.Action, kind schema.Kind, name string, blocked bool) *plan.Step {
		s := &plan.Step{Action: a, Target: plan.Ref{Kind: kind, Name: name}, Changes: []plan.Change{{Path: "spec.attachTo.instance", To: "web-1"}}}
		if blocked {
			s.BlockedBy = []plan.Block{{Rule: "r"}}
		}
		return s
	}
	part := func(s *plan.Step) *plan.Step { s.PartOf = "replace"; return s }
	for want, steps := range map[string][]*plan.Step{
		"Adds ENI a (and attaches it to web-1). Nothing is stopped and nothing is lost.":                                                   {step(plan.Create, "ENI", "a", false), step(plan.Attach, "ENI", "a", false)},
		"Moves EIP a to web-1 and starts 2 Instances. Nothing is stopped and nothing is lost.":                                             {step(plan.Unbind, "EIP", "a", false), step(plan.Bind, "EIP", "a", false), step(plan.Start, "Instance", "b", false), step(plan.Start, "Instance", "c", false)},
		"Deletes Volume a. 1 step is blocked. Nothing is stopped and nothing is lost.":                                                     {step(plan.Delete, "Volume", "a", false), step(plan.Create, "VPC", "b", true)},
		"Would add 2 VPCs; nothing of it can run yet. 2 steps are blocked. Nothing is stopped and nothing is lost.":                        {step(plan.Create, "VPC", "a", true), step(plan.Create, "VPC", "b", true)},
		"Would change the targets of TargetGroup a; nothing of it can run yet. 1 step is blocked. Nothing is stopped and nothing is lost.": {step(plan.Deregister, "TargetGroup", "a", true)},
		"Replaces ENI a (and attaches it to web-1). Nothing is stopped and nothing is lost.":                                               {part(step(plan.Delete, "ENI", "a", false)), part(step(plan.Attach, "ENI", "a", false))},
	} {
		p := &plan.Plan{Steps: steps}
		p.Count()
		if does, costs := (&Report{Plan: p}).headline(spoken); does+" "+costs != want {
			t.Errorf("got  %s\nwant %s", does+" "+costs, want)
		}
	}
}
