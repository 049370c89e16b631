//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"enid/reconcile/notify"
)

const (
	toldSecret  = "s3cr3t-of-this-test"
	forgeListen = "127.0.0.1:8419"
	toldListen  = "127.0.0.1:8481"
)

// serveForge is the program forge-http of these tests: a forge with the statuses of
// commits and a hook. Argument: the folder in which its records stand, and in which a
// file "down" has it answer 503.
func serveForge() {
	folder := os.Args[1]
	records := filepath.Join(folder, "records")
	listener, err := net.Listen("tcp", forgeListen)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("listening")
	var statuses []map[string]string // newest first
	err = http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if _, err := os.Stat(filepath.Join(folder, "down")); err == nil {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		hook := r.URL.Path == "/hook/"+toldSecret
		if !hook && r.Header.Get("Authorization") != "Bearer "+toldSecret {
			http.Error(w, "who are you", http.StatusUnauthorized)
			return
		}
		if r.Method == http.MethodGet {
			_ = json.NewEncoder(w).Encode(map[string]any{"statuses": statuses})
			return
		}
		if !hook {
			s := map[string]string{}
			_ = json.Unmarshal(body, &s)
			statuses = append([]map[string]string{s}, statuses...)
		}
		f, err := os.OpenFile(records, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			panic(err)
		}
		defer f.Close()
		fmt.Fprintf(f, "%s %s\n", strings.TrimSuffix(r.URL.Path, "/"+toldSecret), body)
	}))
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// toldLab is a lab with a forge, and what it was told.
type toldLab struct {
	*lab
	folder string
}

func (l *lab) newForge() toldLab {
	l.t.Helper()
	f := toldLab{l, l.path("forge")}
	f.put("url", "http://"+forgeListen+"/hook/"+toldSecret)
	f.put("token", toldSecret)
	cmd := l.background("forge-http", f.folder)
	out, err := cmd.StdoutPipe()
	if err != nil {
		l.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "listening\n" {
		l.t.Fatalf("forge: %q, %v", line, err)
	}
	return f
}

func (f toldLab) put(name, text string) {
	f.t.Helper()
	if err := os.MkdirAll(f.folder, 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.folder, name), []byte(text), 0o644); err != nil {
		f.t.Fatal(err)
	}
}

func (f toldLab) remove(name string) {
	f.t.Helper()
	if err := os.Remove(filepath.Join(f.folder, name)); err != nil {
		f.t.Fatal(err)
	}
}

// all answers what was told, a line each: "Source Ready->Invalid", "abcd success".
func (f toldLab) all() (out []string) {
	f.t.Helper()
	text, err := os.ReadFile(filepath.Join(f.folder, "records"))
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(text)) {
		path, body, _ := strings.Cut(line, " ")
		if path == "/hook" {
			var e notify.Event
			if err := json.Unmarshal([]byte(body), &e); err != nil {
				f.t.Fatalf("%v: %s", err, line)
			}
			out = append(out, fmt.Sprintf("%s %.4s->%.4s", e.Subject, e.From, e.To))
			continue
		}
		var s struct{ State, Context string }
		if err := json.Unmarshal([]byte(body), &s); err != nil || s.Context != "enid/web-1" {
			f.t.Fatalf("%v: %s", err, line)
		}
		out = append(out, fmt.Sprintf("%.4s %s", filepath.Base(path), s.State))
	}
	return out
}

// is answers nil where all that was told since is, in any order.
func (f toldLab) is(since int, want ...string) func() error {
	return func() error {
		got := f.all()
		got = slices.Sorted(slices.Values(got[min(since, len(got)):]))
		if slices.Sort(want); !slices.Equal(got, want) {
			return fmt.Errorf("told %q, want %q", got, want)
		}
		return nil
	}
}

// metric answers nil where a scrape has that sample; counters count at least that.
func (l *lab) metric(sample string, want float64) func() error {
	return func() error {
		r := l.run("curl", "--silent", "--fail", "http://"+toldListen+"/metrics")
		for line := range strings.Lines(r.out) {
			if value, found := strings.CutPrefix(line, sample+" "); found {
				if got, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err != nil || got < want || got > want && !strings.Contains(sample, "_total") && !strings.Contains(sample, "_count") {
					return fmt.Errorf("%s is %s, want %v", sample, value, want)
				}
				return nil
			}
		}
		return fmt.Errorf("no %s", sample)
	}
}

