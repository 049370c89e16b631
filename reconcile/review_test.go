package reconcile

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"enid/reconcile/store"
	"enid/schema"
)

// desk is where reviews are asked for: certificates that were reviewed, and those
// that were asked about.
type desk struct {
	reviewed map[string]bool
	asked    []string
}

func (d *desk) review(certificate string) (string, error) {
	d.asked = append(d.asked, certificate)
	if d.reviewed[certificate] {
		return "ann", nil
	}
	return "", errors.New("nobody did")
}

// last answers the certificate that was asked about last, reviewed from now on.
func (d *desk) last() string {
	c := d.asked[len(d.asked)-1]
	d.reviewed = map[string]bool{c: true}
	return c
}

func reviewed(t *testing.T, d *desk, o labOptions) *lab {
	t.Helper()
	o.config.Review = d.review
	return newLab(t, o)
}

// held wants the turn to be held for want of a review, and nothing to be done.
func (l *lab) held(inForce string) {
	l.t.Helper()
	l.events = nil
	_, err := l.Turn(l.t.Context())
	var source *SourceError
	if !errors.As(err, &source) || source.Condition != NotVerified || !errors.Is(err, ErrHeld) {
		l.t.Fatalf("%v, want it held", err)
	}
	l.want()
	if s := l.Status().Source; s.Condition != NotVerified || !strings.Contains(s.Message, "sha256:") || !strings.Contains(s.Message, "nobody did") {
		l.t.Errorf("%+v", s)
	}
	if m := l.load().Meta; m.Applied.Revision != inForce {
		l.t.Errorf("%s is in force, want %q", m.Applied.Revision, inForce)
	}
}

func TestReview(t *testing.T) {
	d := &desk{}
	l := reviewed(t, d, labOptions{})
	l.source.commit("c1", network, eni("b", ""))
	l.held("")
	if p, err := l.Plan(t.Context(), l.goal.rev, l.goal.topology, nil); err != nil || p.Certificate != d.last() {
		t.Errorf("a person's plan has %s, %v", p.Certificate, err)
	}
	if r := l.turn(); r.Done == 0 || l.Status().Source.Condition != Ready {
		t.Fatalf("reviewed: %+v, %+v", r, l.Status().Source)
	}
	if d, err := l.db.Revision(t.Context(), 1); err != nil || d.ReviewedBy != "ann" {
		t.Errorf("%+v, %v", d.Revision, err)
	}
	asked := len(d.asked)
	l.source.commit("c2", network, eni("b", "")+"\n# a comment")
	l.turn()
	if len(d.asked) != asked || l.load().Meta.Applied.Revision != "c2" {
		t.Errorf("a commit that changes nothing: asked about %d, %+v", len(d.asked)-asked, l.load().Meta)
	}
	// What is recorded without a step decides about later ones: it is reviewed.
	l.source.commit("c3", network, eni("b", ""), downtime)
	l.held("c2")
	if err := l.Accept(t.Context(), "c3", "eve"); err != nil {
		t.Fatal(err)
	}
	l.held("c2") // another person's word is no review
	d.last()
	l.source.commit("c4", network, eni("b", ""), eni("c", ""))
	l.held("c2") // nor is that of another plan
	l.source.commit("c3", network, eni("b", ""), downtime)
	l.turn()
	if l.stored("Policy/day") == nil {
		t.Error("the Policy is not recorded")
	}
}

// TestReview_later: a step that was reviewed as blocked runs when it can, and what
// drifts is healed, without another review.
func TestReview_later(t *testing.T) {
	d := &desk{}
	l := reviewed(t, d, labOptions{})
	nights := `{apiVersion: enid/v1, kind: Policy, metadata: {name: nights}, spec: {downtime: window, windows: [{schedule: "0 2 * * *", duration: 2h}]}}`
	l.source.commit("c1", network, instance("web-1", ", privateIP: 10.0.0.10"), nights)
	l.held("")
	d.last()
	l.turn()
	l.source.commit("c2", network, instance("web-1", ", privateIP: 10.0.0.11"), nights)
	l.held("c1")
	d.last()
	if r := l.turn(); r.Done != 0 || r.Blocked == 0 {
		t.Fatalf("%+v", r)
	}
	asked := len(d.asked)
	d.reviewed = nil
	l.clock = l.clock.Add(2*time.Hour + time.Minute)
	l.turn()
	l.want("done StopInstance Instance/web-1", "done ModifyInstanceVpcAttribute Instance/web-1", "done StartInstance Instance/web-1")
	if err := l.Forget(t.Context(), schema.Ref{Kind: schema.KindPolicy, Name: "nights"}, "ann"); err != nil {
		t.Fatal(err)
	}
	l.clock = l.clock.Add(time.Hour)
	l.turn()
	if len(d.asked) != asked {
		t.Errorf("asked again about %v", d.asked[asked:])
	}
}

// TestReview_cutShort: what passed and was cut short goes on without another review,
// also after a person changed the state; another revision does not.
func TestReview_cutShort(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	d := &desk{}
	o := labOptions{dir: t.TempDir()}
	o.config.Progress = func(p Progress) {
		if p.State == StepDone {
			stop()
		}
	}
	l := reviewed(t, d, o)
	docs := []string{network}
	for i := range 20 {
		docs = append(docs, eni(fmt.Sprint("e", i), ""))
	}
	l.source.commit("c1", docs...)
	l.held("")
	d.last()
	if _, err := l.Turn(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if h, err := l.db.History(t.Context(), 0, 1); err != nil || len(h) != 1 || h[0].Outcome != store.Interrupted || h[0].Steps >= 20 {
		t.Fatalf("it was not cut short: %+v, %v", h, err)
	}
	if err := l.db.Close(); err != nil {
		t.Fatal(err)
	}
	d.reviewed = nil
	l = reviewed(t, d, labOptions{dir: o.dir})
	if _, err := l.Move(t.Context(), schema.Ref{Kind: schema.KindVPC, Name: "prod"}, schema.Ref{Kind: schema.KindVPC, Name: "production"}, "ann"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Move(t.Context(), schema.Ref{Kind: schema.KindVPC, Name: "production"}, schema.Ref{Kind: schema.KindVPC, Name: "prod"}, "ann"); err != nil {
		t.Fatal(err)
	}
	l.source.commit("c2", docs...)
	l.held("")
	l.source.commit("c1", docs...)
	if r := l.turn(); r.Done == 0 || l.load().Meta.Applied.Revision != "c1" {
		t.Errorf("%+v", r)
	}
}
