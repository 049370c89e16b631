package git

import (
	"context"
	"encoding/base64"
	"encoding/pem"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"enid/reconcile"
)

// TestTokenStaysSecret plants a token and looks for it everywhere.
func TestTokenStaysSecret(t *testing.T) {
	const token, rotated = "planted-t0ken/with+signs", "rotated-t0ken"
	r := newRepo(t)
	web := r.serve(true)
	id := r.commit("1", "topology/a.yaml", "a: 1\n")
	ca := writeFile(t, "ca.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw}))
	tokenFile := writeFile(t, "token", []byte(token+"\n"))
	said := &log{}
	s := open(t, Options{URL: web.url(), TokenFile: tokenFile, CAFile: ca,
		Log: slog.New(slog.NewTextHandler(said, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	accepted := token
	var user string
	web.set(echoing(&user, &accepted))
	var texts []string
	note := func(e *reconcile.SourceError) { texts = append(texts, e.Message, e.Err.Error()) }

	wantID(t, s, id)
	if user != defaultTokenUser {
		t.Errorf("the user is %q", user)
	}
	accepted = rotated
	note(wantCondition(t, s, reconcile.Unauthorized, "refused the token"))
	if err := os.WriteFile(tokenFile, []byte("bob:"+rotated), 0o600); err != nil {
		t.Fatal(err)
	}
	wantID(t, s, id)
	if user != "bob" {
		t.Errorf("the user is %q", user)
	}
	web.set(func(w http.ResponseWriter, req *http.Request) bool {
		http.Redirect(w, req, "https://"+strings.Repeat("x", 5)+":"+rotated+"@enid.invalid/info/refs", http.StatusFound)
		return true
	})
	note(wantCondition(t, s, reconcile.Unreachable))
	web.set(func(w http.ResponseWriter, req *http.Request) bool {
		w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
		_, _ = w.Write([]byte("0040ERR no " + rotated + " and " + base64.StdEncoding.EncodeToString([]byte("bob:"+rotated)) + "\n"))
		return true
	})
	note(wantCondition(t, s, reconcile.Unreachable))

	texts = append(texts, said.String())
	texts = append(texts, everythingBelow(t, s.opt.CacheDir)...)
	for _, text := range texts {
		for _, secret := range []string{token, rotated, base64.StdEncoding.EncodeToString([]byte("bob:" + rotated)),
			base64.StdEncoding.EncodeToString([]byte(defaultTokenUser + ":" + token))} {
			if strings.Contains(text, secret) {
				t.Errorf("%q stands in %.300q", secret, text)
			}
		}
	}
}

// echoing refuses every token but one and repeats what it was given, as some
// servers do.
func echoing(user, accepted *string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, req *http.Request) bool {
		name, secret, _ := req.BasicAuth()
		*user = name
		if secret == *accepted {
			return false
		}
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte("not " + req.Header.Get("Authorization") + " that is " + secret))
		return true
	}
}

// everythingBelow answers the paths and contents of a folder.
func everythingBelow(t *testing.T, dir string) (texts []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(p)
		texts = append(texts, p, string(data))
		return err
	})
	if err != nil || len(texts) == 0 {
		t.Fatalf("%s: %v, %d files", dir, err, len(texts)/2)
	}
	return texts
}

// TestRedirectKeepsToken leads a request with a token to another server.
func TestRedirectKeepsToken(t *testing.T) {
	r := newRepo(t)
	from, to := r.serve(true), r.serve(true)
	id := r.commit("1", "topology/a.yaml", "a: 1\n")
	var leaked string
	to.set(func(_ http.ResponseWriter, req *http.Request) bool {
		leaked += req.Header.Get("Authorization")
		return false
	})
	from.set(func(w http.ResponseWriter, req *http.Request) bool {
		http.Redirect(w, req, to.URL+req.URL.RequestURI(), http.StatusMovedPermanently)
		return true
	})
	certificates := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: from.Certificate().Raw}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: to.Certificate().Raw})...)
	s := open(t, Options{URL: from.url(), TokenFile: writeFile(t, "token", []byte("tok")), CAFile: writeFile(t, "ca.pem", certificates)})
	wantID(t, s, id)
	if leaked != "" {
		t.Errorf("the other server was given %q", leaked)
	}
}

func TestCredentialFiles(t *testing.T) {
	r := newRepo(t)
	web := r.serve(true)
	r.commit("1", "topology/a.yaml", "a: 1\n")
	ca := writeFile(t, "ca.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw}))
	tests := []struct {
		name string
		opt  Options
		want reconcile.Condition
		says string
	}{
		{"unknown authority", Options{}, reconcile.Unreachable, "certificate"},
		{"no CA file", Options{CAFile: "/none"}, reconcile.Unauthorized, "CA file cannot be read"},
		{"CA file is none", Options{CAFile: writeFile(t, "x", []byte("x"))}, reconcile.Unauthorized, "no PEM certificate"},
		{"no token file", Options{CAFile: ca, TokenFile: "/none"}, reconcile.Unauthorized, "token file cannot be read"},
		{"empty token file", Options{CAFile: ca, TokenFile: writeFile(t, "x", []byte("\n"))}, reconcile.Unauthorized, "one token"},
		{"two tokens", Options{CAFile: ca, TokenFile: writeFile(t, "x", []byte("a\nb\n"))}, reconcile.Unauthorized, "one token"},
		{"user only", Options{CAFile: ca, TokenFile: writeFile(t, "x", []byte("bob:"))}, reconcile.Unauthorized, "without a token"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.opt.URL = web.url()
			wantCondition(t, open(t, tt.opt), tt.want, tt.says)
		})
	}
}

func TestFetchWaitsForItsTurnUntilCtxEnds(t *testing.T) {
	s := open(t, Options{URL: "http://127.0.0.1/r.git"})
	s.turn <- struct{}{}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := s.Fetch(ctx)
	isCondition(t, err, reconcile.Unreachable, "was cancelled")
	<-s.turn
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	wantCondition(t, s, reconcile.Unreachable, "closed")
}
