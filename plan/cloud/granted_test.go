package cloud

import (
	"fmt"
	"slices"
	"testing"

	"enid/plan"
	"enid/schema"
)

// as answers the second revision with the named documents as the first had them, all
// Policies and Approvals where none is named, and the labels of before.
func (p *pair) as(named []plan.Ref) (out []*schema.Resource) {
	was := World(p.base)
	before := func(ref plan.Ref) bool {
		return (ref.Kind == schema.KindPolicy || ref.Kind == schema.KindApproval) && (named == nil || slices.Contains(named, ref))
	}
	for _, r := range p.head {
		old, _ := was.Get(r.Ref).(*schema.Resource)
		if old != nil && !before(r.Ref) {
			r = r.With(nil, nil)
			r.Labels = old.Labels
		}
		if !before(r.Ref) {
			out = append(out, r)
		}
	}
	for _, r := range p.base {
		if before(r.Ref) {
			out = append(out, r)
		}
	}
	return out
}

func runnable(t failer, p *pair, head []*schema.Resource) map[plan.Call]int {
	t.Helper()
	c, err := Between(p.base, head, p.at, plan.Options{})
	if err != nil {
		t.Fatalf("%v", err)
	}
	n := map[plan.Call]int{}
	for _, s := range c.Plan.Runnable() {
		n[s.Call()]++
	}
	return n
}

// TestGranted: what is granted by the change itself does not run under the decisions
// of before, nor without the documents that it names; all else does run.
func TestGranted(t *testing.T) {
	t.Parallel()
	granted := 0
	for i := range trials(500) {
		p, law := pairs(i), lawsuit{t, fmt.Sprintf("pair %d", i)}
		c, err := Between(p.base, p.head, p.at, plan.Options{})
		if err != nil {
			t.Fatal(err)
		}
		could := runnable(law, p, p.as(nil))
		without := map[string]map[plan.Call]int{}
		for _, s := range c.Plan.Runnable() {
			if len(s.GrantedBy) == 0 {
				if could[s.Call()]--; could[s.Call()] < 0 {
					law.Fatalf("%s %s could not run before, and nobody is named for it\n%v", s.Operation, s.Target, why(c.Plan))
				}
				continue
			}
			granted++
			if could[s.Call()] > 0 && s.Op.ID != protectionOperation.ID && s.Op.ID != "instance.create" {
				law.Fatalf("%s %s could run before, and is granted by %v\n%v", s.Operation, s.Target, s.GrantedBy, why(c.Plan))
			}
			by := fmt.Sprint(s.GrantedBy)
			if without[by] == nil {
				without[by] = runnable(law, p, p.as(s.GrantedBy))
			}
			if without[by][s.Call()] > 0 && s.Op.ID != protectionOperation.ID && s.Op.ID != "instance.create" {
				law.Fatalf("%s %s runs without %v all the same\n%v", s.Operation, s.Target, s.GrantedBy, why(c.Plan))
			}
		}
	}
	t.Log(granted, "steps were granted")
	if granted == 0 {
		t.Error("nothing was granted")
	}
}
