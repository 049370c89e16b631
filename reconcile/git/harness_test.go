package git

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"enid/reconcile"
)

// repo is a real bare repository and a clone of it to commit in, both made by the
// git program.
type repo struct {
	t    *testing.T
	root string // holds topo.git
	bare string
	work string
}

func newRepo(t *testing.T, initArgs ...string) *repo {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("the git program is not installed")
	}
	root := t.TempDir()
	r := &repo{t: t, root: root, bare: filepath.Join(root, "topo.git"), work: filepath.Join(root, "work")}
	r.gitIn(root, append([]string{"init", "-q", "--bare", "-b", "main", r.bare}, initArgs...)...)
	r.gitIn(root, append([]string{"init", "-q", "-b", "main", r.work}, initArgs...)...)
	r.git("remote", "add", "origin", r.bare)
	return r
}

func gitEnv() []string {
	env := []string{"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=ann@example.net",
		"GIT_COMMITTER_NAME=Bob", "GIT_COMMITTER_EMAIL=bob@example.net", "LC_ALL=C"}
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "GIT_") {
			env = append(env, kv)
		}
	}
	return env
}

func (r *repo) gitIn(dir string, args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = dir, gitEnv()
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func (r *repo) git(args ...string) string { r.t.Helper(); return r.gitIn(r.work, args...) }

// write puts files into the clone: path, content, path, content.
func (r *repo) write(pairs ...string) {
	r.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		p := filepath.Join(r.work, pairs[i])
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			r.t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(pairs[i+1]), 0o644); err != nil {
			r.t.Fatal(err)
		}
	}
}

// commit writes, commits and pushes by force; it answers the commit.
func (r *repo) commit(message string, pairs ...string) string {
	r.t.Helper()
	r.write(pairs...)
	r.git("add", "-A")
	r.git("commit", "-q", "--allow-empty", "-m", message)
	r.git("push", "-q", "-f", "origin", "HEAD:main")
	return r.git("rev-parse", "HEAD")
}

// web is git http-backend behind a loopback server that counts and can be made to
// misbehave.
type web struct {
	*httptest.Server
	mu     sync.Mutex
	seen   []string                                            // "info/refs" and "git-upload-pack"
	before func(w http.ResponseWriter, req *http.Request) bool // true: answered
}

func (r *repo) serve(tls bool) *web {
	r.t.Helper()
	w := &web{}
	backend := &cgi.Handler{
		Path: filepath.Join(r.gitIn(r.root, "--exec-path"), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + r.root, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1"},
	}
	handler := http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		w.mu.Lock()
		w.seen = append(w.seen, filepath.Base(req.URL.Path))
		before := w.before
		w.mu.Unlock()
		if before != nil && before(rw, req) {
			return
		}
		backend.ServeHTTP(rw, req)
	})
	if tls {
		w.Server = httptest.NewTLSServer(handler)
		w.Config.ErrorLog = nil
	} else {
		w.Server = httptest.NewServer(handler)
	}
	r.t.Cleanup(func() { w.CloseClientConnections(); w.Close() })
	return w
}

func (w *web) url() string { return w.URL + "/topo.git" }

func (w *web) set(before func(http.ResponseWriter, *http.Request) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.before = before
}

// packs counts the packs that were asked for since the last call.
func (w *web) packs() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, s := range w.seen {
		if s == "git-upload-pack" {
			n++
		}
	}
	w.seen = nil
	return n
}

// log collects what a Source logs, to look for secrets in it.
type log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func open(t *testing.T, opt Options) *Source {
	t.Helper()
	if opt.CacheDir == "" {
		opt.CacheDir = t.TempDir()
	}
	if opt.Path == "" {
		opt.Path = "topology"
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	s, err := Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func fetch(s *Source) (reconcile.Revision, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return s.Fetch(ctx)
}

// wantID fetches and wants that commit.
func wantID(t *testing.T, s *Source, id string) reconcile.Revision {
	t.Helper()
	rev, err := fetch(s)
	if err != nil {
		t.Fatalf("Fetch: %v", err)
	}
	if rev.ID != id {
		t.Fatalf("Fetch: commit %s, want %s", rev.ID, id)
	}
	return rev
}

// wantCondition fetches and wants that condition, with words in the message.
func wantCondition(t *testing.T, s *Source, want reconcile.Condition, words ...string) *reconcile.SourceError {
	t.Helper()
	_, err := fetch(s)
	return isCondition(t, err, want, words...)
}

func isCondition(t *testing.T, err error, want reconcile.Condition, words ...string) *reconcile.SourceError {
	t.Helper()
	var e *reconcile.SourceError
	if !errors.As(err, &e) {
		t.Fatalf("error %v (%T), want a SourceError %s", err, err, want)
	}
	if e.Condition != want {
		t.Fatalf("condition %s (%s; cause %v), want %s", e.Condition, e.Message, e.Err, want)
	}
	for _, w := range words {
		if !strings.Contains(e.Message, w) {
			t.Errorf("message %q does not say %q", e.Message, w)
		}
	}
	return e
}

func content(t *testing.T, fsys fs.FS, name string) string {
	t.Helper()
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
