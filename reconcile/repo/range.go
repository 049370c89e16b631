package repo

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"enid/plan/render"
	"enid/reconcile"
)

// Range is what a branch would change: BASE as it is, and BASE with HEAD merged
// into it.
type Range struct {
	// Base is the tip of the branch that is merged into; zero where HEAD is the
	// first commit of all.
	Base, Head Commit
	// MergeBase is where the branch began: zero without a common history, and one
	// of several where they crossed.
	MergeBase Commit
	// Merged says that After is a merge that is no commit yet. Without it, After is
	// HEAD's own tree, or BASE's where there is nothing to merge.
	Merged bool
	// AlreadyMerged says that BASE has all of HEAD: both sides are BASE's tree.
	AlreadyMerged bool
	// Direct says that the trees are compared as they are, without merging.
	Direct bool
	// Commits is how many commits HEAD has and BASE has not.
	Commits int
	// Topology is the topology's folder, slash-separated, from the repository's
	// top; "." is all of it.
	Topology string

	repo          *Repo
	second        string // the tree of the second side, from the repository's top
	before, after side
}

// Range reads what spec names: "BASE..HEAD" or "BASE...HEAD", which are the same
// here, with either left out, or HEAD alone. HEAD is HEAD by default. BASE is the
// main branch by default: the remote's HEAD, else main or master of the remote,
// else of this repository. Where HEAD is that main branch, BASE is its upstream if
// it is elsewhere, else HEAD's first parent.
//
// With direct the two trees are compared as they are, which shows a rollback.
// Otherwise a merge that conflicts is a *ConflictError.
func (r *Repo) Range(ctx context.Context, spec string, direct bool) (*Range, error) {
	baseName, headName, err := split(spec)
	if err != nil {
		return nil, err
	}
	x := &Range{Direct: direct, repo: r}
	if x.Head, err = r.commit(ctx, headName); err != nil {
		return nil, err
	}
	if baseName != "" {
		x.Base, err = r.commit(ctx, baseName)
	} else {
		x.Base, err = r.defaultBase(ctx, x.Head)
	}
	if err != nil {
		return nil, err
	}
	if x.second, err = x.relate(ctx); err != nil {
		return nil, err
	}
	if err := x.sides(ctx); err != nil {
		return nil, err
	}
	return x, nil
}

// split takes a specification apart.
func split(spec string) (base, head string, err error) {
	base, head, ranged := strings.Cut(spec, "...")
	if !ranged {
		base, head, ranged = strings.Cut(spec, "..")
	}
	if !ranged {
		base, head = "", spec
	}
	if head == "" {
		head = "HEAD"
	}
	if strings.Contains(head, "..") {
		return "", "", fmt.Errorf("%q is no range of revisions; give BASE..HEAD, BASE.. or HEAD", spec)
	}
	return base, head, nil
}

// defaultBase answers the main branch, or what came before HEAD on it.
func (r *Repo) defaultBase(ctx context.Context, head Commit) (Commit, error) {
	ref, err := r.mainBranch(ctx)
	if err != nil {
		return Commit{}, err
	}
	base, err := r.commit(ctx, ref)
	base.Name = short(ref)
	if err != nil || base.ID != head.ID {
		return base, err
	}
	// A branch of another name that has nothing yet stays compared with main.
	on, err := r.theirs.line(ctx, "rev-parse", "--symbolic-full-name", "--end-of-options", head.Name)
	on = strings.TrimPrefix(on, "--end-of-options\n")
	if err == nil && strings.HasPrefix(on, "refs/") && strings.TrimPrefix(short(on), "origin/") != strings.TrimPrefix(base.Name, "origin/") {
		return base, nil
	}
	if upstream, err := r.theirs.line(ctx, "for-each-ref", "--format=%(upstream)", "--", ref); err == nil && upstream != "" {
		if up, err := r.commit(ctx, upstream); err == nil && up.ID != head.ID {
			up.Name = short(upstream)
			return up, nil
		}
	}
	return r.parent(ctx, head)
}

// parent answers a commit's first parent; the zero Commit before the first.
func (r *Repo) parent(ctx context.Context, c Commit) (Commit, error) {
	if len(c.parents) > 0 {
		p, err := r.commit(ctx, c.parents[0])
		p.Name = c.Name + "~1"
		return p, err
	}
	if r.shallow {
		// A shallow clone hides the parents of its last commit.
		raw, err := r.run(ctx, "cat-file", "commit", c.ID)
		if err != nil {
			return Commit{}, fmt.Errorf("reading commit %s: %w", c.ID, err)
		}
		if header, _, _ := strings.Cut(string(raw), "\n\n"); strings.Contains(header, "\nparent ") {
			return Commit{}, fmt.Errorf("what came before %s is not in this shallow clone; %s", render.Inert(c.Name), deepen)
		}
	}
	return Commit{}, nil
}

// relate finds out how the two commits stand to each other, and answers the tree
// of the second side.
func (x *Range) relate(ctx context.Context) (string, error) {
	r := x.repo
	if x.Base.ID == "" {
		return x.Head.tree, x.count(ctx, x.Head.ID)
	}
	out, err := r.line(ctx, "merge-base", "--all", x.Base.ID, x.Head.ID)
	if err != nil && !exited(err, 1) {
		return "", fmt.Errorf("looking for the merge base: %w", err)
	}
	bases := strings.Fields(out)
	if len(bases) > 0 {
		if x.MergeBase, err = r.commit(ctx, bases[0]); err != nil {
			return "", err
		}
	}
	if err := x.count(ctx, x.Head.ID, "^"+x.Base.ID); err != nil {
		return "", err
	}
	base, head := render.Inert(x.Base.Name), render.Inert(x.Head.Name)
	x.AlreadyMerged = slices.Contains(bases, x.Head.ID)
	switch {
	case x.Direct, slices.Contains(bases, x.Base.ID):
		return x.Head.tree, nil
	case x.AlreadyMerged:
		return x.Base.tree, nil
	case len(bases) == 0 && r.shallow:
		return "", fmt.Errorf("where %s left %s is not in this shallow clone; %s", head, base, deepen)
	case len(bases) == 0:
		return "", fmt.Errorf("%s and %s have no common history, so git cannot merge them; --direct compares the two as they are", head, base)
	}
	x.Merged = true
	return x.merge(ctx)
}

func (x *Range) count(ctx context.Context, revisions ...string) error {
	out, err := x.repo.line(ctx, append([]string{"rev-list", "--count"}, append(revisions, "--")...)...)
	if err == nil {
		x.Commits, err = strconv.Atoi(out)
	}
	if err != nil {
		return fmt.Errorf("counting the commits of the branch: %w", err)
	}
	return nil
}

// Before answers BASE's topology. Without the folder, or before the first commit,
// it is empty.
func (x *Range) Before(ctx context.Context) (reconcile.Revision, error) {
	return x.before.revision(ctx, x)
}

// After answers the topology that merging gives, under HEAD's identity. Files that
// Before read are not read again.
func (x *Range) After(ctx context.Context) (reconcile.Revision, error) {
	return x.after.revision(ctx, x)
}

// Changed answers the files of the topology that differ, below its folder, sorted.
func (x *Range) Changed() []string {
	before := map[string]string{}
	for _, e := range x.before.found.Files {
		before[e.Name] = e.Hash
	}
	var changed []string
	for _, e := range x.after.found.Files {
		if before[e.Name] != e.Hash {
			changed = append(changed, e.Name)
		}
		delete(before, e.Name)
	}
	for name := range before {
		changed = append(changed, name)
	}
	slices.Sort(changed)
	return changed
}
