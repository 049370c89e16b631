//go:build linux

package main

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// harms are what others do to the machine; each has to be undone. An object is
// harmed by few of them: what is removed more than five times in a minute is
// another program's doing to enid, which then steps back.
var harms = []struct{ what, script string }{
	{"a deleted rule", "ip rule delete priority 9000"},
	{"a flushed table", "ip route flush table 1002"},
	{"a deleted route of a table", "ip route delete default table 1001"},
	{"a deleted route of main", "ip route delete default dev eth2 metric 1002"},
	{"a route led elsewhere", "ip route replace default via 10.0.0.254 dev eth1 table 1001 proto 101 onlink"},
	{"a removed address", "ip address delete 10.0.0.20/24 dev eth1"},
	{"a link flap", "ip link set eth2 down && ip link set eth2 up"},
	{"a link taken down", "ip link set eth1 down"},
	{"a carrier flap", "ip link set peer-eth1 down && ip link set peer-eth1 up"},
	{"queues set by hand", "ethtool -L eth1 rx 1 tx 1"},
	{"a rule twice", "ip rule add from 10.0.0.21 lookup 1002 priority 9500 protocol 101"},
	{"a mask set by hand", "echo 0 > /sys/class/net/eth2/queues/rx-0/rps_cpus"},
	{"a rule and a flap of every NIC", "ip rule delete priority 8001 && ip link set eth1 down && ip link set eth2 down && ip link set eth1 up && ip link set eth2 up"},
}

// The daemon follows a repository and converges after every commit and every harm.
func TestE2EHeals(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	r := l.newRepo()
	later := r.remove("topology/web-1-c.yaml")
	first := r.commit("web-1 with one ENI")
	d := l.daemon("--repo", r.url())
	l.measure("the daemon's start", all(l.is(balanced(cardB)), l.inSync(first)))

	r.write("topology/web-1-c.yaml", later)
	second := r.commit("web-1: an ENI for management traffic")
	l.measure("a commit that adds an ENI", l.is(balanced(cardB, cardC)))
	l.within("status says so", all(l.inSync(second), l.hasQueues))

	was := l.deep()
	quiet := l.monitor("link", "address", "route", "rule")
	before := len(quiet.all())
	time.Sleep(1500 * time.Millisecond) // three polls
	if events := quiet.since(before); len(events) > 0 {
		t.Errorf("a daemon at rest makes events:\n%s", strings.Join(events, "\n"))
	}
	for _, harm := range harms {
		if !l.root && strings.Contains(harm.script, "rps_cpus") {
			continue // nobody can write masks here, neither the test nor enid
		}
		l.must("sh", "-c", harm.script)
		l.measure(harm.what, l.isAgain(was))
		d.alive()
	}
	l.within("status says so", l.inSync(second))
	if code := d.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit %d on SIGTERM", code)
	}
	l.checkHarms(was)

	l.daemon("--repo", r.url())
	l.within("the daemon starts again", l.inSync(second))
	r.remove("topology/web-1-c.yaml")
	third := r.commit("web-1: no management traffic")
	l.measure("a commit that removes an ENI", l.is(balanced(cardB)))
	l.within("status says so", l.inSync(third))
	if n := len(l.history()); n != 3 {
		t.Errorf("%d revisions in the history; healing makes none", n)
	}
	l.enid(0, "plan", r.at("topology"), "--host", "web-1")
}

// checkHarms makes sure that the harms are some: with no daemon they last, until a
// person heals them.
func (l *lab) checkHarms(was []string) {
	l.t.Helper()
	for _, harm := range harms {
		if harm.what == "a carrier flap" || !l.root && strings.Contains(harm.script, "rps_cpus") {
			continue
		}
		l.must("sh", "-c", harm.script)
		if l.isAgain(was)() == nil {
			l.t.Errorf("%s: the machine is as it was", harm.what)
		}
		l.enid(0, "host", "apply", "--host", "web-1")
		if err := l.isAgain(was)(); err != nil {
			l.t.Errorf("%s, healed by hand: %v", harm.what, err)
		}
	}
}

