//go:build linux

package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

// SIGHUP reads the configuration again: what can change does, what wants a restart is
// named, and a file that is wrong leaves everything as it was.
func TestE2EReload(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	r := l.newRepo()
	file := l.path("config.yaml")
	configured := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	settings := "repo: " + r.url() + "\nhost: web-1\n"
	configured(settings + "interval: 1h\n")
	first := r.commit("the worked example")
	d := l.start("run", "--config", file, "--log-level", "info")
	l.within("followed", l.inSync(first))
	note := func(text string) string {
		t.Helper()
		r.write("topology/NOTE.yaml", "# "+text+"\n")
		return r.commit(text)
	}
	second := note("nobody polls for an hour")
	hangup := func(words ...string) {
		t.Helper()
		if err := d.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		l.within("it is told", func() error {
			log, err := os.ReadFile(l.path("daemon.log"))
			if err != nil {
				return err
			}
			for _, w := range words {
				if !strings.Contains(string(log), w) {
					return fmt.Errorf("the log does not say %q", w)
				}
			}
			return nil
		})
		d.alive()
	}
	configured(settings + "interval: soon\n")
	hangup("the one before stays in force", "soon")
	configured(settings + "interval: 1h\nintervall: 1s\n")
	hangup(`unknown key \"intervall\"`)
	configured(settings + "interval: 200ms\npath: elsewhere\n")
	hangup("the configuration was read again", "wants a restart", "flags=path")
	l.within("followed", l.inSync(second))
	third := note("polls are frequent now")
	l.within("followed", l.inSync(third))
	if code := d.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit %d", code)
	}
}

// --once does a turn and says by its exit code how that left things.
func TestE2EOnce(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	r := l.newRepo()
	commit := r.commit("the worked example")
	once := []string{"enid", "run", "--repo", r.url(), "--host", "web-1", "--once"}
	for range 2 {
		if got := l.run(once...); got.code != 0 || !strings.Contains(got.out, "This host: Converged") {
			t.Fatalf("exit %d: %s%s", got.code, got.out, got.err)
		}
		if s, code, err := l.status(); err != nil || code != 0 && s.Applied.Revision != commit {
			t.Errorf("%+v, %d, %v", s, code, err)
		}
	}
	l.within("it is as the kernel has it", l.is(balanced(cardB, cardC)))
	l.must("enid", "suspend", "--until", "1h")
	if got := l.run(once...); got.code != 2 || !strings.Contains(got.out, "Suspended") {
		t.Errorf("suspended: exit %d: %s%s", got.code, got.out, got.err)
	}
	l.must("enid", "resume")
	r.edit("topology/web-1.yaml", "ecs.g5.2xlarge", "ecs.g5.4xlarge") // it would have to stop
	r.commit("a larger one")
	if got := l.run(once...); got.code != 3 {
		t.Errorf("blocked: exit %d: %s%s", got.code, got.out, got.err)
	}
	r.edit("topology/web-1.yaml", "kind: Instance", "kind: Instances")
	r.commit("a mistake")
	if got := l.run(once...); got.code != 1 || !strings.Contains(got.err, "does not validate") {
		t.Errorf("invalid: exit %d: %s%s", got.code, got.out, got.err)
	}
	if _, err := os.Stat(l.path("state") + "/enid.sock"); err == nil {
		t.Error("a socket is left behind")
	}
}
