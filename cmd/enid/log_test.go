package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// TestLogFormat: a line is JSON where that is asked for, and has no time under the journal.
func TestLogFormat(t *testing.T) {
	var out bytes.Buffer
	a := newApp(nil, &out, &out)
	a.logLevel, a.logFormat = "info", "json"
	t.Setenv("JOURNAL_STREAM", "")
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
	t.Setenv("JOURNAL_STREAM", "8:1234")
	if log, err = a.logger(); err != nil {
		t.Fatal(err)
	}
	log.Info("hello")
	if got := out.String(); !strings.HasPrefix(got, "level=INFO msg=hello") {
		t.Errorf("%s", got)
	}
	a.logFormat = "xml"
	if _, err := a.logger(); err == nil || !strings.Contains(err.Error(), "--log-format") {
		t.Errorf("%v", err)
	}
}
