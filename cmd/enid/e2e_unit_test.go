//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const unit = "package/enid.service"

// unitSetting answers the last value of a setting of the unit.
func unitSetting(t *testing.T, key string) (value string) {
	t.Helper()
	text, err := os.ReadFile(unit)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), key+"="); ok {
			value = v
		}
	}
	return value
}

// systemd takes the unit, with its drop-in and without, and finds it hardened.
func TestUnit(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	dir := t.TempDir()
	self, err := os.Executable() // the unit's own program is not installed here
	if err != nil {
		t.Fatal(err)
	}
	put := func(from, to string) {
		t.Helper()
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, []byte(strings.ReplaceAll(string(text), "/usr/bin/enid ", self+" ")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	analyze := func(args ...string) {
		t.Helper()
		out, err := exec.Command("systemd-analyze", args...).CombinedOutput()
		if err != nil {
			t.Errorf("systemd-analyze %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		if strings.HasPrefix(args[0], "verify") && len(out) > 0 {
			t.Errorf("systemd-analyze warns: %s", out)
		}
	}
	at := filepath.Join(dir, "enid.service")
	put(unit, at)
	analyze("verify", "--man=no", at)
	analyze("security", "--offline=true", "--threshold=40", "--no-pager", at)
	put("package/enid-volumes.conf", at+".d/volumes.conf")
	analyze("verify", "--man=no", at)
}

// asUnit is a command as the unit runs it: with its capabilities and no more, and no
// way to others.
func asUnit(t *testing.T) []string {
	t.Helper()
	set := "-all"
	for _, name := range strings.Fields(unitSetting(t, "CapabilityBoundingSet")) {
		set += ",+" + strings.ToLower(strings.TrimPrefix(name, "CAP_"))
	}
	return []string{"setpriv", "--bounding-set=" + set, "--no-new-privs"}
}

// What the unit leaves the daemon suffices: with its two capabilities, on a file
// system that is read-only but for the state, it converges and heals a host, the RPS
// masks and the switches too.
func TestE2EUnitSuffices_host_sysctl(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	f := l.exampleFolder(l.path("work"))
	f.edit("topology/web-1.yaml", "  instance: web-1\n", "  instance: web-1\n  sysctls: {rpFilter: 2}\n")
	if err := os.MkdirAll(l.path("state"), 0o700); err != nil {
		t.Fatal(err)
	}
	l.must("sh", "-c", "mount --bind "+l.path("state")+" "+l.path("state")+" && mount -o remount,ro,bind /")
	if l.run("sh", "-c", "echo > "+l.path("work", "x")).code == 0 {
		t.Fatal("the file system is not read-only")
	}
	run := append(asUnit(t), "enid", "run", "--host", "web-1", "--path", f.at("topology"), "--interval", "1h")
	l.startAs(run...)
	l.within("it converges", all(l.is(balanced(cardB, cardC)), l.hasQueues, l.hostIs("Converged")))
	if l.root && l.masks() == "" {
		t.Error("no RPS mask is set")
	}
	if got := strings.TrimSpace(l.must("sysctl", "-n", "net.ipv4.conf.eth0.rp_filter")); got != "2" {
		t.Errorf("rp_filter of eth0 is %s", got)
	}
	l.ip("rule delete priority 9000", "address delete 10.0.0.21/24 dev eth2")
	l.within("it heals", l.is(balanced(cardB, cardC)))
}

// masks answers the RPS masks of eth1 that are not empty.
func (l *lab) masks() string {
	l.t.Helper()
	return strings.Trim(l.must("sh", "-c", "cat /sys/class/net/eth1/queues/rx-*/rps_cpus"), "0,\n")
}

// startAs starts a program of the lab until stop is called, or the test ends.
func (l *lab) startAs(args ...string) (stop func()) {
	l.t.Helper()
	cmd := l.background(args...)
	if err := cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	l.t.Cleanup(stop)
	return stop
}

// A user with CAP_NET_ADMIN alone, as a drop-in with User= has it, converges all but
// RPS masks, which are root's; one without it is told so at once, and changes nothing.
func TestE2EUserWithCapability(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("another user needs root to become it")
	}
	l := newLab(t)
	f := l.exampleFolder(l.path("work"))
	l.giveAway()
	user := []string{"setpriv", "--reuid", nobody, "--regid", nobody, "--clear-groups", "--no-new-privs"}
	enid := func(caps string, args ...string) result {
		t.Helper()
		as := append(user, "--inh-caps=-all"+caps, "--ambient-caps=-all"+caps, "--bounding-set=-all"+caps, "enid")
		return l.run(append(as, args...)...)
	}
	apply := []string{"host", "apply", "--host", "web-1", "--path", f.at("topology")}
	before := l.kernel()
	r := enid("", apply...)
	if r.code != 1 || !strings.Contains(r.err, "CAP_NET_ADMIN is missing") || strings.Count(r.err, "\n") != 1 || strings.Contains(r.out, "blocked") {
		t.Errorf("exit %d\n%s%s", r.code, r.out, r.err)
	}
	if err := l.is(before)(); err != nil {
		t.Fatal(err)
	}
	if r := enid("", "host", "doctor"); r.code != 2 || !strings.Contains(r.out, "[enid.capabilities]") {
		t.Errorf("exit %d\n%s%s", r.code, r.out, r.err)
	}
	if r := enid("", "host", "plan", "--host", "web-1", "--path", f.at("topology")); r.code != 2 {
		t.Errorf("the dry run needs no capability: exit %d\n%s%s", r.code, r.out, r.err)
	}

	daemon := append(append([]string{}, user...), "--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all",
		"enid", "run", "--host", "web-1", "--path", f.at("topology"), "--interval", "1h")
	stop := l.startAs(daemon...)
	l.within("the daemon says what it lacks", func() error {
		s, _, err := l.status()
		if err == nil && (s.Host.Condition != "Degraded" || !strings.Contains(s.Host.Message, "CAP_NET_ADMIN is missing")) {
			err = fmt.Errorf("host %+v", s.Host)
		}
		return err
	})
	stop()
	if err := l.is(before)(); err != nil {
		t.Fatal(err)
	}

	f.edit("topology/web-1.yaml", "  rps: documented\n", "  rps: documented\n  sysctls: {arpIgnore: 1}\n")
	r = enid(",+net_admin", apply...)
	if r.code != 1 || !strings.Contains(r.out, "rps_cpus: permission denied") {
		t.Errorf("the masks that cannot be written are not told: exit %d\n%s%s", r.code, r.out, r.err)
	}
	if err := l.is(balanced(cardB, cardC))(); err != nil {
		t.Error(err)
	}
	f.edit("topology/web-1.yaml", "  rps: documented\n", "")
	for range 2 {
		if r := enid(",+net_admin", apply...); r.code != 0 {
			t.Errorf("exit %d\n%s%s", r.code, r.out, r.err)
		}
	}
	if got := strings.TrimSpace(l.must("sysctl", "-n", "net.ipv4.conf.eth2.arp_ignore")); got != "1" {
		t.Errorf("arp_ignore of eth2 is %s", got)
	}
	if r := enid("", apply...); r.code != 0 {
		t.Errorf("nothing is to be done, which needs no capability: exit %d\n%s%s", r.code, r.out, r.err)
	}
}
