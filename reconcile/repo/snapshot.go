package repo

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"enid/plan/render"
	"enid/reconcile"
	"enid/reconcile/tree"
)

// side is the topology at one end of a range.
type side struct {
	commit Commit
	of     string // what a person calls it
	tree   string // of the topology's folder; "" without one
	found  tree.Found
}

// defaultTopology is the folder that is looked for where none is given.
const defaultTopology = "topology"

// sides finds the files of both sides. Trees that both have are read once.
func (x *Range) sides(ctx context.Context) error {
	r := x.repo
	o, err := r.objects(ctx, "--batch")
	if err != nil {
		return err
	}
	defer o.close()
	x.before = side{commit: x.Base, of: x.Base.Name}
	x.after = side{commit: x.Head, of: x.Head.Name}
	if x.Merged {
		x.after.of = fmt.Sprintf("the merge of %s into %s", x.Head.Name, x.Base.Name)
	}
	if x.Topology = r.topology; x.Topology == "" {
		x.Topology = defaultTopology
	}
	trees := [2]string{}
	for i, root := range []string{x.Base.tree, x.second} {
		if trees[i], err = o.folder(root, x.Topology); err != nil {
			return fmt.Errorf("%s: %w", render.Inert([]string{x.before.of, x.after.of}[i]), err)
		}
	}
	if trees == [2]string{} {
		if r.topology != "" {
			return fmt.Errorf("there is no folder %s in %s, nor in %s; give the topology's folder with --path", render.Inert(x.Topology), render.Inert(x.before.of), render.Inert(x.after.of))
		}
		x.Topology, trees = ".", [2]string{x.Base.tree, x.second}
	}
	for i, s := range []*side{&x.before, &x.after} {
		if trees[i] == "" {
			continue
		}
		s.tree = trees[i]
		count := tree.Count{Bounds: r.bound}
		if s.found, err = count.Walk(trees[i], o.entries); err != nil {
			return x.refused(s, err)
		}
	}
	return nil
}

// folder answers the tree of a folder; "" where there is none.
func (o *objects) folder(root, name string) (string, error) {
	if name == "." || root == "" {
		return root, nil
	}
	seen := ""
	for _, part := range strings.Split(name, "/") {
		seen = path.Join(seen, part)
		all, err := o.entries([]string{root})
		if err != nil {
			return "", err
		}
		i := slices.IndexFunc(all[0], func(e tree.Entry) bool { return e.Name == part })
		if i < 0 {
			return "", nil
		}
		if all[0][i].Mode != tree.Folder {
			return "", fmt.Errorf("%s is %s, not a folder", render.Inert(seen), all[0][i].Mode)
		}
		root = all[0][i].Hash
	}
	return root, nil
}

// refused names the side and the path from the repository's top.
func (x *Range) refused(s *side, err error) error {
	if refused := (*tree.Refusal)(nil); errors.As(err, &refused) {
		return fmt.Errorf("%s: %q %s", render.Inert(s.of), path.Join(x.Topology, refused.Path), refused.Reason)
	}
	return fmt.Errorf("reading %s: %w", render.Inert(s.of), err)
}

// revision reads the contents of a side.
func (s *side) revision(ctx context.Context, x *Range) (reconcile.Revision, error) {
	r := x.repo
	if err := r.contents(ctx, s.found); err != nil {
		return reconcile.Revision{}, x.refused(s, err)
	}
	files := make([]tree.File, 0, len(s.found.Files))
	count := tree.Count{Bounds: r.bound} // a blob counts once for each of its files
	for _, e := range s.found.Files {
		if err := count.Content(int64(len(r.blobs[e.Hash]))); err != nil {
			return reconcile.Revision{}, x.refused(s, &tree.Refusal{Path: e.Name, Reason: err.Error()})
		}
		files = append(files, tree.File{Path: e.Name, Digest: e.Hash, Data: r.blobs[e.Hash], Time: s.commit.Time})
	}
	t, err := tree.New(files, s.commit.Time)
	if err != nil {
		return reconcile.Revision{}, fmt.Errorf("%s: %w", render.Inert(s.of), err)
	}
	return reconcile.Revision{ID: s.commit.ID, Author: s.commit.Author, Subject: s.commit.Subject, Time: s.commit.Time,
		Root: x.root(), FS: t, Digest: t.Digest}, nil
}

// root is what stands before a file's path.
func (x *Range) root() string {
	if x.Topology == "." {
		return ""
	}
	return x.Topology
}

// contents reads the files of a side that were not read before, and looks at its
// other files for pointers of git-lfs.
func (r *Repo) contents(ctx context.Context, found tree.Found) error {
	count := tree.Count{Bounds: r.bound}
	err := r.each(ctx, "--batch", r.unknown(found.Files), func(e tree.Entry, got object) error {
		if err := count.Content(got.size); err != nil {
			return &tree.Refusal{Path: e.Name, Reason: err.Error()}
		}
		data, err := got.content(e)
		r.blobs[e.Hash] = data
		return err
	})
	if err != nil {
		return err
	}
	var small []tree.Entry
	err = r.each(ctx, "--batch-check", r.unknown(found.Others), func(e tree.Entry, got object) error {
		if got.size < tree.LongestPointer {
			small = append(small, e)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return r.each(ctx, "--batch", small, func(e tree.Entry, got object) error {
		_, err := got.content(e)
		return err
	})
}

// unknown answers the files whose contents were not read yet, one of each.
func (r *Repo) unknown(files []tree.Entry) (unknown []tree.Entry) {
	seen := map[string]bool{}
	for _, e := range files {
		if _, known := r.blobs[e.Hash]; !known && !seen[e.Hash] {
			seen[e.Hash] = true
			unknown = append(unknown, e)
		}
	}
	return unknown
}

// each asks one git for the objects of files.
func (r *Repo) each(ctx context.Context, mode string, files []tree.Entry, see func(tree.Entry, object) error) error {
	if len(files) == 0 {
		return nil
	}
	o, err := r.objects(ctx, mode)
	if err != nil {
		return err
	}
	defer o.close()
	hashes := make([]string, len(files))
	for i, e := range files {
		hashes[i] = e.Hash
	}
	return o.each(hashes, mode == "--batch", func(i int, got object) error { return see(files[i], got) })
}

// content reads a file whose size was judged.
func (got object) content(e tree.Entry) ([]byte, error) {
	if got.kind != "blob" {
		return nil, &tree.Refusal{Path: e.Name, Reason: "is a " + got.kind + " in the repository, not a file"}
	}
	data, err := got.all()
	if err != nil {
		return nil, err
	}
	if err := tree.CheckPointer(data); err != nil {
		return nil, &tree.Refusal{Path: e.Name, Reason: err.Error()}
	}
	return data, nil
}