// A NIC that is not there yet is waited for, by its MAC, while all else converges;
// one that goes and comes back is set up again.
func TestE2ENICAppearsLater(t *testing.T) {
	t.Parallel()
	const mac3 = "00:16:3e:12:00:03"
	l := newLab(t)
	r := l.newRepo()
	r.write("topology/web-1-d.yaml", eni("web-1-d", mac3, 3, "10.0.0.22"))
	commit := r.commit("three ENIs, of which one has no NIC")
	l.daemon("--repo", r.url())

	waits := func() error {
		s, code, err := l.status()
		if err == nil && (code != 2 || s.Host.Condition != "Waiting" || !slices.Equal(s.Host.WaitingFor, []string{mac3})) {
			err = fmt.Errorf("exit %d, host %+v; wanted it to wait for %s", code, s.Host, mac3)
		}
		return err
	}
	without := balanced(cardB, cardC)
	l.within("the others converge", all(l.is(without), waits))

	cardD := card{"eth3", 1003, []string{"10.0.0.22"}}
	whole := balanced(cardB, cardC, cardD)
	for _, what := range []string{"a NIC that appears later", "a NIC that comes back"} {
		l.nic("eth3", mac3)
		l.measure(what, l.is(whole))
		l.within("status says so", l.inSync(commit))
		l.ip("link delete eth3")
		l.within("the NIC is missed", all(l.is(without), waits))
	}
	// The kernel may name it as it likes: what counts is the MAC.
	cardD.dev = "ens7"
	l.nic("ens7", mac3)
	l.measure("a NIC that comes back under another name", l.is(balanced(cardB, cardC, cardD)))
	l.within("status says so", l.inSync(commit))
}

// A folder is followed by watching it: the polls of this daemon are an hour apart.
func TestE2EWatchedFolder(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	f := l.exampleFolder(l.path("work"))
	later := f.remove("topology/web-1-c.yaml")
	l.start("run", "--host", "web-1", "--path", f.at("topology"), "--interval", "1h")
	l.within("the daemon starts", l.is(balanced(cardB)))

	f.write("topology/web-1-c.yaml", later)
	l.measure("a new file", l.is(balanced(cardB, cardC)))
	f.edit("topology/web-1-c.yaml", "  mac:", "  secondaryIPs: [10.0.0.31]\n  mac:")
	more := card{"eth2", 1002, []string{"10.0.0.21", "10.0.0.31"}}
	l.measure("a file that changes", l.is(balanced(cardB, more)))
	f.write("topology/deep/er/web-1-c.yaml", later)
	f.remove("topology/web-1-c.yaml")
	l.measure("a file that moves into a new folder", l.is(balanced(cardB, cardC)))
	f.remove("topology/deep/er/web-1-c.yaml")
	l.measure("a file that goes", l.is(balanced(cardB)))
	was := l.deep()
	l.ip("rule delete priority 9000")
	l.measure("a deleted rule, an hour before the next poll", l.isAgain(was))
	l.within("status says so", func() error {
		s, code, err := l.status()
		if err == nil && (code != 0 || s.Source.Kind != "dir" || s.Source.Condition != "Ready") {
			err = fmt.Errorf("exit %d, %+v", code, s)
		}
		return err
	})
}

// The same over http, from git's own server. While that is away, this is told and
// healing goes on; when it is back, so is the daemon.
func TestE2EOverHTTP(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	r := l.newRepo()
	later := r.remove("topology/web-1-c.yaml")
	r.commit("web-1 with one ENI")
	url, end := r.serve()
	d := l.daemon("--repo", url, "--interval", "200ms")
	l.within("the daemon starts", l.is(balanced(cardB)))
	r.write("topology/web-1-c.yaml", later)
	commit := r.commit("web-1: an ENI for management traffic")
	l.measure("a commit over http", all(l.is(balanced(cardB, cardC)), l.inSync(commit)))

	end()
	f := &following{lab: l, remote: r, daemon: d, force: commit, was: l.deep()}
	if s := f.heldIn("Unreachable"); s.Source.Kind != "git" || s.Source.Ref != "refs/heads/main" || s.Source.Revision != commit {
		t.Errorf("source %+v", s.Source)
	}
	r.remove("topology/web-1-c.yaml")
	commit = r.commit("while the server is away")
	r.serve()
	f.goesOn(commit, balanced(cardB))
}
