package git

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"enid/reconcile"
)

func TestFirstFetchNewCommitNoChange(t *testing.T) {
	r := newRepo(t)
	web := r.serve(false)
	first := r.commit("first line\n\nmore", "topology/a.yaml", "a: 1\n", "topology/net/b.json", "{}", "topology/README.md", "hello", "other/c.yaml", "c: 1")
	s := open(t, Options{URL: web.url()})

	rev := wantID(t, s, first)
	if rev.Author != "Ann <ann@example.net>" || rev.Subject != "first line" || rev.Time.IsZero() {
		t.Errorf("revision is %+v", rev)
	}
	if err := fstest.TestFS(rev.FS, "a.yaml", "net/b.json"); err != nil {
		t.Error(err)
	}
	if _, err := rev.FS.Open("README.md"); err == nil {
		t.Error("a file that enid does not read is there")
	}
	digest, ok := rev.Digest("a.yaml")
	if want := r.git("rev-parse", "HEAD:topology/a.yaml"); !ok || digest != want {
		t.Errorf("digest %q, want %q", digest, want)
	}
	if _, ok := rev.Digest("net"); ok {
		t.Error("a folder has a digest")
	}
	if n := web.packs(); n != 1 {
		t.Errorf("%d packs were asked for, want 1", n)
	}

	wantID(t, s, first)
	if n := web.packs(); n != 0 {
		t.Errorf("%d packs were asked for without a change", n)
	}

	second := r.commit("second", "topology/a.yaml", "a: 2\n")
	next := wantID(t, s, second)
	if got := content(t, next.FS, "a.yaml"); got != "a: 2\n" {
		t.Errorf("new content is %q", got)
	}
	if err := os.RemoveAll(s.cache); err != nil {
		t.Fatal(err)
	}
	if got := content(t, rev.FS, "a.yaml"); got != "a: 1\n" {
		t.Errorf("old revision now reads %q", got)
	}

	// A new process with the same cache asks for no pack either.
	again := open(t, Options{URL: web.url(), CacheDir: s.opt.CacheDir})
	wantID(t, again, second)
	web.packs()
	wantID(t, open(t, Options{URL: web.url(), CacheDir: s.opt.CacheDir}), second)
	if n := web.packs(); n != 0 {
		t.Errorf("%d packs were asked for after a restart", n)
	}
}

func TestRewindIsHeldThenFollowed(t *testing.T) {
	r := newRepo(t)
	web := r.serve(false)
	first := r.commit("1", "topology/a.yaml", "a: 1\n")
	second := r.commit("2", "topology/a.yaml", "a: 2\n")
	s := open(t, Options{URL: web.url()})
	wantID(t, s, second)
	s.SetApplied(second)

	r.git("reset", "-q", "--hard", first)
	r.git("push", "-q", "-f", "origin", "HEAD:main")
	for range 3 { // the mistake this guards against only shows at the second fetch
		e := wantCondition(t, s, reconcile.Rewound, first, second)
		if e.Revision != first {
			t.Errorf("held revision %s, want %s", e.Revision, first)
		}
	}
	follow := open(t, Options{URL: web.url(), Applied: second, OnRewind: Follow, CacheDir: s.opt.CacheDir})
	for range 2 {
		if got := content(t, wantID(t, follow, first).FS, "a.yaml"); got != "a: 1\n" {
			t.Errorf("content %q is of the revoked commit", got)
		}
	}

	s.SetApplied(first) // accepted by a person
	wantID(t, s, first)
	third := r.commit("3", "topology/a.yaml", "a: 3\n")
	wantID(t, s, third)
}

func TestDivergedAndUnrelated(t *testing.T) {
	r := newRepo(t)
	web := r.serve(false)
	base := r.commit("1", "topology/a.yaml", "a: 1\n")
	applied := r.commit("2", "topology/a.yaml", "a: 2\n")
	s := open(t, Options{URL: web.url(), Applied: applied})
	wantID(t, s, applied)

	r.git("reset", "-q", "--hard", base)
	other := r.commit("3", "topology/a.yaml", "a: 3\n")
	if e := wantCondition(t, s, reconcile.Diverged, "left the history"); e.Revision != other {
		t.Errorf("held revision %s, want %s", e.Revision, other)
	}

	r.git("checkout", "-q", "--orphan", "fresh")
	alone := r.commit("4", "topology/a.yaml", "a: 4\n")
	if e := wantCondition(t, s, reconcile.Diverged, "shares no commit"); e.Revision != alone {
		t.Errorf("held revision %s, want %s", e.Revision, alone)
	}

	// Without the cache the applied commit is nowhere to be found.
	lost := open(t, Options{URL: web.url(), Applied: applied})
	wantCondition(t, lost, reconcile.Diverged, "does not hold the applied")
}

