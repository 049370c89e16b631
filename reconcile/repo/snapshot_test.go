package repo

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"enid/reconcile/tree"
)

func TestTopologyFolder(t *testing.T) {
	w := newWork(t)
	w.commit("first", "README.md", "r")
	w.branch("feature", "main")
	w.commit("f", "topology/a.yaml", "a")
	w.branch("elsewhere", "main")
	w.commit("e", "net/b.yaml", "b", ".x/c.yaml", "c", "afile", "f")
	for _, tt := range []struct{ topology, spec, folder, before, after string }{
		{"", "main..feature", "topology", "", "a.yaml=a"},
		{"topology/", "main..feature", "topology", "", "a.yaml=a"},
		{"./topology", "main..feature", "topology", "", "a.yaml=a"},
		{".", "main..feature", ".", "", "topology/a.yaml=a"},
		{"", "main..elsewhere", ".", "", ".x/c.yaml=c net/b.yaml=b"},
		{".x", "main..elsewhere", ".x", "", "c.yaml=c"},
		{"", "feature..main", "topology", "a.yaml=a", "a.yaml=a"},
	} {
		x, err := w.open(tt.topology).Range(t.Context(), tt.spec, false)
		if err != nil {
			t.Errorf("%+v: %v", tt, err)
			continue
		}
		wantSides(t, x, tt.before, tt.after)
		rev, _ := x.After(t.Context())
		if x.Topology != tt.folder || rev.Root != strings.Replace(tt.folder, ".", "", 1) && rev.Root != tt.folder {
			t.Errorf("%+v: folder %q, root %q", tt, x.Topology, rev.Root)
		}
	}
	x, err := w.open("topology").Range(t.Context(), "feature..main", true)
	if err != nil {
		t.Fatal(err)
	}
	wantSides(t, x, "a.yaml=a", "")
	for topology, words := range map[string]string{"nowhere": "there is no folder nowhere in main, nor in elsewhere", "afile": "afile is a file, not a folder", "afile/x": "afile is a file, not a folder"} {
		_, err := w.open(topology).Range(t.Context(), "main..elsewhere", false)
		wantError(t, err, words)
	}
}

func TestRenamesAndDeletions(t *testing.T) {
	w := newWork(t)
	w.commit("first", "topology/d/a.yaml", lines(9), "topology/d/b.yaml", "b", "topology/gone.yaml", "g", "topology/e/f/g.yaml", "g")
	w.branch("feature", "main")
	w.git("mv", "topology/d", "topology/n")
	w.git("rm", "-q", "-r", "topology/gone.yaml", "topology/e")
	w.commit("f", "topology/n/a.yaml", lines(9, "b", "bee"))
	w.branch("main", "main")
	w.commit("m", "topology/d/a.yaml", lines(9, "h", "aitch"))
	x := w.between("main..feature")
	before := "a.yaml=line a,line b,line c,line d,line e,line f,line g,aitch,line i"
	wantSides(t, x, "d/"+before+" d/b.yaml=b e/f/g.yaml=g gone.yaml=g", "n/"+strings.Replace(before, "line b", "bee", 1)+" n/b.yaml=b")
	wantChanged(t, x, "d/a.yaml", "d/b.yaml", "e/f/g.yaml", "gone.yaml", "n/a.yaml", "n/b.yaml")
	wantAsked(t, x, map[Line]string{{Path: "n/a.yaml", Line: 2}: "f", {Path: "n/a.yaml", Line: 8}: "", {Path: "d/b.yaml"}: "f", {Path: "e/f/g.yaml", Line: 1, Removed: true}: "f"})

	// What main adds to a folder that the branch renamed: a person decides.
	w.commit("m2", "topology/d/new.yaml", "new")
	_, err := w.open("").Range(t.Context(), "main..feature", false)
	wantError(t, err, "topology/n/new.yaml", "cannot be merged")
}

