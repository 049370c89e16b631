package git

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
)

// TestRelateAgainstGit makes a random history and compares each pair of commits
// with what the git program says of it.
func TestRelateAgainstGit(t *testing.T) {
	r := newRepo(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	tree := r.git("hash-object", "-w", "-t", "tree", "/dev/null")
	var commits []string
	for i := range 24 {
		args := []string{"commit-tree", "-m", fmt.Sprint(i), tree}
		for _, parent := range rnd.Perm(i)[:min(i, rnd.IntN(3))] { // roots, lines and merges
			args = append(args, "-p", commits[parent])
		}
		id := r.git(args...)
		commits = append(commits, id)
		r.git("update-ref", fmt.Sprintf("refs/tags/c%d", i), id)
	}
	r.git("push", "-q", "origin", "--tags")
	s := open(t, Options{URL: "file://" + r.bare})
	st, err := openStore(t.TempDir() + "/c")
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	for i := range commits {
		pull(t, s, st, fmt.Sprintf("refs/tags/c%d", i))
	}
	is := func(a, b string) bool {
		cmd := exec.Command("git", "merge-base", "--is-ancestor", a, b)
		cmd.Dir, cmd.Env = r.work, gitEnv()
		return cmd.Run() == nil
	}
	related := func(a, b string) bool {
		cmd := exec.Command("git", "merge-base", a, b)
		cmd.Dir, cmd.Env = r.work, gitEnv()
		return cmd.Run() == nil
	}
	seen := map[relation]int{}
	for _, applied := range commits {
		for _, tip := range commits {
			want := unrelated
			switch {
			case applied == tip:
				want = same
			case is(applied, tip):
				want = forward
			case is(tip, applied):
				want = rewound
			case related(applied, tip):
				want = diverged
			}
			got, err := st.relate(t.Context(), plumbing.NewHash(applied), plumbing.NewHash(tip))
			if err != nil || got != want {
				t.Errorf("%s → %s: %s, %v; git says %s", applied, tip, got, err, want)
			}
			seen[want]++
		}
	}
	if len(seen) != 5 {
		t.Errorf("the history only has %v", seen)
	}
}

// pull brings one reference into a store, over a conversation of its own.
func pull(t *testing.T, s *Source, st *store, ref string) {
	t.Helper()
	talk, err := s.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer talk.Close()
	adv, err := talk.AdvertisedReferencesContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wants := map[plumbing.ReferenceName]plumbing.Hash{localName(ref): adv.References[ref]}
	if _, err := s.bring(t.Context(), talk, adv, st, wants); err != nil {
		t.Fatal(err)
	}
}

// TestShallowRemote follows a repository that is itself cut off at the bottom.
func TestShallowRemote(t *testing.T) {
	r := newRepo(t)
	for i := range 5 {
		r.commit(fmt.Sprint(i), "topology/a.yaml", fmt.Sprintf("a: %d\n", i))
	}
	r.gitIn(r.root, "clone", "-q", "--bare", "--depth=2", "file://"+r.bare, "shallow.git")
	shallow := &repo{t: t, root: r.root, bare: r.root + "/shallow.git", work: r.work}
	s := open(t, Options{URL: "file://" + shallow.bare})
	first := wantID(t, s, r.git("rev-parse", "HEAD"))
	s.SetApplied(first.ID)
	next := r.commit("next", "topology/a.yaml", "a: 9\n")
	r.git("push", "-q", shallow.bare, "HEAD:main")
	wantID(t, s, next)
	s.SetApplied(r.git("rev-parse", "HEAD~4")) // below the edge
	if _, err := fetch(s); err == nil {
		t.Error("a commit below the edge is called an ancestor")
	}
}
