//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"enid/reconcile"
	"enid/reconcile/store/bolt"
	"enid/reconcile/web"
)

// One daemon holds the state. A second one and a person's apply are refused, by its
// pid; what only reads asks it through its socket. SIGTERM ends it, exit 0, and
// takes the socket along.
func TestE2EOneWriter(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	r := l.newRepo()
	commit := r.commit("the worked example")
	d := l.daemon("--repo", r.url())
	l.within("the daemon starts", l.inSync(commit))
	socket := l.path("state", "enid.sock")
	if info, err := os.Stat(socket); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the socket: %v, %v", info, err)
	}
	var refused sync.WaitGroup // each waits for the lock, so all at once
	for _, args := range [][]string{
		{"run", "--repo", r.url(), "--host", "web-1"},
		{"apply", r.at("topology"), "--yes"},
		{"import", "-f", r.at("topology/web-1-b.yaml")},
	} {
		refused.Go(func() {
			got := l.run(append([]string{"enid"}, args...)...)
			if got.code != 1 || !strings.Contains(got.err, fmt.Sprint(d.cmd.Process.Pid)) {
				t.Errorf("enid %s: exit %d, %s; wanted 1 and pid %d", args[0], got.code, got.err, d.cmd.Process.Pid)
			}
		})
	}
	l.readers(r, commit)
	refused.Wait()
	l.readers(r, commit)
	d.alive()
	if code := d.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit %d on SIGTERM", code)
	}
	if _, err := os.Stat(socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
	if err := l.is(balanced(cardB, cardC))(); err != nil {
		t.Errorf("the machine does not stay as it was: %v", err)
	}
	l.readers(r, "") // now from the state itself
	l.enid(0, "apply", r.at("topology"), "--host", "web-1", "--yes", "--adopt-source")
}

// readers asks everything that can be asked. With a daemon at rest, commit is what
// it has applied; else that is empty.
func (l *lab) readers(r *remote, commit string) {
	l.t.Helper()
	if s, code, err := l.status(); err != nil || commit != "" && (code != 0 || s.Source.Condition != "Ready" || s.Applied.Revision != commit) {
		l.t.Errorf("enid status: exit %d, %+v, %v", code, s, err)
	}
	var enis []json.RawMessage
	if err := json.Unmarshal([]byte(l.enid(0, "get", "enis", "-o", "json").out), &enis); err != nil || len(enis) != 2 {
		l.t.Errorf("enid get: %d ENIs, %v", len(enis), err)
	}
	if h := l.history(); len(h) != 1 || h[0].Outcome != "done" || commit != "" && h[0].Commit != commit {
		l.t.Errorf("enid history: %+v", h)
	}
	for _, args := range [][]string{{"history", "show", "1"}, {"plan", r.at("topology"), "--host", "web-1"}, {"host", "plan", "--host", "web-1"}, {"host", "show"}, {"state", "check"}} {
		l.enid(0, args...)
	}
}

// SIGINT and SIGTERM end the daemon with 0 also while it works; the next one does
// the rest.
func TestE2EEndsWhileWorking(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	r := l.newRepo()
	r.allowMany()
	r.write("topology/bulk.yaml", bulk(2000))
	commit := r.commit("much to do")
	began := func() error {
		log, err := os.ReadFile(l.path("daemon.log"))
		if err == nil && !strings.Contains(string(log), "step done") {
			err = errors.New("no step yet")
		}
		return err
	}
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		d := l.daemon("--repo", r.url())
		l.within("it works", began)
		if code := d.end(signal); code != 0 {
			t.Errorf("exit %d on %s\n%s", code, signal, l.dump())
		}
		if err := l.checkHistory(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(l.path("state", "enid.sock")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: the socket is still there: %v", signal, err)
		}
		if err := os.Remove(l.path("daemon.log")); err != nil {
			t.Fatal(err)
		}
	}
	l.daemon("--repo", r.url())
	l.within("the rest is done", all(l.inSync(commit), l.is(balanced(cardB, cardC))))
}

// starting is a daemon that holds the lock, and answers on its socket a while later.
type starting struct{ web.Daemon }

func (starting) Status() any {
	return reconcile.Status{Format: reconcile.StatusFormat, Source: reconcile.SourceStatus{Condition: reconcile.Fetching}}
}

// A command that reads while a daemon starts has the daemon's answer as soon as
// there is one. It does not wait for the lock, which the daemon keeps.
func TestStatusWhileTheDaemonStarts(t *testing.T) {
	dir := t.TempDir()
	db, err := bolt.Open(dir, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, cancel := context.WithCancel(t.Context())
	var served sync.WaitGroup
	served.Go(func() {
		time.Sleep(time.Second)
		if err := web.Serve(ctx, dir, starting{}, slog.New(slog.DiscardHandler)); err != nil {
			t.Error(err)
		}
	})
	var out, stderr bytes.Buffer
	code := newApp(nil, &out, &stderr).run(ctx, []string{"status", "--state", dir})
	if code != exitChanges || !strings.Contains(out.String(), "Fetching") {
		t.Errorf("exit %d\n%s%s", code, out.String(), stderr.String())
	}
	cancel()
	served.Wait()
}
