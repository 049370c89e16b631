package git

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"enid/reconcile"
	"enid/reconcile/tree"
)

func TestOnlyRegularFiles(t *testing.T) {
	pointer := "version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("0", 64) + "\nsize 5\n"
	link := func(r *repo, name string) {
		r.write(name+".tmp", "")
		if err := os.Symlink("../../../etc/passwd", filepath.Join(r.work, name)); err != nil {
			r.t.Fatal(err)
		}
	}
	module := func(r *repo, name string) {
		r.git("update-index", "--add", "--cacheinfo", "160000,"+strings.Repeat("ab", 20)+","+name)
	}
	tests := []struct {
		name string
		make func(*repo)
		says []string // empty: accepted
	}{
		{"symbolic link", func(r *repo) { link(r, "topology/x.yaml") }, []string{`"topology/x.yaml"`, "symbolic link"}},
		{"symbolic link deep down", func(r *repo) { link(r, "topology/a/b/notes") }, []string{`"topology/a/b/notes"`, "symbolic link"}},
		{"submodule", func(r *repo) { module(r, "topology/sub") }, []string{`"topology/sub"`, "submodule"}},
		{"lfs pointer", func(r *repo) { r.write("topology/b.yaml", pointer) }, []string{`"topology/b.yaml"`, "git-lfs"}},
		{"lfs pointer of another kind", func(r *repo) { r.write("topology/b.png", pointer) }, []string{`"topology/b.png"`, "git-lfs"}},
		{"executable", func(r *repo) {
			r.write("topology/run.json", "{}")
			r.git("add", "-A")
			r.git("update-index", "--chmod=+x", "topology/run.json")
		}, nil},
		{"all of it elsewhere", func(r *repo) {
			link(r, "l.yaml")
			link(r, "topology/.github/l")
			r.write("b.yaml", pointer, "other/b.yaml", pointer)
			module(r, "sub")
		}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRepo(t)
			r.commit("1", "topology/a.yaml", "a: 1\n", "topology/.hidden/b.yml", "b: 1", "topology/.enidignore", "x")
			tt.make(r)
			r.git("add", "topology", ":/")
			if strings.Contains(tt.name, "submodule") || strings.Contains(tt.name, "elsewhere") {
				tt.make(r2(r)) // `git add` drops a submodule that has no folder
			}
			r.git("commit", "-q", "-m", "2")
			r.git("push", "-q", "origin", "HEAD:main")
			s := open(t, Options{URL: "file://" + r.bare})
			if tt.says == nil {
				rev := wantID(t, s, r.git("rev-parse", "HEAD"))
				if got := content(t, rev.FS, ".hidden/b.yml") + content(t, rev.FS, ".enidignore"); got != "b: 1x" {
					t.Errorf("dot-files read %q", got)
				}
				return
			}
			wantCondition(t, s, reconcile.Unsupported, tt.says...)
			wantCondition(t, s, reconcile.Unsupported, tt.says...)
		})
	}
}

// r2 is a view of the repository in which making links again is no error.
func r2(r *repo) *repo {
	_ = filepath.WalkDir(r.work, func(p string, d fs.DirEntry, _ error) error {
		if d != nil && d.Type() == fs.ModeSymlink {
			_ = os.Remove(p)
		}
		return nil
	})
	return r
}

