package main

import (
	"fmt"
	"strings"

	"enid/plan"
	"enid/plan/render"
	"enid/schema"
)

// ruleExplained is a rule with what it does to plans.
type ruleExplained struct {
	ruleEntry
	Meaning string `json:"meaning"` // of its class
	// Blocks are the operations that require it; EffectOf those whose effects it tells.
	Blocks   []ruleOperation `json:"blocks,omitempty"`
	EffectOf []ruleOperation `json:"effectOf,omitempty"`
	// Enablers are the rows of steps that enid plans first to make it hold.
	Enablers []string `json:"enablers,omitempty"`
	// Cases are examples of what was said, each with another operation or remedy.
	Cases  []ruleCase   `json:"cases,omitempty"`
	Matrix []featureRow `json:"matrix,omitempty"`
}

// ruleOperation is an operation as a rule sees it.
type ruleOperation struct {
	ID     string   `json:"id"`
	Names  []string `json:"names"`
	Codes  string   `json:"codes,omitempty"`
	Remedy string   `json:"remedy,omitempty"` // of one case
	text   string
}

// classExplained is a class with its rules.
type classExplained struct {
	Class   schema.Class `json:"class"`
	Meaning string       `json:"meaning"`
	Rules   []string     `json:"rules"`
}

func explainRule(r schema.Rule, c cases) ruleExplained {
	e := ruleExplained{ruleEntry: entryOf(r, c), Meaning: meaningOf(r.Class), Cases: c.Rules[r.ID], Enablers: c.Enablers[r.ID]}
	for _, op := range requiring(r.ID) {
		e.Blocks = append(e.Blocks, asSeenBy(r.ID, op, c))
	}
	for _, op := range noting(r.ID, c) {
		names := namesOf(op, c)
		e.EffectOf = append(e.EffectOf, ruleOperation{ID: op.ID, Names: names.all(), text: names.String()})
	}
	if r.ID == matrixRule {
		e.Matrix = featureMatrix
	}
	return e
}

func asSeenBy(rule string, op *plan.Operation, c cases) ruleOperation {
	names := namesOf(op, c)
	o := ruleOperation{ID: op.ID, Names: names.all(), text: names.String()}
	for _, r := range requirementsOf(op) {
		if r.Rule == rule {
			o.Codes = r.codes()
		}
	}
	for _, one := range c.Rules[rule] {
		if one.Operation == op.ID && o.Remedy == "" {
			o.Remedy = one.Remedy
		}
	}
	return o
}

func explainClass(name string) *classExplained {
	e := &classExplained{Class: schema.Class(strings.ToLower(name)), Meaning: meaningOf(schema.Class(strings.ToLower(name)))}
	if e.Meaning == "" {
		return nil
	}
	for _, r := range catalogue() {
		if r.Class == e.Class {
			e.Rules = append(e.Rules, r.ID)
		}
	}
	return e
}

func (e *ruleExplained) write(p *paper) {
	p.title(e.ID, "rule")
	p.labelled("rule", e.Text)
	p.labelled("class", fmt.Sprintf("%s: %s", e.Class, e.Meaning))
	p.labelled("cloud", e.Cloud)
	p.labelled("source", e.Source)
	p.labelled("code", e.Code)
	p.labelled("note", e.Note)
	p.labelled("section", e.Section)
	if len(e.Enablers) > 0 {
		p.labelled("enabled by", strings.Join(e.Enablers, ", ")+", planned first where that makes it hold")
	}
	if len(e.Matrix) > 0 {
		writeMatrix(p, e.Matrix)
	}
	if len(e.Blocks) > 0 {
		p.heading("Operations that require it:")
		for _, o := range e.Blocks {
			about := []string{}
			if o.Remedy != "" {
				about = append(about, "remedy: "+o.Remedy)
			}
			if o.Codes != "" {
				about = append(about, "the cloud's answer: "+o.Codes)
			}
			p.item(o.text+"  ("+o.ID+")", about...)
		}
	}
	if len(e.EffectOf) > 0 {
		p.heading("An effect of:")
		for _, o := range e.EffectOf {
			p.item(o.text + "  (" + o.ID + ")")
		}
	}
	if len(e.Cases) > 0 {
		p.heading("For example:")
		for _, one := range e.Cases {
			p.caseOf(one)
		}
	}
}

func (p *paper) caseOf(one ruleCase) {
	text := render.Inert(one.Detail)
	if !one.Target.IsZero() && !strings.Contains(text, one.Target.String()) {
		text = one.Target.String() + ": " + text
	}
	for i, line := range wrap(text, p.width-6) {
		fmt.Fprintf(p, "    %s%s\n", map[bool]string{true: "  "}[i > 0], line)
	}
	if one.Remedy != "" {
		for _, line := range wrap("remedy: "+render.Inert(one.Remedy), p.width-8) {
			fmt.Fprintf(p, "        %s\n", line)
		}
	}
}

func (e *classExplained) write(p *paper) {
	p.title(string(e.Class), "class of rules")
	p.labelled("means", e.Meaning)
	p.heading(plan.Count(len(e.Rules), "rule") + ":")
	for _, id := range e.Rules {
		p.item(id)
	}
}
