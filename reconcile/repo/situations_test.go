package repo

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestDefaultBase(t *testing.T) {
	origin := newWork(t)
	first := origin.commit("first", "topology/a.yaml", "a")
	second := origin.commit("second", "topology/a.yaml", "b")
	clone := &work{t, filepath.Join(t.TempDir(), "clone")}
	clone.in(t.TempDir(), "clone", "-q", origin.dir, clone.dir)
	base := func(w *work, spec string) string {
		t.Helper()
		x := w.between(spec)
		return x.Base.Name + " " + x.Base.Subject
	}
	// On main, with nothing of its own: what came before.
	if got := base(clone, ""); got != "HEAD~1 first" {
		t.Errorf("on main the base is %s", got)
	}
	if got := base(clone, "..main"); got != "main~1 first" {
		t.Errorf("of main the base is %s", got)
	}
	clone.git("checkout", "-q", "--detach")
	if got := base(clone, ""); got != "HEAD~1 first" {
		t.Errorf("detached at main the base is %s", got)
	}
	// A branch without commits yet stays compared with main.
	clone.branch("feature", "origin/main")
	x := clone.between("HEAD")
	if x.Base.Name != "origin/main" || !x.AlreadyMerged || x.Commits != 0 {
		t.Errorf("a new branch: %+v", x)
	}
	clone.commit("f", "topology/b.yaml", "b")
	for spec, want := range map[string]string{"": "origin/main second", "HEAD": "origin/main second", "feature": "origin/main second", "..feature": "origin/main second",
		"main..": "main second", "main...feature": "main second", "HEAD~2..HEAD": "HEAD~2 first", "@{upstream}..": "@{upstream} second"} {
		if got := base(clone, spec); got != want {
			t.Errorf("the base of %q is %s, want %s", spec, got, want)
		}
	}
	// The remote's HEAD goes before main; without it origin/main, origin/master.
	origin.branch("trunk", "main")
	clone.git("fetch", "-q")
	clone.git("remote", "set-head", "origin", "trunk")
	if got := base(clone, ""); got != "origin/trunk second" {
		t.Errorf("with the remote's HEAD elsewhere the base is %s", got)
	}
	clone.git("remote", "set-head", "origin", "-d")
	clone.git("checkout", "-q", "main")
	clone.commit("not pushed", "topology/b.yaml", "c")
	if got := base(clone, ""); got != "origin/main second" {
		t.Errorf("on main ahead of the remote the base is %s", got)
	}
	clone.git("update-ref", "-d", "refs/remotes/origin/main")
	clone.git("update-ref", "refs/remotes/origin/master", first)
	if got := base(clone, ""); got != "origin/master first" {
		t.Errorf("with origin/master alone the base is %s", got)
	}
	clone.git("update-ref", "-d", "refs/remotes/origin/master")
	clone.git("update-ref", "refs/remotes/up/main", second)
	clone.git("config", "remote.up.url", origin.dir)
	clone.git("config", "remote.up.fetch", "+refs/heads/*:refs/remotes/up/*")
	clone.git("config", "branch.main.remote", "up")
	if got := base(clone, ""); got != "up/main second" {
		t.Errorf("on main with an upstream of another name the base is %s", got)
	}
	clone.git("checkout", "-q", "--detach")
	clone.git("branch", "-q", "-D", "main")
	_, err := clone.open("").Range(t.Context(), "", false)
	wantError(t, err, "no main branch is known here", "origin/HEAD, origin/main, origin/master, main and master", "BASE..HEAD")
}