func TestOnlyRegularFiles(t *testing.T) {
	pointer := "version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("0", 64) + "\nsize 5\n"
	for name, tt := range map[string]struct {
		mode, content, path string
		says                []string // empty: accepted
	}{
		"symbolic link":         {"120000", "../../etc/passwd", "topology/n/x.yaml", []string{`"topology/n/x.yaml" is a symbolic link; only regular files`}},
		"submodule":             {"160000", "", "topology/sub", []string{`"topology/sub" is a submodule`}},
		"lfs pointer":           {"100644", pointer, "topology/b.yaml", []string{`"topology/b.yaml" is a git-lfs pointer`}},
		"lfs pointer elsewhere": {"100644", pointer, "topology/b.png", []string{`"topology/b.png" is a git-lfs pointer`}},
		"invalid UTF-8":         {"100644", "a", "topology/\xff.yaml", []string{`"topology/\xff.yaml" is not a valid name`}},
		"executable":            {"100755", "x", "topology/x.yaml", nil},
		"the forge's":           {"120000", "nowhere", "topology/.github/l", nil},
		"outside":               {"120000", "nowhere", "l.yaml", nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWork(t)
			first := w.commit("first", "topology/a.yaml", "a")
			w.branch("feature", "main")
			w.write("blob", tt.content)
			hash := first
			if tt.mode != "160000" {
				hash = w.git("hash-object", "-w", "blob")
			}
			w.git("update-index", "--add", "--cacheinfo", tt.mode+","+hash+","+tt.path)
			w.git("commit", "-q", "-m", "f")
			x, err := w.open("").Range(t.Context(), "main..feature", false)
			if err == nil {
				_, err = x.After(t.Context())
			}
			if tt.says == nil && err != nil {
				t.Error(err)
			} else if tt.says != nil {
				wantError(t, err, append(tt.says, "feature: ")...)
			}
		})
	}
}

