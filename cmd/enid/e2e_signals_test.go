//go:build linux

package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// hangs has the server take requests and never answer.
func (f *hub) hangs() (asked *atomic.Int64) {
	asked = &atomic.Int64{}
	f.misbehave(func(_ http.ResponseWriter, r *http.Request) bool {
		asked.Add(1)
		select {
		case <-r.Context().Done():
		case <-f.ctx.Done():
		}
		return true
	})
	return asked
}

// logs answers nil where the daemon's log says something so many times.
func (l *lab) logs(what string, times int) func() error {
	return func() error {
		log, err := os.ReadFile(l.path("daemon.log"))
		if n := strings.Count(string(log), what); err == nil && n < times {
			err = fmt.Errorf("the log says %q %d times, wanted %d", what, n, times)
		}
		return err
	}
}

// Signals while the server hangs: SIGHUP is answered at once, many at once are one or
// more, and a configuration that is wrong harms nothing; SIGTERM, twice too, ends it
// within moments, and leaves no lock or socket.
func TestE2ESignalsDuringAHang(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	first := h.commit("the worked example")
	config := h.keep("config.yaml", "interval: 1h\n")
	d := h.follow("--config", config)
	h.until("it runs", h.sourceSays(first, "Ready"))
	asked := h.hangs()
	h.must("enid", "sync")
	h.until("the server is asked", func() error {
		if asked.Load() == 0 {
			return errors.New("not yet")
		}
		return nil
	})
	signal := func(s syscall.Signal) {
		t.Helper()
		if err := d.cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	signal(syscall.SIGHUP)
	h.until("answered", h.logs("the configuration was read again", 1))
	h.keep("config.yaml", "interval: [\n")
	signal(syscall.SIGHUP)
	h.until("refused", h.logs("the one before stays in force", 1))
	h.keep("config.yaml", "interval: 2h\nlisten: 127.0.0.1:0\n")
	for range 10 {
		signal(syscall.SIGHUP)
	}
	h.until("answered", h.logs("flags=listen", 1))
	d.alive()
	if s, _, err := h.status(); err != nil || s.Applied.Revision != first {
		t.Errorf("%+v, %v", s, err)
	}
	began := time.Now()
	signal(syscall.SIGTERM)
	if code := d.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit %d", code)
	}
	t.Logf("ended after %s", time.Since(began))
	if _, err := os.Stat(h.path("state", "enid.sock")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is left: %v", err)
	}
	h.misbehave(nil)
	h.follow("--config", config)
	h.until("it runs again", h.sourceSays(first, "Ready"))
}

// A log whose reader has gone, such as a journal that is restarted, ends nothing.
func TestE2ELogWithoutAReader(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.commit("the worked example")
	cmd := h.background("enid", "run", "--repo", h.url(), "--ca-file", h.path("ca.pem"), "--interval", "100ms", "--log-level", "debug")
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = write, write
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{l: h.lab, cmd: cmd, done: make(chan struct{})}
	go func() { defer close(p.done); cmd.Wait() }()
	t.Cleanup(p.kill)
	write.Close()
	if _, err := read.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	read.Close()
	for i := range 3 {
		h.write("topology/NOTE.yaml", fmt.Sprintf("# %d\n", i))
		h.until("it follows", h.sourceSays(h.commit("a note"), "Ready"))
		h.must("enid", "sync")
	}
	p.alive()
	if code := p.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit %d", code)
	}
}
