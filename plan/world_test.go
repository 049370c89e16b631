package plan

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// thing is an object whose terms are its tags; it counts its tags' repetitions.
type thing struct{ tags []string }

func thingIndex(o Object, add func(Term)) {
	tags := o.(*thing).tags
	for i, tag := range tags {
		if !slices.Contains(tags[:i], tag) {
			add(Term{Index: 1, Ref: Ref{Name: tag}})
		}
		add(Term{Index: CountOnly | 1, Ref: Ref{Name: tag}})
	}
}

// naive is a world without an index or an overlay.
type naive map[Ref]*thing

func (n naive) members(tag string) (refs []Ref, count int) {
	for ref, o := range n {
		if slices.Contains(o.tags, tag) {
			refs = append(refs, ref)
		}
		for _, t := range o.tags {
			if t == tag {
				count++
			}
		}
	}
	slices.SortFunc(refs, Ref.Compare)
	return refs, count
}

// TestWorldAgainstNaive: a stack of overlays answers as a plain map does, and its
// parents stay as they were.
func TestWorldAgainstNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tags := []string{"a", "b", "c"}
		worlds, models := []*World{NewWorld(thingIndex, 0)}, []naive{{}}
		for range rapid.IntRange(1, 60).Draw(t, "puts") {
			top := len(worlds) - 1
			switch {
			case rapid.IntRange(0, 9).Draw(t, "fork") == 0 && top < 3:
				worlds, models = append(worlds, worlds[top].Fork()), append(models, maps.Clone(models[top]))
			case rapid.IntRange(0, 19).Draw(t, "flatten") == 0:
				worlds[top] = worlds[top].Flatten()
			default:
				ref := Ref{Kind: "Thing", Name: fmt.Sprint(rapid.IntRange(0, 7).Draw(t, "name"))}
				if rapid.Bool().Draw(t, "gone") {
					worlds[top].Put(ref, nil)
					delete(models[top], ref)
					continue
				}
				o := &thing{rapid.SliceOfN(rapid.SampledFrom(tags), 0, 40).Draw(t, "tags")}
				worlds[top].Put(ref, o)
				models[top][ref] = o
			}
		}
		for i, w := range worlds {
			compare(t, w, models[i], tags)
		}
	})
}

func compare(t *rapid.T, w *World, model naive, tags []string) {
	want := slices.SortedFunc(maps.Keys(model), Ref.Compare)
	if diff := cmp.Diff(want, w.Refs(), cmp.Transformer("empty", func(r []Ref) []Ref { return append([]Ref{}, r...) })); diff != "" {
		t.Fatalf("refs: %s", diff)
	}
	for _, ref := range want {
		if w.Get(ref) != Object(model[ref]) {
			t.Fatalf("%s is another object", ref)
		}
	}
	for _, tag := range tags {
		refs, count := model.members(tag)
		if got := w.Members(Term{Index: 1, Ref: Ref{Name: tag}}); !slices.Equal(got, refs) {
			t.Fatalf("members of %s: %v, wanted %v", tag, got, refs)
		}
		if got := w.Count(Term{Index: 1, Ref: Ref{Name: tag}}); got != len(refs) {
			t.Fatalf("%d have %s, wanted %d", got, tag, len(refs))
		}
		if got := w.Count(Term{Index: CountOnly | 1, Ref: Ref{Name: tag}}); got != count {
			t.Fatalf("%s is counted %d times, wanted %d", tag, got, count)
		}
	}
}
