//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"enid/reconcile/web"
)

// held is what a process holds of a machine.
type held struct {
	files, tasks, memory, disk int // memory and disk in KiB
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
	return h
}

// Polls with new commits, without, and with each kind of failure leave nothing behind:
// what the daemon holds after 500 is what it held after 100.
func TestE2EManyPolls(t *testing.T) {
	t.Parallel()
	f := newHub(t)
	f.commit("the worked example")
	d := f.follow("--interval", "1h")
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
	client, commits := web.Dial(f.path("state")), 0
	poll := func() {
		t.Helper()
		n := f.asked.Load()
		if err := client.Sync(context.Background()); err != nil {
			t.Fatal(err)
		}
		f.until("it polls", func() (err error) {
			if f.asked.Load() == n {
				err = fmt.Errorf("asked %d times", n)
			}
			return err
		})
	}
	var early held
	for i := range 500 {
		if i == 100 {
			early = f.held(d)
		}
		f.misbehave(nil)
		if i%5 == 0 {
			f.write("topology/NOTE.yaml", fmt.Sprintf("# %d\n", i))
			f.commit(fmt.Sprint("note ", i))
			commits++
		}
		if i%5 < 2 {
			f.misbehave(failures[i/5%len(failures)])
		}
		poll()
	}
	f.misbehave(nil)
	poll()
	f.until("it has recovered", f.sourceSays(f.git("rev-parse", "HEAD"), "Ready"))
	late := f.held(d)
	t.Logf("after 100 polls %+v, after 500 with %d commits %+v", early, commits, late)
	if late.files > early.files+5 || late.tasks > early.tasks+8 {
		t.Errorf("descriptors or threads are left: %+v, then %+v", early, late)
	}
	if late.memory > early.memory*3/2+8<<10 || late.disk > early.disk+2<<10 {
		t.Errorf("memory or disk grow: %+v, then %+v", early, late)
	}
}
