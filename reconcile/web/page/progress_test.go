package page_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"enid/reconcile"
	"enid/reconcile/web/page"
)

// TestProgressMoves: in a real browser the bar moves with the events alone, and no page
// is asked for; when the steps are done, one is.
func TestProgressMoves(t *testing.T) {
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed")
	}
	s := newSite(t)
	s.apply(reconcile.Revision{ID: "c1c1c1c1c1c1c1c1"}, base)
	var mu sync.Mutex
	now, asked := s.loop.Status(), 0
	at := func(done int) reconcile.Status {
		status := s.loop.Status()
		if done > 0 {
			status.Pending, status.Progress = 4000-done, &reconcile.StepsStatus{Done: done, Total: 4000}
		}
		return status
	}
	now = at(1)
	s.Config.Status = func() reconcile.Status {
		mu.Lock()
		defer mu.Unlock()
		asked++
		return now
	}
	events := make(chan reconcile.Status)
	mux := http.NewServeMux()
	mux.Handle("GET /", page.Handler(s.Config))
	mux.HandleFunc("GET /api/v1/events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_ = http.NewResponseController(w).Flush()
		for {
			select {
			case status := <-events:
				text, _ := json.Marshal(status)
				fmt.Fprintf(w, "event: status\ndata: %s\n\n", text)
				_ = http.NewResponseController(w).Flush()
			case <-r.Context().Done():
				return
			}
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)

	dir := t.TempDir()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.UserDataDir(dir), chromedp.Env("TMPDIR="+dir))
	ctx, end := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(end)
	ctx, end = chromedp.NewContext(ctx)
	t.Cleanup(end)
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+"/")); err != nil {
		t.Fatal(err)
	}
	// shows waits until an expression is true, and says meanwhile what the daemon would.
	shows := func(expression string, says ...reconcile.Status) {
		t.Helper()
		for until := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			for _, status := range says {
				events <- status
			}
			yes, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
			if err == nil && yes {
				return
			}
			if time.Now().After(until) {
				body, _ := chromedp.Run(ctx, chromedp.Text("body"))
				t.Fatalf("%s is not so (%v):\n%s", expression, err, body)
			}
		}
	}
	count := func() int {
		mu.Lock()
		defer mu.Unlock()
		return asked
	}
	shows(`document.querySelector("#progress progress").value === 1`)
	events <- at(1) // the first one has the page asked for
	for until := time.Now().Add(30 * time.Second); count() < 2; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("the first event has no page asked for")
		}
	}
	for _, done := range []int{1200, 3999} {
		// The page itself would say 1 still.
		shows(fmt.Sprintf(`document.querySelector("#progress progress").value === %d`, done), at(done))
	}
	shows(`document.getElementById("progress-words").textContent === "3,999 of 4,000 steps" && document.getElementById("pending-count").textContent === "1"`)
	if got := count(); got != 2 {
		t.Errorf("the page was asked for %d times", got)
	}
	mu.Lock()
	now = at(0)
	mu.Unlock()
	shows(`document.getElementById("progress").hidden && document.getElementById("pending-count").textContent === "0"`, at(0))
}
