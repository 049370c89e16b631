//go:build linux

package main

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// crashLab is a lab that comes back to a start: a machine as an earlier commit has it,
// its state, and the next commit in the repository.
type crashLab struct {
	*lab
	state *stateFolder
	repo  *remote
	old   []string // the kernel's configuration at the start
}

const mac3 = "00:16:3e:12:16:ed"

// bootFiles are the files that enid keeps for the next boot in this lab.
const bootFiles = "/etc/systemd/network"

func newCrashLab(t *testing.T) *crashLab {
	t.Helper()
	l := newLab(t)
	c := &crashLab{lab: l, state: &stateFolder{t, l.path("state"), l.path("before")}, repo: l.newRepo()}
	c.repo.edit("topology/web-1.yaml", "  instance: web-1\n", "  instance: web-1\n  persist: networkd\n")
	c.repo.commit("as it was")
	c.old = balanced(cardB, cardC)
	l.nic("eth3", mac3)
	c.must(c.once()...)
	c.state.keep()
	return c
}

// once are the arguments of the run that is killed, and of the one behind it.
func (c *crashLab) once() []string {
	return []string{"enid", "run", "--once", "--repo", c.repo.url(), "--host", "web-1", "--log-level", "error"}
}

// next commits what changes an ENI, takes one away and brings another.
func (c *crashLab) next() []string {
	c.repo.edit("topology/web-1-b.yaml", "  privateIP: 10.0.0.20\n", "  privateIP: 10.0.0.20\n  secondaryIPs: [10.0.0.30, 10.0.0.31]\n")
	c.repo.remove("topology/web-1-c.yaml")
	c.repo.write("topology/web-1-d.yaml", eni("web-1-d", mac3, 3, "10.0.0.22"))
	c.repo.commit("as it will be")
	return balanced(card{"eth1", 1001, []string{"10.0.0.20", "10.0.0.30", "10.0.0.31"}}, card{"eth3", 1003, []string{"10.0.0.22"}})
}

// begin brings the machine and the state back to where they were.
func (c *crashLab) begin() {
	c.t.Helper()
	c.state.back()
	c.must("sh", "-c", "ip rule flush protocol 101 && ip -6 rule flush protocol 101 && rm -rf "+bootFiles+"/* && for nic in eth1 eth2 eth3; do ip link delete $nic; done")
	c.nic("eth1", mac1)
	c.nic("eth2", mac2)
	c.nic("eth3", mac3)
	c.enid(0, "host", "apply", "--host", "web-1")
	if err := c.is(c.old)(); err != nil {
		c.t.Fatalf("the start: %v", err)
	}
}

// seen is what the machine's other readers say of the rest: files for the boot, queues
// and their masks.
func (c *crashLab) seen() string {
	c.t.Helper()
	return c.must("sh", "-c", "cd "+bootFiles+"; find . -type f | sort | while read f; do echo $f; cat $f; done") +
		strings.Join([]string{c.queues("eth1"), c.queues("eth2"), c.queues("eth3")}, "\n")
}

// A commit adds, changes and removes ENIs: killed before and after every write of the
// fetch, the state, the kernel and the files for the boot, a start ends with all of it.
func TestE2ECrashCommit(t *testing.T) {
	t.Parallel()
	tracing(t)
	c := newCrashLab(t)
	want := c.next()
	before := c.state.readable()
	c.begin()
	c.must(c.once()...)
	end, seen := c.state.ended(before), c.seen()
	(&crash{
		t: t, roots: []string{c.state.dir, "/sys/", "/proc/sys/", "/etc/"}, begin: c.begin, again: true,
		command: func() *exec.Cmd { return c.command(c.once()...) },
		after: func(traced) {
			c.checkPrimary()
			if targets := uncertain(c.state.readable()); len(targets) > 0 {
				t.Fatalf("%v are uncertain", targets)
			}
			c.must(c.once()...)
			if err := c.is(want)(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(end, c.state.ended(before)) + cmp.Diff(seen, c.seen()); diff != "" {
				t.Fatalf("it does not end as without a kill (-without +with):\n%s", diff)
			}
			c.enid(0, "plan", c.repo.at("topology"), "--host", "web-1")
		},
	}).everywhere(36)
}

// guards prints the guards of this lab: those in its network namespace.
const guards = `for p in $(pgrep --full "^enid guard"); do [ "$(readlink /proc/$p/ns/net)" != "$(readlink /proc/self/ns/net)" ] || echo $p; done`

// A try is killed before and after every write, those of its words to the guard among
// them: the guard leaves the machine as it was or, once it was told to keep it, as it
// was made. The next try finds it so.
func TestE2ECrashTry(t *testing.T) {
	t.Parallel()
	tracing(t)
	l := newLab(t)
	f := l.exampleFolder(l.path("work"))
	enter := l.path("enter")
	if err := os.WriteFile(enter, []byte("\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	confirmed := func() *exec.Cmd {
		cmd := l.command("enid", "try", f.at("topology"), "--host", "web-1")
		in, err := os.Open(enter)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { in.Close() })
		cmd.Stdin = in
		return cmd
	}
	kept := balanced(cardB, cardC)
	undone := 0
	var was []string
	(&crash{
		t: t, roots: []string{l.path("state"), "/sys/", "/proc/sys/", "/etc/", "pipe:"}, command: confirmed, again: true,
		begin: func() {
			l.must("sh", "-c", "rm -rf "+l.path("state")+" && ip rule flush protocol 101 && ip -6 rule flush protocol 101 && for nic in eth1 eth2; do ip link delete $nic; done")
			l.nic("eth1", mac1)
			l.nic("eth2", mac2)
			was = append(l.deep(), l.queues("eth0"))
		},
		after: func(r traced) {
			l.within("the guard ends", func() error {
				if out := l.must("sh", "-c", guards); out != "" {
					return errors.New("still there: " + out)
				}
				return nil
			})
			if diff := cmp.Diff(was, append(l.deep(), l.queues("eth0"))); diff == "" {
				undone++
			} else if err := l.is(kept)(); err != nil {
				t.Fatalf("neither as it was (-was +is):\n%s\nnor kept: %v\nit has said: %s", diff, err, r.out)
			}
			if r := l.finish(confirmed()); r.code != exitOK {
				t.Fatalf("the next try: exit %d\n%s%s", r.code, r.out, r.err)
			}
			if err := all(l.is(kept), l.hasQueues)(); err != nil {
				t.Fatal(err)
			}
		},
	}).everywhere(36)
	t.Logf("%d kills were undone", undone)
}
