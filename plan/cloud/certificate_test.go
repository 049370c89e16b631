package cloud

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enid/plan"
	"enid/schema"
)

// TestLawCertificate: what a plan says is recorded without a step is what Record
// then changes, and once all is done there is nothing more to record; and the state
// that was read from elsewhere, with file and line of other places, gives the same
// certificate.
func TestLawCertificate(t *testing.T) { law(t, certified) }

func certified(t failer, x *trial) {
	t.Helper()
	want := World(x.files)
	o, err := Begin(World(x.observed), want)
	if err != nil {
		t.Fatalf("%v", err)
	}
	p, err := o.Plan(want, x.at, x.options())
	if err != nil {
		t.Fatalf("%v", err)
	}
	again, err := Begin(World(copies(x.observed)), World(elsewhere(x.files)))
	if err != nil {
		t.Fatalf("%v", err)
	}
	q, err := again.Plan(World(elsewhere(x.files)), x.at, x.options())
	if err != nil || q.Certificate != p.Certificate {
		t.Fatalf("the same from elsewhere: %v\n%s", err, cmp.Diff(recordedText(p), recordedText(q)))
	}
	state := done(o, p, want, x)
	told := map[plan.Ref]bool{}
	for _, r := range p.Recorded {
		told[r.Target] = true
	}
	puts, gone := Record(state, want)
	for _, r := range puts {
		was, _ := state.Get(r.Ref).(*schema.Resource)
		if document := was == nil || len(documentChanges(was, r)) > 0; document != told[r.Ref] {
			t.Fatalf("%s: its document is recorded: %t, and the plan says %t: %v", r.Ref, document, told[r.Ref], documentChanges(was, r))
		}
		delete(told, r.Ref)
		state.Put(r.Ref, r)
	}
	for _, ref := range gone {
		if !told[ref] {
			t.Fatalf("%s goes, and the plan does not say so", ref)
		}
		delete(told, ref)
		state.Put(ref, nil)
	}
	for ref := range told {
		if !slices.ContainsFunc(o.Moves, func(m Move) bool { return m.To == ref }) {
			t.Fatalf("%s: the plan says that it is recorded, and it is not", ref)
		}
	}
	rest, err := (&Origin{State: state, World: Prepare(state, want)}).Plan(want, x.at, x.options())
	if err != nil || len(rest.Recorded) > 0 {
		t.Fatalf("there is more to record: %v, %v", err, rest.Recorded)
	}
}

// done answers the state once the plan's steps have run, and before anything was
// recorded: Approvals that were spent are documents of the files like others.
func done(o *Origin, p *plan.Plan, want *plan.World, x *trial) *plan.World {
	state, model := o.State.Fork(), o.World.Fork()
	for _, s := range p.Runnable() {
		plan.Apply(domain, s, model, want, x.at)
	}
	for _, ref := range model.Refs() {
		if operated(ref.Kind) && model.Get(ref) != o.World.Get(ref) {
			state.Put(ref, model.Get(ref))
		}
	}
	for _, ref := range o.World.Refs() {
		if model.Get(ref) == nil {
			state.Put(ref, nil)
		}
	}
	return state
}

// elsewhere answers the resources as they are read from another place.
func elsewhere(files []*schema.Resource) []*schema.Resource {
	out := copies(files)
	for i, r := range out {
		r.Pos = schema.Pos{File: "elsewhere.yaml", Line: i + 1, Column: 1}
	}
	return out
}

// TestCertificateBetween: what a reviewer sees without a state has the certificate of
// the plan that is made from the state, once the first revision was applied to it.
func TestCertificateBetween(t *testing.T) {
	base := benchFiles(2000)
	head := copies(benchChanged(base))
	for i, r := range head {
		if i%7 == 0 {
			c := *r
			c.Labels = map[string]string{"tier": "web"}
			head[i] = &c
		}
	}
	c, err := Between(base, head, benchTime, plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := World(head)
	o, err := Begin(World(copies(benchApplied(t, base))), want)
	if err != nil {
		t.Fatal(err)
	}
	p, err := o.Plan(want, benchTime, plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Steps) < 10 || len(p.Recorded) < 10 {
		t.Fatalf("%d steps, %d recorded: too little to compare", len(p.Steps), len(p.Recorded))
	}
	if diff := cmp.Diff(recordedText(c.Plan), recordedText(p)); diff != "" {
		t.Errorf("recorded without a step, between and from the state:\n%s", diff)
	}
	if p.Certificate != c.Plan.Certificate {
		t.Errorf("from the state %s, between %s", p.Certificate, c.Plan.Certificate)
	}
}

func recordedText(p *plan.Plan) []string {
	var out []string
	for _, s := range p.Steps {
		out = append(out, fmt.Sprint(s.Operation, s.Target, s.Item, s.Changes, s.Effects, s.Spends))
	}
	for _, r := range p.Recorded {
		out = append(out, fmt.Sprint(r.Target, r.Changes))
	}
	return out
}

// BenchmarkCertificate is the part of a plan of nothing that the certificate takes.
func BenchmarkCertificate(b *testing.B) {
	benchEach(b, func(b *testing.B, files []*schema.Resource) {
		want := World(files)
		o, err := Begin(World(copies(benchApplied(b, files))), want)
		if err != nil {
			b.Fatal(err)
		}
		p := &plan.Plan{}
		for b.Loop() {
			if p.Recorded = o.recorded(o.World, want, nil); len(p.Recorded) > 0 {
				b.Fatal(p.Recorded[0])
			}
			if err := p.Certify(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
