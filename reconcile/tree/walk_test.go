package tree

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestWalk(t *testing.T) {
	trees := map[string][]Entry{
		"root": {{"a.yaml", Regular, "1"}, {"d", Folder, "d"}, {"e", Folder, "d"}, {".git", Folder, "none"}, {"n.txt", Executable, "2"}, {".enidignore", Deprecated, "3"}},
		"d":    {{".enidignore", Regular, "3"}, {"b.json", Regular, "4"}, {"f", Folder, "f"}},
		"f":    {{"c.yml", Regular, "5"}},
	}
	var asked []string
	read := func(hashes []string) ([][]Entry, error) {
		asked = append(asked, strings.Join(hashes, " "))
		all := make([][]Entry, len(hashes))
		for i, h := range hashes {
			all[i] = trees[h]
		}
		return all, nil
	}
	names := func(entries []Entry) (names []string) {
		for _, e := range entries {
			names = append(names, e.Name+"="+e.Hash)
		}
		slices.Sort(names)
		return names
	}
	count := Count{Bounds: Bounds{Files: 9, Depth: 3}}
	found, err := count.Walk("root", read)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(names(found.Files)), "[.enidignore=3 a.yaml=1 d/b.json=4 d/f/c.yml=5 e/b.json=4 e/f/c.yml=5]"; got != want {
		t.Errorf("files %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(names(found.Others)), "[d/.enidignore=3 e/.enidignore=3 n.txt=2]"; got != want {
		t.Errorf("others %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(asked), "[root d f]"; got != want {
		t.Errorf("asked for %s, want each tree once, %s", got, want)
	}
	for reason, bounds := range map[string]Bounds{
		`"d/f/c.yml" is too deep; the limit is a depth of 2`: {Files: 20, Depth: 2},
		`is one file too many; the limit is 7`:               {Files: 7, Depth: 9},
	} {
		count := Count{Bounds: bounds}
		_, err := count.Walk("root", read)
		if refused := (*Refusal)(nil); !errors.As(err, &refused) || !strings.Contains(err.Error(), reason) {
			t.Errorf("error %v, want %s", err, reason)
		}
	}
	broken := errors.New("broken")
	if _, err := count.Walk("root", func([]string) ([][]Entry, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	for mode, says := range map[Mode]string{Folder: "a folder", Regular: "a file", Symlink: "a symbolic link", Submodule: "a submodule", 7: "of mode 000007"} {
		if mode.String() != says {
			t.Errorf("%o is %s", uint32(mode), mode)
		}
	}
	if err := CheckPointer([]byte("version https://git-lfs.github.com/spec/v1\n")); err == nil || CheckPointer([]byte("version: 1\n")) != nil {
		t.Errorf("pointer: %v", err)
	}
}
