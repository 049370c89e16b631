package repo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNothingIsExecuted fills a repository with everything by which git can be
// made to run a program, reads all there is to read, and wants no trace.
func TestNothingIsExecuted(t *testing.T) {
	w := newWork(t)
	trace := filepath.Join(t.TempDir(), "trace")
	program := filepath.Join(t.TempDir(), "program")
	script := "#!/bin/sh\necho \"$0 $@\" >>" + trace + "\ncat \"$1\" 2>/dev/null\nexit 0\n"
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	w.commit("first", "topology/a.yaml", lines(20), ".gitattributes", "* merge=evil diff=evil filter=evil\n", "topology/.gitattributes", "b.yaml merge=e=vil\n",
		"topology/b.yaml", lines(20))
	w.branch("feature", "main")
	w.commit("f1", "topology/a.yaml", lines(20, "c", "sea"), "topology/b.yaml", lines(20, "d", "dee"))
	w.commit("f2", "topology/a.yaml", lines(20, "c", "see", "d", "dee"), "topology/b.yaml", lines(20, "d", "dee", "e", "eh"))
	w.branch("main", "main")
	w.commit("m", "topology/a.yaml", lines(20, "s", "ess"), "topology/b.yaml", lines(20, "s", "ess"))
	w.git("update-index", "--index-version", "4")
	for _, key := range []string{"merge.evil.driver", "merge.e=vil.driver", "diff.evil.textconv", "diff.evil.command", "diff.external", "filter.evil.clean", "filter.evil.smudge",
		"filter.evil.process", "core.fsmonitor", "core.pager", "pager.log", "core.editor", "core.sshCommand", "core.askPass", "gpg.program", "gpg.ssh.program",
		"credential.helper", "core.gitProxy", "core.alternateRefsCommand", "alias.log", "alias.merge-tree"} {
		w.git("config", "--file", ".git/config", key, program)
	}
	for key, value := range map[string]string{"merge.default": "evil", "merge.renormalize": "true", "log.showSignature": "true", "core.hooksPath": filepath.Dir(program),
		"diff.orderFile": "/nowhere", "blame.ignoreRevsFile": "/nowhere", "diff.noprefix": "true", "diff.interHunkContext": "9", "log.diffMerges": "on", "color.ui": "always"} {
		w.git("config", "--file", ".git/config", key, value)
	}
	for _, hook := range []string{"post-index-change", "reference-transaction", "post-merge", "pre-auto-gc", "fsmonitor-watchman"} {
		if err := os.WriteFile(filepath.Join(w.dir, ".git", "hooks", hook), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GIT_EXTERNAL_DIFF", program)
	t.Setenv("GIT_PAGER", program)
	t.Setenv("GIT_DIR", "/nowhere")
	t.Setenv("GIT_OBJECT_DIRECTORY", "/nowhere")
	t.Setenv("GIT_INDEX_FILE", "/nowhere")
	t.Setenv("GIT_TRACE", trace)
	t.Setenv("GIT_CONFIG_PARAMETERS", "'core.fsmonitor'='"+program+"'")
	if err := os.RemoveAll(trace); err != nil {
		t.Fatal(err)
	}

	x := w.between("main..feature")
	text := func(replaced ...string) string {
		return strings.TrimSuffix(strings.ReplaceAll(lines(20, replaced...), "\n", ","), ",")
	}
	wantSides(t, x, "a.yaml="+text("s", "ess")+" b.yaml="+text("s", "ess"),
		"a.yaml="+text("c", "see", "d", "dee", "s", "ess")+" b.yaml="+text("d", "dee", "e", "eh", "s", "ess"))
	wantAsked(t, x, map[Line]string{{Path: "a.yaml", Line: 3}: "f2", {Path: "b.yaml", Line: 4}: "f1", {Path: "b.yaml", Line: 4, Removed: true}: "f1", {Path: "a.yaml", Line: 4, Removed: true}: "f2"})
	if said, err := os.ReadFile(trace); err == nil {
		t.Errorf("executed, or traced:\n%s", said)
	}

	// The trap works: git by itself walks into it.
	_, _ = w.try(w.dir, "merge", "--no-edit", "feature")
	if _, err := os.Stat(trace); err != nil {
		t.Errorf("git merge did not run anything either: %v", err)
	}
}

// TestAttributes wants those of the branch that is merged into to count, and not
// what lies in the work tree.
func TestAttributes(t *testing.T) {
	w := newWork(t)
	w.commit("first", "topology/a.yaml", "a\n", "topology/.gitattributes", "a.yaml merge=union\n")
	w.branch("feature", "main")
	w.commit("f", "topology/a.yaml", "a\nf\n", "topology/.gitattributes", "a.yaml -merge\n")
	w.branch("main", "main")
	w.commit("m", "topology/a.yaml", "a\nm\n")
	w.write("topology/.gitattributes", "* -merge\n", ".git/info/attributes", "")
	wantSides(t, w.between("main..feature"), "a.yaml=a,m", "a.yaml=a,m,f")
	_, err := w.open("").Range(t.Context(), "feature..main", false)
	wantError(t, err, "Cannot merge binary files: topology/a.yaml")
}

// state is everything of a repository that reading must leave alone.
func (w *work) state() string {
	w.t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(w.dir, func(name string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		i, err := d.Info()
		if err == nil {
			all.WriteString(name + " " + i.ModTime().String() + "\n")
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all.String()
}

func TestRepositoryStaysAsItWas(t *testing.T) {
	w := newWork(t)
	w.commit("first", "topology/a.yaml", lines(20))
	w.branch("feature", "main")
	w.commit("f1", "topology/a.yaml", lines(20, "c", "sea"))
	w.commit("f2", "topology/a.yaml", lines(20, "c", "sea", "d", "dee"))
	w.branch("main", "main")
	w.commit("m", "topology/a.yaml", lines(20, "s", "ess"))
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	before := w.state()
	r, err := Open(t.Context(), filepath.Join(w.dir, "topology"), "")
	if err != nil {
		t.Fatal(err)
	}
	x, err := r.Range(t.Context(), "main..feature", false)
	if err != nil {
		t.Fatal(err)
	}
	after, err := x.After(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantAsked(t, x, map[Line]string{{Path: "a.yaml", Line: 4}: "f2"})
	if _, err := r.Range(t.Context(), "main..nowhere", false); err == nil {
		t.Error("no error")
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if now := w.state(); now != before {
		t.Errorf("the repository was\n%s\nand is\n%s", before, now)
	}
	if left, _ := os.ReadDir(temp); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if got := listed(t, after); !strings.Contains(got, "sea,dee") {
		t.Errorf("after Close the revision reads %s", got)
	}
}
