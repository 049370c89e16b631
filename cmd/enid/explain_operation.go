package main

import (
	"strings"
	"time"

	"enid/plan"
	"enid/plan/guest"
	"enid/schema"
)

// operationExplained is a row of an operation table.
type operationExplained struct {
	ID       string        `json:"id"`
	Names    []string      `json:"names"` // the clouds' own, or the host verb
	On       string        `json:"on"`    // cloud or host
	Kind     schema.Kind   `json:"kind"`  // of the target
	Action   plan.Action   `json:"action"`
	PerItem  bool          `json:"perItem"` // it is about a part of the target, such as one instance
	Source   string        `json:"source"`
	Takes    string        `json:"takes,omitempty"` // a Go duration: how long it may take
	Requires []requirement `json:"requires"`
	operationCase

	text string
}

func explainOperation(op *plan.Operation, c cases) operationExplained {
	names := namesOf(op, c)
	e := operationExplained{ID: op.ID, On: "cloud", Kind: op.Kind, Action: op.Action, PerItem: op.Items != nil, Source: op.Source,
		Requires: requirementsOf(op), operationCase: c.Operations[op.ID], text: names.String()}
	e.Names = names.all()
	if guest.Domain().Operation(op.ID) == op {
		e.On = "host"
	}
	if op.Takes > 0 {
		e.Takes = op.Takes.Round(time.Second).String()
	}
	return e
}

func (e *operationExplained) write(p *paper) {
	p.title(e.text, "operation "+e.ID)
	target := string(e.Kind)
	if e.PerItem {
		target += ", a part of it at a time"
	}
	p.labelled("action", string(e.Action)+" "+target)
	p.labelled("changes", strings.Join(e.Changes, ", "))
	p.labelled("nature", strings.Join(e.Nature, ", "))
	p.labelled("takes", e.Takes)
	p.labelled("source", e.Source)
	if len(e.EnabledBy) > 0 {
		p.labelled("enabled by", strings.Join(e.EnabledBy, ", ")+", planned first where it is needed")
	}
	if len(e.Requires) > 0 {
		p.heading("It requires:")
	}
	for _, r := range e.Requires {
		about := []string{textOf(r.Rule)}
		if codes := r.codes(); codes != "" {
			about = append(about, "the cloud's answer: "+codes)
		}
		p.item(r.Rule, about...)
	}
	if len(e.Effects) > 0 {
		p.heading("With it come:")
	}
	for _, rule := range e.Effects {
		p.item(rule, textOf(rule))
	}
}

// textOf answers the text of a rule.
func textOf(id string) string {
	r, _ := ruleByID(id)
	return r.Text
}

func (e *explanation) write(p *paper) {
	for i := range e.Rules {
		e.Rules[i].write(p)
	}
	if e.Class != nil {
		e.Class.write(p)
	}
	for i := range e.Operations {
		e.Operations[i].write(p)
	}
	if e.Step != nil {
		e.Step.write(p)
	}
	if e.Field != nil {
		writeField(p, e.Field)
	}
	if e.Type != nil {
		e.Type.write(p)
	}
}
