package tree

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func files(paths ...string) []File {
	var all []File
	for i, p := range paths {
		all = append(all, File{Path: p, Digest: fmt.Sprint("digest of ", p), Data: []byte("in " + p), Time: time.Unix(int64(i), 0)})
	}
	return all
}

func TestFS(t *testing.T) {
	at := time.Unix(1000, 0)
	paths := []string{"net/b/c.json", "a.yaml", ".enidignore", "net/b.yml", "net/.hidden/d.yaml", "z/y/x/w.yaml"}
	tree, err := New(files(paths...), at)
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(tree, paths...); err != nil {
		t.Error(err)
	}
	for i, p := range paths {
		data, err := fs.ReadFile(tree, p)
		if err != nil || string(data) != "in "+p {
			t.Errorf("%s reads %q, %v", p, data, err)
		}
		if d, ok := tree.Digest(p); !ok || d != "digest of "+p {
			t.Errorf("%s has digest %q", p, d)
		}
		if info, err := fs.Stat(tree, p); err != nil || !info.ModTime().Equal(time.Unix(int64(i), 0)) || info.Mode() != 0o444 {
			t.Errorf("%s is %v, %v", p, info, err)
		}
	}
	for _, p := range []string{".", "net", "net/b", "z/y/x"} {
		if _, ok := tree.Digest(p); ok {
			t.Errorf("the folder %s has a digest", p)
		}
		if info, err := fs.Stat(tree, p); err != nil || !info.ModTime().Equal(at) || !info.IsDir() {
			t.Errorf("the folder %s is %v, %v", p, info, err)
		}
		if _, err := fs.ReadFile(tree, p); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("reading the folder %s gives %v", p, err)
		}
	}
	if _, err := fs.ReadDir(tree, "a.yaml"); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("listing a file gives %v", err)
	}
	if _, err := tree.Open("none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what is not there gives %v", err)
	}
}

func TestImmutable(t *testing.T) {
	given := files("a.yaml", "b.yaml")
	tree, err := New(given, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	given[0].Path = "c.yaml"
	data, _ := fs.ReadFile(tree, "a.yaml")
	data[0] = 'x'
	entries, _ := fs.ReadDir(tree, ".")
	entries[0] = entries[1]
	if data, _ := fs.ReadFile(tree, "a.yaml"); string(data) != "in a.yaml" {
		t.Errorf("a reader changed the content to %q", data)
	}
	if entries, _ := fs.ReadDir(tree, "."); entries[0].Name() != "a.yaml" {
		t.Errorf("a reader changed the folder to %v", entries)
	}
}

func TestNoFiles(t *testing.T) {
	tree, err := New(nil, time.Unix(1, 0))
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(tree); err != nil {
		t.Error(err)
	}
}

func TestDoubledPaths(t *testing.T) {
	for _, paths := range [][]string{
		{"a.yaml", "n/b.yaml", "a.yaml"},
		{"a.yaml", "a.yaml/b.yaml"},
		{"a.yaml/b.yaml", "a.yaml"},
		{"a.yaml", "a.yaml/n/b.yaml"},
	} {
		if _, err := New(files(paths...), time.Time{}); err == nil || err.Error() != `"a.yaml" is there twice` {
			t.Errorf("%q: error %v", paths, err)
		}
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]bool{
		"a.yaml": true, "n/a.yml": true, "n/.a.json": true, ".yaml": true, ".enidignore": true,
		"n/.enidignore": false, "a.yaml.bak": false, "a.YAML": false, "yaml": false, "README.md": false,
	} {
		if IsTopology(name) != want {
			t.Errorf("IsTopology(%q) is %v", name, !want)
		}
	}
	for name, want := range map[string]bool{".git": true, ".github": true, "git": false, ".gitlab": false, ".": false} {
		if Skipped(name) != want {
			t.Errorf("Skipped(%q) is %v", name, !want)
		}
	}
	if !Empty(nil) || !Empty(files(".enidignore")) || Empty(files(".enidignore", "a.yaml")) {
		t.Error("only a folder without topology is empty")
	}
}

func TestCount(t *testing.T) {
	c := Count{Bounds: Bounds{File: 100, Total: 150, Files: 2, Depth: 3}}
	size := func() error { return c.Bytes(75) }
	for _, tt := range []struct {
		name   string
		within int // so many pass
		do     func() error
		says   string
	}{
		{"folders", 2, c.Folder, "one folder too many; the limit is 2"},
		{"files", 2, c.File, "one file too many; the limit is 2"},
		{"bytes", 2, size, "together, 150 bytes"},
	} {
		for range tt.within {
			if err := tt.do(); err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
		if err := tt.do(); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: beyond the limit the error is %v", tt.name, err)
		}
	}
	if err := errors.Join(c.Bounds.CheckSize(100), c.Bounds.CheckDepth(3)); err != nil {
		t.Error(err)
	}
	if err := c.Bounds.CheckSize(101); err == nil || err.Error() != "has 101 bytes; the limit is 100" {
		t.Errorf("size: %v", err)
	}
	if err := c.Bounds.CheckDepth(4); err == nil || err.Error() != "is too deep; the limit is a depth of 3" {
		t.Errorf("depth: %v", err)
	}
	if want := (Bounds{File: 64 << 20, Total: 1 << 30, Files: 200_000, Depth: 100}); Contract != want {
		t.Errorf("the contract's limits are %+v, want %+v", Contract, want)
	}
}
