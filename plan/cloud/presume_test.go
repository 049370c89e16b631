package cloud

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"enid/plan"
	"enid/schema"
)

// presumes is the law of Presume: the files taken as applied are at rest, and a plan
// from them to themselves is empty, whatever would keep it from being made today.
func presumes(t failer, files []*schema.Resource, s *scene) *plan.World {
	t.Helper()
	want := World(files)
	world := Presume(want)
	for _, ref := range want.Refs() {
		r, _ := world.Get(ref).(*schema.Resource)
		if r == nil {
			t.Fatalf("%s is not there", ref)
		}
		if c := differs(world, want, ref); len(c) > 0 {
			t.Fatalf("%s differs: %v", ref, c)
		}
		if !same(r.Spec, want.Get(ref).(*schema.Resource).Spec) {
			t.Fatalf("%s is not as declared: %+v", ref, r.Spec)
		}
		if s, ok := r.Status.(interface{ Common() *schema.CommonStatus }); ok && !s.Common().CreatedAt.IsZero() {
			t.Fatalf("%s has a time of creation, which nobody knows", ref)
		}
	}
	if !world.Presumed() || !plan.AtRest(Domain(), world, want) {
		t.Fatalf("the world is not presumed, or not at rest")
	}
	c, err := Between(files, files, s.at, s.options())
	if err != nil {
		t.Fatalf("%v", err)
	}
	if len(c.Plan.Steps) > 0 {
		t.Fatalf("from the files to themselves:\n%v", why(c.Plan))
	}
	return world
}

func TestPresume(t *testing.T) {
	t.Parallel()
	for i := range trials(2000) {
		s := scenes.Example(i)
		presumes(lawsuit{t, fmt.Sprintf("scene %d", i)}, s.files, s)
	}
}

// TestLawPresume shrinks what TestPresume finds: -rapid.checks=N.
func TestLawPresume(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := scenes.Draw(t, "scene")
		presumes(t, s.files, s)
	})
}

// TestPresumeExamples holds the law on every folder of examples.
func TestPresumeExamples(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("../../examples/*/*")
	if err != nil || len(folders) == 0 {
		t.Fatal("no examples", err)
	}
	n := 0
	for _, dir := range folders {
		if at, err := os.Stat(dir); err != nil || !at.IsDir() {
			continue
		}
		if files := exampleOf(dir); len(files) > 0 {
			n++
			presumes(lawsuit{t, dir}, files, scenes.Example(0))
		}
	}
	if n == 0 {
		t.Error("no example has a topology")
	}
}

// TestPresumeBroken: files that name what is not there are taken as applied as far
// as they go. They are not valid, and nothing asks for them; but nothing panics.
func TestPresumeBroken(t *testing.T) {
	t.Parallel()
	for i := range trials(500) {
		s, d := scenes.Example(i), dice{rand.New(rand.NewPCG(uint64(i), 2))}
		var files []*schema.Resource
		for _, r := range s.files {
			if !d.chance(20) {
				files = append(files, r)
			}
		}
		want := World(files)
		world := Presume(want)
		for _, ref := range want.Refs() {
			if world.Get(ref) == nil {
				t.Fatalf("scene %d: %s is not there", i, ref)
			}
		}
		if _, err := Between(files, s.files, s.at, s.options()); err != nil {
			t.Fatalf("scene %d: %v", i, err)
		}
	}
}
