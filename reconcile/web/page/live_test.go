package page_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"enid/reconcile"
)

// TestWhatHelpsAndHowFar: a source that is held has its remedy beside the reason, and
// steps that are being done are counted.
func TestWhatHelpsAndHowFar(t *testing.T) {
	s := newSite(t)
	s.apply(reconcile.Revision{ID: "c1c1c1c1c1c1c1c1"}, base)
	status := s.loop.Status()
	s.Config.Status = func() reconcile.Status { return status }
	s.serve()
	text, _ := s.get("/", http.StatusOK)
	if strings.Contains(text, "<progress") || strings.Contains(text, "What helps") {
		t.Error("nothing is being done, and nothing is wrong")
	}
	status.Source.Condition, status.Source.Message, status.Source.Remedy = reconcile.Shrunk, "12 of 13 resources would go", reconcile.Shrunk.Remedy()
	status.Pending, status.Progress = 2800, &reconcile.StepsStatus{Done: 1200, Total: 4000}
	text, _ = s.get("/", http.StatusOK)
	for _, word := range []string{"12 of 13 resources would go", "What helps:", "let it pass once: &#34;enid accept COMMIT&#34;",
		`<progress max="4000" value="1200"`, "1,200 of 4,000 steps", ">2,800<"} {
		if !strings.Contains(text, word) {
			t.Errorf("the page lacks %q:\n%s", word, text)
		}
	}
}

// TestPageAskedAgain: a page that shows the same is not sent again, whatever the time.
func TestPageAskedAgain(t *testing.T) {
	s := newSite(t)
	s.apply(reconcile.Revision{ID: "c1c1c1c1c1c1c1c1"}, base)
	s.serve()
	get := func(path, has string) (code int, tag, text string) {
		t.Helper()
		r, _ := http.NewRequest("GET", s.url+path, nil)
		r.Header.Set("If-None-Match", has)
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer got.Body.Close()
		body, err := io.ReadAll(got.Body)
		if err != nil {
			t.Fatal(err)
		}
		return got.StatusCode, got.Header.Get("ETag"), string(body)
	}
	for _, path := range []string{"/", "/history", "/history/1"} {
		_, _, _ = get(path, "") // has the state read
		code, tag, text := get(path, "")
		if code != http.StatusOK || !strings.HasPrefix(tag, `W/"`) || strings.Contains(text, "as-of>") || strings.Count(text, `<span id="as-of"><time datetime="2`) != 1 {
			t.Errorf("%s: %d, tag %q\n%s", path, code, tag, text)
		}
		if code, same, text := get(path, tag); code != http.StatusNotModified || same != tag || text != "" {
			t.Errorf("%s, asked again: %d, %q, %d bytes", path, code, same, len(text))
		}
	}
	_, tag, _ := get("/", "")
	s.apply(reconcile.Revision{ID: "c2c2c2c2c2c2c2c2"}, conversion)
	if code, _, _ := get("/", tag); code != http.StatusOK {
		t.Errorf("after a commit: %d", code)
	}
	if code, tag, _ := get("/history/9", "*"); code != http.StatusNotFound || tag != "" {
		t.Errorf("a page that is not there: %d, tag %q", code, tag)
	}
}
