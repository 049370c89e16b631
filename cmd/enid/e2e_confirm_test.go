//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// confirmed answers the condition Confirmed of enid status, with the daemon or without.
func (l *lab) confirmed() (status, message string) {
	l.t.Helper()
	var s struct {
		Conditions []struct{ Type, Status, Message string }
	}
	if err := json.Unmarshal([]byte(l.run("enid", "status", "-o", "json").out), &s); err != nil {
		l.t.Fatal(err)
	}
	for _, c := range s.Conditions {
		if c.Type == "Confirmed" {
			return c.Status, c.Message
		}
	}
	return "", ""
}

// A revision whose probe has no answer is undone on the host, and the one that passed
// is healed to, across a restart, until git changes or a person says retry.
func TestE2EConfirmProbe(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	r := l.newRepo()
	first := r.commit("the worked example")
	run := func() *process {
		return l.daemon("--repo", r.url(), "--confirm-probe", "source", "--confirm-timeout", "1s")
	}
	d := run()
	l.within("the first passes", all(l.inSync(first), l.is(balanced(cardB, cardC))))
	if is, _ := l.confirmed(); is != "True" {
		t.Errorf("Confirmed is %s", is)
	}

	// Somebody's rule leads what comes from the next address astray.
	astray := "rule 100: from 10.0.0.22 lookup main proto 0"
	l.ip("rule add from 10.0.0.22 lookup main priority 100")
	events := l.monitor("address", "route")
	tried := func() (n int) {
		for _, e := range events.since(0) {
			if strings.Contains(e, "10.0.0.22/") && !strings.Contains(e, "Deleted") {
				n++
			}
		}
		return n
	}
	r.edit("topology/web-1-b.yaml", "  subnet: web\n", "  subnet: web\n  secondaryIPs: [10.0.0.22]\n")
	second := r.commit("an address that leads astray")
	before := append(balanced(cardB, cardC), astray)
	undone := func() error {
		s, code, err := l.status()
		is, message := l.confirmed()
		if err != nil || code != 2 || s.Host.Condition != "Degraded" || s.Applied.Revision != second || is != "False" ||
			!strings.Contains(s.Host.Message, second) || !strings.Contains(message, "source from 10.0.0.22 (eth1)") {
			return fmt.Errorf("exit %d, %+v, %s, %v", code, s, message, err)
		}
		return nil
	}
	l.within("the second is undone", all(undone, l.is(before)))
	if n := tried(); n != 1 {
		t.Errorf("it was tried %d times", n)
	}
	l.ip("rule delete priority 9000")
	l.within("drift is healed to the first", all(l.is(before), undone))

	if code := d.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit %d", code)
	}
	if is, _ := l.confirmed(); is != "False" {
		t.Errorf("without the daemon Confirmed is %q", is)
	}
	l.ip("rule delete priority 9001")
	run()
	l.within("after a restart it is healed too", all(undone, l.is(before)))
	if n := tried(); n != 1 {
		t.Errorf("it was tried %d times", n)
	}

	l.ip("rule delete priority 100")
	l.enid(0, "retry", "Host/web-1")
	both := cardB
	both.addrs = append(slices.Clone(cardB.addrs), "10.0.0.22")
	l.within("a person has it tried again", all(l.inSync(second), l.is(balanced(both, cardC))))

	l.ip("rule add from 10.0.0.22 lookup main priority 100")
	r.edit("topology/web-1-b.yaml", "[10.0.0.22]", "[10.0.0.22, 10.0.0.23]")
	r.commit("one more, while it leads astray again")
	l.within("it is undone", all(l.hostIs("Degraded"), l.is(append(balanced(both, cardC), astray))))
	r.edit("topology/web-1-b.yaml", "[10.0.0.22, 10.0.0.23]", "[]")
	last := r.commit("none of them")
	l.within("git has changed", all(l.inSync(last), l.is(before)))
}

// What cannot be probed for is said at once.
func TestConfirmFlags(t *testing.T) {
	for _, c := range []struct {
		args []string
		said string
	}{
		{[]string{"--host", "web-1", "--confirm-probe", "ping"}, `--confirm-probe "ping": give tcp://HOST:PORT, gateway or source`},
		{[]string{"--confirm-probe", "gateway"}, "give --host"},
		{[]string{"--host", "web-1", "--confirm-probe", "gateway", "--confirm-timeout", "1ms"}, "at least 1s"},
	} {
		var out, stderr strings.Builder
		args := append([]string{"run", "--state", t.TempDir(), "--path", t.TempDir(), "--config", "/dev/null"}, c.args...)
		if code := newApp(nil, &out, &stderr).run(t.Context(), args); code != exitFailed || !strings.Contains(stderr.String(), c.said) {
			t.Errorf("%v: exit %d, %s", c.args, code, stderr.String())
		}
	}
}
