package schema

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// The limits of a topology.
const (
	MaxFiles     = 200_000
	MaxTotalSize = 1 << 30
)

const ignoreFile = ".enidignore"

// Paths answers the topology's files, sorted: *.yaml, *.yml and *.json below the
// root, but for what .enidignore excludes and for the folders .git and .github.
// What is no regular file is refused, not followed.
func Paths(fsys fs.FS) ([]string, []Finding) {
	w := &pathWalk{fsys: fsys}
	patterns, err := readIgnore(fsys)
	if err != nil {
		w.find(ignoreFile, err.Error(), "a text file of patterns")
	}
	w.ignore = patterns
	if err := fs.WalkDir(fsys, ".", w.visit); err != nil && !errors.Is(err, errLimit) {
		w.find(".", "the topology cannot be read: "+err.Error(), "")
	}
	return w.paths, w.findings
}

var errLimit = errors.New("too much")

type pathWalk struct {
	fsys     fs.FS
	ignore   ignore
	paths    []string
	findings []Finding
	total    int64
}

func (w *pathWalk) find(name, message, allowed string) {
	w.findings = append(w.findings, Finding{Pos: Pos{name, 1, 1}, Message: message, Allowed: allowed})
}

func (w *pathWalk) visit(name string, d fs.DirEntry, err error) error {
	switch {
	case err != nil:
		w.find(name, "cannot be read: "+err.Error(), "")
		if d != nil && d.IsDir() {
			return fs.SkipDir
		}
		return nil
	case name == ".":
		return nil
	case w.ignore.excludes(name, d.IsDir()):
		if d.IsDir() {
			return fs.SkipDir
		}
		return nil
	case d.IsDir():
		if d.Name() == ".git" || d.Name() == ".github" {
			return fs.SkipDir
		}
		return nil
	case !isTopologyFile(name):
		return nil
	case !d.Type().IsRegular():
		w.find(name, "is no regular file but "+fileKind(d.Type()), "a regular file")
		return nil
	}
	return w.take(name, d)
}

// take adds a file, unless it or all of them together are too large.
func (w *pathWalk) take(name string, d fs.DirEntry) error {
	at, err := d.Info()
	if err != nil {
		w.find(name, "cannot be read: "+err.Error(), "")
		return nil
	}
	if at.Size() > MaxFileSize {
		w.find(name, fmt.Sprintf("the file has %d bytes", at.Size()), "64 MiB a file")
		return nil
	}
	w.total += at.Size()
	switch {
	case w.total > MaxTotalSize:
		w.find(name, "with this file the topology is larger than 1 GiB", "1 GiB in all")
		return errLimit
	case len(w.paths) == MaxFiles:
		w.find(name, "with this file the topology has more than 200,000 files", "200,000 files")
		return errLimit
	}
	w.paths = append(w.paths, name)
	return nil
}

func isTopologyFile(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}

func fileKind(m fs.FileMode) string {
	if m&fs.ModeSymlink != 0 {
		return "a symbolic link"
	}
	return "a special file"
}

// readIgnore reads .enidignore at the root; without one nothing is ignored.
func readIgnore(fsys fs.FS) (ignore, error) {
	data, err := fs.ReadFile(fsys, ignoreFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	return parseIgnore(string(bytes.TrimPrefix(data, byteOrderMark))), nil
}
