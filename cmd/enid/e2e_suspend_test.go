//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
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
	byHand := []string{"host", "apply", "--host", "web-1"}
	if got := l.enid(1, byHand...); !strings.Contains(got.err, "a daemon keeps this machine as Host/web-1") {
		t.Errorf("against the daemon: %s", got.err)
	}
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
		if out := l.enid(2, "status").out; !strings.Contains(out, "Suspended True: ByPerson: by ") || !strings.Contains(out, "the rack moves") {
			return errors.New(out)
		}
		return nil
	}
	l.within("it says that it is suspended", held)
	for _, asked := range [][]string{{"sync"}, {"accept", second}, {"retry", "ENI/web-1-b"}} {
		if out := l.enid(0, asked...).out; !strings.Contains(out, "It waits, for the daemon is suspended by ") || !strings.Contains(out, "the rack moves") {
			t.Errorf("%s: %s", asked[0], out)
		}
	}
	time.Sleep(1500 * time.Millisecond) // three polls, and more than a heal takes
	if err := l.is(broken)(); err != nil {
		t.Errorf("the machine was healed: %v", err)
	}
	if s, _, err := l.status(); err != nil || s.Applied.Revision != first {
		t.Errorf("applied %s, %v", s.Applied.Revision, err)
	}
	l.enid(0, byHand...)
	if err := l.is(balanced(cardB, cardC))(); err != nil {
		t.Errorf("by hand: %v", err)
	}
	l.ip("rule delete priority 9000")
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
	l.enid(0, "suspend", "--until", "2s")
	r.write("topology/note.yaml", "# a third\n")
	third := r.commit("a third one")
	l.daemon("--repo", r.url(), "--interval", "1h")
	l.within("that ends by itself, long before the next poll", l.inSync(third))
	l.enid(1, "suspend", "--until", "yesterday")
	l.enid(1, "suspend", "--until", "2020-01-01T00:00:00Z")
}

// A suspended daemon renews the leases that the machine runs on, and does nothing else:
// one that went on, and one that was started so and has to find out which Host it is.
func TestE2ESuspendedLeases(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	leases := l.serveDHCP("--dhcp-option=58,3s", "--dhcp-option=59,100s") // two minutes are the least that it leases for, three seconds the first renewal
	r := l.newRepo()
	hostname, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	r.edit("topology/web-1.yaml", "  instance: web-1\n", "  instance: web-1\n  addressing: dhcp\n  match: {hostname: "+hostname+"}\n")
	commit := r.commit("leased")
	flags := []string{"--repo", r.url(), "--host", "auto", "--host-only"}
	d := l.daemon(flags...)
	l.within("it converges", all(l.inSync(commit), l.lives))
	l.enid(0, "suspend")
	l.ip("rule delete priority 9000")
	broken := l.kernel()
	// ends answers when each lease ends, as the server has it, whose file is written anew
	// each time.
	ends := func() (at []string) {
		l.within("there are two leases", func() error {
			at = nil
			for line := range strings.Lines(l.text(leases)) {
				at = append(at, strings.SplitN(line, " ", 2)[0])
			}
			if len(at) != 2 || len(at[0]) != len(at[1]) {
				return fmt.Errorf("until %v", at)
			}
			return nil
		})
		return at
	}
	renewed := func(what string) {
		t.Helper()
		for range 2 {
			before := ends()
			l.within(what, func() error {
				if now := ends(); now[0] <= before[0] || now[1] <= before[1] {
					return fmt.Errorf("leases until %v, then %v", before, now)
				}
				return nil
			})
		}
		l.within("the kernel knows", func() error {
			for _, link := range l.ipJSON("-4", "address show")[0] {
				for _, x := range link["addr_info"].([]any) {
					if a := x.(map[string]any); link["ifname"] != "lo" && link["ifname"] != "eth0" && a["valid_life_time"].(float64) < 116 {
						return fmt.Errorf("%v is valid for %v s", a["local"], a["valid_life_time"])
					}
				}
			}
			return nil
		})
		if err := l.is(broken)(); err != nil {
			t.Errorf("%s: the machine was healed: %v", what, err)
		}
	}
	renewed("suspended meanwhile")
	d.kill()
	l.daemon(flags...)
	renewed("suspended from the start")
	l.enid(0, "resume")
	l.within("it catches up", all(l.inSync(commit), l.is(balanced(cardB, cardC))))
}
