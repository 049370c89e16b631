package repo

import (
	"strings"
	"testing"
)

// wantAsked asks for lines and wants the subjects of the commits; "" is nobody's.
func wantAsked(t *testing.T, x *Range, want map[Line]string) {
	t.Helper()
	var lines []Line
	for l := range want {
		lines = append(lines, l)
	}
	answers, err := x.Ask(t.Context(), lines)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range lines {
		if got := answers[i].Subject; got != want[l] {
			t.Errorf("%+v was asked for by %q, want %q", l, got, want[l])
		}
		if (answers[i].Commit == "") != (want[l] == "") || want[l] != "" && !strings.HasPrefix(answers[i].Author, "Ann <") {
			t.Errorf("%+v: %+v", l, answers[i])
		}
	}
}

func TestAskWhereOneCommitTouched(t *testing.T) {
	w := newWork(t)
	w.commit("first", "topology/a.yaml", lines(9), "topology/gone.yaml", "1\n2\n", "topology/old.yaml", lines(20), "topology/still.yaml", "s\n")
	w.branch("feature", "main")
	w.commit("f1", "topology/a.yaml", lines(9, "c", "sea", "d", "dee\nmore"))
	w.git("rm", "-q", "topology/gone.yaml")
	w.commit("f2", "topology/new.yaml", "x\ny\n")
	w.git("mv", "topology/old.yaml", "topology/moved.yaml")
	w.commit("f3", "topology/moved.yaml", lines(20, "s", "moved"))
	want := map[Line]string{
		{Path: "a.yaml", Line: 2}:                   "",
		{Path: "a.yaml", Line: 3}:                   "f1",
		{Path: "a.yaml", Line: 5}:                   "f1",
		{Path: "a.yaml", Line: 6}:                   "",
		{Path: "a.yaml", Line: 1, Until: 9}:         "f1",
		{Path: "a.yaml", Line: 6, Until: 9}:         "",
		{Path: "a.yaml"}:                            "f1",
		{Path: "a.yaml", Line: 4, Removed: true}:    "f1",
		{Path: "a.yaml", Line: 5, Removed: true}:    "",
		{Path: "gone.yaml", Line: 2, Removed: true}: "f2",
		{Path: "new.yaml", Line: 1}:                 "f2",
		{Path: "moved.yaml", Line: 19}:              "f3",
		{Path: "moved.yaml", Line: 1}:               "",
		{Path: "old.yaml", Line: 19, Removed: true}: "f3",
		{Path: "still.yaml", Line: 1}:               "",
		{Path: "still.yaml"}:                        "",
		{Path: "none.yaml", Line: 1}:                "",
	}
	wantAsked(t, w.between("main..feature"), want)

	// Main moves lines of the same file, and changes some.
	w.branch("main", "main")
	w.commit("m", "topology/a.yaml", "top\n"+lines(9, "i", "eye"))
	for _, moved := range []Line{{Path: "a.yaml", Line: 4}, {Path: "a.yaml", Line: 5, Removed: true}} {
		wantAsked(t, w.between("main..feature"), map[Line]string{moved: "f1", {Path: "a.yaml", Line: 1}: "", {Path: "a.yaml", Line: 11}: "", {Path: "a.yaml", Line: 3}: ""})
	}
}

