package plan

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestUnserved: a difference that no operation of the table serves is a blocked
// step that says so, and nothing else is.
func TestUnserved(t *testing.T) {
	ref := Ref{Kind: "Thing", Name: "a"}
	d := NewDomain(Domain{Index: thingIndex, Compare: Ref.Compare, Differs: func(world, want *World, ref Ref) []Change {
		if world.Get(ref) == want.Get(ref) {
			return nil
		}
		return []Change{{Path: "tags", From: "x", To: "y"}}
	}})
	world, want := NewWorld(thingIndex, 1), NewWorld(thingIndex, 1)
	world.Put(ref, &thing{[]string{"x"}})
	want.Put(ref, &thing{[]string{"y"}})
	p, err := Make(d, world, want, time.Time{}, Options{})
	if err != nil || len(p.Steps) != 1 || len(p.Runnable()) != 0 {
		t.Fatalf("plan %+v, error %v", p, err)
	}
	blocks := []Block{{Rule: RuleUnserved, Detail: "no operation changes tags of an existing Thing",
		Remedy: "take the change back, or remove the resource and declare it anew under another name"}}
	if diff := cmp.Diff(blocks, p.Steps[0].BlockedBy); diff != "" {
		t.Errorf("blocked by (-want +got):\n%s", diff)
	}
	if p, err := Make(d, want, want, time.Time{}, Options{}); err != nil || len(p.Steps) != 0 {
		t.Errorf("what is as wanted: plan %+v, error %v", p, err)
	}
}
