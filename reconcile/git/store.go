package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-billy/v5/osfs"
	gogit "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

const (
	// temporary begins the names of files that only count once they are renamed.
	temporary = "tmp_enid_"
	// mostPacks is when a cache is cloned anew: the library never collects packs,
	// and each lookup asks each of them.
	mostPacks = 50
	// mostHaves is how many known commits are told to the server. It has to meet
	// one that the server has; after a force-push beyond that it sends everything.
	mostHaves = 256
)

// store is the bare cache on disk.
type store struct {
	dir     string
	objects *filesystem.Storage
}

// openStore opens the cache at dir and makes it where there is none. An error
// means that it is damaged or that the disk is.
func openStore(dir string) (*store, error) {
	_, head := os.Stat(filepath.Join(dir, "HEAD"))
	_, err := os.Stat(filepath.Join(dir, "config"))
	fresh := errors.Is(errors.Join(head, err), os.ErrNotExist)
	if fresh {
		// A crash while it was being made: the library writes the configuration last.
		if entries, _ := os.ReadDir(dir); len(entries) > 0 {
			return nil, fmt.Errorf("cache %s has no HEAD, or no config", dir)
		}
		if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
			return nil, fmt.Errorf("making the cache: %w", err)
		}
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
			return nil, fmt.Errorf("making the cache: %w", err)
		}
	}
	s := &store{dir: dir, objects: filesystem.NewStorageWithOptions(osfs.New(dir, osfs.WithBoundOS()),
		cache.NewObjectLRU(32*cache.MiByte), filesystem.Options{KeepDescriptors: true})}
	if fresh {
		if _, err := gogit.Init(s.objects, nil); err != nil {
			return nil, fmt.Errorf("making the cache: %w", err)
		}
	}
	packs := filepath.Join(dir, "objects", "pack")
	if err := os.MkdirAll(packs, 0o755); err != nil {
		return nil, fmt.Errorf("making the cache: %w", err)
	}
	// What a crash left half written.
	for _, old := range glob(packs, temporary, "") {
		_ = os.Remove(old)
	}
	return s, nil
}

// removeStore deletes a cache and what a crash left beside it.
func removeStore(dir string) error {
	return errors.Join(os.RemoveAll(dir), os.RemoveAll(dir+".new"), os.RemoveAll(dir+".old"))
}

// Close frees the descriptors of the packs.
func (st *store) Close() error { return st.objects.Close() }

// packs counts the packs.
func (st *store) packs() int {
	return len(glob(filepath.Join(st.dir, "objects", "pack"), "pack-", ".pack"))
}

func glob(dir, prefix, suffix string) []string {
	entries, _ := os.ReadDir(dir)
	var found []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) && strings.HasSuffix(e.Name(), suffix) {
			found = append(found, filepath.Join(dir, e.Name()))
		}
	}
	return found
}

// has says whether an object is there. A cache that cannot answer is an error.
func (st *store) has(h plumbing.Hash) (bool, error) {
	err := st.objects.HasEncodedObject(h)
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking for %s: %w", h, err)
	}
	return true, nil
}

// read answers an object's content, and an error when the content is not what its
// name says: a flipped bit must not become a route.
func (st *store) read(kind plumbing.ObjectType, h plumbing.Hash) ([]byte, error) {
	o, err := st.objects.EncodedObject(kind, h)
	if err != nil {
		return nil, fmt.Errorf("reading %s %s: %w", kind, h, err)
	}
	r, err := o.Reader()
	if err != nil {
		return nil, fmt.Errorf("reading %s %s: %w", kind, h, err)
	}
	defer r.Close()
	data := make([]byte, o.Size())
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, fmt.Errorf("reading %s %s: %w", kind, h, err)
	}
	if plumbing.ComputeHash(kind, data) != h {
		return nil, fmt.Errorf("reading %s %s: the content does not have that hash", kind, h)
	}
	return data, nil
}

// decodable wraps a content for the library's decoders.
func decodable(kind plumbing.ObjectType, data []byte) plumbing.EncodedObject {
	o := &plumbing.MemoryObject{}
	o.SetType(kind)
	_, _ = o.Write(data) // into memory, cannot fail
	return o
}

func (st *store) commit(h plumbing.Hash) (*object.Commit, error) {
	data, err := st.read(plumbing.CommitObject, h)
	if err != nil {
		return nil, err
	}
	c, err := object.DecodeCommit(st.objects, decodable(plumbing.CommitObject, data))
	if err != nil {
		return nil, fmt.Errorf("reading commit %s: %w", h, err)
	}
	return c, nil
}

func (st *store) treeEntries(h plumbing.Hash) ([]object.TreeEntry, error) {
	data, err := st.read(plumbing.TreeObject, h)
	if err != nil {
		return nil, err
	}
	t, err := object.DecodeTree(st.objects, decodable(plumbing.TreeObject, data))
	if err != nil {
		return nil, fmt.Errorf("reading tree %s: %w", h, err)
	}
	return t.Entries, nil
}

// haves answers known commits, newest references' first, up to mostHaves.
func (st *store) haves(ctx context.Context) ([]plumbing.Hash, error) {
	refs, err := st.objects.IterReferences()
	if err != nil {
		return nil, fmt.Errorf("reading the cache's references: %w", err)
	}
	defer refs.Close()
	var tips []plumbing.Hash
	err = refs.ForEach(func(r *plumbing.Reference) error {
		if r.Type() == plumbing.HashReference {
			tips = append(tips, r.Hash())
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the cache's references: %w", err)
	}
	var known []plumbing.Hash
	for _, tip := range tips {
		commit, err := st.peel(tip)
		if err != nil {
			return nil, err
		}
		err = st.walk(ctx, commit, func(h plumbing.Hash) bool {
			known = append(known, h)
			return len(known) < mostHaves
		})
		if err != nil {
			return nil, err
		}
	}
	return known, nil
}
