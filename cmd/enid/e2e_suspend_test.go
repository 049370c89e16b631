//go:build linux

package main

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// A suspended daemon leaves a new commit and a broken machine alone, also after a kill
// and a start; resumed, it catches up at once. Without a daemon the state is told.
func TestE2ESuspend(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	r := l.newRepo()
	first := r.commit("the worked example")
	d := l.daemon("--repo", r.url())
	l.within("it converges", all(l.inSync(first), l.is(balanced(cardB, cardC))))
	if out := l.enid(0, "suspend", "--until", "1h", "--reason", "the rack moves").out; !strings.HasPrefix(out, "Suspended by ") {
		t.Errorf("%s", out)
	}
	l.ip("rule delete priority 9000")
	broken := l.kernel()
	r.write("topology/note.yaml", "# nothing\n")
	second := r.commit("a second one")
	d.kill()
	d = l.daemon("--repo", r.url())
	held := func() error {
		if out := l.enid(2, "status").out; !strings.Contains(out, "Suspended True: ByPerson by ") || !strings.Contains(out, "the rack moves") {
			return errors.New(out)
		}
		return nil
	}
	l.within("it says that it is suspended", held)
	time.Sleep(1500 * time.Millisecond) // three polls, and more than a heal takes
	if err := l.is(broken)(); err != nil {
		t.Errorf("the machine was healed: %v", err)
	}
	if s, _, err := l.status(); err != nil || s.Applied.Revision != first {
		t.Errorf("applied %s, %v", s.Applied.Revision, err)
	}
	if out := l.enid(0, "resume").out; out != "Resumed.\n" {
		t.Errorf("%s", out)
	}
	l.within("it catches up", all(l.inSync(second), l.is(balanced(cardB, cardC))))
	d.kill()
	l.enid(0, "suspend")
	l.within("the state says so too", func() error {
		if out := l.enid(2, "status").out; !strings.Contains(out, "until `enid resume`") {
			return errors.New(out)
		}
		return nil
	})
	l.enid(0, "resume")
	if out := l.enid(0, "resume").out; out != "Nothing was suspended.\n" {
		t.Errorf("%s", out)
	}
	l.enid(1, "suspend", "--until", "yesterday")
	l.enid(1, "suspend", "--until", "2020-01-01T00:00:00Z")
}
