//go:build linux

package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// hub is a git server over https on loopback, and a repository of it. The daemons
// that follow it have no Host: they need no machine of their own.
type hub struct {
	*lab
	*remote
	server *httptest.Server
	asked  atomic.Int64 // how often the references were listed
	before atomic.Pointer[func(http.ResponseWriter, *http.Request) bool]
}

func newHub(t *testing.T) *hub {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	f := &hub{lab: &lab{t: t, dir: t.TempDir(), ctx: ctx}}
	if r := f.lab.run("sh", "-c", "command -v git"); r.code != 0 {
		t.Skip("git is not installed")
	}
	f.remote = f.newRepo()
	backend := &cgi.Handler{
		Path: filepath.Join(f.git("--exec-path"), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + filepath.Dir(f.bare), "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1"},
	}
	f.server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/info/refs") {
			defer f.asked.Add(1)
		}
		if before := f.before.Load(); before == nil || !(*before)(w, r) {
			backend.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(func() { f.server.CloseClientConnections(); f.server.Close() })
	f.keep("ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.server.Certificate().Raw})))
	return f
}

// plain serves the same without TLS, which makes it a proxy too, and answers its URL.
func (f *hub) plain() string {
	f.t.Helper()
	s := httptest.NewServer(f.server.Config.Handler)
	f.t.Cleanup(s.Close)
	return s.URL
}

func (f *hub) url() string { return f.server.URL + "/" + filepath.Base(f.bare) }

// misbehave has each request answered by before where it says so; nil: none.
func (f *hub) misbehave(before func(http.ResponseWriter, *http.Request) bool) {
	if before == nil {
		f.before.Store(nil)
		return
	}
	f.before.Store(&before)
}

// key answers the server's private key, PEM.
func (f *hub) key() string {
	f.t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(f.server.TLS.Certificates[0].PrivateKey)
	if err != nil {
		f.t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// keep writes a file of the daemon's and answers its path.
func (f *hub) keep(name, content string) string {
	f.t.Helper()
	if err := os.WriteFile(f.path(name), []byte(content), 0o600); err != nil {
		f.t.Fatal(err)
	}
	return f.path(name)
}

// follow starts a daemon that follows the repository.
func (f *hub) follow(args ...string) *process {
	f.t.Helper()
	return f.start(append([]string{"run", "--repo", f.url(), "--ca-file", f.path("ca.pem")}, args...)...)
}

// until waits for check to answer nil.
func (f *hub) until(what string, check func() error) {
	f.t.Helper()
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		err := check()
		if err == nil {
			return
		}
		if time.Since(began) > patience {
			log, _ := os.ReadFile(f.path("daemon.log"))
			f.t.Fatalf("%s: not after %s: %v\n%s", what, patience, err, tail(string(log)))
		}
	}
}

// sourceSays answers nil where the source is in that condition, with these words.
func (f *hub) sourceSays(inForce, condition string, words ...string) func() error {
	return func() error {
		s, _, err := f.status()
		if err != nil {
			return err
		}
		for _, w := range words {
			if !strings.Contains(s.Source.Message, w) {
				err = fmt.Errorf("%q does not say %q", s.Source.Message, w)
			}
		}
		if s.Source.Condition != condition || s.Applied.Revision != inForce {
			err = fmt.Errorf("source %+v, applied %s; wanted %s, %s", s.Source, s.Applied.Revision, condition, inForce)
		}
		return err
	}
}
