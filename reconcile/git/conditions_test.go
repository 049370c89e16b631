package git

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"enid/reconcile"
)

func TestBranchPathAndRepositoryGone(t *testing.T) {
	r := newRepo(t)
	web := r.serve(false)
	id := r.commit("1", "topology/a.yaml", "a: 1\n", "top.yaml", "x: 1")
	s := open(t, Options{URL: web.url()})
	wantID(t, s, id)

	r.commit("2 without files", "topology/a.yaml", "")
	r.git("rm", "-q", "topology/a.yaml")
	r.commit("no folder")
	wantCondition(t, s, reconcile.Missing, "no folder topology")
	r.commit("text only", "topology/notes.txt", "hi", "topology/.enidignore", "x")
	wantCondition(t, s, reconcile.Empty, "no YAML or JSON")
	r.git("rm", "-qr", "topology")
	r.commit("a file instead", "topology", "hi")
	wantCondition(t, s, reconcile.Unsupported, "topology is a file, not a folder")
	root := wantID(t, open(t, Options{URL: web.url(), Path: "/"}), r.git("rev-parse", "HEAD"))
	if got := content(t, root.FS, "top.yaml"); got != "x: 1" {
		t.Errorf("the root's file reads %q", got)
	}

	r.git("push", "-q", "origin", "HEAD:other")
	r.gitIn(r.bare, "update-ref", "-d", "refs/heads/main")
	wantCondition(t, s, reconcile.Missing, "no refs/heads/main", "there is other")
	r.gitIn(r.bare, "update-ref", "-d", "refs/heads/other")
	wantCondition(t, s, reconcile.Empty, "no commits")
	wantCondition(t, open(t, Options{URL: web.URL + "/none.git"}), reconcile.Missing, "no such repository")
	wantCondition(t, open(t, Options{URL: "file://" + r.bare + "x"}), reconcile.Missing, "no such repository")
	wantCondition(t, open(t, Options{URL: "file://" + r.bare}), reconcile.Empty, "no commits")
}

func TestSHA256Repository(t *testing.T) {
	r := newRepo(t, "--object-format=sha256")
	r.commit("1", "topology/a.yaml", "a: 1\n")
	wantCondition(t, open(t, Options{URL: r.serve(false).url()}), reconcile.Unsupported, "SHA-256")
	wantCondition(t, open(t, Options{URL: "file://" + r.bare}), reconcile.Unsupported, "SHA-256")
}

func TestStatusCodes(t *testing.T) {
	for code, want := range map[int]reconcile.Condition{
		401: reconcile.Unauthorized, 403: reconcile.Unauthorized, 404: reconcile.Missing, 410: reconcile.Unreachable,
		429: reconcile.Unreachable, 500: reconcile.Unreachable, 503: reconcile.Unreachable,
	} {
		r := newRepo(t)
		web := r.serve(false)
		id := r.commit("1", "topology/a.yaml", "a: 1\n")
		s := open(t, Options{URL: web.url()})
		web.set(func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(code)
			_, _ = io.WriteString(w, strings.Repeat("<html>go away</html>", 100_000))
			return true
		})
		e := wantCondition(t, s, want)
		if len(e.Message)+len(e.Err.Error()) > 3*longestMessage {
			t.Errorf("%d: the error is %d bytes long", code, len(e.Message)+len(e.Err.Error()))
		}
		// The same between the listing and the pack.
		web.set(func(w http.ResponseWriter, req *http.Request) bool {
			if req.Method == http.MethodPost {
				w.WriteHeader(code)
			}
			return req.Method == http.MethodPost
		})
		wantCondition(t, s, want)
		web.set(nil)
		wantID(t, s, id)
	}
}

func TestNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	wantCondition(t, open(t, Options{URL: "http://" + l.Addr().String() + "/r.git"}), reconcile.Unreachable, "refused")
	wantCondition(t, open(t, Options{URL: "http://enid.invalid/r.git"}), reconcile.Unreachable)

	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<html>please log in</html>")
	}))
	defer page.Close()
	wantCondition(t, open(t, Options{URL: page.URL + "/r.git"}), reconcile.Unreachable, "text/html")
}

