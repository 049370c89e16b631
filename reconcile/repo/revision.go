package repo

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"enid/plan/render"
)

// Commit is one commit. The zero Commit is what stands before the first one.
type Commit struct {
	ID      string // the full hash
	Name    string // as it was given or found: "origin/main"
	Author  string // "Name <address>", valid UTF-8
	Subject string // the first line of the message, valid UTF-8
	Time    time.Time

	tree    string
	parents []string
}

// format prints what parseCommit reads. Names and addresses have no newlines;
// the message comes last, for it has.
const format = "--format=tformat:%H%n%T%n%P%n%ct%n%an <%ae>%n%B"

func parseCommit(record string) (Commit, error) {
	lines := strings.SplitN(record, "\n", 6)
	if len(lines) < 6 {
		return Commit{}, fmt.Errorf("git log answered a commit that cannot be read")
	}
	seconds, err := strconv.ParseInt(lines[3], 10, 64)
	if err != nil {
		return Commit{}, fmt.Errorf("the time of commit %s: %w", lines[0], err)
	}
	subject, _, _ := strings.Cut(strings.TrimLeft(lines[5], "\n"), "\n")
	return Commit{ID: lines[0], tree: lines[1], parents: strings.Fields(lines[2]), Time: time.Unix(seconds, 0).UTC(),
		Author: valid(lines[4]), Subject: valid(strings.TrimSpace(subject))}, nil
}

func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// commit reads what a revision names.
func (r *Repo) commit(ctx context.Context, name string) (Commit, error) {
	id := name
	if !isHash(name) {
		var err error
		if id, err = r.resolve(ctx, name); err != nil {
			return Commit{}, err
		}
	}
	out, err := r.run(ctx, "log", "--no-walk", "-z", "--encoding=UTF-8", format, id, "--")
	if exited(err, 128) || err == nil && len(out) == 0 {
		return Commit{}, r.unknownRevision(name)
	}
	if err != nil {
		return Commit{}, fmt.Errorf("reading commit %s: %w", render.Inert(name), err)
	}
	c, err := parseCommit(strings.TrimSuffix(string(out), "\x00"))
	c.Name = name
	return c, err
}

// isHash says whether a name is a hash in full, which nothing else can be.
func isHash(name string) bool {
	_, err := hex.DecodeString(name)
	return err == nil && emptyTree[len(name)] != ""
}

func (r *Repo) unknownRevision(name string) error {
	if r.shallow {
		return fmt.Errorf("there is no revision %s in this shallow clone; %s", render.Inert(name), deepen)
	}
	return fmt.Errorf("there is no revision %s in the repository; give a branch, a tag or a commit, or fetch it first", render.Inert(name))
}

// resolve answers the hash of the commit that a revision names. Two references of
// one name are refused: git would take one and say so where nobody reads it.
func (r *Repo) resolve(ctx context.Context, name string) (string, error) {
	shown := render.Inert(name)
	if name == "" || strings.ContainsAny(name, "\x00\n") {
		return "", fmt.Errorf("%q is no revision", name)
	}
	cmd := r.theirs.command(ctx, "rev-parse", "--verify", "--end-of-options", name+"^{commit}")
	said := &heard{}
	cmd.Stderr = said
	out, err := cmd.Output()
	err = failure(ctx, "rev-parse", err, said)
	id := strings.TrimSuffix(strings.TrimPrefix(string(out), "--end-of-options\n"), "\n") // early gits print that
	switch {
	case strings.Contains(said.String(), "is ambiguous"):
		return "", fmt.Errorf("the revision %s is ambiguous: more than one branch, tag or commit is called so; name it in full, such as refs/heads/%s, or give more of the hash", shown, shown)
	case exited(err, 128), err == nil && !isHash(id):
		return "", r.unknownRevision(name)
	case err != nil:
		return "", fmt.Errorf("looking for revision %s: %w", shown, err)
	}
	return id, nil
}

// deepen is what helps a shallow clone.
const deepen = "fetch the history: git fetch --unshallow, or fetch-depth: 0 of actions/checkout in GitHub Actions, GIT_DEPTH: 0 in GitLab CI"

// mains are the references that may be the main branch, best first.
var mains = []string{"refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/remotes/origin/master", "refs/heads/main", "refs/heads/master"}

// mainBranch finds the main branch's reference.
func (r *Repo) mainBranch(ctx context.Context) (string, error) {
	out, err := r.theirs.run(ctx, append([]string{"for-each-ref", "--format=%(refname)%00%(symref)", "--"}, mains...)...)
	if err != nil {
		return "", fmt.Errorf("looking for the main branch: %w", err)
	}
	found := map[string]string{}
	for line := range strings.Lines(string(out)) {
		ref, symref, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\x00")
		if found[ref] = ref; symref != "" {
			found[ref] = symref
		}
	}
	for _, ref := range mains {
		if found[ref] != "" {
			return found[ref], nil
		}
	}
	why := "no main branch is known here: looked for origin/HEAD, origin/main, origin/master, main and master; name the base: BASE..HEAD"
	if r.shallow {
		why += "; this is a shallow clone: " + deepen
	}
	return "", fmt.Errorf("%s", why)
}

// short is a reference as people write it.
func short(ref string) string {
	for _, prefix := range []string{"refs/heads/", "refs/remotes/", "refs/tags/"} {
		if name, ok := strings.CutPrefix(ref, prefix); ok {
			return name
		}
	}
	return ref
}