func TestMergesAreForward(t *testing.T) {
	r := newRepo(t)
	web := r.serve(false)
	r.commit("1", "topology/a.yaml", "a: 1\n")
	r.git("checkout", "-q", "-b", "side")
	applied := r.commit("side", "topology/b.yaml", "b: 1\n")
	r.git("checkout", "-q", "main")
	r.commit("2", "topology/a.yaml", "a: 2\n")
	r.git("merge", "-q", "--no-edit", "side")
	merged := r.commit("after the merge")
	wantID(t, open(t, Options{URL: web.url(), Applied: applied}), merged)
}

func TestTagAndCommit(t *testing.T) {
	r := newRepo(t)
	web := r.serve(false)
	first := r.commit("1", "topology/a.yaml", "a: 1\n")
	r.git("tag", "plain")
	r.git("tag", "-a", "-m", "annotated", "v1")
	r.git("tag", "-a", "-m", "of a tree", "odd", "HEAD^{tree}")
	second := r.commit("2", "topology/a.yaml", "a: 2\n")
	r.git("push", "-q", "origin", "--tags")

	wantID(t, open(t, Options{URL: web.url(), Ref: "refs/tags/plain"}), first)
	s := open(t, Options{URL: web.url(), Ref: "refs/tags/v1", Applied: first})
	wantID(t, s, first)
	wantCondition(t, open(t, Options{URL: web.url(), Ref: "refs/tags/odd"}), reconcile.Unsupported, "does not name a commit")

	r.git("tag", "-f", "-a", "-m", "moved", "v1", second)
	r.git("push", "-q", "-f", "origin", "--tags")
	wantID(t, s, second)

	pinned := open(t, Options{URL: web.url(), Ref: first, Applied: second})
	if got := content(t, wantID(t, pinned, first).FS, "a.yaml"); got != "a: 1\n" {
		t.Errorf("content %q", got)
	}
	web.CloseClientConnections()
	web.Close() // a known commit needs nobody
	wantID(t, pinned, first)
	wantID(t, open(t, Options{URL: web.url(), Ref: first, CacheDir: pinned.opt.CacheDir}), first)
}

func TestCommitThatIsNotThere(t *testing.T) {
	for _, allow := range []string{"false", "true"} {
		t.Run("uploadpack.allowReachableSHA1InWant="+allow, func(t *testing.T) {
			r := newRepo(t)
			web := r.serve(false)
			first := r.commit("1", "topology/a.yaml", "a: 1\n")
			r.commit("2", "topology/a.yaml", "a: 2\n")
			r.gitIn(r.bare, "config", "uploadpack.allowReachableSHA1InWant", allow)
			s := open(t, Options{URL: web.url(), Ref: strings.Repeat("ab", 20)})
			for range 2 {
				wantCondition(t, s, reconcile.Missing, "there is no commit")
			}
			wantID(t, open(t, Options{URL: web.url(), Ref: first}), first)
		})
	}
}

func TestSixtyCommitsKeepFewPacks(t *testing.T) {
	r := newRepo(t)
	s := open(t, Options{URL: "file://" + r.bare})
	most := 0
	for i := range 60 {
		id := r.commit(fmt.Sprint(i), "topology/a.yaml", fmt.Sprintf("a: %d\n", i))
		wantID(t, s, id)
		s.SetApplied(id)
		most = max(most, len(glob(filepath.Join(s.cache, "objects", "pack"), "pack-", ".pack")))
	}
	if most > mostPacks {
		t.Errorf("%d packs at most, want %d", most, mostPacks)
	}
	if entries, _ := os.ReadDir(s.opt.CacheDir); len(entries) != 1 {
		t.Errorf("the cache folder holds %v", entries)
	}
	if n := len(glob(filepath.Join(s.cache, "objects", "pack"), "tmp_", "")); n != 0 {
		t.Errorf("%d temporary files are left", n)
	}
}

// The poll after a commit was applied finds the same commit, and nothing to compare it
// with: the cache, which holds the whole history, is not opened for it.
func TestAppliedIsSettled(t *testing.T) {
	r := newRepo(t)
	first := r.commit("one", "topology/a.yaml", "a: 1\n")
	s := open(t, Options{URL: "file://" + r.bare})
	wantID(t, s, first)
	if err := os.RemoveAll(s.cache); err != nil {
		t.Fatal(err)
	}
	s.SetApplied(first)
	wantID(t, s, first)
	if _, err := os.Stat(s.cache); !os.IsNotExist(err) {
		t.Errorf("the cache was opened: %v", err)
	}
}
