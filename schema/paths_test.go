package schema

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestIgnore(t *testing.T) {
	cases := []struct {
		patterns, name string
		dir, want      bool
	}{
		{"a.yaml", "a.yaml", false, true},
		{"a.yaml", "deep/a.yaml", false, true},
		{"/a.yaml", "deep/a.yaml", false, false},
		{"deep/a.yaml", "deep/a.yaml", false, true},
		{"deep/a.yaml", "x/deep/a.yaml", false, false},
		{"charts/", "charts", true, true},
		{"charts/", "charts", false, false},
		{"*.yaml\n!keep.yaml", "keep.yaml", false, false},
		{"!keep.yaml\n*.yaml", "keep.yaml", false, true},
		{"**/x", "a/b/x", false, true},
		{"**/x", "x", false, true},
		{"a/**", "a/b/c", false, true},
		{"a/**", "a", true, false},
		{"a/**/x", "a/x", false, true},
		{"a/**/x", "a/b/c/x", false, true},
		{"a/**/b/**/x", "a/1/b/2/b/3/x", false, true},
		{"a/**/b/**/x", "a/1/2/x", false, false},
		{"[!a].yaml", "b.yaml", false, true},
		{"[!a].yaml", "a.yaml", false, false},
		{"a?.yaml", "ab.yaml", false, true},
		{"a*", "a/b", false, false},
		{"# a\n\n  \n", "# a", false, false},
		{`\#a`, "#a", false, true},
		{`\!a`, "!a", false, true},
		{"a.yaml   ", "a.yaml", false, true},
		{"a.yaml\r\n", "a.yaml", false, true},
		{"[", "[", false, false},
		{"/", "a", true, false},
	}
	for _, c := range cases {
		if got := parseIgnore(c.patterns).excludes(c.name, c.dir); got != c.want {
			t.Errorf("%q excludes %q: %v", c.patterns, c.name, got)
		}
	}
}

// TestIgnoreIsCheap is the pattern that costs naive matchers exponential time.
func TestIgnoreIsCheap(t *testing.T) {
	patterns := parseIgnore(strings.Repeat("**/a/", 30) + "b")
	if patterns.excludes(strings.Repeat("a/", 200)+"c", false) {
		t.Error("excluded")
	}
}

func TestPathsRefusesWhatIsNoFile(t *testing.T) {
	fsys := fstest.MapFS{
		"a.yaml":  {},
		"l.yaml":  {Mode: fs.ModeSymlink, Data: []byte("a.yaml")},
		"p.json":  {Mode: fs.ModeNamedPipe},
		"x.txt":   {Mode: fs.ModeSymlink, Data: []byte("a.yaml")},
		"B.YML":   {},
		".d.yaml": {},
	}
	paths, findings := Paths(fsys)
	if want := []string{".d.yaml", "B.YML", "a.yaml"}; !slices.Equal(paths, want) {
		t.Errorf("paths %v, want %v", paths, want)
	}
	got := fmt.Sprint(findings)
	if want := "[l.yaml:1:1: is no regular file but a symbolic link; a regular file p.json:1:1: is no regular file but a special file; a regular file]"; got != want {
		t.Errorf("findings %s", got)
	}
}

// huge is a file system with one folder of empty files that claim a size.
type huge struct {
	fstest.MapFS
	size int64
}

func (h huge) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := h.MapFS.ReadDir(name)
	for i := range entries {
		entries[i] = claimed{entries[i], h.size}
	}
	return entries, err
}

type claimed struct {
	fs.DirEntry
	size int64
}

func (c claimed) Info() (fs.FileInfo, error) {
	stat, err := c.DirEntry.Info()
	return claimedStat{stat, c.size}, err
}

type claimedStat struct {
	fs.FileInfo
	size int64
}

func (c claimedStat) Size() int64 { return c.size }

func TestPathsLimits(t *testing.T) {
	many := fstest.MapFS{}
	for i := range 20 {
		many[fmt.Sprintf("%02d.yaml", i)] = &fstest.MapFile{}
	}
	paths, findings := Paths(huge{many, MaxFileSize})
	if len(paths) != 16 || len(findings) != 1 || findings[0].Pos.File != "16.yaml" {
		t.Errorf("%d paths, %v", len(paths), findings)
	}
	if paths, findings := Paths(huge{many, MaxFileSize + 1}); len(paths) != 0 || len(findings) != 20 {
		t.Errorf("%d paths, %v", len(paths), findings)
	}
}
