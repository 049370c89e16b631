package notify

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"enid/reconcile"
)

// planted must stand in no log and no error.
const planted = "s3cr3t-planted"

// receiver is an HTTP server that keeps what it was sent, and answers as a test says.
type receiver struct {
	*httptest.Server
	mu       sync.Mutex
	answers  []int // statuses of the next answers, then 200; 0: none at all, negative: none in time
	requests []request
	log      bytes.Buffer
}

type request struct {
	method, path, body string
	header             http.Header
	status             int
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	t.Cleanup(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if strings.Contains(r.log.String(), planted) {
			t.Errorf("a secret stands in the log:\n%s", &r.log)
		}
	})
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, _ := io.ReadAll(q.Body)
	r.mu.Lock()
	status := http.StatusOK
	if len(r.answers) > 0 {
		status, r.answers = r.answers[0], r.answers[1:]
	}
	r.requests = append(r.requests, request{q.Method, q.URL.RequestURI(), string(body), q.Header, status})
	r.mu.Unlock()
	switch {
	case status < 0:
		<-q.Context().Done()
	case status == 0:
		panic(http.ErrAbortHandler)
	case status/100 == 3:
		http.Redirect(w, q, "/elsewhere", status)
	default:
		w.WriteHeader(status)
		fmt.Fprintf(w, "you sent %s", planted)
	}
}

// accepted are the requests that were answered well.
func (r *receiver) accepted() (out []request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, q := range r.requests {
		if q.status == http.StatusOK {
			out = append(out, q)
		}
	}
	return out
}

func (r *receiver) all() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]request{}, r.requests...)
}

// Write takes the log.
func (r *receiver) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(p)
}

// common is what a test's deliveries have; counts come into the map.
func (r *receiver) common(counts map[string]int) Common {
	count := func(result string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		counts[result]++
	}
	return Common{Log: slog.New(slog.NewTextHandler(r, nil)), Count: count, FirstPause: time.Millisecond, Patience: 100 * time.Millisecond}
}

func (r *receiver) counted(counts map[string]int, result string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return counts[result]
}

// running runs deliveries until the test, or stop, ends them.
func running(t *testing.T, run func(context.Context)) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(ctx)
	}()
	stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(stop)
	return stop
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s does not come", what)
		}
	}
}

func file(t *testing.T, name, text string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// commit answers a commit's hash.
func commit(c string) string { return strings.Repeat(c, 40) }

// is answers a turn after which the source is in that condition, at a commit that is
// applied where all is well.
func is(c reconcile.Condition, message string) reconcile.Turned {
	s := reconcile.Status{Format: reconcile.StatusFormat, Conditions: []reconcile.StatusCondition{}}
	s.Source = reconcile.SourceStatus{Kind: "git", Revision: commit("a"), Condition: c, Message: message}
	s.Applied = reconcile.AppliedStatus{Revision: commit("a"), Serial: 7}
	applied := reconcile.StatusCondition{Type: "Applied", Status: "True", Reason: "EveryStepRan"}
	if c != reconcile.Ready {
		applied = reconcile.StatusCondition{Type: "Applied", Status: "False", Reason: string(c), Message: message}
	}
	s.Conditions = append(s.Conditions, applied)
	return reconcile.Turned{Report: &reconcile.Report{}, Status: s}
}

// with answers the turn with something else in its status.
func with(t reconcile.Turned, change func(*reconcile.Status)) reconcile.Turned {
	t.Status.Conditions = append([]reconcile.StatusCondition{}, t.Status.Conditions...)
	change(&t.Status)
	return t
}
