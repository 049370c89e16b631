package repo

import (
	"fmt"
	"testing"
)

// BenchmarkRange is a repository of 10,000 files in 100 folders, a branch that
// changed ten, and a main branch that moved. `git diff --stat` is there to compare.
func BenchmarkRange(b *testing.B) {
	w := newWork(b)
	var pairs, few []string
	for i := range 10_000 {
		name := fmt.Sprintf("topology/d%d/f%d.yaml", i%100, i)
		content := fmt.Sprintf("apiVersion: enid/v1\nkind: ENI\nmetadata:\n  name: e%d\nspec:\n  subnet: s%d\n  securityGroups: [a]\n", i, i%50)
		pairs = append(pairs, name, content)
		if i%1000 == 7 {
			few = append(few, name, content+"  description: changed\n")
		}
	}
	w.commit("many", pairs...)
	w.git("gc", "-q")
	w.branch("feature", "main")
	w.commit("few", few...)
	w.branch("main", "main")
	w.commit("moved", "topology/d3/new.yaml", "x: 1\n")
	var lines []Line
	for i := 0; i < len(few); i += 2 {
		lines = append(lines, Line{Path: few[i][len("topology/"):], Line: 8})
	}
	ctx := b.Context()
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			x, err := w.open("").Range(ctx, "main..feature", false)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := x.Before(ctx); err != nil {
				b.Fatal(err)
			}
			if _, err := x.After(ctx); err != nil || len(x.Changed()) != 10 {
				b.Fatal(x.Changed(), err)
			}
		}
	})
	b.Run("second side", func(b *testing.B) {
		r := w.open("")
		x, err := r.Range(ctx, "main..feature", false)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := x.Before(ctx); err != nil {
			b.Fatal(err)
		}
		after, err := x.After(ctx)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			for _, name := range x.Changed() { // read anew, as the first time
				hash, _ := after.Digest(name)
				delete(r.blobs, hash)
			}
			if _, err := x.After(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("ask", func(b *testing.B) {
		x, err := w.open("").Range(ctx, "main..feature", false)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			answers, err := x.Ask(ctx, lines)
			if err != nil || answers[9].Subject != "few" {
				b.Fatal(answers, err)
			}
		}
	})
	b.Run("git diff --stat", func(b *testing.B) {
		for b.Loop() {
			w.git("diff", "--stat", "main...feature")
		}
	})
}
