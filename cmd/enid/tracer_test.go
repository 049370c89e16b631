//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// tracer runs a program and stops it before and after each of its writes, whichever
// thread makes them: what lasts of a program is a system call in the end. strace can
// kill at the n-th call too, but counts each thread by itself. The processes that the
// program starts run untraced.
type tracer struct {
	roots  []string // what begins the paths whose writes count
	kill   int      // where to kill: 2n is before the n-th write, 2n+1 after it; -1 is nowhere
	pid    int
	inside map[int]int // the write that a thread is in, by the thread
	killed bool
	writes []string // each with its file, in their order
}

// traced is how a program ran under the tracer.
type traced struct {
	writes []string
	killed bool
	code   int // -1 where it was killed
	out    string
}

// traceTime bounds a traced run, which takes well under a second.
const traceTime = time.Minute

// trace runs a program to its end, or to where it is to be killed. It has run no
// further then: what the kernel was to do for it before that point is done, and
// nothing behind it.
func trace(t *testing.T, cmd *exec.Cmd, kill int, roots ...string) traced {
	t.Helper()
	out, err := os.Create(filepath.Join(t.TempDir(), "out")) // a pipe would want somebody to read it
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Setpgid: true}
	tr := &tracer{roots: roots, kill: kill, inside: map[int]int{}}
	var status syscall.WaitStatus
	done := make(chan error)
	go func() {
		// The tracer is a thread. It lives on: what it has started for other tests, and
		// has asked to be killed with it, goes on as well.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		var err error
		status, err = tr.run(cmd)
		done <- err
	}()
	if err := <-done; err != nil {
		t.Fatalf("trace %v: %v", cmd.Args, err)
	}
	text, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	if status.Signaled() && !tr.killed {
		t.Fatalf("%v ended by %s, which may be that it took longer than %s:\n%s", cmd.Args, status.Signal(), traceTime, text)
	}
	return traced{tr.writes, tr.killed, status.ExitStatus(), string(text)}
}

// run starts the program and follows it to its end.
func (tr *tracer) run(cmd *exec.Cmd) (status syscall.WaitStatus, err error) {
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	tr.pid = cmd.Process.Pid
	defer func() {
		if err != nil {
			syscall.Kill(-tr.pid, syscall.SIGKILL)
		}
		cmd.Process.Release() // wait has its end
	}()
	defer time.AfterFunc(traceTime, func() { syscall.Kill(-tr.pid, syscall.SIGKILL) }).Stop()
	if _, err := tr.wait(&status); err != nil {
		return status, err
	}
	const options = unix.PTRACE_O_EXITKILL | unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACECLONE
	if err := syscall.PtraceSetOptions(tr.pid, options); err != nil {
		return status, fmt.Errorf("set ptrace's options: %w", err)
	}
	tr.resume(tr.pid, 0)
	for {
		tid, err := tr.wait(&status)
		switch {
		case err != nil:
			return status, fmt.Errorf("wait for the program: %w", err)
		case tid == tr.pid && !status.Stopped():
			return status, nil // the first thread is told to have ended after all others
		case status.Stopped():
			tr.stopped(tid, status)
		}
	}
}

// wait waits for a thread of the program, which are the members of its process group
// that are traced: children of other tests are others' to wait for.
func (tr *tracer) wait(status *syscall.WaitStatus) (int, error) {
	for {
		tid, err := syscall.Wait4(-tr.pid, status, syscall.WALL, nil)
		if !errors.Is(err, syscall.EINTR) {
			return tid, err
		}
	}
}

// stopped looks at why a thread was stopped, and lets it go on.
func (tr *tracer) stopped(tid int, status syscall.WaitStatus) {
	signal := status.StopSignal()
	switch signal {
	case syscall.SIGTRAP | 0x80: // a system call
		signal = 0
		tr.called(tid)
	case syscall.SIGTRAP, syscall.SIGSTOP: // exec, a new thread, and its beginning
		signal = 0
	}
	tr.resume(tid, signal)
}

// resume lets a thread run to its next system call. One that was killed meanwhile is
// not there any more.
func (tr *tracer) resume(tid int, signal syscall.Signal) {
	_ = syscall.PtraceSyscall(tid, int(signal))
}

// call is struct ptrace_syscall_info, the same for every architecture.
type call struct {
	op   uint8
	_    [3]uint8
	arch uint32
	ip   uint64
	sp   uint64
	nr   uint64
	args [6]uint64
	_    [16]uint8 // what newer kernels say beyond that
}

// called looks at a system call that begins or ends.
func (tr *tracer) called(tid int) {
	var c call
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_GET_SYSCALL_INFO, uintptr(tid), unsafe.Sizeof(c), uintptr(unsafe.Pointer(&c)), 0, 0)
	switch {
	case errno != 0: // killed meanwhile
	case c.op == unix.PTRACE_SYSCALL_INFO_EXIT:
		if n, ok := tr.inside[tid]; ok {
			delete(tr.inside, tid)
			tr.at(2*n + 1)
		}
	case c.op == unix.PTRACE_SYSCALL_INFO_ENTRY:
		what := tr.write(tid, c)
		if what == "" || tr.killed {
			return
		}
		n := len(tr.writes)
		tr.writes, tr.inside[tid] = append(tr.writes, what), n
		tr.at(2 * n)
	}
}

// at kills the program where it is to be killed here. A call that has not begun yet
// is skipped by the kernel then.
func (tr *tracer) at(point int) {
	if point == tr.kill {
		tr.killed = syscall.Kill(tr.pid, syscall.SIGKILL) == nil
	}
}

// A tracer that kills before a write has it not done, and one after it, done; it
// follows threads, and no other program's files.
func TestTracer(t *testing.T) {
	tracing(t)
	dir := t.TempDir()
	touch := func(kill int) traced {
		t.Helper()
		os.RemoveAll(filepath.Join(dir, "state"))
		return trace(t, exec.Command("enid", "apply", multiENI, "--yes", "--state", filepath.Join(dir, "state")), kill, dir)
	}
	whole := touch(-1)
	if whole.code != 0 || len(whole.writes) < 10 || !strings.HasPrefix(whole.writes[0], "mkdir") {
		t.Fatalf("%+v", whole)
	}
	for kill, want := range []bool{false, true} {
		r := touch(kill)
		_, err := os.Stat(filepath.Join(dir, "state"))
		if !r.killed || r.code != -1 || len(r.writes) != 1 || (err == nil) != want {
			t.Errorf("killed at %d: %+v, %v", kill, r, err)
		}
	}
	if r := trace(t, exec.Command("touch", filepath.Join(dir, "x")), -1, dir+"/state"); r.code != 0 || len(r.writes) != 0 {
		t.Errorf("beside it: %+v", r)
	}
}

// tracing skips a test where processes may not be traced.
func tracing(t *testing.T) {
	t.Helper()
	cmd := exec.Command("true")
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Setpgid: true}
	failed := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err == nil {
			tr, status := &tracer{pid: cmd.Process.Pid}, syscall.WaitStatus(0)
			_, err = tr.wait(&status)
			cmd.Process.Kill()
			_, ended := tr.wait(&status)
			err = errors.Join(err, ended, cmd.Process.Release())
		}
		failed <- err
	}()
	if err := <-failed; err != nil {
		t.Skipf("no process can be traced here: %v", err)
	}
}
