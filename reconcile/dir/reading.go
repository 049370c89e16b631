package dir

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"enid/reconcile"
	"enid/reconcile/tree"
)

const (
	// settle is how long a file must have been left alone for its times to prove
	// that it did not change: clocks of file systems are coarser than writers.
	settle = 2 * time.Second
	// attempts to read a file that changes while it is read.
	attempts = 3
)

// known is a file as it was read.
type known struct {
	tree.File
	info   fs.FileInfo
	readAt time.Time
}

// still says whether a file that looks like info now is the one that was read.
func (k known) still(info fs.FileInfo) bool {
	if k.info == nil || !os.SameFile(k.info, info) || k.info.Size() != info.Size() {
		return false
	}
	was, is := times(k.info), times(info)
	for i := range is {
		if !is[i].Equal(was[i]) || !is[i].Before(k.readAt.Add(-settle)) {
			return false
		}
	}
	return true
}

// reading is one walk over the folder.
type reading struct {
	*Source
	ctx   context.Context
	root  *os.Root
	count tree.Count
	next  map[string]known
	files []tree.File
}

func (r *reading) unsupported(name, format string, args ...any) error {
	return r.fail(reconcile.Unsupported, nil, "%q %s", name, fmt.Sprintf(format, args...))
}

// walk reads a folder and everything below it. The watch comes before the
// listing: what appears after the listing then gives a hint.
func (r *reading) walk(dir string, depth int) error {
	if err := r.count.Folder(); err != nil {
		return r.unsupported(dir, "%v", err)
	}
	r.watch.add(filepath.Join(r.path, filepath.FromSlash(dir)))
	entries, err := fs.ReadDir(r.root.FS(), dir)
	if errors.Is(err, fs.ErrNotExist) && dir != "." {
		return nil // went away since its parent was listed
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		name := path.Join(dir, e.Name())
		if !fs.ValidPath(name) {
			return r.unsupported(name, "is not a valid name")
		}
		if err := r.bound.CheckDepth(depth + 1); err != nil {
			return r.unsupported(name, "%v", err)
		}
		switch {
		case e.Type() == fs.ModeSymlink:
			err = r.refuseLink(name)
		case e.IsDir() && tree.Skipped(e.Name()):
		case e.IsDir():
			err = r.walk(name, depth+1)
		case !e.Type().IsRegular():
			err = r.unsupported(name, "is a special file (%s); only regular files are read", e.Type())
		default:
			err = r.add(name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// refuseLink says which kind of link it is: one that leads out of the folder may
// be an attack, one within it a habit.
func (r *reading) refuseLink(name string) error {
	target, err := r.root.Readlink(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = r.root.Stat(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ELOOP) {
		return r.unsupported(name, "is a symbolic link that leads out of the folder, to %q; only regular files are read", target)
	}
	return r.unsupported(name, "is a symbolic link to %q; only regular files are read", target)
}

func (r *reading) add(name string) error {
	if err := r.count.File(); err != nil {
		return r.unsupported(name, "%v", err)
	}
	if !tree.IsTopology(name) {
		return nil
	}
	info, err := r.root.Lstat(name)
	if err == nil && !r.known[name].still(info) {
		err = r.read(name)
	} else if err == nil {
		r.next[name] = r.known[name]
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil // went away since the folder was listed
	}
	if err != nil {
		return err
	}
	k := r.next[name]
	if err := r.count.Bytes(int64(len(k.Data))); err != nil {
		return r.unsupported(name, "%v", err)
	}
	r.files = append(r.files, k.File)
	return nil
}

// read reads a file until it stays the same from beginning to end.
func (r *reading) read(name string) error {
	for range attempts {
		k, whole, err := r.readOnce(name)
		if err != nil {
			return err
		}
		if whole {
			r.next[name] = k
			return nil
		}
	}
	return r.fail(reconcile.Unreachable, nil, "%q changes while it is read", name)
}

// readOnce opens without waiting, for a pipe may have taken the file's place, and
// reads what it opened.
func (r *reading) readOnce(name string) (k known, whole bool, err error) {
	k.readAt = r.now()
	f, err := r.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return k, false, err
	}
	defer f.Close()
	if k.info, err = f.Stat(); err != nil {
		return k, false, err
	}
	if !k.info.Mode().IsRegular() {
		return k, false, r.unsupported(name, "is a special file (%s); only regular files are read", k.info.Mode().Type())
	}
	if err := r.bound.CheckSize(k.info.Size()); err != nil {
		return k, false, r.unsupported(name, "%v", err)
	}
	data := make([]byte, k.info.Size())
	if n, err := io.ReadFull(f, data); err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return k, false, err
	} else if n < len(data) {
		return k, false, nil
	}
	after, err := f.Stat()
	if err != nil {
		return k, false, err
	}
	sum := sha256.Sum256(data)
	k.File = tree.File{Path: name, Digest: hex.EncodeToString(sum[:]), Data: data, Time: k.info.ModTime()}
	whole = after.Size() == k.info.Size() && slices.EqualFunc(times(k.info), times(after), time.Time.Equal)
	return k, whole, nil
}

// sortedByPath orders files, since a walk orders folders and files of one level.
func sortedByPath(files []tree.File) []tree.File {
	return slices.SortedFunc(slices.Values(files), func(a, b tree.File) int { return strings.Compare(a.Path, b.Path) })
}
