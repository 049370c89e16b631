//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"
)

// process is an enid that runs in a lab.
type process struct {
	l    *lab
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// start starts an enid whose output goes to daemon.log.
func (l *lab) start(args ...string) *process {
	l.t.Helper()
	log, err := os.OpenFile(l.path("daemon.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		l.t.Fatal(err)
	}
	defer log.Close()
	cmd := l.background(append([]string{"enid"}, args...)...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	p := &process{l: l, cmd: cmd, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		cmd.Wait() // the state is looked at where it matters
	}()
	l.t.Cleanup(p.kill)
	return p
}

// daemon starts the daemon as that Host, polling often.
func (l *lab) daemon(args ...string) *process {
	l.t.Helper()
	return l.start(append([]string{"run", "--host", "web-1", "--interval", "500ms"}, args...)...)
}

// kill is kill -9; it waits for the end.
func (p *process) kill() {
	p.cmd.Process.Signal(syscall.SIGKILL)
	<-p.done
}

// end sends a signal and answers the exit code.
func (p *process) end(signal os.Signal) int {
	p.l.t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		p.l.t.Fatalf("signal %s: %v\n%s", signal, err, p.l.dump())
	}
	select {
	case <-p.done:
	case <-time.After(patience):
		p.l.t.Fatalf("not ended %s after %s\n%s", patience, signal, p.l.dump())
	}
	return p.cmd.ProcessState.ExitCode()
}

// alive fails the test where the program has ended by itself.
func (p *process) alive() {
	p.l.t.Helper()
	select {
	case <-p.done:
		p.l.t.Fatalf("enid has ended: %s\n%s", p.cmd.ProcessState, p.l.dump())
	default:
	}
}

// status is what the contract (section 4) says that `enid status -o json` has.
type status struct {
	Format string
	Source struct{ Kind, Ref, Revision, Condition, Message string }

	Applied struct {
		Revision, Lineage string
		Serial            uint64
	}
	Pending, Blocked, Drifted int

	Host struct {
		Name, Condition, Message string
		WaitingFor               []string
	}
}

// status asks the program, and its exit code.
func (l *lab) status() (s status, code int, err error) {
	l.t.Helper()
	r := l.run("enid", "status", "-o", "json")
	if r.code != 0 && r.code != 2 {
		return s, r.code, fmt.Errorf("enid status: exit %d: %s", r.code, r.err)
	}
	if err := json.Unmarshal([]byte(r.out), &s); err != nil {
		l.t.Fatalf("enid status: %v\n%s", err, r.out)
	}
	if s.Format != "enid.status/v1" {
		l.t.Fatalf("enid status: format %q", s.Format)
	}
	return s, r.code, nil
}

// inSync answers nil where the daemon says that all is as that commit has it.
func (l *lab) inSync(commit string) func() error {
	return func() error {
		s, code, err := l.status()
		switch {
		case err != nil:
			return err
		case code != 0 || s.Applied.Revision != commit || s.Source.Condition != "Ready" || s.Host.Condition != "Converged":
			return fmt.Errorf("exit %d, %+v; wanted %s applied", code, s, commit)
		}
		return nil
	}
}

// sourceIs answers nil where the source is in that condition, or one of them, and
// the revision in force is still that commit; `enid status` exits 2.
func (l *lab) sourceIs(inForce string, conditions ...string) func() error {
	return func() error {
		s, code, err := l.status()
		switch {
		case err != nil:
			return err
		case !slices.Contains(conditions, s.Source.Condition) || code != 2:
			return fmt.Errorf("exit %d, source %+v; wanted %v", code, s.Source, conditions)
		case s.Applied.Revision != inForce:
			return fmt.Errorf("applied is %s, wanted %s", s.Applied.Revision, inForce)
		}
		return nil
	}
}

// hostIs answers nil where the host is in that condition.
func (l *lab) hostIs(condition string) func() error {
	return func() error {
		s, _, err := l.status()
		if err == nil && s.Host.Condition != condition {
			err = fmt.Errorf("host %+v; wanted %s", s.Host, condition)
		}
		return err
	}
}

// all answers nil where all checks do.
func all(checks ...func() error) func() error {
	return func() error {
		for _, check := range checks {
			if err := check(); err != nil {
				return err
			}
		}
		return nil
	}
}

// revision is a row of `enid history -o json`.
type revision struct {
	Serial          uint64
	Lineage, Commit string
	Outcome         string
	Steps, Failed   int
}

// history answers the revisions, newest first.
func (l *lab) history() []revision {
	l.t.Helper()
	var h struct {
		Format    string
		Revisions []revision
	}
	if err := json.Unmarshal([]byte(l.enid(0, "history", "-o", "json").out), &h); err != nil || h.Format != "enid.history/v1" {
		l.t.Fatalf("enid history: %q, %v", h.Format, err)
	}
	return h.Revisions
}

// checkHistory wants serials without gaps, all of one lineage.
func (l *lab) checkHistory() error {
	revisions := l.history()
	for i, r := range revisions {
		if r.Serial != uint64(len(revisions)-i) || r.Lineage != revisions[0].Lineage {
			return fmt.Errorf("revision %d of %d has serial %d, lineage %s (the newest %s)", i, len(revisions), r.Serial, r.Lineage, revisions[0].Lineage)
		}
		if r.Commit == "" || r.Outcome == "" {
			return errors.New("a revision without commit or outcome")
		}
	}
	return nil
}
