//go:build linux

package vm

import (
	"bufio"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
)

// monitor is an `ip monitor` of addresses, routes and rules that runs with the test.
// Of links the kernel itself has something to say a second after they are up.
type monitor struct {
	l     *lab
	mu    sync.Mutex
	lines []string
	marks int
}

// monitor begins to listen; events after its return are not missed.
func (l *lab) monitor() *monitor {
	l.t.Helper()
	m := &monitor{l: l}
	cmd := exec.Command("ip", "-4", "-o", "monitor", "address", "route", "rule")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		l.t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for s := bufio.NewScanner(out); s.Scan(); {
			m.mu.Lock()
			m.lines = append(m.lines, s.Text())
			m.mu.Unlock()
		}
	}()
	l.t.Cleanup(func() {
		cmd.Process.Kill()
		<-read
		cmd.Wait()
	})
	l.until("ip monitor listens", func() error { return m.heard(m.mark()) })
	return m
}

// mark makes an event that is no concern of enid's, and answers what to look for.
func (m *monitor) mark() string {
	m.l.t.Helper()
	m.marks++
	dst := fmt.Sprintf("203.0.113.%d", m.marks%256)
	m.l.ip("route add unreachable "+dst+" table 9999", "route delete unreachable "+dst+" table 9999")
	return "Deleted unreachable " + dst
}

func (m *monitor) heard(mark string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if slices.ContainsFunc(m.lines, func(line string) bool { return strings.Contains(line, mark) }) {
		return nil
	}
	return errors.New("it has not heard " + mark)
}

// all answers all events but the marks, once what happened so far has been heard.
func (m *monitor) all() []string {
	m.l.t.Helper()
	mark := m.mark()
	m.l.until("ip monitor has heard everything", func() error { return m.heard(mark) })
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(m.lines), func(line string) bool { return strings.Contains(line, "unreachable 203.0.113.") })
}