func TestAskWhereSeveralTouched(t *testing.T) {
	w := newWork(t)
	w.commit("first", "topology/a.yaml", lines(20), "topology/b.yaml", "1\n2\n3\n")
	w.branch("feature", "main")
	w.commit("f1", "topology/a.yaml", lines(20, "c", "sea", "m", "em"))
	w.commit("f2", "topology/a.yaml", lines(20, "c", "see", "m", "em", "n", "")) // n is an empty line
	w.git("mv", "topology/a.yaml", "topology/z.yaml")
	w.commit("f3", "topology/z.yaml", strings.Replace(lines(20, "c", "see", "m", "em", "n", ""), "line q\n", "", 1), "topology/b.yaml", "1\n3\n")
	w.git("rm", "-q", "topology/b.yaml")
	w.commit("f4")
	want := map[Line]string{
		{Path: "z.yaml", Line: 3}:                 "f2",
		{Path: "z.yaml", Line: 13}:                "f1",
		{Path: "z.yaml", Line: 14}:                "f2",
		{Path: "z.yaml", Line: 15}:                "",
		{Path: "z.yaml", Line: 10, Until: 13}:     "f1",
		{Path: "z.yaml", Line: 1, Until: 20}:      "f2",
		{Path: "z.yaml"}:                          "f3",
		{Path: "a.yaml", Line: 3, Removed: true}:  "f1",
		{Path: "a.yaml", Line: 14, Removed: true}: "f2",
		{Path: "a.yaml", Line: 17, Removed: true}: "f3",
		{Path: "a.yaml", Line: 18, Removed: true}: "",
		{Path: "b.yaml", Line: 2, Removed: true}:  "f3",
		{Path: "b.yaml", Line: 3, Removed: true}:  "f4",
	}
	wantAsked(t, w.between("main..feature"), want)

	// Main adds lines on top, changes the last and leaves the rest.
	w.branch("main", "main")
	w.commit("m", "topology/a.yaml", "t\no\np\n"+lines(20, "t", "tea"))
	moved := map[Line]string{{Path: "z.yaml", Line: 1}: "", {Path: "z.yaml", Line: 22}: ""}
	for l, subject := range want {
		if l.Path != "b.yaml" && l.Line > 0 {
			if l.Until > 0 {
				l.Until += 3
			}
			l.Line += 3
		}
		moved[l] = subject
	}
	x := w.between("main..feature")
	if !x.Merged {
		t.Fatal("this was to be a merge")
	}
	wantAsked(t, x, moved)

	// What main renamed meanwhile is followed into the branch's file.
	w.git("reset", "-q", "--hard", "HEAD~1")
	w.git("mv", "topology/b.yaml", "topology/c.yaml")
	w.commit("main renames")
	w.branch("feature2", "main~1")
	w.commit("g1", "topology/b.yaml", "1\n2\n3\nfour\n")
	w.commit("g2", "topology/b.yaml", "1\n2\n3\nfour\nfive\n")
	x = w.between("main..feature2")
	wantSides(t, x, "a.yaml="+strings.TrimSuffix(strings.ReplaceAll(lines(20), "\n", ","), ",")+" c.yaml=1,2,3",
		"a.yaml="+strings.TrimSuffix(strings.ReplaceAll(lines(20), "\n", ","), ",")+" c.yaml=1,2,3,four,five")
	wantAsked(t, x, map[Line]string{{Path: "c.yaml", Line: 4}: "g1", {Path: "c.yaml", Line: 5}: "g2", {Path: "c.yaml", Line: 1}: ""})
}

func TestAskAmongMerges(t *testing.T) {
	w := newWork(t)
	w.commit("first", "topology/a.yaml", lines(20), "topology/b.yaml", "b\n")
	for _, side := range []struct{ name, line string }{{"one", "b"}, {"two", "h"}, {"three", "n"}} {
		w.branch(side.name, "main")
		w.commit("on "+side.name, "topology/a.yaml", lines(20, side.line, side.name))
	}
	// A branch that merges others: three at once, then main, which took a line
	// away and added one that the branch takes away.
	w.branch("main", "main")
	w.commit("m", "topology/a.yaml", strings.Replace(lines(20), "line t\n", "main\n", 1))
	w.branch("feature", "one~1")
	w.git("merge", "-q", "--no-edit", "-m", "octopus", "one", "two", "three")
	w.git("merge", "-q", "--no-edit", "-m", "main again", "main")
	w.commit("f", "topology/a.yaml", strings.NewReplacer("line e\n", "eh\n", "main\n", "", "line k\n", "").Replace(
		lines(20, "b", "one", "h", "two", "n", "three", "t", "main")))
	for _, direct := range []bool{false, true} {
		x, err := w.open("").Range(t.Context(), "main..feature", direct)
		if err != nil {
			t.Fatal(err)
		}
		wantAsked(t, x, map[Line]string{
			{Path: "a.yaml", Line: 2}:                 "on one",
			{Path: "a.yaml", Line: 5}:                 "f",
			{Path: "a.yaml", Line: 8}:                 "on two",
			{Path: "a.yaml", Line: 13}:                "on three",
			{Path: "a.yaml", Line: 1}:                 "",
			{Path: "a.yaml", Line: 11, Removed: true}: "f",
			{Path: "a.yaml", Line: 20, Removed: true}: "f",
			{Path: "a.yaml", Line: 5, Removed: true}:  "f",
		})
	}

	// What only main changed is nobody's, though the trees differ there.
	w.branch("main", "main")
	w.commit("m2", "topology/a.yaml", "M\n"+strings.Replace(lines(20), "line t\n", "main\n", 1), "topology/b.yaml", "bee\n")
	x, err := w.open("").Range(t.Context(), "main..feature", true)
	if err != nil {
		t.Fatal(err)
	}
	wantAsked(t, x, map[Line]string{
		{Path: "b.yaml", Line: 1}:                 "",
		{Path: "b.yaml", Line: 1, Removed: true}:  "",
		{Path: "a.yaml", Line: 1, Removed: true}:  "",
		{Path: "a.yaml", Line: 5}:                 "f",
		{Path: "a.yaml", Line: 12, Removed: true}: "f",
	})
	rollback, err := w.open("").Range(t.Context(), "main..main~1", true)
	if err != nil {
		t.Fatal(err)
	}
	wantAsked(t, rollback, map[Line]string{{Path: "b.yaml", Line: 1}: "", {Path: "a.yaml"}: ""})
}

