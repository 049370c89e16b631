package web_test

import (
	"bufio"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"enid/reconcile"
	"enid/reconcile/web"
	"enid/schema"
)

// TestEvents: the stream has the status at once, and again when it is another.
func TestEvents(t *testing.T) {
	address, bell, l := listening(t, web.Options{}, nil)
	got, err := http.Get("http://" + address + "/api/v1/events")
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	statuses := make(chan reconcile.Status, 10)
	go func() {
		defer close(statuses)
		lines := bufio.NewScanner(got.Body)
		for lines.Scan() {
			var s reconcile.Status
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && json.Unmarshal([]byte(data), &s) == nil {
				statuses <- s
			}
		}
	}()
	next := func() reconcile.Status {
		t.Helper()
		select {
		case s := <-statuses:
			return s
		case <-time.After(20 * time.Second):
			t.Fatal("no event")
			panic("")
		}
	}
	if s := next(); s.Applied.Revision != "dir:1" {
		t.Errorf("the first event: %+v", s)
	}
	bell.Ring() // nothing is new: no event
	if _, err := l.Apply(t.Context(), reconcile.Revision{ID: "dir:2"}, schema.NewTopology(nil), reconcile.ApplyOptions{AllowShrink: true}); err != nil {
		t.Fatal(err)
	}
	bell.Ring()
	if s := next(); s.Applied.Revision != "dir:2" {
		t.Errorf("the second event: %+v", s)
	}
}

// TestProgressIsHeard: while a turn does its steps, who follows hears how far they are.
func TestProgressIsHeard(t *testing.T) {
	address, bell, l := listening(t, web.Options{}, nil)
	got, err := http.Get("http://" + address + "/api/v1/events")
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	lines := bufio.NewScanner(got.Body)
	until := func(what string, ok func(reconcile.Status) bool) {
		t.Helper()
		for lines.Scan() {
			var s reconcile.Status
			if data, found := strings.CutPrefix(lines.Text(), "data: "); found && json.Unmarshal([]byte(data), &s) == nil && ok(s) {
				return
			}
		}
		t.Fatalf("%s is not heard: %v", what, lines.Err())
	}
	until("the start", func(s reconcile.Status) bool { return s.Progress == nil })
	held, ended := make(chan struct{}), make(chan error, 1)
	l.Controller.Progress = func(p reconcile.Progress) {
		bell.Ring()
		if p.Done == 1 && p.State == reconcile.StepStarted {
			<-held
		}
	}
	more := topology + "---\n{apiVersion: enid/v1, kind: SecurityGroup, metadata: {name: a}, spec: {vpc: prod}}\n---\n{apiVersion: enid/v1, kind: SecurityGroup, metadata: {name: b}, spec: {vpc: prod}}\n"
	joined, findings := schema.Join([]schema.File{schema.Parse("topology.yaml", []byte(more))})
	if schema.Invalid(findings) {
		t.Fatal(findings)
	}
	go func() {
		_, err := l.Apply(t.Context(), reconcile.Revision{ID: "dir:2"}, joined, reconcile.ApplyOptions{})
		bell.Ring()
		ended <- err
	}()
	until("the second of two steps", func(s reconcile.Status) bool {
		return s.Progress != nil && *s.Progress == reconcile.StepsStatus{Done: 1, Total: 2} && s.Pending == 1
	})
	close(held)
	until("the end", func(s reconcile.Status) bool { return s.Progress == nil && s.Applied.Revision == "dir:2" })
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestStreamsKeepNobodyOut: however many want to follow, from one address or from
// many, what is asked is answered; and one who goes leaves the place to another.
func TestStreamsKeepNobodyOut(t *testing.T) {
	address, _, _ := listening(t, web.Options{}, nil)
	client := func(from byte) *http.Client {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, from)}}
		return &http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true, DialContext: dialer.DialContext}}
	}
	get := func(from byte, path string) *http.Response {
		t.Helper()
		got, err := client(from).Get("http://" + address + path)
		if err != nil {
			t.Fatalf("%s from 127.0.0.%d: %v", path, from, err)
		}
		return got
	}
	var followers []*http.Response
	refused := 0
	for i := range 60 {
		from := byte(2)
		if i >= 40 {
			from = 3
		}
		got := get(from, "/api/v1/events")
		defer got.Body.Close()
		switch {
		case got.StatusCode == http.StatusOK:
			if line, err := bufio.NewReader(got.Body).ReadString('\n'); err != nil || line != "event: status\n" {
				t.Fatalf("a stream begins %q, %v", line, err)
			}
			followers = append(followers, got)
		case got.StatusCode == http.StatusServiceUnavailable && got.Header.Get("Retry-After") == "10" && len(followers) > 0:
			refused++
		default:
			t.Fatalf("%s, %v", got.Status, got.Header)
		}
	}
	if len(followers) != 32 || refused != 28 {
		t.Errorf("%d follow, %d were refused", len(followers), refused)
	}
	for _, from := range []byte{2, 3, 4} {
		for _, path := range []string{"/healthz", "/api/v1/status", "/api/v1/history"} {
			got := get(from, path)
			_ = got.Body.Close()
			if got.StatusCode != http.StatusOK {
				t.Errorf("%s from 127.0.0.%d: %s", path, from, got.Status)
			}
		}
	}
	_ = followers[0].Body.Close()
	for until := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		got := get(4, "/api/v1/events")
		defer got.Body.Close()
		if got.StatusCode == http.StatusOK && strings.HasPrefix(got.Header.Get("Content-Type"), "text/event-stream") {
			break
		}
		if time.Now().After(until) {
			t.Fatal("who went keeps the place")
		}
	}
}
