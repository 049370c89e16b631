//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The end-to-end tests run the real program on a machine of their own: a network
// namespace with NICs, a state folder and, mostly, a git repository. What became
// of it is judged by ip, ethtool and sysfs, never by enid's own reader.

// lab is such a machine.
type lab struct {
	t     testing.TB
	dir   string          // of this test; holds everything that is written
	enter []string        // runs what follows inside the namespaces
	more  []string        // of the environment of all programs
	root  bool            // in the initial user namespace: RPS masks can be written
	times []string        // rows of what was measured, logged at the end
	ctx   context.Context // ends after the test's last cleanup but the namespaces'

	primary string // the primary's default route, as it has to stay
}

// nobody is the user that unprivileged labs run as when the tests are root's.
const nobody = "65534"

// newLab makes the machine of the worked example, as root where the tests are
// root's, else in a user namespace; where neither can be, it skips with the reason.
func newLab(t testing.TB) *lab {
	t.Helper()
	return makeLab(t, os.Geteuid() == 0)
}

// newUserLab is newLab without root, whoever runs the tests.
func newUserLab(t *testing.T) *lab {
	t.Helper()
	return makeLab(t, false)
}

func makeLab(t testing.TB, root bool) *lab {
	t.Helper()
	l := &lab{t: t, dir: t.TempDir(), root: root}
	become := []string{}
	if !root && os.Geteuid() == 0 {
		become = []string{"setpriv", "--reuid", nobody, "--regid", nobody, "--clear-groups"}
		l.giveAway()
	}
	pid := l.hold(become)
	ctx, cancel := context.WithCancel(context.Background())
	l.ctx = ctx
	t.Cleanup(cancel)
	l.enter = append(become, "nsenter", "--target", fmt.Sprint(pid), "--net", "--mount")
	if !root {
		l.enter = append(l.enter, "--user", "--preserve-credentials")
	}
	for _, tool := range []string{"ip", "ethtool", "git"} {
		if r := l.run("sh", "-c", "command -v "+tool); r.code != 0 {
			t.Skipf("%s is not installed", tool)
		}
	}
	t.Cleanup(l.logTimes)
	l.nic("eth0", mac0)
	l.nic("eth1", mac1)
	l.nic("eth2", mac2)
	l.ip("link set eth0 up", "address add 10.0.0.19/24 dev eth0", "route add default via 10.0.0.253 dev eth0")
	l.guardPrimary()
	return l
}

// giveAway lets nobody write the lab's folder and run the program, both of which
// are below folders of root's alone.
func (l *lab) giveAway() {
	l.t.Helper()
	for _, dir := range []string{filepath.Dir(l.dir), l.dir} {
		if err := os.Chown(dir, 65534, 65534); err != nil {
			l.t.Fatal(err)
		}
	}
	program, err := exec.LookPath("enid")
	if err != nil {
		l.t.Fatal(err)
	}
	bin := filepath.Join(l.dir, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		l.t.Fatal(err)
	}
	// Not written by this process: what another test starts meanwhile would hold the
	// file open for a moment, and the kernel runs nothing that is open for writing.
	if out, err := exec.Command("install", "-m", "755", program, bin).CombinedOutput(); err != nil {
		l.t.Fatalf("%v: %s", err, out)
	}
}

// ownFiles hides the machine's files for the boot: enid keeps those of its Host, and
// takes away what it does not want any more.
const ownFiles = "for d in /etc/systemd/network /etc/netplan /etc/sysconfig/network-scripts; do [ ! -d $d ] || mount -t tmpfs files $d || exit; done"

// hold makes the namespaces and a process that keeps them, and answers its id. It
// ends with its standard input, so with this process, however that ends; then the
// kernel removes the namespaces with all that is in them.
func (l *lab) hold(become []string) int {
	l.t.Helper()
	args := append(become, "unshare", "--net", "--mount")
	if !l.root {
		args = append(args, "--user", "--map-root-user")
	}
	args = append(args, "sh", "-c", "mount -t sysfs sysfs /sys && "+ownFiles+" && ip link set lo up && echo ready && exec cat >/dev/null")
	cmd := exec.Command(args[0], args[1:]...)
	var stderr bytes.Buffer
	cmd.Env, cmd.Stderr = l.env(), &stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		l.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		l.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		l.t.Skipf("no namespaces here: %v", err)
	}
	l.t.Cleanup(func() {
		in.Close()
		cmd.Process.Kill()
		cmd.Wait()
	})
	if line, _ := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		io.Copy(io.Discard, out) // until it has ended
		cmd.Wait()
		l.t.Skipf("no namespaces here: %s", strings.TrimSpace(stderr.String()))
	}
	return cmd.Process.Pid
}

