package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"enid/plan"
	"enid/reconcile/store"
	"enid/schema"
)

// savedFormat is the version of saved plans.
const savedFormat = "enid.saved-plan/v1"

// maxSaved is the most that is read of a saved plan: ten times one of 100,000 resources.
const maxSaved = 1 << 30

// savedPlan is a plan in a file. Nothing of it is executed as it stands: apply
// plans again from the topology in it, and refuses where state or steps differ.
type savedPlan struct {
	Format string `json:"format"`
	// Source is the folder that the topology was read from, Revision its digest.
	Source   string          `json:"source"`
	Revision string          `json:"revision"`
	AsOf     time.Time       `json:"asOf"`
	Base     store.Meta      `json:"base"`
	Topology []savedDocument `json:"topology"`
	Plan     json.RawMessage `json:"plan"`
}

// savedDocument is one resource; secrets are in it as their SHA-256 only.
type savedDocument struct {
	File     string          `json:"file"`
	Line     int             `json:"line"`
	Resource json.RawMessage `json:"resource"`
}

// save writes the plan to a file that only its owner reads, or leaves none.
func (d *dryRun) save(name string) error {
	source, err := filepath.Abs(d.topology.dir)
	if err != nil {
		return fmt.Errorf("save the plan: %w", err)
	}
	text, err := json.Marshal(d.plan)
	if err != nil {
		return fmt.Errorf("save the plan: %w", err)
	}
	s := savedPlan{Format: savedFormat, Source: source, Revision: d.topology.rev.ID, AsOf: d.at, Base: d.base, Plan: text}
	for _, r := range d.topology.Resources() {
		doc, err := schema.Encode(r)
		if err != nil {
			return fmt.Errorf("save the plan: %w", err)
		}
		s.Topology = append(s.Topology, savedDocument{r.Pos.File, r.Pos.Line, doc})
	}
	body, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return fmt.Errorf("save the plan: %w", err)
	}
	return writeWhole(name, append(body, '\n'), 0o600)
}

// writeWhole writes a file through a temporary one beside it: a crash leaves the
// old file or the new one.
func writeWhole(name string, body []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".enid-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	_, err = f.Write(body)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", name, err), os.Remove(f.Name()))
	}
	return nil
}

// loadSaved reads a saved plan and the topology in it, which has to validate as one in
// files has: it comes from a file too.
func loadSaved(name string) (*savedPlan, *schema.Topology, error) {
	if at, err := os.Stat(name); err == nil && at.Size() > maxSaved {
		return nil, nil, fmt.Errorf("saved plan: %s is longer than %d bytes", name, maxSaved)
	}
	body, err := os.ReadFile(name)
	if err != nil {
		return nil, nil, fmt.Errorf("saved plan: %w", err)
	}
	var s savedPlan
	if err := json.Unmarshal(body, &s); err != nil || s.Format != savedFormat {
		return nil, nil, fmt.Errorf("%s is no saved plan; make one with `enid plan --out %s`", name, name)
	}
	t, err := s.topology()
	if err != nil {
		return nil, nil, fmt.Errorf("saved plan %s: %w; make it again with `enid plan --out`", name, err)
	}
	return &s, t, nil
}

func (s *savedPlan) topology() (*schema.Topology, error) {
	file := schema.File{Path: "saved.json"}
	for _, d := range s.Topology {
		r, err := schema.Decode(d.Resource)
		if err != nil {
			return nil, err
		}
		r.Pos = schema.Pos{File: d.File, Line: d.Line, Column: 1}
		file.Resources = append(file.Resources, r)
		file.Findings = append(file.Findings, schema.Parse(file.Path, d.Resource).Findings...)
	}
	if len(file.Resources) == 0 {
		return schema.NewTopology(nil), nil
	}
	t, findings := schema.Join([]schema.File{file})
	for _, f := range findings {
		if !f.Advice {
			return nil, fmt.Errorf("its topology does not validate: %s", f)
		}
	}
	return t, nil
}

// plan answers the plan as it was saved, without what only a plan in the making has.
func (s *savedPlan) plan() (*plan.Plan, error) {
	read := json.NewDecoder(bytes.NewReader(s.Plan))
	read.DisallowUnknownFields()
	p := &plan.Plan{}
	if err := read.Decode(p); err != nil {
		return nil, fmt.Errorf("saved plan: %w", err)
	}
	if p.Format != plan.Format || slices.Contains(p.Steps, nil) {
		return nil, fmt.Errorf("saved plan: it holds a plan of format %q that cannot be read; this enid reads %s", p.Format, plan.Format)
	}
	for _, h := range p.AllHosts() {
		if h == nil || slices.Contains(h.Steps, nil) {
			return nil, errors.New("saved plan: it holds a host that cannot be read")
		}
	}
	return p, nil
}

// expired answers that the earliest deadline of the steps has passed; nil: it has not.
func expired(p *plan.Plan, at time.Time) error {
	var first *plan.Step
	for _, step := range p.Steps {
		if step.Deadline != nil && (first == nil || step.Deadline.Before(*first.Deadline)) {
			first = step
		}
	}
	if first == nil || at.Before(*first.Deadline) {
		return nil
	}
	return fmt.Errorf("the plan is stale: it expired at %s, until when %s %s could run; plan again",
		first.Deadline.UTC().Format(time.RFC3339), first.Operation, first.Target)
}

// stale answers why the saved plan is no longer what would be done: its time has
// passed, the state moved on, or the steps differ. Nil: it is.
func (s *savedPlan) stale(now store.Meta, p *plan.Plan) error {
	was, err := s.plan()
	if err != nil {
		return err
	}
	if err := expired(was, p.AsOf); err != nil {
		return err
	}
	fresh := s.Base.Lineage == "" && now.Epoch == 0 // there was no state yet, and nobody has used it since
	if !fresh && (now.Lineage != s.Base.Lineage || now.Serial != s.Base.Serial || now.Epoch != s.Base.Epoch) {
		return fmt.Errorf("the plan is stale: it was made from serial %d of state %s, and the state is at serial %d of %s; plan again",
			s.Base.Serial, orNone(s.Base.Lineage), now.Serial, orNone(now.Lineage))
	}
	text, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("compare plans: %w", err)
	}
	saved, err := steps(s.Plan)
	if err != nil {
		return err
	}
	planned, err := steps(text)
	if err != nil {
		return err
	}
	if !bytes.Equal(saved, planned) {
		return errors.New("the plan is stale: planned again now, it has other steps; plan again and look")
	}
	return nil
}

func orNone(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

// steps answers what the steps of plan JSON do, without the words around them.
func steps(text []byte) ([]byte, error) {
	type step struct {
		ID, Operation, PartOf string
		Target                plan.Ref
		Changes               []plan.Change
		DependsOn             []string
		BlockedBy             []struct{ Rule string }
	}
	var p struct{ Steps []step }
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, fmt.Errorf("compare plans: %w", err)
	}
	out, err := json.Marshal(p.Steps)
	if err != nil {
		return nil, fmt.Errorf("compare plans: %w", err)
	}
	return out, nil
}
