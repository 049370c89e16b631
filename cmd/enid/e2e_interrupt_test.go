//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"io"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

var doneENI = regexp.MustCompile(`(?m)^  \[\d+/\d+\] done +CreateNetworkInterface +ENI/`)

// Ctrl-C in the middle of a large apply ends the step under way, records it and
// exits 1; the next apply does the rest, and only the rest.
func TestE2EInterruptedApply(t *testing.T) {
	t.Parallel()
	const many = 5000
	l := newLab(t)
	f := l.exampleFolder(l.path("work"))
	f.allowMany()
	f.write("topology/bulk.yaml", bulk(many))

	out, code := l.interrupt(100, "apply", f.at("topology"), "--host", "web-1", "--yes")
	if code != 1 || !strings.Contains(out, "Interrupted after") {
		t.Fatalf("exit %d\n%s", code, tail(out))
	}
	done, there := len(doneENI.FindAllString(out, -1)), l.countENIs()
	t.Logf("interrupted after %d of %d ENIs", there, many+2)
	if there != done || there >= many+2 {
		t.Errorf("%d ENIs were reported as done, %d are in the state", done, there)
	}
	if err := l.checkHistory(); err != nil {
		t.Error(err)
	}
	if h := l.history(); len(h) != 1 || h[0].Outcome != "interrupted" || h[0].Steps < done {
		t.Errorf("history %+v", h)
	}
	if r := l.run("enid", "status"); r.code != 2 {
		t.Errorf("enid status: exit %d\n%s", r.code, r.out)
	}

	began := time.Now()
	rest := l.enid(0, "apply", f.at("topology"), "--host", "web-1", "--yes").out
	t.Logf("the rest took %d ms", time.Since(began).Milliseconds())
	if n := len(doneENI.FindAllString(rest, -1)); n != many+2-there {
		t.Errorf("the rest was %d ENIs, wanted %d", n, many+2-there)
	}
	if n := l.countENIs(); n != many+2 {
		t.Errorf("%d ENIs in the state", n)
	}
	if h := l.history(); len(h) != 2 || h[0].Outcome != "done" {
		t.Errorf("history %+v", h)
	}
	if err := all(l.is(balanced(cardB, cardC)), l.hasQueues)(); err != nil {
		t.Error(err)
	}
	l.enid(0, "plan", f.at("topology"), "--host", "web-1")
}

// interrupt runs an enid, sends SIGINT once it has printed that many steps that are
// done, and answers all it printed and its exit code.
func (l *lab) interrupt(after int, args ...string) (string, int) {
	l.t.Helper()
	cmd := l.command(append([]string{"enid"}, args...)...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		l.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	var out strings.Builder
	lines := bufio.NewReader(stdout)
	for after > 0 {
		line, err := lines.ReadString('\n')
		out.WriteString(line)
		if err != nil {
			l.t.Fatalf("enid has ended: %v\n%s", err, tail(out.String()))
		}
		if strings.Contains(line, "] done ") {
			after--
		}
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		l.t.Fatal(err)
	}
	if _, err := io.Copy(&out, lines); err != nil {
		l.t.Fatal(err)
	}
	cmd.Wait() // the exit code says how it went
	return out.String(), cmd.ProcessState.ExitCode()
}

// countENIs counts the ENIs of the state.
func (l *lab) countENIs() int {
	l.t.Helper()
	var enis []json.RawMessage
	if err := json.Unmarshal([]byte(l.enid(0, "get", "enis", "-o", "json").out), &enis); err != nil {
		l.t.Fatal(err)
	}
	return len(enis)
}
