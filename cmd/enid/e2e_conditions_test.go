//go:build linux

package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"enid/reconcile"
)

// cause brings a condition of a source about.
type cause struct {
	name, condition string
	bring           func()
	says            []string
}

// causes are those that need no other daemon than one that has applied that commit.
func (h *hub) causes(applied string) []cause {
	code := func(n int) func() {
		return func() {
			h.misbehave(func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(n); return true })
		}
	}
	remove := func(names ...string) {
		for _, name := range names {
			if err := os.RemoveAll(h.at(name)); err != nil {
				h.t.Fatal(err)
			}
		}
	}
	return []cause{
		{"401", "Unauthorized", code(401), []string{"--token-file"}},
		{"403", "Unauthorized", code(403), []string{"--token-file"}},
		{"404", "Missing", code(404), []string{"no such repository"}},
		{"500", "Unreachable", code(500), []string{"listing the references failed", "500"}},
		{"cut off", "Unreachable", func() {
			h.misbehave(func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) })
		}, []string{"listing the references failed"}},
		{"branch gone", "Missing", func() {
			h.git("push", "--quiet", "origin", "HEAD:other")
			h.must("git", "-C", h.bare, "update-ref", "-d", "refs/heads/main")
		}, []string{"no refs/heads/main", "there is other"}},
		{"folder gone", "Missing", func() { remove("topology"); h.write("README", "moved"); h.commit("no folder") }, []string{"no folder topology"}},
		{"no files", "Empty", func() { remove("topology"); h.write("topology/README", "soon"); h.commit("no files") }, []string{"no YAML or JSON"}},
		{"symbolic link", "Unsupported", func() {
			if err := os.Symlink("/etc/passwd", h.at("topology/x.yaml")); err != nil {
				h.t.Fatal(err)
			}
			h.commit("a link")
		}, []string{"x.yaml", "symbolic link"}},
		{"typing error", "Invalid", func() { h.write("topology/x.yaml", "kind: [\n"); h.commit("no YAML") }, []string{"x.yaml:"}},
		{"all gone", "Shrunk", func() {
			remove("topology")
			h.write("topology/x.yaml", "# nothing\n")
			h.commit("nothing left")
		}, []string{"empty"}},
		{"another history", "Diverged", func() {
			h.git("checkout", "--quiet", "--orphan", "new")
			h.commit("begun anew")
		}, []string{applied, "shares no commit"}},
	}
}

// pass takes away what a cause has brought about.
func (h *hub) pass(applied string) {
	h.misbehave(nil)
	h.git("checkout", "--quiet", "--force", "-B", "main", applied)
	h.push()
}

// Each condition of a source, brought about over a real server: the status says what
// is wrong, that what was applied stays in force, and what to do. Then it passes.
func TestE2EConditions(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	applied := h.commit("the worked example")
	h.follow("--interval", "100ms")
	h.until("it runs", h.sourceSays(applied, "Ready"))
	seen := map[string]bool{"Ready": true, "Fetching": true, "NotVerified": true} // TestE2ESigned
	for _, tt := range h.causes(applied) {
		t.Run(tt.name, func(t *testing.T) {
			tt.bring()
			h.must("enid", "sync")
			h.until("held", h.sourceSays(applied, tt.condition, tt.says...))
			text := strings.Join(strings.Fields(h.run("enid", "status").out), " ")
			remedy := reconcile.Condition(tt.condition).Remedy()
			if remedy == "" || !strings.Contains(text, "What was applied stays in force. To do: "+remedy) {
				t.Errorf("the status does not say what to do:\n%s", text)
			}
			seen[tt.condition] = true
			h.pass(applied)
			h.must("enid", "sync")
			h.until("it has passed", h.sourceSays(applied, "Ready"))
		})
	}
	h.git("commit", "--quiet", "--allow-empty", "--message", "one more")
	second := h.push()
	h.must("enid", "sync")
	h.until("followed", h.sourceSays(second, "Ready"))
	h.back(1)
	h.must("enid", "sync")
	h.until("held", h.sourceSays(second, "Rewound", applied, second))
	h.must("enid", "accept", applied)
	h.until("accepted", h.sourceSays(applied, "Ready"))
	seen["Rewound"] = true
	for _, c := range reconcile.Conditions() {
		if !seen[string(c)] {
			t.Errorf("%s was never brought about", c)
		}
	}
}

// --once in each condition exits 1, says what is wrong and what to do, and leaves what
// was applied; several at once, as cron starts them, take turns.
func TestE2EOnceConditions(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	applied := h.commit("the worked example")
	once := []string{"enid", "run", "--once", "--repo", h.url(), "--ca-file", h.path("ca.pem")}
	h.must(once...)
	for _, tt := range h.causes(applied) {
		tt.bring()
		r := h.run(once...)
		if remedy := reconcile.Condition(tt.condition).Remedy(); r.code != exitFailed || !strings.Contains(r.err, "\nTo do: "+remedy+"\n") {
			t.Errorf("%s: exit %d, %s", tt.name, r.code, r.err)
		}
		for _, w := range tt.says {
			if !strings.Contains(r.err, w) {
				t.Errorf("%s: %s; it does not say %q", tt.name, r.err, w)
			}
		}
		if s, _, err := h.status(); err != nil || s.Applied.Revision != applied {
			t.Errorf("%s: %+v, %v", tt.name, s, err)
		}
		h.pass(applied)
	}
	h.write("topology/NOTE.yaml", "# for all of them\n")
	commit := h.commit("a note")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if r := h.run(once...); r.code != exitOK {
				t.Errorf("exit %d, %s%s", r.code, r.out, r.err)
			}
		})
	}
	all.Wait()
	if s, _, err := h.status(); err != nil || s.Applied.Revision != commit {
		t.Errorf("%+v, %v", s, err)
	}
}

// The proxy of the environment is asked for a host that only it knows; and a cache
// that somebody damages is made anew.
func TestE2EProxyAndCache(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	first := h.commit("the worked example")
	proxy := h.plain()
	d := h.background("env", "HTTP_PROXY="+proxy, "enid", "run", "--interval", "100ms", "--repo", "http://git.enid.invalid/"+filepath.Base(h.bare))
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Process.Kill(); d.Wait() })
	h.until("it runs", h.sourceSays(first, "Ready"))
	packs, err := filepath.Glob(h.path("state", "git", "*.git", "objects", "pack", "*.pack"))
	if err != nil || len(packs) == 0 {
		t.Fatalf("%v, %v", packs, err)
	}
	for _, name := range packs {
		if err := os.Chmod(name, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("garbage"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h.write("topology/NOTE.yaml", fmt.Sprintf("# after %s\n", first))
	second := h.commit("after the damage")
	h.must("enid", "sync")
	h.until("healed", h.sourceSays(second, "Ready"))
}