func TestNames(t *testing.T) {
	w := newWork(t)
	first := w.commit("first", "topology/a.yaml", "a", "afile", "x")
	w.commit("second", "topology/a.yaml", "b")
	for _, ref := range []string{"refs/heads/-x", "refs/heads/--output=trace", "refs/heads/afile", "refs/heads/both", "refs/heads/ünï", "refs/heads/" + first} {
		w.git("update-ref", ref, "main")
	}
	w.git("tag", "both", first)
	w.git("tag", "-a", "-m", "annotated", "v1", first)
	w.git("checkout", "-q", "--detach")
	for _, head := range []string{"-x", "--output=trace", "afile", "ünï", "refs/heads/both", "HEAD", "main", "@", "heads/both", w.git("rev-parse", "--short", "main")} {
		x, err := w.open("").Range(t.Context(), "v1.."+head, false)
		if err != nil || x.Base.ID != first || x.Head.Subject != "second" || x.Head.Name != head {
			t.Errorf("%s: %+v, %v", head, x, err)
		}
	}
	r := w.open("")
	for spec, words := range map[string][]string{
		"main..nowhere": {"there is no revision nowhere", "fetch it first"},
		"nowhere..":     {"there is no revision nowhere"},
		"main..both":    {"the revision both is ambiguous", "refs/heads/both"},
		"main.." + w.git("rev-parse", "main:afile"): {"there is no revision"},
		"main.." + strings.Repeat("0", 40):          {"there is no revision"},
		"a..b..c":                                   {"no range of revisions", "BASE..HEAD"},
		"main..^main":                               {"there is no revision ^main"},
		"main..main:afile":                          {"there is no revision main:afile"},
		"main..a\nb":                                {"is no revision"},
		"main..\x1b[31m::error::x":                  {`\u001b[31m`},
		"main..--all":                               {"there is no revision --all"},
		"main..--help":                              {"there is no revision --help"},
	} {
		_, err := r.Range(t.Context(), spec, false)
		wantError(t, err, words...)
		if err != nil && strings.ContainsAny(err.Error(), "\x1b") {
			t.Errorf("%q reaches a terminal", err)
		}
	}
	if _, err := os.Stat(filepath.Join(w.dir, "trace")); err == nil {
		t.Error("a branch's name was taken for an option")
	}
}

func TestHistories(t *testing.T) {
	w := newWork(t)
	w.commit("first", "topology/a.yaml", lines(9))
	w.git("checkout", "-q", "--orphan", "other")
	w.commit("unrelated", "topology/b.yaml", "b")
	_, err := w.open("").Range(t.Context(), "main..other", false)
	wantError(t, err, "other and main have no common history", "--direct")
	x, err := w.open("").Range(t.Context(), "main..other", true)
	if err != nil || x.MergeBase.ID != "" || x.Commits != 1 {
		t.Errorf("direct: %+v, %v", x, err)
	}

	// Criss-cross: two merge bases, neither better than the other.
	w.branch("feature", "main")
	w.commit("f", "topology/a.yaml", lines(9, "b", "bee"))
	w.branch("main", "main")
	w.commit("m", "topology/a.yaml", lines(9, "h", "aitch"))
	w.git("tag", "m")
	w.git("merge", "-q", "--no-edit", "feature")
	w.branch("feature", "feature")
	w.git("merge", "-q", "--no-edit", "m")
	w.commit("f2", "topology/f.yaml", "f")
	w.branch("main", "main")
	w.commit("m2", "topology/m.yaml", "m")
	if n := len(strings.Fields(w.git("merge-base", "--all", "main", "feature"))); n != 2 {
		t.Fatalf("%d merge bases", n)
	}
	x = w.between("main..feature")
	wantChanged(t, x, "f.yaml")
	if x.Commits != 2 {
		t.Errorf("%d commits", x.Commits)
	}
	wantAsked(t, x, map[Line]string{{Path: "f.yaml", Line: 1}: "f2", {Path: "a.yaml", Line: 2}: ""})
}