// env is the environment of all programs of a lab: nothing of the person's who
// runs the tests, but for the PATH, on which the program is.
func (l *lab) env() []string {
	path := filepath.Join(l.dir, "bin") + ":" + os.Getenv("PATH") + ":/usr/sbin:/sbin"
	return append([]string{"PATH=" + path, "HOME=" + l.dir, "TMPDIR=" + os.TempDir(), "LC_ALL=C", "NO_COLOR=1", "ENID_STATE=" + l.path("state"),
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=ann@example.net",
		"GIT_COMMITTER_NAME=Bob", "GIT_COMMITTER_EMAIL=bob@example.net"}, l.more...)
}

func (l *lab) path(elem ...string) string { return filepath.Join(append([]string{l.dir}, elem...)...) }

// result is how a program ended.
type result struct {
	out, err string
	code     int
}

// command answers a program that will run in the lab, and be killed with the test.
func (l *lab) command(args ...string) *exec.Cmd {
	all := append(append([]string{}, l.enter...), args...)
	cmd := exec.CommandContext(l.ctx, all[0], all[1:]...)
	cmd.Env = l.env()
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// background is command for what runs on: it dies with this process, also where
// that is killed itself.
func (l *lab) background(args ...string) *exec.Cmd {
	return l.command(append([]string{"setpriv", "--pdeathsig", "KILL"}, args...)...)
}

// run runs a program in the lab to its end.
func (l *lab) run(args ...string) result { return l.finish(l.command(args...)) }

func (l *lab) finish(cmd *exec.Cmd) result {
	l.t.Helper()
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, context.Canceled) {
		l.t.Fatalf("%v: %v", cmd.Args, err)
	}
	return result{out.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// must runs a program that has to succeed, and answers what it printed.
func (l *lab) must(args ...string) string {
	l.t.Helper()
	r := l.run(args...)
	if r.code != 0 {
		l.t.Fatalf("%v: exit %d\n%s%s", args, r.code, r.out, r.err)
	}
	return r.out
}

// enid runs the program, which has to exit with that code.
func (l *lab) enid(code int, args ...string) result {
	l.t.Helper()
	r := l.run(append([]string{"enid"}, args...)...)
	if r.code != code {
		l.t.Fatalf("enid %v: exit %d, wanted %d\n%s%s", args, r.code, code, tail(r.out), tail(r.err))
	}
	return r
}

// ip runs lines of ip commands in one process.
func (l *lab) ip(lines ...string) {
	l.t.Helper()
	cmd := l.command("ip", "-batch", "-")
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	if r := l.finish(cmd); r.code != 0 {
		l.t.Fatalf("ip %q: %s", lines, r.err)
	}
}

// nic plugs a NIC of four queues in, with its other end up.
func (l *lab) nic(name, mac string) {
	l.t.Helper()
	l.ip(fmt.Sprintf("link add %s numtxqueues 4 numrxqueues 4 address %s type veth peer name peer-%s numtxqueues 4 numrxqueues 4", name, mac, name),
		fmt.Sprintf("link set peer-%s up", name))
}

// tail answers the end of a long text.
func tail(s string) string {
	const most = 4000
	if len(s) <= most {
		return s
	}
	return "...\n" + s[len(s)-most:]
}

// patience is how long a test waits for what takes well under two seconds on a
// machine with nothing else to do. It is less than the ten seconds that enid waits
// for a lock, so that such a wait is noticed.
const patience = 9 * time.Second

// within waits until check answers nil, and how long that took. Meanwhile it
// watches the primary's default route.
func (l *lab) within(what string, check func() error) time.Duration {
	l.t.Helper()
	began := time.Now()
	for {
		err := check()
		took := time.Since(began)
		l.checkPrimary()
		if err == nil {
			return took
		}
		if took > patience {
			l.t.Fatalf("%s: not after %s: %v\n%s", what, patience, err, l.dump())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// measure is within, for the table of measured times.
func (l *lab) measure(what string, check func() error) {
	l.t.Helper()
	took := l.within(what, check)
	l.times = append(l.times, fmt.Sprintf("%6d ms  %s", took.Milliseconds(), what))
}

func (l *lab) logTimes() {
	if len(l.times) > 0 {
		l.t.Logf("measured, until ip, ethtool and sysfs show it:\n%s", strings.Join(l.times, "\n"))
	}
}

// dump is what a person would look at first when a test has failed.
func (l *lab) dump() string {
	log, _ := os.ReadFile(l.path("daemon.log"))
	return l.run("enid", "status").out + strings.Join(l.kernel(), "\n") + "\n--- log of the daemon\n" + tail(string(log))
}
