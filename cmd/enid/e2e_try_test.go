//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// trying is an enid try that has done its part and waits for a verdict.
type trying struct {
	*process
	in  *os.File // its terminal's other end, or its standard input
	out output
}

// output is what a program writes, as far as it has got.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write adds to it.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

// String answers what there is.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// try starts an enid try, on a terminal or with a pipe, and waits for its question.
func (l *lab) try(f folder, terminal bool, flags ...string) *trying {
	l.t.Helper()
	cmd := l.background(append([]string{"enid", "try", f.at("topology"), "--host", "web-1"}, flags...)...)
	p := &trying{process: &process{l: l, cmd: cmd, done: make(chan struct{})}}
	var theirs *os.File
	if terminal {
		p.in, theirs = pty(l.t)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = theirs, theirs, theirs
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
		go io.Copy(&p.out, p.in)
	} else {
		var err error
		if theirs, p.in, err = os.Pipe(); err != nil {
			l.t.Fatal(err)
		}
		cmd.Stdin, cmd.Stdout, cmd.Stderr = theirs, &p.out, &p.out
	}
	if err := cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	theirs.Close()
	go func() {
		defer close(p.done)
		cmd.Wait()
	}()
	l.t.Cleanup(func() { p.kill(); p.in.Close() })
	l.within("it asks", func() error {
		if !strings.Contains(p.out.String(), "Keep it?") {
			return fmt.Errorf("it has said:\n%s", p.out.String())
		}
		return nil
	})
	return p
}

