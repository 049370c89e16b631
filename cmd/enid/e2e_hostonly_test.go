//go:build linux

package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

// Many hosts run from one repository: each takes the topology as applied, finds out
// which Host it is, and shares no state. A start without the repository has the last
// revision still.
func TestE2EHostOnly(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	r := l.newRepo()
	hostname, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	first := r.commit("nobody's Host yet")
	flags := []string{"--repo", r.url(), "--host", "auto", "--host-only"}
	d := l.daemon(flags...)
	l.within("it is none of the Hosts", func() error {
		s, _, err := l.status()
		if err == nil && (s.Applied.Revision != first || s.Host.Condition != "Degraded" || !strings.Contains(s.Host.Message, "no Host fits this machine")) {
			err = fmt.Errorf("%+v", s)
		}
		return err
	})
	// A type that changes wants the instance stopped, which no Policy allows: whoever
	// works on the clouds is told so, and not the hosts.
	r.edit("topology/web-1.yaml", "  instance: web-1\n", "  instance: web-1\n  match: {hostname: "+hostname+"}\n")
	r.edit("topology/web-1.yaml", "ecs.g5.2xlarge", "ecs.g5.4xlarge")
	second := r.commit("web-1 is this machine")
	l.must("enid", "sync")
	l.within("converged", all(l.inSync(second), l.is(balanced(cardB, cardC))))
	if s, _, _ := l.status(); s.Host.Name != "web-1" {
		t.Errorf("the status calls the host %q", s.Host.Name)
	}
	if h := l.history(); h[0].Commit != second || h[0].Outcome != "done" {
		t.Errorf("the history: %+v", h[0])
	}
	if code := d.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit %d", code)
	}
	if err := os.Rename(r.bare, r.bare+".away"); err != nil {
		t.Fatal(err)
	}
	l.ip("rule delete priority 9001", "route flush table 1001")
	l.daemon(flags...)
	l.within("healed without the repository", l.is(balanced(cardB, cardC)))
	if err := os.Rename(r.bare+".away", r.bare); err != nil {
		t.Fatal(err)
	}
	l.must("enid", "sync")
	l.within("in sync again", l.inSync(second))
}

// TestHostOnlyWants says what --host-only cannot be without, or with.
func TestHostOnlyWants(t *testing.T) {
	for _, args := range [][]string{
		{"run", "--path", ".", "--host-only"},
		{"run", "--path", ".", "--host-only", "--host", "x", "--require-review", "r", "--verify-keys", "k"},
	} {
		if code, out := printed(t, args...); code != exitFailed || !strings.Contains(out, "--host-only") {
			t.Errorf("%v: exit %d, %s", args, code, out)
		}
	}
}
