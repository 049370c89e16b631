package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"enid/plan"
	"enid/plan/render"
)

// stepExplained is a step of a plan with what its rules say.
type stepExplained struct {
	// Of says which plan it is a step of.
	Of   string         `json:"of"`
	Step *plan.Step     `json:"step,omitempty"`
	Host *plan.HostStep `json:"hostStep,omitempty"`
	// Rules are the rules that it names, in its order, each once.
	Rules []ruleEntry `json:"rules,omitempty"`
	// Operations are the rows that may be behind the step.
	Operations []operationExplained `json:"operations,omitempty"`
}

// explainStep looks a step up, and what is known of its rules and its operation.
func (a *app) explainStep(ctx context.Context, id string, from stepSource, c cases) (*stepExplained, error) {
	p, of, err := a.planOf(ctx, from, strings.HasPrefix(id, "h"))
	if err != nil {
		return nil, err
	}
	e := &stepExplained{Of: of}
	var named []string
	var operation string
	for _, s := range p.Steps {
		if s.ID == id {
			e.Step, operation, named = s, s.Operation, rulesOf(s)
		}
	}
	if p.Host != nil {
		for _, s := range p.Host.Steps {
			if s.ID == id {
				e.Host, operation, named = s, s.Operation, blockRules(s.BlockedBy)
			}
		}
	}
	if e.Step == nil && e.Host == nil {
		return nil, fmt.Errorf("%s has no step %s: its steps are %s", of, id, stepRange(p))
	}
	said := map[string]bool{}
	for _, rule := range named {
		if r, ok := ruleByID(rule); ok && !said[rule] {
			said[rule] = true
			e.Rules = append(e.Rules, entryOf(r, c))
		}
	}
	for _, op := range operationsNamed(operation, c) {
		if e.Host != nil || op.Kind == e.Step.Target.Kind && op.Action == e.Step.Action {
			e.Operations = append(e.Operations, explainOperation(op, c))
		}
	}
	return e, nil
}

// planOf answers the plan that is meant, and what to call it.
func (a *app) planOf(ctx context.Context, from stepSource, ofHost bool) (p *plan.Plan, of string, err error) {
	switch {
	case from.file != "":
		saved, _, err := loadSaved(from.file)
		if err != nil {
			return nil, "", err
		}
		p, err = saved.plan()
		return p, "the plan in " + from.file, err
	case from.dir != "" && ofHost:
		return nil, "", errors.New("give --plan FILE, of a plan saved with --host: a host's steps follow from its machine")
	case from.dir != "":
		at, err := parseAt("")
		if err != nil {
			return nil, "", err
		}
		d, err := a.dryRun(ctx, []string{from.dir}, at, "", nil)
		if err != nil {
			return nil, "", err
		}
		return d.plan, "the plan from " + from.dir + " as of now", nil
	}
	revisions, err := a.readHistory(ctx)
	if err != nil {
		return nil, "", err
	}
	if len(revisions) == 0 {
		return nil, "", errors.New("nothing was applied yet; give --path DIR to plan from a folder, or --plan FILE of a saved plan")
	}
	last, err := a.readRevision(ctx, revisions[0].Serial)
	if err != nil {
		return nil, "", err
	}
	p, err = decodePlan(last.Plan)
	return p, fmt.Sprintf("the plan of revision %d, applied at %s", last.Serial, last.At.UTC().Format(time.RFC3339)), err
}

func decodePlan(text []byte) (*plan.Plan, error) {
	var p plan.Plan
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, fmt.Errorf("read the plan: %w", err)
	}
	return &p, nil
}

// stepRange answers which steps a plan has, in words.
func stepRange(p *plan.Plan) string {
	var ids []string
	if n := len(p.Steps); n > 0 {
		ids = append(ids, p.Steps[0].ID+" to "+p.Steps[n-1].ID)
	}
	if p.Host != nil && len(p.Host.Steps) > 0 {
		ids = append(ids, p.Host.Steps[0].ID+" to "+p.Host.Steps[len(p.Host.Steps)-1].ID)
	}
	if len(ids) == 0 {
		return "none"
	}
	return strings.Join(ids, ", ")
}

// rulesOf answers the rules that a step names: what blocks it first.
func rulesOf(s *plan.Step) []string {
	named := blockRules(s.BlockedBy)
	for _, c := range s.Checks {
		named = append(named, c.Rule)
	}
	for _, e := range s.Effects {
		named = append(named, e.Rule)
	}
	return named
}

func blockRules(blocks []plan.Block) (named []string) {
	for _, b := range blocks {
		named = append(named, b.Rule)
	}
	return named
}

func (e *stepExplained) write(p *paper) {
	if e.Host != nil {
		p.title(e.Host.ID+"  "+e.Host.Operation+"  "+e.Host.Target, "host step of "+e.Of)
		p.labelled("command", e.Host.Command)
		p.changes(e.Host.Changes)
		p.blocked(e.Host.BlockedBy)
	} else {
		e.writeStep(p)
	}
	if len(e.Rules) > 0 {
		p.heading("Its rules:")
	}
	for _, r := range e.Rules {
		p.item(r.ID, r.Text)
	}
	for i := range e.Operations {
		e.Operations[i].write(p)
	}
}

func (e *stepExplained) writeStep(p *paper) {
	s := e.Step
	p.title(s.ID+"  "+s.Operation+"  "+s.Target.String(), "step of "+e.Of)
	if s.Source != nil {
		p.labelled("asked for", fmt.Sprintf("%s:%d", s.Source.File, s.Source.Line))
	}
	p.labelled("follows", strings.Join(s.DependsOn, ", "))
	p.labelled("nature", strings.Join(nature(s), ", "))
	if s.Deadline != nil {
		p.labelled("deadline", s.Deadline.Format(time.RFC3339))
	}
	if s.NotBefore != nil {
		p.labelled("not before", s.NotBefore.Format(time.RFC3339))
	}
	p.changes(s.Changes)
	p.blocked(s.BlockedBy)
	for _, c := range s.Checks {
		switch {
		case c.Unknown:
			p.labelled("unknown", c.Detail+" ["+c.Rule+"]")
		case c.Holds && c.Detail != "":
			p.labelled("holds", c.Detail+" ["+c.Rule+"]")
		}
	}
	for _, one := range s.Effects {
		p.labelled("also", one.Detail+" ["+one.Rule+"]")
	}
}

func (p *paper) changes(changes []plan.Change) {
	for _, c := range changes {
		p.labelled("changes", c.Path+": "+render.Value(c.From)+" -> "+render.Value(c.To))
	}
}

func (p *paper) blocked(blocks []plan.Block) {
	for _, b := range blocks {
		code := ""
		if b.Code != "" {
			code = ", " + b.Code
		}
		p.labelled("blocked", b.Detail+" ["+b.Rule+code+"]")
		if b.Remedy != "" {
			p.labelled("remedy", b.Remedy)
		}
	}
}