// tree makes a tree object: mode, kind, hash and name of each entry.
func (w *work) tree(lines ...string) string {
	w.t.Helper()
	p := filepath.Join(w.t.TempDir(), "lines")
	if err := os.WriteFile(p, []byte(strings.Join(append(lines, ""), "\x00")), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return w.git("-c", "alias.m=!git mktree --missing -z <"+p, "m")
}

func TestHostileTrees(t *testing.T) {
	w := newWork(t)
	w.commit("first", "topology/a.yaml", "a: 1\n")
	blob := w.git("rev-parse", "main:topology/a.yaml")
	nowhere := strings.Repeat("01", 20)
	raw := func(name, mode, hash string) string {
		p := filepath.Join(t.TempDir(), "raw")
		bytes, err := hex.DecodeString(hash)
		if err != nil {
			t.Fatal(err)
		}
		entry := mode + " " + name + "\x00" + string(bytes)
		if err := os.WriteFile(p, []byte(entry), 0o600); err != nil {
			t.Fatal(err)
		}
		return w.git("hash-object", "-t", "tree", "-w", "--literally", p)
	}
	refused := func(topology string, words ...string) {
		t.Helper()
		root := w.tree("040000 tree " + topology + "\ttopology")
		w.git("update-ref", "refs/heads/bad", w.git("commit-tree", "-p", "main", "-m", "bad", root))
		r := w.open("")
		r.bound = tree.Bounds{File: 100, Total: 150, Files: 50, Depth: 5}
		x, err := r.Range(t.Context(), "main..bad", false)
		if err == nil {
			_, err = x.After(t.Context())
		}
		wantError(t, err, words...)
	}
	for _, name := range []string{"..", ".", "a/b.yaml", "/a.yaml"} {
		refused(raw(name, "100644", nowhere), "is not a valid name")
	}
	refused(raw("a.yaml", "0", nowhere), `"topology/a.yaml" is of mode 000000`)
	refused(raw("a.yaml", "100644", nowhere), "is missing from the repository")
	refused(raw("a.yaml", "40000", nowhere), "is missing from the repository")
	refused(raw("a.yaml", "100644", w.git("rev-parse", "main:topology")), "is a tree in the repository, not a file")
	refused(raw("d", "40000", blob), "is a blob of 5 bytes, not a tree")

	bomb := w.tree("100644 blob " + blob + "\ta.yaml")
	empty := w.tree()
	for range 12 { // 8^12 files of thirteen trees, and as many folders
		var files, folders []string
		for i := range 8 {
			files = append(files, fmt.Sprintf("040000 tree %s\td%d", bomb, i))
			folders = append(folders, fmt.Sprintf("040000 tree %s\td%d", empty, i))
		}
		bomb, empty = w.tree(files...), w.tree(folders...)
	}
	refused(bomb, "too many; the limit is 50")
	refused(empty, "folder too many; the limit is 50")

	deep := w.tree("100644 blob " + blob + "\ta.yaml")
	for range 5 {
		deep = w.tree("040000 tree " + deep + "\td")
	}
	refused(deep, "the limit is a depth of 5")
	refused(w.tree("100644 blob "+blob+"\ta.yaml", "040000 tree "+w.tree("100644 blob "+blob+"\tb.yaml")+"\ta.yaml"), "twice")
	w.write("big", strings.Repeat("a", 101), "half", strings.Repeat("b", 80))
	big, half := w.git("hash-object", "-w", "big"), w.git("hash-object", "-w", "half")
	refused(w.tree("100644 blob "+big+"\tbig.yaml"), `"topology/big.yaml" has 101 bytes; the limit is 100`)
	refused(w.tree("100644 blob "+half+"\ta.yaml", "100644 blob "+half+"\tb.yaml"), "together, 150 bytes")
}

// TestKnownBlobs takes the objects of the first side away after it was read: the
// second side must not ask for them again.
func TestKnownBlobs(t *testing.T) {
	w := newWork(t)
	w.commit("first", "topology/a.yaml", "a", "topology/copy.yaml", "a", "topology/d/b.yaml", "b", "topology/d/notes", "n")
	w.branch("feature", "main")
	w.commit("f", "topology/c.yaml", "c")
	x := w.between("main..feature")
	if _, err := x.Before(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"topology/a.yaml", "topology/d/b.yaml"} {
		hash := w.git("rev-parse", "main:"+name)
		if err := os.Remove(filepath.Join(w.dir, ".git", "objects", hash[:2], hash[2:])); err != nil {
			t.Fatal(err)
		}
	}
	wantSides(t, x, "a.yaml=a copy.yaml=a d/b.yaml=b", "a.yaml=a c.yaml=c copy.yaml=a d/b.yaml=b")
}

func TestCancelled(t *testing.T) {
	w := newWork(t)
	var files []string
	for i := range 500 {
		files = append(files, fmt.Sprintf("topology/%d.yaml", i), strings.Repeat(fmt.Sprint(i, "\n"), 3000))
	}
	w.commit("first", files...)
	r := w.open("")
	x, err := r.Range(t.Context(), "", false)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = r.each(ctx, "--batch", x.after.found.Files, func(e tree.Entry, got object) error {
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	for name, do := range map[string]func() error{
		"Open":  func() error { _, err := Open(ctx, w.dir, ""); return err },
		"Range": func() error { _, err := r.Range(ctx, "", false); return err },
		"After": func() error { _, err := x.After(ctx); return err },
		"Ask":   func() error { _, err := x.Ask(ctx, []Line{{Path: "1.yaml", Line: 1}}); return err },
	} {
		if err := do(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	procs, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(procs, func(p string) bool { at, _ := os.Readlink(p); return strings.HasPrefix(at, r.temp) }) {
		t.Error("a git is left running")
	}
	if _, err := x.After(t.Context()); err != nil {
		t.Errorf("later: %v", err)
	}
}
