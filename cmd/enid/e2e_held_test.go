//go:build linux

package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// following is a daemon that follows a repository and has come to rest with both
// ENIs of the example.
type following struct {
	*lab
	*remote
	daemon *process
	force  string   // the commit in force
	was    []string // the machine at rest
}

func follow(t *testing.T) *following {
	t.Helper()
	l := newLab(t)
	f := &following{lab: l, remote: l.newRepo()}
	f.force = f.commit("the worked example")
	f.daemon = l.daemon("--repo", f.url(), "--interval", "200ms")
	l.within("the daemon starts", all(l.is(balanced(cardB, cardC)), l.inSync(f.force)))
	f.was = l.deep()
	return f
}

// heldIn wants the source to be in that condition, or one of them, the applied
// revision to stay in force, and the machine to be healed to it all the same.
func (f *following) heldIn(conditions ...string) status {
	f.t.Helper()
	f.within("held", f.sourceIs(f.force, conditions...))
	f.ip("rule delete priority 9001", "route flush table 1001")
	f.measure("healed while "+conditions[0], f.isAgain(f.was))
	f.within("still held", f.sourceIs(f.force, conditions...))
	f.daemon.alive()
	s, _, _ := f.status()
	return s
}

// goesOn wants the commit to come into force.
func (f *following) goesOn(commit string, kernel []string) {
	f.t.Helper()
	f.within("it goes on with "+commit, all(f.inSync(commit), f.is(kernel)))
	f.force, f.was = commit, f.deep()
}

// A commit that does not validate is held, and says where; the next good one is not.
func TestE2EInvalidIsHeld(t *testing.T) {
	t.Parallel()
	f := follow(t)
	good := f.read("topology/web-1-c.yaml")
	f.write("topology/web-1-c.yaml", strings.Replace(good, "privateIP: 10.0.0.21", "privateIP: 10.9.0.21", 1))
	bad := f.commit("a typing error")
	s := f.heldIn("Invalid")
	if !strings.Contains(s.Source.Message, "web-1-c.yaml:6:") || s.Source.Revision != bad {
		t.Errorf("the status does not say where: %+v", s.Source)
	}
	if out := f.run("enid", "status").out; !strings.Contains(out, "Invalid") || !strings.Contains(out, "web-1-c.yaml:6:") {
		t.Errorf("enid status:\n%s", out)
	}
	f.write("topology/web-1-c.yaml", "kind: [\n")
	f.commit("no YAML at all")
	f.within("the newest error", func() error {
		s, _, err := f.status()
		if err == nil && (s.Source.Condition != "Invalid" || !strings.Contains(s.Source.Message, "web-1-c.yaml:")) {
			err = fmt.Errorf("source %+v", s.Source)
		}
		return err
	})
	// A restart while it is held: what was applied is in force from the first turn.
	f.daemon.kill()
	f.ip("rule delete priority 9000")
	f.daemon = f.lab.daemon("--repo", f.url(), "--interval", "200ms")
	f.within("healed by the restart", f.isAgain(f.was))
	f.heldIn("Invalid")

	f.write("topology/web-1-c.yaml", strings.Replace(good, "  mac:", "  secondaryIPs: [10.0.0.31]\n  mac:", 1))
	f.goesOn(f.commit("what was meant"), balanced(cardB, card{"eth2", 1002, []string{"10.0.0.21", "10.0.0.31"}}))
	if n := len(f.history()); n != 2 {
		t.Errorf("%d revisions in the history", n)
	}
}

// A topology that is emptied, or goes as a whole, is held.
func TestE2EEmptiedIsHeld(t *testing.T) {
	t.Parallel()
	f := follow(t)
	whole := balanced(cardB, cardC)
	for _, name := range []string{"web-1.yaml", "web-1-b.yaml", "web-1-c.yaml", "network.yaml"} {
		f.write("topology/"+name, "# nothing\n")
	}
	f.commit("all gone but the files")
	s := f.heldIn("Shrunk")
	if !strings.Contains(s.Source.Message, "empty") {
		t.Errorf("message %q", s.Source.Message)
	}
	f.back(1)
	f.goesOn(f.git("rev-parse", "HEAD"), whole)

	if err := os.RemoveAll(f.at("topology")); err != nil {
		t.Fatal(err)
	}
	f.commit("the folder is gone")
	f.heldIn("Missing", "Empty")
	f.back(1)
	f.goesOn(f.git("rev-parse", "HEAD"), whole)

	// Most of it goes: the guard counts.
	f.remove("topology/web-1-b.yaml")
	f.remove("topology/web-1-c.yaml")
	f.edit("topology/network.yaml", "kind: SecurityGroup\nmetadata: {name: management}", "kind: SecurityGroup\nmetadata: {name: other}")
	f.remove("topology/web-1.yaml")
	f.commit("too much at once")
	f.heldIn("Shrunk")
	if n := len(f.history()); n != 1 {
		t.Errorf("%d revisions in the history", n)
	}
}

// A branch that goes backwards or another way is held until it contains the
// applied commit again.
func TestE2ERewoundIsHeld(t *testing.T) {
	t.Parallel()
	f := follow(t)
	f.edit("topology/web-1-c.yaml", "  mac:", "  secondaryIPs: [10.0.0.31]\n  mac:")
	more := balanced(cardB, card{"eth2", 1002, []string{"10.0.0.21", "10.0.0.31"}})
	second := f.commit("one more address")
	f.goesOn(second, more)
	f.back(1)
	f.heldIn("Rewound")
	f.edit("topology/web-1-c.yaml", "management traffic", "another history")
	f.commit("from the old commit on")
	f.heldIn("Diverged", "Rewound")
	f.git("reset", "--quiet", "--hard", second)
	f.edit("topology/web-1-c.yaml", "management traffic", "the branch goes on")
	f.goesOn(f.commit("from the applied commit on"), more)
}

// A repository that cannot be reached, or is gone, is told, and healing goes on.
func TestE2EVanishedIsHeld(t *testing.T) {
	t.Parallel()
	f := follow(t)
	away := f.bare + ".away"
	if err := os.Rename(f.bare, away); err != nil {
		t.Fatal(err)
	}
	f.heldIn("Missing", "Unreachable")
	if err := os.Rename(away, f.bare); err != nil {
		t.Fatal(err)
	}
	f.goesOn(f.force, balanced(cardB, cardC))
	// The branch alone.
	f.must("git", "-C", f.bare, "update-ref", "-d", "refs/heads/main")
	f.heldIn("Missing", "Empty")
	f.push()
	f.edit("topology/web-1-c.yaml", "management traffic", "back again")
	f.goesOn(f.commit("back again"), balanced(cardB, cardC))
}
