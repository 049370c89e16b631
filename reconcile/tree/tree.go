// Package tree is a folder of topology files in memory, immutable.
package tree

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// File is one file of a folder.
type File struct {
	Path   string // slash-separated, below the folder; fs.ValidPath
	Digest string // of Data, hexadecimal; which one is the source's choice
	Data   []byte // never written to again
	Time   time.Time
}

// FS is a folder as it was at one moment. It may be read from many goroutines,
// and long after what it was read from is gone. It implements fs.ReadDirFS,
// fs.ReadFileFS and fs.StatFS; there are no folders without files.
type FS struct {
	nodes map[string]*node
}

var (
	_ fs.ReadDirFS  = (*FS)(nil)
	_ fs.ReadFileFS = (*FS)(nil)
	_ fs.StatFS     = (*FS)(nil)
)

// node is a file or a folder; it is its own fs.FileInfo and fs.DirEntry.
type node struct {
	file    File
	mode    fs.FileMode
	entries []fs.DirEntry // of a folder, by name
}

// New makes a folder of files in any order; at is the time of the folders. A path
// that is given twice, or as a file and as a folder, is an error.
func New(files []File, at time.Time) (*FS, error) {
	t := &FS{nodes: make(map[string]*node, len(files)+1)}
	folder := func(name string) *node {
		t.nodes[name] = &node{file: File{Path: name, Time: at}, mode: fs.ModeDir | 0o555}
		return t.nodes[name]
	}
	folder(".")
	for _, f := range files {
		if t.nodes[f.Path] != nil {
			return nil, fmt.Errorf("%q is there twice", f.Path)
		}
		n := &node{file: f, mode: 0o444}
		t.nodes[f.Path] = n
		// Folders come into being with the first file below them.
		for parent := path.Dir(f.Path); ; parent = path.Dir(parent) {
			dir := t.nodes[parent]
			known := dir != nil
			if !known {
				dir = folder(parent)
			}
			if !dir.IsDir() {
				return nil, fmt.Errorf("%q is there twice", parent)
			}
			dir.entries = append(dir.entries, n)
			if n = dir; known {
				break
			}
		}
	}
	for _, n := range t.nodes {
		slices.SortFunc(n.entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	}
	return t, nil
}

// Digest answers the digest of a file; folders have none.
func (t *FS) Digest(name string) (string, bool) {
	n := t.nodes[name]
	if n == nil || n.IsDir() {
		return "", false
	}
	return n.file.Digest, true
}

func (t *FS) find(op, name string) (*node, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	n := t.nodes[name]
	if n == nil {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	return n, nil
}

// Open opens a file or a folder.
func (t *FS) Open(name string) (fs.File, error) {
	n, err := t.find("open", name)
	if err != nil {
		return nil, err
	}
	if n.IsDir() {
		return &openFolder{node: n}, nil
	}
	return &openFile{node: n, Reader: bytes.NewReader(n.file.Data)}, nil
}

// ReadFile answers a copy of a file's content.
func (t *FS) ReadFile(name string) ([]byte, error) {
	n, err := t.find("read", name)
	if err == nil && n.IsDir() {
		err = &fs.PathError{Op: "read", Path: name, Err: fs.ErrInvalid}
	}
	if err != nil {
		return nil, err
	}
	return append([]byte{}, n.file.Data...), nil
}

// ReadDir answers a folder's entries by name.
func (t *FS) ReadDir(name string) ([]fs.DirEntry, error) {
	n, err := t.find("readdir", name)
	if err == nil && !n.IsDir() {
		err = &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrInvalid}
	}
	if err != nil {
		return nil, err
	}
	return slices.Clone(n.entries), nil
}

// Stat describes a file or a folder.
func (t *FS) Stat(name string) (fs.FileInfo, error) {
	n, err := t.find("stat", name)
	if err != nil {
		return nil, err
	}
	return n, nil
}

func (n *node) Name() string               { return path.Base(n.file.Path) }
func (n *node) Size() int64                { return int64(len(n.file.Data)) }
func (n *node) Mode() fs.FileMode          { return n.mode }
func (n *node) Type() fs.FileMode          { return n.mode.Type() }
func (n *node) ModTime() time.Time         { return n.file.Time }
func (n *node) IsDir() bool                { return n.mode.IsDir() }
func (n *node) Sys() any                   { return nil }
func (n *node) Info() (fs.FileInfo, error) { return n, nil }
func (n *node) String() string             { return fs.FormatDirEntry(n) }

type openFile struct {
	*bytes.Reader
	node *node
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.node, nil }
func (f *openFile) Close() error               { return nil }

type openFolder struct {
	node *node
	next int
}

func (f *openFolder) Stat() (fs.FileInfo, error) { return f.node, nil }
func (f *openFolder) Close() error               { return nil }

func (f *openFolder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: f.node.file.Path, Err: fs.ErrInvalid}
}

// ReadDir answers the next entries, as fs.ReadDirFile says.
func (f *openFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	rest := f.node.entries[f.next:]
	if n > 0 && len(rest) == 0 {
		return nil, io.EOF
	}
	if n > 0 && len(rest) > n {
		rest = rest[:n]
	}
	f.next += len(rest)
	return slices.Clone(rest), nil
}