func TestShallow(t *testing.T) {
	w := newWork(t)
	w.commit("first", "topology/a.yaml", "a\n")
	w.branch("feature", "main")
	w.commit("f", "topology/f.yaml", "f\n")
	w.branch("main", "main")
	w.commit("m", "topology/m.yaml", "m\n")
	shallow := func(args ...string) *work {
		clone := &work{t, filepath.Join(t.TempDir(), "clone")}
		clone.in(t.TempDir(), append(append([]string{"clone", "-q", "--no-single-branch"}, args...), "file://"+w.dir, clone.dir)...)
		return clone
	}
	one := shallow("--depth=1").open("")
	for spec, words := range map[string]string{
		"origin/main..origin/feature": "where origin/feature left origin/main is not in this shallow clone",
		"":                            "what came before HEAD is not in this shallow clone",
		"HEAD~1..":                    "there is no revision HEAD~1 in this shallow clone",
	} {
		_, err := one.Range(t.Context(), spec, false)
		wantError(t, err, words, "git fetch --unshallow", "fetch-depth: 0")
	}
	if x, err := one.Range(t.Context(), "origin/main..origin/feature", true); err != nil {
		t.Errorf("direct: %v", err)
	} else {
		wantChanged(t, x, "f.yaml", "m.yaml")
	}
	wantAsked(t, shallow("--depth=2").between("origin/main..origin/feature"), map[Line]string{{Path: "f.yaml", Line: 1}: "f"})
}

