package git

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"enid/reconcile"
	"enid/reconcile/tree"
)

// snapshot reads the topology's folder at a commit into s.rev and s.blobs.
// What the last one read is taken from it.
func (s *Source) snapshot(ctx context.Context, st *store, head plumbing.Hash) error {
	commit, err := st.commit(head)
	if err != nil {
		return err
	}
	root, err := s.folder(st, commit)
	if err != nil {
		return err
	}
	r := &reading{Source: s, ctx: ctx, st: st, count: tree.Count{Bounds: s.bound}, next: map[string][]byte{}}
	files, err := r.files(root, commit.Committer.When)
	if refused := (*tree.Refusal)(nil); errors.As(err, &refused) {
		return s.fail(reconcile.Unsupported, nil, "%q %s", path.Join(s.opt.Path, refused.Path), refused.Reason)
	}
	if err != nil {
		return err
	}
	if tree.Empty(files) {
		return s.fail(reconcile.Empty, nil, "%s of commit %s holds no YAML or JSON file", s.opt.Path, head)
	}
	t, err := tree.New(files, commit.Committer.When)
	if err != nil {
		return s.fail(reconcile.Unsupported, err, "%v", err)
	}
	subject, _, _ := strings.Cut(strings.TrimLeft(commit.Message, "\n"), "\n")
	s.blobs = r.next
	s.rev = reconcile.Revision{
		ID:      head.String(),
		Author:  strings.ToValidUTF8(fmt.Sprintf("%s <%s>", commit.Author.Name, commit.Author.Email), "\uFFFD"),
		Subject: strings.ToValidUTF8(strings.TrimSpace(subject), "\uFFFD"),
		Time:    commit.Committer.When,
		Root:    strings.TrimPrefix(s.opt.Path, "."),
		FS:      t,
		Digest:  t.Digest,
	}
	return nil
}

// folder answers the tree of the topology's folder.
func (s *Source) folder(st *store, commit *object.Commit) (plumbing.Hash, error) {
	h := commit.TreeHash
	if s.opt.Path == "." {
		return h, nil
	}
	seen := ""
	for _, name := range strings.Split(s.opt.Path, "/") {
		seen = path.Join(seen, name)
		entries, err := st.treeEntries(h)
		if err != nil {
			return h, err
		}
		i := slices.IndexFunc(entries, func(e object.TreeEntry) bool { return e.Name == name })
		switch {
		case i < 0:
			return h, s.fail(reconcile.Missing, nil, "there is no folder %s in commit %s", seen, commit.Hash)
		case entries[i].Mode != filemode.Dir:
			return h, s.fail(reconcile.Unsupported, nil, "%s is %s, not a folder", seen, tree.Mode(entries[i].Mode))
		}
		h = entries[i].Hash
	}
	return h, nil
}

// reading is one walk over a folder.
type reading struct {
	*Source
	ctx   context.Context
	st    *store
	count tree.Count
	next  map[string][]byte // the contents, by hash
}

// trees answers the entries of trees to the walk.
func (r *reading) trees(hashes []string) ([][]tree.Entry, error) {
	all := make([][]tree.Entry, len(hashes))
	for i, h := range hashes {
		if err := r.ctx.Err(); err != nil {
			return nil, err
		}
		entries, err := r.st.treeEntries(plumbing.NewHash(h))
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			all[i] = append(all[i], tree.Entry{Name: e.Name, Mode: tree.Mode(e.Mode), Hash: e.Hash.String()})
		}
	}
	return all, nil
}

// files reads what stands below a tree; at is the commit's time.
func (r *reading) files(root plumbing.Hash, at time.Time) ([]tree.File, error) {
	found, err := r.count.Walk(root.String(), r.trees)
	if err != nil {
		return nil, err
	}
	files := make([]tree.File, 0, len(found.Files))
	for _, e := range found.Files {
		data, err := r.content(e)
		if err != nil {
			return nil, err
		}
		r.next[e.Hash] = data
		files = append(files, tree.File{Path: e.Name, Digest: e.Hash, Data: data, Time: at})
	}
	for _, e := range found.Others {
		size, err := r.size(e)
		if err == nil && size < tree.LongestPointer {
			_, err = r.blob(e)
		}
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

// content answers what the last snapshot read already, or reads the blob.
func (r *reading) content(e tree.Entry) ([]byte, error) {
	data, known := r.blobs[e.Hash]
	size := int64(len(data))
	if !known {
		var err error
		if size, err = r.size(e); err != nil {
			return nil, err
		}
	}
	if err := r.count.Content(size); err != nil {
		return nil, &tree.Refusal{Path: e.Name, Reason: err.Error()}
	}
	if known {
		return data, nil
	}
	return r.blob(e)
}

func (r *reading) size(e tree.Entry) (int64, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	size, err := r.st.objects.EncodedObjectSize(plumbing.NewHash(e.Hash))
	if err != nil {
		return 0, fmt.Errorf("reading the size of %s: %w", e.Name, err)
	}
	return size, nil
}

func (r *reading) blob(e tree.Entry) ([]byte, error) {
	data, err := r.st.read(plumbing.BlobObject, plumbing.NewHash(e.Hash))
	if err != nil {
		return nil, err
	}
	if err := tree.CheckPointer(data); err != nil {
		return nil, &tree.Refusal{Path: e.Name, Reason: err.Error()}
	}
	return data, nil
}
