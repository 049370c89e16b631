package git

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
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

const (
	// A pointer of git-lfs is shorter than this and begins so, says its
	// specification.
	longestPointer = 1024
	pointerPrefix  = "version https://git-lfs.github.com/spec/"
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
	r := &reading{Source: s, ctx: ctx, st: st, count: tree.Count{Bounds: s.bound}, next: map[plumbing.Hash][]byte{}}
	if err := r.walk(root, ".", 0); err != nil {
		return err
	}
	files, err := r.contents(commit.Committer.When)
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
			return h, s.fail(reconcile.Unsupported, nil, "%s is %s, not a folder", seen, kind(entries[i].Mode))
		}
		h = entries[i].Hash
	}
	return h, nil
}

func kind(m filemode.FileMode) string {
	switch m {
	case filemode.Symlink:
		return "a symbolic link"
	case filemode.Submodule:
		return "a submodule"
	case filemode.Regular, filemode.Executable, filemode.Deprecated:
		return "a file"
	}
	return "of mode " + m.String()
}

// file is one file of the commit's folder.
type file struct {
	path string // slash-separated, below the folder
	hash plumbing.Hash
}

// reading is one walk over a folder.
type reading struct {
	*Source
	ctx    context.Context
	st     *store
	count  tree.Count
	files  []file                   // what enid reads, in the order of the walk
	others []file                   // what it does not; looked at for git-lfs pointers only
	next   map[plumbing.Hash][]byte // what is in files
}

func (r *reading) unsupported(name, format string, args ...any) error {
	return r.fail(reconcile.Unsupported, nil, "%q %s", path.Join(r.opt.Path, name), fmt.Sprintf(format, args...))
}

// walk collects the regular files below a tree and refuses everything else.
func (r *reading) walk(h plumbing.Hash, dir string, depth int) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if err := r.count.Folder(); err != nil {
		return r.unsupported(dir, "%v", err)
	}
	entries, err := r.st.treeEntries(h)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name)
		if !fs.ValidPath(e.Name) || e.Name == "." || strings.Contains(e.Name, "/") {
			return r.unsupported(dir+"/"+e.Name, "is not a valid name")
		}
		if err := r.bound.CheckDepth(depth + 1); err != nil {
			return r.unsupported(name, "%v", err)
		}
		switch e.Mode {
		case filemode.Dir:
			if !tree.Skipped(e.Name) {
				err = r.walk(e.Hash, name, depth+1)
			}
		case filemode.Regular, filemode.Executable, filemode.Deprecated:
			err = r.add(name, e.Hash)
		default:
			err = r.unsupported(name, "is %s; only regular files are read", kind(e.Mode))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) add(name string, h plumbing.Hash) error {
	if err := r.count.File(); err != nil {
		return r.unsupported(name, "%v", err)
	}
	f := file{path: name, hash: h}
	if tree.IsTopology(name) {
		r.files = append(r.files, f)
	} else {
		r.others = append(r.others, f)
	}
	return nil
}

// contents reads what the walk found; at is the commit's time.
func (r *reading) contents(at time.Time) ([]tree.File, error) {
	files := make([]tree.File, 0, len(r.files))
	for _, f := range r.files {
		data, err := r.content(f)
		if err != nil {
			return nil, err
		}
		r.next[f.hash] = data
		files = append(files, tree.File{Path: f.path, Digest: f.hash.String(), Data: data, Time: at})
	}
	for _, f := range r.others {
		size, err := r.size(f)
		if err == nil && size < longestPointer {
			_, err = r.blob(f)
		}
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

// content answers what the last snapshot read already, or reads the blob.
func (r *reading) content(f file) ([]byte, error) {
	data, known := r.blobs[f.hash]
	size := int64(len(data))
	if !known {
		var err error
		if size, err = r.size(f); err != nil {
			return nil, err
		}
	}
	if err := cmp.Or(r.bound.CheckSize(size), r.count.Bytes(size)); err != nil {
		return nil, r.unsupported(f.path, "%v", err)
	}
	if known {
		return data, nil
	}
	return r.blob(f)
}

func (r *reading) size(f file) (int64, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	size, err := r.st.objects.EncodedObjectSize(f.hash)
	if err != nil {
		return 0, fmt.Errorf("reading the size of %s: %w", f.path, err)
	}
	return size, nil
}

var errPointer = errors.New("is a git-lfs pointer; its content is not in the repository")

func (r *reading) blob(f file) ([]byte, error) {
	data, err := r.st.read(plumbing.BlobObject, f.hash)
	if err != nil {
		return nil, err
	}
	if len(data) < longestPointer && bytes.HasPrefix(data, []byte(pointerPrefix)) {
		return nil, r.unsupported(f.path, "%v", errPointer)
	}
	return data, nil
}
