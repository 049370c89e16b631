package repo

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"enid/plan/render"
)

// oldest is the first git whose merge-tree merges.
var oldest = [2]int{2, 38}

// merge merges HEAD into BASE and answers the tree. Its objects go into our
// folder.
func (x *Range) merge(ctx context.Context) (string, error) {
	r := x.repo
	if err := r.canMerge(ctx); err != nil {
		return "", err
	}
	if err := r.layAttributes(ctx, x.Base); err != nil {
		return "", err
	}
	out, err := r.run(ctx, "merge-tree", "--write-tree", "-z", "--name-only", x.Base.ID, x.Head.ID)
	if err != nil && !exited(err, 1) {
		return "", fmt.Errorf("merging %s into %s: %w", render.Inert(x.Head.Name), render.Inert(x.Base.Name), err)
	}
	result, rest, _ := strings.Cut(string(out), "\x00")
	if err == nil {
		return result, nil
	}
	return "", x.conflict(rest)
}

// conflict reads what follows the tree: paths, an empty one, and the messages,
// each with a count of paths, so many paths, its kind, and a text.
func (x *Range) conflict(rest string) error {
	e := &ConflictError{Base: x.Base.Name, Head: x.Head.Name}
	fields := strings.Split(strings.TrimSuffix(rest, "\x00"), "\x00")
	for len(fields) > 0 && fields[0] != "" {
		e.Paths = append(e.Paths, fields[0])
		fields = fields[1:]
	}
	fields = fields[min(1, len(fields)):]
	names := strings.NewReplacer(x.Base.ID, x.Base.Name, x.Head.ID, x.Head.Name)
	for len(fields) > 0 {
		paths, err := strconv.Atoi(fields[0])
		if err != nil || paths < 0 || len(fields) < paths+3 {
			break
		}
		kind, text := fields[paths+1], strings.TrimSpace(fields[paths+2])
		if strings.HasPrefix(kind, "CONFLICT") {
			e.Messages = append(e.Messages, render.Inert(names.Replace(strings.TrimSpace(text))))
		}
		fields = fields[paths+3:]
	}
	slices.Sort(e.Paths)
	e.Paths = slices.Compact(e.Paths)
	folder := x.repo.topology
	if folder == "" {
		folder = defaultTopology
	}
	for _, p := range e.Paths {
		if folder == "." || strings.HasPrefix(p, folder+"/") {
			e.Topology = append(e.Topology, p)
		}
	}
	return e
}

// canMerge says whether git is new enough.
func (r *Repo) canMerge(ctx context.Context) error {
	said, err := r.line(ctx, "version")
	if err != nil {
		return fmt.Errorf("asking for git's version: %w", err)
	}
	var major, minor int
	if _, err := fmt.Sscanf(said, "git version %d.%d", &major, &minor); err != nil {
		return fmt.Errorf("git's version %q cannot be read: %w", said, err)
	}
	if major < oldest[0] || major == oldest[0] && minor < oldest[1] {
		return fmt.Errorf("merging without a work tree needs git %d.%d, and this is %d.%d; update git, or compare the two revisions as they are with --direct", oldest[0], oldest[1], major, minor)
	}
	return nil
}