func TestAskOfFirstCommits(t *testing.T) {
	w := newWork(t)
	w.commit("first", "topology/a.yaml", "a\nb\n")
	x := w.between("")
	if x.Base.ID != "" || x.Commits != 1 {
		t.Fatalf("the first commit is compared with %+v", x.Base)
	}
	wantSides(t, x, "", "a.yaml=a,b")
	wantAsked(t, x, map[Line]string{{Path: "a.yaml", Line: 2}: "first"})
}

func TestAskUnderHostileNames(t *testing.T) {
	w := newWork(t)
	names := []string{"topology/\"q\".yaml", "topology/a\nb\t.yaml", "topology/-x.yaml", "topology/:(top)*.yaml", "topology/ü [a].yaml", "topology/M", "topology/b\\.yaml", "topology/--- b.yaml"}
	write := func(content string) {
		for _, name := range names {
			w.write(name, content)
		}
	}
	write("-- 1\n++ 2\n3\n")
	w.commit("first")
	w.branch("feature", "main")
	write("-- 1\n++ two\n3\n")
	w.commit("f1")
	write("-- 1\n++ two\n@@ -1 +1 @@\n\ndiff --git a/x b/x\n")
	w.commit("f2")
	want := map[Line]string{}
	for _, name := range names {
		name = strings.TrimPrefix(name, "topology/")
		want[Line{Path: name, Line: 1}] = ""
		want[Line{Path: name, Line: 2}] = "f1"
		want[Line{Path: name, Line: 5}] = "f2"
		want[Line{Path: name, Line: 2, Removed: true}] = "f1"
		want[Line{Path: name, Line: 3, Removed: true}] = "f2"
	}
	wantAsked(t, w.between("main..feature"), want)
}

// TestAskDirect has a file that one commit of the branch changed, and main too:
// what main changed shows between the trees, and is not the branch's.
func TestAskDirect(t *testing.T) {
	w := newWork(t)
	w.commit("first", "topology/a.yaml", lines(9))
	w.branch("feature", "main")
	w.commit("f", "topology/a.yaml", lines(9, "b", "bee"))
	w.branch("main", "main")
	w.commit("m", "topology/a.yaml", lines(9, "h", "aitch"))
	x, err := w.open("").Range(t.Context(), "main..feature", true)
	if err != nil {
		t.Fatal(err)
	}
	wantAsked(t, x, map[Line]string{{Path: "a.yaml", Line: 2}: "f", {Path: "a.yaml", Line: 2, Removed: true}: "f", {Path: "a.yaml", Line: 8}: "", {Path: "a.yaml", Line: 8, Removed: true}: ""})
}

func TestOldLine(t *testing.T) {
	// Lines 3 and 4 are gone, 6 is another, and one came in behind 8.
	d := difference{hunks: []hunk{{span{3, 2}, span{2, 0}}, {span{6, 1}, span{4, 1}}, {span{8, 0}, span{7, 1}}}}
	for line, want := range map[int]int{1: 1, 2: 2, 3: 5, 4: 0, 5: 7, 6: 8, 7: 0, 8: 9} {
		if got := d.oldLine(line); got != want {
			t.Errorf("line %d was %d, want %d", line, got, want)
		}
	}
}
