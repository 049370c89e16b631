package cloud

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"strings"
	"testing"

	"enid/plan"
	"enid/schema"
)

// TestLawNames: a plan does not depend on what resources are called. Where the
// files call some of what is there otherwise, and say so, it is the same plan,
// step for step and word for word, under the new names.
func TestLawNames(t *testing.T) { law(t, names) }

// mark ends new names. It stands before every character of a name, so that the
// order of names stays.
const mark = "!"

func names(t failer, x *trial) {
	t.Helper()
	there := map[plan.Ref]bool{}
	for _, r := range x.observed {
		there[r.Ref] = true
	}
	renamed := map[plan.Ref]bool{}
	for _, r := range x.files {
		renamed[r.Ref] = there[r.Ref] && chosen(x.prefix, r.Ref)
	}
	to := func(ref plan.Ref) plan.Ref {
		if renamed[ref] {
			ref.Name += mark
		}
		return ref
	}
	files := make([]*schema.Resource, len(x.files))
	for i, r := range x.files {
		files[i] = called(t, r, to)
	}
	want := World(files)
	o, err := Begin(World(x.observed), want)
	if err != nil {
		t.Fatalf("%v", err)
	}
	opts := x.options()
	opts.Self = to(opts.Self)
	p, err := plan.Make(Domain(), o.World, want, x.at, opts)
	if err != nil {
		t.Fatalf("%v", err)
	}
	if got, was := unmarked(t, p), unmarked(t, x.plan); got != was {
		t.Fatalf("renamed %v\n%s\nwas\n%s", renamed, got, was)
	}
}

// chosen picks a third of the names, another third for each n.
func chosen(n int, ref plan.Ref) bool {
	h := fnv.New32a()
	fmt.Fprint(h, n, ref)
	return h.Sum32()%3 == 0
}

// called answers a document under its new name, with those that it refers to.
func called(t failer, r *schema.Resource, to func(plan.Ref) plan.Ref) *schema.Resource {
	t.Helper()
	is, err := schema.Renamed(r, to)
	if err != nil {
		t.Fatalf("%v", err)
	}
	if is.Ref == r.Ref {
		return is
	}
	c := *is
	if c.Annotations = maps.Clone(c.Annotations); c.Annotations == nil {
		c.Annotations = map[string]string{}
	}
	c.Annotations[schema.MovedFrom] = r.Name
	return &c
}

func unmarked(t failer, p *plan.Plan) string {
	t.Helper()
	text, err := json.MarshalIndent(p.Steps, "", " ")
	if err != nil {
		t.Fatalf("%v", err)
	}
	return strings.ReplaceAll(string(text), mark, "")
}
