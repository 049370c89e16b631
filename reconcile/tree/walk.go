package tree

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Mode is the mode of an entry as git has it.
type Mode uint32

// The modes of git; there are no others.
const (
	Folder     Mode = 0o040000
	Regular    Mode = 0o100644
	Executable Mode = 0o100755
	Deprecated Mode = 0o100664 // a regular file, written by early gits
	Symlink    Mode = 0o120000
	Submodule  Mode = 0o160000
)

// String says what an entry of that mode is, with its article.
func (m Mode) String() string {
	switch m {
	case Folder:
		return "a folder"
	case Regular, Executable, Deprecated:
		return "a file"
	case Symlink:
		return "a symbolic link"
	case Submodule:
		return "a submodule"
	}
	return fmt.Sprintf("of mode %06o", uint32(m))
}

// Entry is one entry of a tree of git, or a file that Walk found.
type Entry struct {
	Name string // of the tree; for a file that was found, its path
	Mode Mode
	Hash string // of the object, hexadecimal
}

// Trees answers the entries of trees, in the order of their hashes. It is asked
// for all trees of one depth at once, each of them once.
type Trees func(hashes []string) ([][]Entry, error)

// Refusal is what enid does not read, and why.
type Refusal struct {
	Path   string // below the folder
	Reason string // to be put behind the path
}

// Error answers path and reason.
func (r *Refusal) Error() string { return fmt.Sprintf("%q %s", r.Path, r.Reason) }

func refuse(name string, format string, args ...any) *Refusal {
	return &Refusal{Path: name, Reason: fmt.Sprintf(format, args...)}
}

// Found are the regular files below a folder.
type Found struct {
	Files  []Entry // what enid reads
	Others []Entry // what it does not; looked at for git-lfs pointers only
}

type folder struct{ path, hash string }

// Walk finds the regular files below a tree of git and refuses everything else,
// level by level, so that trees of one level can be read together. Its errors are
// a *Refusal, or what read answered.
func (c *Count) Walk(root string, read Trees) (Found, error) {
	w := &walk{count: c, trees: map[string][]Entry{}}
	w.next = []folder{{".", root}}
	for depth := 1; len(w.next) > 0; depth++ {
		level := w.next
		w.next = nil
		if err := w.load(level, read); err != nil {
			return Found{}, err
		}
		for _, f := range level {
			if err := w.enter(f, depth); err != nil {
				return Found{}, err
			}
		}
	}
	return w.found, nil
}

type walk struct {
	count *Count
	trees map[string][]Entry // by hash
	next  []folder           // of the next level
	found Found
}

// load reads the trees of a level that were not read before.
func (w *walk) load(level []folder, read Trees) error {
	var hashes []string
	for _, f := range level {
		if _, known := w.trees[f.hash]; !known {
			w.trees[f.hash] = nil
			hashes = append(hashes, f.hash)
		}
	}
	if len(hashes) == 0 {
		return nil
	}
	all, err := read(hashes)
	if err != nil {
		return err
	}
	for i, entries := range all {
		w.trees[hashes[i]] = entries
	}
	return nil
}

func (w *walk) enter(f folder, depth int) error {
	if err := w.count.Folder(); err != nil {
		return refuse(f.path, "%v", err)
	}
	for _, e := range w.trees[f.hash] {
		if !fs.ValidPath(e.Name) || e.Name == "." || strings.Contains(e.Name, "/") {
			return refuse(f.path+"/"+e.Name, "is not a valid name")
		}
		name := path.Join(f.path, e.Name)
		if err := w.count.Bounds.CheckDepth(depth); err != nil {
			return refuse(name, "%v", err)
		}
		switch e.Mode {
		case Folder:
			if Skipped(e.Name) {
				continue
			}
			// Checked here as well: a level may be far wider than the limit.
			if len(w.next) > w.count.Bounds.Files {
				return refuse(name, "is one folder too many; the limit is %d", w.count.Bounds.Files)
			}
			w.next = append(w.next, folder{name, e.Hash})
		case Regular, Executable, Deprecated:
			if err := w.count.File(); err != nil {
				return refuse(name, "%v", err)
			}
			e.Name = name
			if IsTopology(name) {
				w.found.Files = append(w.found.Files, e)
			} else {
				w.found.Others = append(w.found.Others, e)
			}
		default:
			return refuse(name, "is %s; only regular files are read", e.Mode)
		}
	}
	return nil
}

const (
	// LongestPointer is what a pointer of git-lfs is shorter than, and
	// pointerPrefix what it begins with, says its specification.
	LongestPointer = 1024
	pointerPrefix  = "version https://git-lfs.github.com/spec/"
)

// CheckPointer refuses a pointer of git-lfs, which stands for another content.
func CheckPointer(data []byte) error {
	if len(data) < LongestPointer && bytes.HasPrefix(data, []byte(pointerPrefix)) {
		return fmt.Errorf("is a git-lfs pointer; its content is not in the repository")
	}
	return nil
}

// Content counts a file that is read, its size known before its content is.
func (c *Count) Content(size int64) error {
	return cmp.Or(c.Bounds.CheckSize(size), c.Bytes(size))
}
