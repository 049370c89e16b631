package tree

import (
	"fmt"
	"path"
	"slices"

	"enid/schema"
)

// IgnoreFile at the root excludes files; it is read, though it is no topology.
const IgnoreFile = ".enidignore"

// IsTopology says whether enid reads a file of this path.
func IsTopology(name string) bool {
	switch path.Ext(name) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return name == IgnoreFile
}

// Skipped folders belong to the forge and to git, wherever they are.
func Skipped(name string) bool { return name == ".git" || name == ".github" }

// Empty says whether there is no topology among the files.
func Empty(files []File) bool {
	return !slices.ContainsFunc(files, func(f File) bool { return f.Path != IgnoreFile })
}

// Bounds limit what is read of a folder.
type Bounds struct {
	File, Total int64 // bytes
	Files       int   // of any kind, read or not; as many folders
	Depth       int   // names of a path
}

// Contract holds the contract's limits (section 1).
var Contract = Bounds{File: schema.MaxFileSize, Total: schema.MaxTotalSize, Files: schema.MaxFiles, Depth: 100}

// Count is what one walk came across. Its methods' errors say what is wrong with
// the file or folder that was reached, to be put behind its path.
type Count struct {
	Bounds         Bounds
	folders, files int
	bytes          int64
}

// Folder counts a folder. A few small trees of git that hold each other many
// times over are a bomb; folders are therefore counted as files are.
func (c *Count) Folder() error {
	if c.folders++; c.folders > c.Bounds.Files {
		return fmt.Errorf("is one folder too many; the limit is %d", c.Bounds.Files)
	}
	return nil
}

// File counts a file of any kind.
func (c *Count) File() error {
	if c.files++; c.files > c.Bounds.Files {
		return fmt.Errorf("is one file too many; the limit is %d", c.Bounds.Files)
	}
	return nil
}

// Bytes counts the size of a file that is read.
func (c *Count) Bytes(size int64) error {
	if c.bytes += size; c.bytes > c.Bounds.Total {
		return fmt.Errorf("is beyond what all files may have together, %d bytes", c.Bounds.Total)
	}
	return nil
}

// CheckDepth judges a path of so many names.
func (b Bounds) CheckDepth(names int) error {
	if names > b.Depth {
		return fmt.Errorf("is too deep; the limit is a depth of %d", b.Depth)
	}
	return nil
}

// CheckSize judges a file's size, before memory is taken for it.
func (b Bounds) CheckSize(size int64) error {
	if size > b.File {
		return fmt.Errorf("has %d bytes; the limit is %d", size, b.File)
	}
	return nil
}
