//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"enid/reconcile/web"
)

// held is what a process holds of a machine.
type held struct {
	files, tasks, goroutines, memory, disk int // memory and disk in KiB
}

// held looks at the daemon as the kernel sees it, and at its state.
func (f *hub) held(p *process) (h held) {
	f.t.Helper()
	proc := fmt.Sprintf("/proc/%d/", p.cmd.Process.Pid)
	for dir, n := range map[string]*int{"fd": &h.files, "task": &h.tasks} {
		entries, err := os.ReadDir(proc + dir)
		if err != nil {
			f.t.Fatal(err)
		}
		*n = len(entries)
	}
	text, err := os.ReadFile(proc + "status")
	if err != nil {
		f.t.Fatal(err)
	}
	_, rss, _ := strings.Cut(string(text), "VmRSS:")
	if _, err := fmt.Sscan(rss, &h.memory); err != nil {
		f.t.Fatal(err)
	}
	err = filepath.WalkDir(f.path("state"), func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			h.disk += int(info.Size()+1023) / 1024
		}
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^go_goroutines (\d+)$`).FindStringSubmatch(f.must("curl", "--silent", "--fail", f.listens()+"/metrics"))
	if found == nil {
		f.t.Fatal("the metrics count no goroutines")
	}
	h.goroutines, _ = strconv.Atoi(found[1])
	return h
}

// listens answers where the daemon says that it listens, without TLS.
func (l *lab) listens() string {
	l.t.Helper()
	at := regexp.MustCompile(`msg=listening address=(\S+)`).FindStringSubmatch(l.text(l.path("daemon.log")))
	if at == nil {
		l.t.Fatal("the log has no address")
	}
	return "http://" + at[1]
}

// polled is a daemon that is made to poll, and the server that it asks.
type polled struct {
	*hub
	d      *process
	client *web.Client
	// failures are the ways in which the server fails; fail has it do so, negative: not.
	failures int
	fail     func(kind int)
	// beside is done before each poll.
	beside func(i int)
}

// poll brings the next poll forward and waits until the server was asked.
func (p *polled) poll() {
	p.t.Helper()
	n := p.asked.Load()
	if p.client == nil {
		p.client = web.Dial(p.path("state"))
	}
	if err := p.client.Sync(p.ctx); err != nil {
		p.t.Fatal(err)
	}
	p.until("it polls", func() (err error) {
		if p.asked.Load() == n {
			err = fmt.Errorf("asked %d times", n)
		}
		return err
	})
}

// leaveNothing has a daemon poll so many times, with new commits, without, and with
// each kind of failure: what it holds in the end is what it held after a few.
func (p *polled) leaveNothing(few, many int) {
	t := p.t
	t.Helper()
	commits := 0
	settled := func() held {
		t.Helper()
		p.fail(-1)
		p.poll()
		p.until("it has recovered", p.sourceSays(p.git("rev-parse", "HEAD"), "Ready"))
		return p.held(p.d)
	}
	var early held
	for i := range many {
		if i == few {
			early = settled()
		}
		p.fail(-1)
		if i%5 == 0 {
			p.write("topology/NOTE.yaml", fmt.Sprintf("# %d\n", i))
			p.commit(fmt.Sprint("note ", i))
			commits++
		}
		if i%5 < 2 {
			p.fail(i / 5 % p.failures)
		}
		p.beside(i)
		p.poll()
	}
	late := settled()
	p.until("nothing is left", func() error {
		late = p.held(p.d)
		switch {
		case late.files > early.files+5 || late.tasks > early.tasks+8:
			return fmt.Errorf("descriptors or threads are left: %+v, then %+v", early, late)
		case late.goroutines > early.goroutines+8:
			return fmt.Errorf("goroutines are left: %+v, then %+v", early, late)
		case late.memory > early.memory*3/2+8<<10 || late.disk > early.disk+2<<10:
			return fmt.Errorf("memory or disk grow: %+v, then %+v", early, late)
		}
		return nil
	})
	t.Logf("after %d polls %+v, after %d with %d commits %+v", few, early, many, commits, late)
}

// Polls of a server over https leave nothing behind, also where people watch the
// daemon's events, webhooks come, and a receiver of notifications fails now and then.
func TestE2EManyPolls(t *testing.T) {
	t.Parallel()
	f := newHub(t)
	f.commit("the worked example")
	var told atomic.Int64
	chat := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if told.Add(1)%7 == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(chat.Close)
	p := &polled{hub: f, failures: 4}
	p.d = f.follow("--interval", "1h", "--listen", "127.0.0.1:0", "--webhook-secret-file", f.keep("webhook", "only-GitLab-knows"),
		"--notify-url-file", f.keep("chat", chat.URL+"/hook"))
	f.until("it runs", f.sourceSays(f.git("rev-parse", "HEAD"), "Ready"))
	failures := []func(http.ResponseWriter, *http.Request) bool{
		func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(500); return true },
		func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(401); return true },
		func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) },
		func(w http.ResponseWriter, r *http.Request) bool { // the pack alone
			if r.Method == http.MethodPost {
				_, _ = io.WriteString(w, "0008NAK\n0010\x01PACKgarbage")
			}
			return r.Method == http.MethodPost
		},
	}
	p.fail = func(kind int) {
		if kind < 0 {
			f.misbehave(nil)
		} else {
			f.misbehave(failures[kind])
		}
	}
	base := f.listens()
	watch := func() (leave func()) {
		t.Helper()
		ctx, cancel := context.WithCancel(f.ctx)
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/api/v1/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%v, %v", res, err)
		}
		go io.Copy(io.Discard, res.Body) //nolint:errcheck // until it leaves
		return func() { cancel(); res.Body.Close() }
	}
	t.Cleanup(watch())
	t.Cleanup(watch())
	leave := watch()
	p.beside = func(i int) {
		if i%10 != 0 {
			return
		}
		leave()
		leave = watch()
		if got := f.run("curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--data", "{}", "--header", "X-Gitlab-Token: only-GitLab-knows", base+"/webhook"); got.out != "202" {
			t.Errorf("webhook: %s", got.out)
		}
	}
	p.leaveNothing(100, 500)
	leave()
	f.until("the receiver was told all the time", func() (err error) {
		if n := told.Load(); n < 50 {
			err = fmt.Errorf("told %d times", n)
		}
		return err
	})
}

// The same over ssh, with a server that goes, talks nonsense, breaks off or does not
// know the key.
func TestE2EManyPollsOverSSH(t *testing.T) {
	t.Parallel()
	f := newHub(t)
	f.commit("the worked example")
	s := f.serveSSH()
	p := &polled{hub: f, failures: len(sshFailures), fail: func(kind int) { s.kind.Store(int64(kind)) }, beside: func(int) {}}
	p.fail(-1)
	p.d = f.start("run", "--repo", s.url, "--ssh-key", f.path("id"), "--known-hosts", f.path("known_hosts"), "--interval", "1h", "--listen", "127.0.0.1:0")
	f.until("it runs", f.sourceSays(f.git("rev-parse", "HEAD"), "Ready"))
	p.leaveNothing(20, 70)
}