// What the loop does is counted, and others are told: when their server is down, and
// when enid was killed, in the end and once.
func TestE2ETold(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	forge := l.newForge()
	r := l.newRepo()
	first := r.commit("the worked example")
	start := func() *process {
		return l.daemon("--repo", r.url(), "--listen", toldListen, "--notify-url-file", forge.folder+"/url",
			"--commit-status", "github", "--commit-status-token-file", forge.folder+"/token", "--commit-status-url", "http://"+forgeListen+"/repos/acme/network")
	}
	d := start()
	l.within("the commit is told", all(l.inSync(first), forge.is(0, first[:4]+" success")))
	l.within("and counted", all(l.metric(`enid_commit_to_converged_seconds_count`, 1), l.metric(`enid_steps_total{operation="CreateVpc",part="cloud",result="done"}`, 1),
		l.metric(`enid_host_eni_condition{condition="Converged",eni="web-1-b"}`, 1), l.metric(`enid_source_condition{condition="Ready"}`, 1),
		l.metric(`enid_in_sync`, 1)))

	was := l.deep()
	l.ip("rule delete priority 8001")
	l.within("it is healed", l.isAgain(was))
	l.within("and counted", all(l.metric(`enid_drift_healed_steps_total{part="host"}`, 1), l.metric(`enid_event_to_repair_seconds_count`, 1)))

	good := r.read("topology/web-1-c.yaml")
	r.write("topology/web-1-c.yaml", "nonsense: true\n")
	second := r.commit("nonsense")
	l.within("what is held is told", all(forge.is(1, "Source Read->Inva", second[:4]+" failure"), l.metric(`enid_source_condition{condition="Invalid"}`, 1)))

	forge.put("down", "")
	r.write("topology/web-1-c.yaml", good+"# better\n")
	third := r.commit("sense")
	l.within("the third is applied", l.inSync(third))
	d.kill() // whoever could not be told yet is told after the start
	n := len(forge.all())
	d = start()
	l.within("it is still so", l.inSync(third))
	forge.remove("down")
	l.within("all is told in the end", forge.is(n, "Source Inva->Read", "Revision "+first[:4]+"->"+third[:4], third[:4]+" success"))
	d.end(syscall.SIGTERM)
	n = len(forge.all())
	start()
	l.within("it starts again", all(l.inSync(third), l.metric(`enid_notifications_queued{to="commit-status"}`, 0), l.metric(`enid_turns_total{outcome="done"}`, 2)))
	if err := forge.is(n)(); err != nil {
		t.Errorf("told twice: %v", err)
	}
	l.within("the statuses do not repeat", forge.is(n))
	for _, name := range []string{"daemon.log", "state/told.json"} {
		if text, err := os.ReadFile(l.path(name)); err != nil || strings.Contains(string(text), toldSecret) {
			t.Errorf("%s holds a secret, or %v", name, err)
		}
	}
	for _, path := range []string{"/metrics", "/api/v1/status", "/"} {
		if strings.Contains(l.must("curl", "--silent", "http://"+toldListen+path), toldSecret) {
			t.Errorf("%s holds a secret", path)
		}
	}
}

func TestNotifyFlagsThatAreRefused(t *testing.T) {
	for want, args := range map[string][]string{
		"--notify-template is of what --notify-url-file gets":        {"--notify-template", "x"},
		"give --commit-status as well":                               {"--commit-status-token-file", "x"},
		"needs --commit-status-token-file":                           {"--commit-status", "github"},
		`--commit-status "svn": choose one of github, gitlab, gitea`: {"--commit-status", "svn", "--commit-status-token-file", "x"},
		"a folder has no commits":                                    {"--commit-status", "github", "--commit-status-token-file", "x"},
		"--notify-url-file: the URL cannot be read":                  {"--notify-url-file", "/nonexistent"},
	} {
		var out, stderr strings.Builder
		args = append([]string{"run", "--state", t.TempDir(), "--path", t.TempDir(), "--config", "/dev/null"}, args...)
		if code := newApp(strings.NewReader(""), &out, &stderr).run(t.Context(), args); code != 1 || !strings.Contains(stderr.String(), want) {
			t.Errorf("%v: exit %d, %s", args, code, &stderr)
		}
	}
}