// pty answers a new terminal, our end and theirs.
func pty(t testing.TB) (ours, theirs *os.File) {
	t.Helper()
	ours, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	if err := unix.IoctlSetPointerInt(int(ours.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(ours.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	// Whoever reads it can be interrupted by Close from here on.
	fd, err := unix.FcntlInt(ours.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	ours.Close()
	unix.SetNonblock(fd, true)
	if theirs, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|syscall.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(fd), "ptmx"), theirs
}

// guard answers the id of the process that guards.
func (p *trying) guard() int {
	p.l.t.Helper()
	children, err := exec.Command("pgrep", "--parent", strconv.Itoa(p.cmd.Process.Pid), "--full", "enid guard").Output()
	if err != nil {
		p.l.t.Fatalf("no guard: %v", err)
	}
	id, err := strconv.Atoi(strings.TrimSpace(string(children)))
	if err != nil {
		p.l.t.Fatalf("guards: %q", children)
	}
	return id
}

// exits wants it to end with that code, after it said something.
func (p *trying) exits(code int, said string) {
	p.l.t.Helper()
	select {
	case <-p.done:
	case <-time.After(patience):
		p.l.t.Fatalf("it has not ended; it has said:\n%s", p.out.String())
	}
	if got := p.cmd.ProcessState.ExitCode(); got != code {
		p.l.t.Errorf("exit %d, wanted %d; it has said:\n%s", got, code, tail(p.out.String()))
	}
	p.l.within("it says so", func() error { // what stands in the terminal is still to be read
		if !strings.Contains(p.out.String(), said) {
			return fmt.Errorf("no %q in\n%s", said, tail(p.out.String()))
		}
		return nil
	})
}

// What is not confirmed is undone, in every detail, however it comes to that.
func TestE2ETryUndone(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	f := l.exampleFolder(l.path("work"))
	// What is others', on the way of the change and beside it.
	l.ip("address add 10.0.0.99/24 dev eth2", "link set eth2 up", "route add 192.0.2.0/24 dev eth2", "rule add from 10.0.0.99 lookup 99 priority 500")
	was := l.deep()
	signal := func(s syscall.Signal) func(p *trying) { return func(p *trying) { p.cmd.Process.Signal(s) } }
	for _, c := range []struct {
		name     string
		terminal bool
		flags    []string
		do       func(p *trying)
		code     int
		said     string
	}{
		{"nobody confirms", false, []string{"--timeout", "1s"}, func(p *trying) { p.in.Close() }, 1, "not confirmed within 1s"},
		{"kill -9", false, nil, (*trying).kill, -1, ""},
		{"Ctrl-C", true, nil, func(p *trying) { p.in.WriteString("\x03") }, 1, "interrupted"},
		{"the terminal closes", true, nil, func(p *trying) { p.in.Close() }, 1, ""},
		{"SIGTERM", false, nil, signal(syscall.SIGTERM), 1, "interrupted"},
		{"SIGHUP", false, nil, signal(syscall.SIGHUP), 1, "the terminal was closed"},
		{"the guard is killed", false, nil, func(p *trying) { syscall.Kill(p.guard(), syscall.SIGKILL) }, 1, "the guard process has ended"},
		{"text is no answer", false, []string{"--timeout", "2s"}, func(p *trying) { p.in.WriteString("no\nyes") }, 1, `"no" is no answer`},
	} {
		p := l.try(f, c.terminal, c.flags...)
		if !slices.Contains(l.kernel(), "rule 9000: from 10.0.0.20 lookup 1001 proto 101") {
			t.Errorf("%s: nothing was done", c.name)
		}
		c.do(p)
		p.exits(c.code, c.said)
		l.within(c.name+": undone", l.isAgain(was))
	}
	if _, err := os.Stat(l.path("state", "try.sock")); err == nil {
		// Only the one that was killed had no time to remove it, and the next one did.
		t.Error("a socket is left")
	}
}

// What is confirmed stays, in every way to confirm it, and is at rest then.
func TestE2ETryKept(t *testing.T) {
	t.Parallel()
	for name, confirm := range map[string]func(p *trying){
		"Enter":             func(p *trying) { p.in.WriteString("\r") },
		"SIGUSR1":           func(p *trying) { p.in.Close(); p.cmd.Process.Signal(syscall.SIGUSR1) },
		"enid try --accept": func(p *trying) { p.l.enid(0, "try", "--accept") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			f := l.exampleFolder(l.path("work"))
			if r := l.enid(1, "try", "--accept"); !strings.Contains(r.err, "no try is running") {
				t.Errorf("without a try: %s", r.err)
			}
			p := l.try(f, name == "Enter")
			guard := p.guard()
			confirm(p)
			p.exits(0, "Kept.")
			if err := l.is(balanced(cardB, cardC))(); err != nil {
				t.Error(err)
			}
			if syscall.Kill(guard, 0) == nil {
				t.Error("the guard is still there")
			}
			if r := l.enid(0, "try", f.at("topology"), "--host", "web-1"); !strings.Contains(r.out, "as it should be") {
				t.Errorf("again: %s", r.out)
			}
		})
	}
}

// A try holds the state: neither a daemon nor a second try runs beside it, and beside
// a daemon there is no try. Either names the other's pid.
func TestE2ETryAlone(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	f := l.exampleFolder(l.path("work"))
	refused := func(by int, args ...string) {
		t.Helper()
		if r := l.enid(1, args...); !strings.Contains(r.err, strconv.Itoa(by)) {
			t.Errorf("enid %s: %s; wanted pid %d", args[0], r.err, by)
		}
	}
	p := l.try(f, false)
	var both sync.WaitGroup // each waits for the lock
	for _, args := range [][]string{{"try", f.at("topology"), "--host", "web-1"}, {"run", "--path", f.at("topology"), "--host", "web-1"}} {
		both.Go(func() { refused(p.cmd.Process.Pid, args...) })
	}
	both.Wait()
	p.in.WriteString("\n")
	p.exits(0, "Kept.")
	d := l.daemon("--path", f.at("topology"))
	l.within("the daemon starts", l.hostIs("Converged"))
	refused(d.cmd.Process.Pid, "try", f.at("topology"), "--host", "web-1")
	d.alive()
}
