package repo

import (
	"errors"
	"slices"
	"testing"
)

func TestBaseMoved(t *testing.T) {
	w := newWork(t)
	first := w.commit("first", "topology/a.yaml", "a", "topology/l.yaml", lines(9), "other.yaml", "x", "topology/notes.txt", "n")
	w.branch("feature", "main")
	w.commit("f1", "topology/b.yaml", "b")
	head := w.commit("f2\n\nwith a body", "topology/l.yaml", lines(9, "b", "bee"))

	x := w.between("main..feature")
	if x.Merged || x.AlreadyMerged || x.Commits != 2 || x.MergeBase.ID != first || x.Topology != "topology" {
		t.Errorf("a branch ahead of main: %+v", x)
	}
	if x.Head.ID != head || x.Head.Name != "feature" || x.Head.Subject != "f2" || x.Head.Author != "Ann <ann@example.net>" {
		t.Errorf("head %+v", x.Head)
	}
	old := "a.yaml=a l.yaml=line a,line b,line c,line d,line e,line f,line g,line h,line i"
	wantSides(t, x, old, "a.yaml=a b.yaml=b l.yaml=line a,bee,line c,line d,line e,line f,line g,line h,line i")
	wantChanged(t, x, "b.yaml", "l.yaml")

	// Main moves: elsewhere, and in the same file at another place.
	w.branch("main", "main")
	base := w.commit("m", "topology/c.yaml", "c", "topology/l.yaml", lines(9, "h", "aitch"), "topology/a.yaml", "A")
	x = w.between("main..feature")
	if !x.Merged || x.Commits != 2 || x.MergeBase.ID != first || x.Base.ID != base {
		t.Errorf("a branch that main left behind: %+v", x)
	}
	wantSides(t, x, "a.yaml=A c.yaml=c l.yaml=line a,line b,line c,line d,line e,line f,line g,aitch,line i",
		"a.yaml=A b.yaml=b c.yaml=c l.yaml=line a,bee,line c,line d,line e,line f,line g,aitch,line i")
	wantChanged(t, x, "b.yaml", "l.yaml")
	rev, err := x.After(t.Context())
	if err != nil || rev.ID != head || rev.Root != "topology" || rev.Subject != "f2" {
		t.Errorf("after is %+v, %v", rev, err)
	}
	if got, _ := rev.Digest("b.yaml"); got != w.git("rev-parse", "feature:topology/b.yaml") {
		t.Errorf("digest %s is not git's", got)
	}

	// The merge is the one that git makes.
	w.branch("merged", "main")
	w.git("merge", "-q", "--no-edit", "feature")
	y := w.between("main..merged")
	a, _ := y.After(t.Context())
	if listed(t, a) != listed(t, rev) {
		t.Errorf("git merges to %s, and enid reads %s", listed(t, a), listed(t, rev))
	}

	// Direct shows what main has and the branch has not as taken away.
	x, err = w.open("").Range(t.Context(), "main..feature", true)
	if err != nil || x.Merged {
		t.Fatalf("direct: %+v, %v", x, err)
	}
	wantChanged(t, x, "a.yaml", "b.yaml", "c.yaml", "l.yaml")
	rollback, err := w.open("").Range(t.Context(), "main.."+first, true)
	if err != nil || !rollback.AlreadyMerged || rollback.Commits != 0 {
		t.Fatalf("rollback: %+v, %v", rollback, err)
	}
	wantSides(t, rollback, "a.yaml=A c.yaml=c l.yaml=line a,line b,line c,line d,line e,line f,line g,aitch,line i", old)
}

func TestAlreadyMerged(t *testing.T) {
	w := newWork(t)
	first := w.commit("first", "topology/a.yaml", "a")
	w.commit("second", "topology/a.yaml", "b")
	x := w.between("main.." + first)
	if !x.AlreadyMerged || x.Merged || x.Commits != 0 || x.Head.ID != first {
		t.Errorf("%+v", x)
	}
	wantSides(t, x, "a.yaml=b", "a.yaml=b")
	wantChanged(t, x)
}

func TestConflicts(t *testing.T) {
	for name, tt := range map[string]struct {
		main, feature func(w *work)
		paths         []string
		says          string
	}{
		"content": {
			func(w *work) { w.commit("m", "topology/a.yaml", lines(9, "e", "main")) },
			func(w *work) { w.commit("f", "topology/a.yaml", lines(9, "e", "feature")) },
			[]string{"topology/a.yaml"}, "Merge conflict in topology/a.yaml"},
		"both add": {
			func(w *work) { w.commit("m", "topology/n.yaml", "m") },
			func(w *work) { w.commit("f", "topology/n.yaml", "f") },
			[]string{"topology/n.yaml"}, "Merge conflict in topology/n.yaml"},
		"rename and rename": {
			func(w *work) { w.git("mv", "topology/a.yaml", "topology/m.yaml"); w.commit("m") },
			func(w *work) { w.git("mv", "topology/a.yaml", "topology/f.yaml"); w.commit("f") },
			[]string{"topology/a.yaml", "topology/f.yaml", "topology/m.yaml"}, "renamed to topology/m.yaml in main and to topology/f.yaml in feature"},
		"modify and delete": {
			func(w *work) { w.commit("m", "topology/a.yaml", lines(9, "e", "main")) },
			func(w *work) { w.git("rm", "-q", "topology/a.yaml"); w.commit("f") },
			[]string{"topology/a.yaml"}, "deleted in feature and modified in main"},
		"elsewhere": {
			func(w *work) { w.commit("m", "README.md", "m", "topology/m.yaml", "m") },
			func(w *work) { w.commit("f", "README.md", "f", "topology/f.yaml", "f") },
			[]string{"README.md"}, "Merge conflict in README.md"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWork(t)
			w.commit("first", "topology/a.yaml", lines(9), "README.md", "r")
			w.branch("feature", "main")
			tt.feature(w)
			w.branch("main", "main")
			tt.main(w)
			_, err := w.open("").Range(t.Context(), "main..feature", false)
			conflict := (*ConflictError)(nil)
			if !errors.As(err, &conflict) {
				t.Fatalf("error %v", err)
			}
			if !slices.Equal(conflict.Paths, tt.paths) {
				t.Errorf("paths %q, want %q", conflict.Paths, tt.paths)
			}
			if elsewhere := len(conflict.Topology) == 0; elsewhere != (name == "elsewhere") {
				t.Errorf("of the topology: %q", conflict.Topology)
			}
			wantError(t, err, tt.says, "feature cannot be merged into main", "merge or rebase onto main, resolve, and push")
			if _, err := w.open("").Range(t.Context(), "main..feature", true); err != nil {
				t.Errorf("direct: %v", err)
			}
		})
	}
}