func TestKindsOfRepositories(t *testing.T) {
	w := newWork(t)
	w.commit("first", "topology/a.yaml", "a\n", "deep/er/x", "x")
	w.branch("feature", "main")
	w.commit("f", "topology/f.yaml", "f\n")
	w.branch("main", "main")
	w.commit("m", "topology/m.yaml", "m\n")
	dir := t.TempDir()
	w.git("worktree", "add", "-q", filepath.Join(dir, "linked"), "feature")
	w.in(dir, "clone", "-q", "--bare", w.dir, filepath.Join(dir, "bare.git"))
	w.in(dir, "clone", "-q", "--shared", w.dir, filepath.Join(dir, `bor:ro"wed\`))
	w.in(filepath.Join(dir, `bor:ro"wed\`), "branch", "feature", "origin/feature")
	if err := os.Symlink(w.dir, filepath.Join(dir, "symlink")); err != nil {
		t.Fatal(err)
	}
	for _, where := range []string{w.dir, filepath.Join(w.dir, "deep/er"), filepath.Join(w.dir, ".git"), filepath.Join(dir, "linked", "topology"), filepath.Join(dir, "bare.git"),
		filepath.Join(dir, `bor:ro"wed\`), filepath.Join(dir, "symlink")} {
		x, err := openDir(t, where, "").Range(t.Context(), "main..feature", false)
		if err != nil {
			t.Errorf("%s: %v", where, err)
			continue
		}
		wantSides(t, x, "a.yaml=a m.yaml=m", "a.yaml=a f.yaml=f m.yaml=m")
		wantAsked(t, x, map[Line]string{{Path: "f.yaml", Line: 1}: "f"})
	}
	x, err := openDir(t, filepath.Join(dir, "linked"), "").Range(t.Context(), "", false)
	if err != nil || x.Head.Subject != "f" || x.Base.Name != "main" {
		t.Errorf("a linked work tree has its own HEAD: %+v, %v", x, err)
	}
}

func TestSHA256(t *testing.T) {
	w := newWork(t, "--object-format=sha256")
	w.commit("first", "topology/a.yaml", lines(20))
	w.branch("feature", "main")
	w.commit("f1", "topology/a.yaml", lines(20, "c", "sea"))
	w.commit("f2", "topology/a.yaml", lines(20, "c", "sea", "d", "dee"), "topology/n.yaml", "n\n")
	w.branch("main", "main")
	w.commit("m", "topology/a.yaml", lines(20, "s", "ess"))
	x := w.between("main..feature")
	if !x.Merged || len(x.Head.ID) != 64 {
		t.Errorf("%+v", x)
	}
	wantChanged(t, x, "a.yaml", "n.yaml")
	wantAsked(t, x, map[Line]string{{Path: "a.yaml", Line: 3}: "f1", {Path: "a.yaml", Line: 4, Removed: true}: "f2", {Path: "n.yaml", Line: 1}: "f2"})
}

func TestPartialClone(t *testing.T) {
	w := newWork(t)
	w.commit("first", "topology/a.yaml", lines(20))
	w.branch("feature", "main")
	w.commit("f", "topology/a.yaml", lines(20, "c", "sea"))
	w.branch("main", "main")
	w.commit("m", "topology/a.yaml", lines(20, "s", "ess"))
	w.git("config", "uploadpack.allowFilter", "true")
	clone := &work{t, filepath.Join(t.TempDir(), "clone")}
	clone.in(t.TempDir(), "clone", "-q", "--filter=blob:none", "file://"+w.dir, clone.dir)
	_, err := clone.open("").Range(t.Context(), "main..origin/feature", false)
	wantError(t, err, "git fetch --refetch --no-filter")
	x, err := clone.open("").Range(t.Context(), "main..origin/feature", true)
	if err != nil {
		t.Fatal(err)
	}
	_, err = x.After(t.Context())
	wantError(t, err, "is missing from the repository", "git fetch --refetch --no-filter")
	clone.git("fetch", "-q", "--refetch", "--no-filter")
	wantChanged(t, clone.between("main..origin/feature"), "a.yaml")
}

func TestNotOpened(t *testing.T) {
	for dir, words := range map[string]string{
		t.TempDir():                           "is not in a git repository; give its folder with --repo",
		filepath.Join(t.TempDir(), "nowhere"): "no such file",
		os.Args[0]:                            "is not a folder",
	} {
		_, err := Open(t.Context(), dir, "")
		wantError(t, err, words)
	}
	w := newWork(t)
	_, err := w.open("").Range(t.Context(), "", false)
	wantError(t, err, "there is no revision HEAD")
	for _, topology := range []string{"../x", "/x", "a/../.."} {
		_, err := Open(t.Context(), w.dir, topology)
		wantError(t, err, "is no path below the repository's top")
	}
	if os.Getuid() == 0 {
		if err := os.Chown(w.dir, 12345, 12345); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(filepath.Join(w.dir, ".git"), 12345, 12345); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), w.dir, "")
		wantError(t, err, "belongs to another user", "safe.directory")
		t.Setenv("GIT_CONFIG_COUNT", "1")
		t.Setenv("GIT_CONFIG_KEY_0", "safe.directory")
		t.Setenv("GIT_CONFIG_VALUE_0", w.dir)
		openDir(t, w.dir, "")
	}
	t.Setenv("PATH", t.TempDir())
	_, err = Open(t.Context(), w.dir, "")
	wantError(t, err, "the git program is needed")
}

// TestOldGit runs the real git behind one that says it is older.
func TestOldGit(t *testing.T) {
	w := newWork(t)
	w.commit("first", "topology/a.yaml", "a")
	w.branch("feature", "main")
	w.commit("f", "topology/f.yaml", "f")
	w.branch("main", "main")
	w.commit("m", "topology/m.yaml", "m")
	real, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	script := "#!/bin/sh\nfor a; do [ \"$a\" = version ] && { echo git version 2.30.2; exit; }; done\nexec " + real + " \"$@\"\n"
	if err := os.WriteFile(filepath.Join(bin, "git"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	_, err = w.open("").Range(t.Context(), "main..feature", false)
	wantError(t, err, "needs git 2.38, and this is 2.30", "--direct")
	if _, err := w.open("").Range(t.Context(), "main..feature", true); err != nil {
		t.Errorf("direct: %v", err)
	}
}

func TestCredentialsStayHidden(t *testing.T) {
	err := &gitError{command: "fetch", said: "fatal: unable to access 'https://ann:s3cret@example.net/x.git/': \x1b[31mno\nhint: try\n", code: 128}
	wantError(t, err, "https://[redacted]@example.net/x.git/", `\u001b[31mno`)
	if strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "hint") {
		t.Errorf("%v", err)
	}
}
