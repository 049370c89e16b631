package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestLogFormat: a line is text or JSON, with a time; another format is refused. That
// JOURNAL_STREAM is set counts only where stderr is what it names.
func TestLogFormat(t *testing.T) {
	t.Setenv("JOURNAL_STREAM", "8:1234")
	var out bytes.Buffer
	a := newApp(nil, &out, &out)
	a.logLevel, a.logFormat = "info", "json"
	log, err := a.logger()
	if err != nil {
		t.Fatal(err)
	}
	log.Info("hello", "n", 1)
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || line["msg"] != "hello" || line["time"] == nil {
		t.Errorf("%s: %v", out.String(), err)
	}
	out.Reset()
	a.logFormat = "text"
	if log, err = a.logger(); err != nil {
		t.Fatal(err)
	}
	log.Info("hello")
	if got := out.String(); !strings.HasPrefix(got, "time=") || !strings.HasSuffix(got, "level=INFO msg=hello\n") {
		t.Errorf("%s", got)
	}
	a.logFormat = "xml"
	if _, err := a.logger(); err == nil || !strings.Contains(err.Error(), "--log-format") {
		t.Errorf("%v", err)
	}
}

// Where stderr is the journal's, each line begins with its priority and has no time,
// as text and as JSON; so do the lines of why a command failed.
func TestLogPriorities(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	logged := func(args ...string) string {
		t.Helper()
		file := filepath.Join(dir, "stderr")
		// systemd says in JOURNAL_STREAM which file it has connected.
		script := `exec 2>"$0"; export JOURNAL_STREAM="$(stat --dereference --format=%d:%i /proc/self/fd/2)"; exec enid "$@"`
		out, err := exec.Command("sh", append([]string{"-c", script, file}, args...)...).Output()
		if exit, failed := err.(*exec.ExitError); failed && exit.ExitCode() > exitBlocked || err != nil && !failed {
			t.Fatalf("%v: %s", err, out)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for format, line := range map[string]string{"text": `^<[67]>level=(INFO|DEBUG) msg=`, "json": `^<[67]>\{"level":"(INFO|DEBUG)","msg":`} {
		text := logged("run", "--once", "--path", "../../examples/multi-eni/topology", "--state", filepath.Join(dir, format), "--log-level", "debug", "--log-format", format)
		for _, got := range strings.Split(strings.TrimSpace(text), "\n") {
			if !regexp.MustCompile(line).MatchString(got) || strings.HasPrefix(got, "<6>") != strings.Contains(got, "INFO") {
				t.Errorf("%s: %q", format, got)
			}
		}
	}
	if got := logged("run", "--once", "--path", dir+"/nowhere", "--state", dir+"/state"); !strings.HasPrefix(got, "<3>enid: ") {
		t.Errorf("%q", got)
	}
	if err := os.WriteFile(dir+"/config.yaml", []byte("interval: soon\nconfirm-timeout: later\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := logged("run", "--config", dir+"/config.yaml"); strings.Count(got, "<3>") != 2 || strings.Count(got, "\n") != 2 {
		t.Errorf("%q", got)
	}
}