// TestHanging stops the server at each place where it can.
func TestHanging(t *testing.T) {
	r := newRepo(t)
	id := r.commit("1", "topology/a.yaml", "a: 1\n")
	web := r.serve(false)
	done := make(chan struct{})
	hang := func(w http.ResponseWriter, req *http.Request) bool { <-done; return true }
	silent := silentListener(t)

	tests := map[string]func() *Source{
		"no answer to the listing": func() *Source { web.set(hang); return open(t, Options{URL: web.url()}) },
		"no answer to the request": func() *Source {
			web.set(func(w http.ResponseWriter, req *http.Request) bool {
				return req.Method == http.MethodPost && hang(w, req)
			})
			return open(t, Options{URL: web.url()})
		},
		"half a pack": func() *Source {
			web.set(half(r, func() { <-done }))
			return open(t, Options{URL: web.url()})
		},
		"no answer over http": func() *Source { return open(t, Options{URL: "http://" + silent + "/r.git"}) },
		"no TLS":              func() *Source { return open(t, Options{URL: "https://" + silent + "/r.git"}) },
		"no ssh": func() *Source {
			key, known := sshClientFiles(t, silent, newHostKey(t))
			return open(t, Options{URL: "ssh://git@" + silent + "/r.git", SSHKeyFile: key, KnownHostsFile: known})
		},
	}
	for name, source := range tests {
		t.Run(name, func(t *testing.T) {
			s := source()
			ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
			defer cancel()
			begin := time.Now()
			_, err := s.Fetch(ctx)
			if took := time.Since(begin); took > 2*time.Second {
				t.Errorf("Fetch took %v", took)
			}
			isCondition(t, err, reconcile.Unreachable, "took too long")
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v does not wrap the context's error", err)
			}
			if n := len(glob(filepath.Join(s.cache, "objects", "pack"), "", "")); n != 0 {
				t.Errorf("%d files are left of the pack", n)
			}
		})
	}
	for name, source := range tests {
		t.Run(name+", for a while", func(t *testing.T) {
			s := source()
			s.silent = 300 * time.Millisecond
			wantCondition(t, s, reconcile.Unreachable, "the server has said nothing for 300ms")
		})
	}
	close(done)
	web.set(nil)
	wantID(t, open(t, Options{URL: web.url()}), id)
}

// silentListener accepts connections and never says a word.
func silentListener(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = c.Close() })
		}
	}()
	return l.Addr().String()
}

// half answers a request for a pack with its first half, then does what then says.
func half(r *repo, then func()) func(http.ResponseWriter, *http.Request) bool {
	return mangled(r, func(w http.ResponseWriter, answer []byte) {
		_, _ = w.Write(answer[:len(answer)/2])
		w.(http.Flusher).Flush()
		then()
	})
}

// mangled lets the real server answer a request for a pack, and send say it.
func mangled(r *repo, send func(http.ResponseWriter, []byte)) func(http.ResponseWriter, *http.Request) bool {
	real := r.serve(false)
	return func(w http.ResponseWriter, req *http.Request) bool {
		if req.Method != http.MethodPost {
			return false
		}
		body, _ := io.ReadAll(req.Body)
		if req.Header.Get("Content-Encoding") == "gzip" {
			z, _ := gzip.NewReader(bytes.NewReader(body))
			body, _ = io.ReadAll(z)
		}
		res, err := http.Post(real.url()+"/git-upload-pack", req.Header.Get("Content-Type"), bytes.NewReader(body))
		if err != nil {
			return false
		}
		defer res.Body.Close()
		answer, _ := io.ReadAll(res.Body)
		w.Header().Set("Content-Type", res.Header.Get("Content-Type"))
		send(w, answer)
		return true
	}
}

func TestDamagedPack(t *testing.T) {
	r := newRepo(t)
	first := r.commit("1", "topology/a.yaml", "a: 1\n")
	web := r.serve(false)
	s := open(t, Options{URL: web.url()})
	wantID(t, s, first)
	second := r.commit("2", "topology/a.yaml", strings.Repeat("a line of it\n", 1000))

	for name, before := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"cut off":     half(r, func() {}),
		"broken off":  half(r, func() { panic(http.ErrAbortHandler) }),
		"flipped bit": mangled(r, func(w http.ResponseWriter, a []byte) { a[len(a)-40] ^= 4; _, _ = w.Write(a) }),
		"garbage":     mangled(r, func(w http.ResponseWriter, a []byte) { _, _ = io.WriteString(w, strings.Repeat("garbage", 999)) }),
		"nothing":     mangled(r, func(w http.ResponseWriter, a []byte) {}),
		"bare garbage": mangled(r, func(w http.ResponseWriter, a []byte) {
			_, _ = io.WriteString(w, "0008NAK\n"+"0010\x01PACKgarbage")
		}),
	} {
		t.Run(name, func(t *testing.T) {
			web.set(before)
			wantCondition(t, s, reconcile.Unreachable, "fetching")
			pack := filepath.Join(s.cache, "objects", "pack")
			if n := len(glob(pack, temporary, "")); n != 0 {
				t.Errorf("%d temporary files are left", n)
			}
			// What the cache had it still has: a bad answer is not its fault.
			if n := len(glob(pack, "", ".pack")); n != 1 {
				t.Errorf("the cache has %d packs, want 1", n)
			}
		})
	}
	web.set(nil)
	wantID(t, s, second)
}