func TestHostileTrees(t *testing.T) {
	r := newRepo(t)
	blob := func() string { r.write("blob", "a: 1\n"); return r.git("hash-object", "-w", "blob") }()
	mktree := func(lines ...string) string {
		p := filepath.Join(t.TempDir(), "lines")
		if err := os.WriteFile(p, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return r.gitIn(r.work, "-c", "alias.m=!git mktree --missing <"+p, "m")
	}
	push := func(topology string) {
		root := mktree("040000 tree " + topology + "\ttopology")
		r.git("update-ref", "refs/heads/bad", r.git("commit-tree", "-m", "bad", root))
		r.git("push", "-q", "-f", "origin", "refs/heads/bad:main")
	}
	s := open(t, Options{URL: "file://" + r.bare})
	s.bound = tree.Bounds{File: 100, Total: 150, Files: 50, Depth: 5}

	bomb := mktree("100644 blob " + blob + "\ta.yaml")
	for range 4 { // 8^4 files of five trees
		var lines []string
		for i := range 8 {
			lines = append(lines, fmt.Sprintf("040000 tree %s\td%d", bomb, i))
		}
		bomb = mktree(lines...)
	}
	push(bomb)
	wantCondition(t, s, reconcile.Unsupported, "one", "too many; the limit is 50")

	deep := mktree("100644 blob " + blob + "\ta.yaml")
	for range 5 {
		deep = mktree("040000 tree " + deep + "\td")
	}
	push(deep)
	wantCondition(t, s, reconcile.Unsupported, "the limit is a depth of 5")

	push(mktree("100644 blob "+blob+"\ta.yaml", "040000 tree "+mktree("100644 blob "+blob+"\tb.yaml")+"\ta.yaml"))
	wantCondition(t, s, reconcile.Unsupported, "twice")

	r.write("big", strings.Repeat("a", 101))
	push(mktree("100644 blob " + r.git("hash-object", "-w", "big") + "\tbig.yaml"))
	wantCondition(t, s, reconcile.Unsupported, `"topology/big.yaml" has 101 bytes; the limit is 100`)

	r.write("big", strings.Repeat("b", 80))
	half := r.git("hash-object", "-w", "big")
	push(mktree("100644 blob "+half+"\ta.yaml", "100644 blob "+half+"\tb.yaml"))
	wantCondition(t, s, reconcile.Unsupported, "together, 150 bytes")
}

func TestDamagedCacheHeals(t *testing.T) {
	r := newRepo(t)
	web := r.serve(false)
	id := r.commit("1", "topology/a.yaml", strings.Repeat("a: 1\n", 500))
	pack := func(cache, suffix string) string {
		return glob(filepath.Join(cache, "objects", "pack"), "pack-", suffix)[0]
	}
	overwrite := func(t *testing.T, name string, change func([]byte) []byte) {
		t.Helper()
		data, err := os.ReadFile(name)
		if err == nil {
			_ = os.Chmod(name, 0o600)
			err = os.WriteFile(name, change(data), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	flip := func(d []byte) []byte {
		for i := 20; i < len(d)-20; i += 7 {
			d[i] ^= 0x55
		}
		return d
	}
	for name, damage := range map[string]func(t *testing.T, cache string){
		"pack emptied": func(t *testing.T, c string) { overwrite(t, pack(c, ".pack"), func([]byte) []byte { return nil }) },
		"pack cut": func(t *testing.T, c string) {
			overwrite(t, pack(c, ".pack"), func(d []byte) []byte { return d[:len(d)/2] })
		},
		"pack flipped":     func(t *testing.T, c string) { overwrite(t, pack(c, ".pack"), flip) },
		"index flipped":    func(t *testing.T, c string) { overwrite(t, pack(c, ".idx"), flip) },
		"index gone":       func(t *testing.T, c string) { _ = os.Remove(pack(c, ".idx")) },
		"pack gone":        func(t *testing.T, c string) { _ = os.Remove(pack(c, ".pack")) },
		"config gone":      func(t *testing.T, c string) { _ = os.Remove(filepath.Join(c, "config")) },
		"HEAD gone":        func(t *testing.T, c string) { _ = os.Remove(filepath.Join(c, "HEAD")) },
		"objects gone":     func(t *testing.T, c string) { _ = os.RemoveAll(filepath.Join(c, "objects")) },
		"reference broken": func(t *testing.T, c string) { overwrite(t, filepath.Join(c, "refs/enid/heads/main"), flip0) },
		"a file instead":   func(t *testing.T, c string) { _ = os.RemoveAll(c); _ = os.WriteFile(c, []byte("x"), 0o600) },
		"everything gone":  func(t *testing.T, c string) { _ = os.RemoveAll(c) },
		"leftovers":        func(t *testing.T, c string) { _ = os.MkdirAll(filepath.Join(c+".new", "x"), 0o700) },
	} {
		t.Run(name, func(t *testing.T) {
			opt := Options{URL: web.url(), CacheDir: t.TempDir()}
			s := open(t, opt)
			wantID(t, s, id)
			damage(t, s.cache)
			wantID(t, s, id) // unchanged: the cache is not even looked at
			wantID(t, open(t, opt), id)
			wantID(t, open(t, opt), id)
			for _, name := range []string{"HEAD", "config"} {
				if _, err := os.Stat(filepath.Join(s.cache, name)); err != nil {
					t.Errorf("not whole again: %v", err)
				}
			}
		})
	}
}

func flip0(d []byte) []byte { return []byte("nonsense\n") }

func TestDamagedCacheWithoutNetwork(t *testing.T) {
	r := newRepo(t)
	web := r.serve(false)
	id := r.commit("1", "topology/a.yaml", "a: 1\n")
	opt := Options{URL: web.url(), CacheDir: t.TempDir()}
	s := open(t, opt)
	wantID(t, s, id)
	web.CloseClientConnections()
	web.Close()
	wantCondition(t, s, reconcile.Unreachable)
	if n := len(glob(filepath.Join(s.cache, "objects", "pack"), "pack-", ".pack")); n != 1 {
		t.Errorf("a network that fails cost the cache: %d packs", n)
	}
}

func TestTreeIsReadByMany(t *testing.T) {
	r := newRepo(t)
	rev := wantID(t, open(t, Options{URL: "file://" + r.bare}), r.commit("1", "topology/a.yaml", "a: 1\n", "topology/n/b.yaml", "b: 1\n"))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			_ = fs.WalkDir(rev.FS, ".", func(p string, d fs.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					data, _ := fs.ReadFile(rev.FS, p)
					data[0] = 'x' // a copy, or the race detector says so
				}
				return err
			})
		})
	}
	all.Wait()
	if got := content(t, rev.FS, "a.yaml"); got != "a: 1\n" {
		t.Errorf("a reader changed the content to %q", got)
	}
}
