package web_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"enid/plan"
	"enid/reconcile"
	"enid/reconcile/cloud"
	"enid/reconcile/store"
	"enid/reconcile/store/bolt"
	"enid/reconcile/store/storetest"
	"enid/reconcile/web"
)

// deep is the API of a state with one revision of so many steps.
func deep(t testing.TB, steps int) (http.Handler, loop) {
	t.Helper()
	db, err := bolt.Open(t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	storetest.Deep(t, db, steps)
	state, err := db.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l := loop{reconcile.New(reconcile.Config{Store: db, Target: cloud.New(state.Resources, cloud.Options{}), From: "a test", SourceKind: "dir"}, state)}
	return web.Handler(l, &web.Bell{}), l
}

// ask answers what is answered, which has to be JSON under that status.
func ask(t testing.TB, h http.Handler, path string, status int, v any) http.Header {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	if w.Code != status {
		t.Fatalf("%s: %d %.300s, wanted %d", path, w.Code, w.Body, status)
	}
	if err := json.Unmarshal(w.Body.Bytes(), v); err != nil {
		t.Fatalf("%s: %v: %.300s", path, err, w.Body)
	}
	return w.Header()
}

// TestStretches: whoever follows next has seen each revision and each step, once.
func TestStretches(t *testing.T) {
	h, l := deep(t, 2500)
	for range 4 {
		m, err := l.Store.Meta(t.Context())
		if err == nil {
			_, err = l.Store.Commit(t.Context(), m.Epoch, &store.Change{Begin: &store.Begin{Revision: store.Revision{Commit: "later"}}})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var serials []uint64
	for next, pages := "/api/v1/history?limit=2", 1; next != ""; pages++ {
		var list struct {
			Revisions []store.Revision
			Next      string
		}
		link := ask(t, h, next, 200, &list).Get("Link")
		if (link == "") != (list.Next == "") || link != "" && link != "<"+list.Next+`>; rel="next"` {
			t.Errorf("%s: next is %q, and the link %q", next, list.Next, link)
		}
		for _, r := range list.Revisions {
			serials = append(serials, r.Serial)
		}
		if next = list.Next; pages > 3 {
			t.Fatalf("more pages than there are: %v", serials)
		}
	}
	if fmt.Sprint(serials) != "[5 4 3 2 1]" {
		t.Errorf("the history: %v", serials)
	}
	steps := 0
	for next := "/api/v1/history/1?limit=999"; next != ""; {
		var list struct {
			Serial uint64
			Steps  int
			Tried  []store.Step
			Next   string
		}
		ask(t, h, next, 200, &list)
		if list.Serial != 1 || list.Steps != 2500 {
			t.Errorf("%s: serial %d, %d steps", next, list.Serial, list.Steps)
		}
		for _, s := range list.Tried {
			if steps++; s.ID != fmt.Sprint("s", steps) {
				t.Fatalf("%s: %s is the step %d", next, s.ID, steps)
			}
		}
		next = list.Next
	}
	if steps != 2500 {
		t.Errorf("%d steps", steps)
	}
	for path, status := range map[string]int{"/api/v1/history?limit=0": 400, "/api/v1/history?limit=501": 400, "/api/v1/history?limit=-1": 400, "/api/v1/history?before=x": 400,
		"/api/v1/history/1?limit=1001": 400, "/api/v1/history/x": 400, "/api/v1/history/1?after=x": 404, "/api/v1/history/9": 404, "/api/v1/history/9/plan": 404, "/api/v1/history/3/plan": 404} {
		var refused struct{ Error string }
		if ask(t, h, path, status, &refused); refused.Error == "" {
			t.Errorf("%s: no reason", path)
		}
	}
}

// TestLargeRevision: what is asked of a large revision costs what is answered, in
// memory; and its plan comes whole, to who takes gzip and to who does not.
func TestLargeRevision(t *testing.T) {
	h, _ := deep(t, 20000)
	cost := func(path string) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		w := httptest.NewRecorder()
		w.Body = nil
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		runtime.ReadMemStats(&after)
		if w.Code != 200 {
			t.Errorf("%s: %d", path, w.Code)
		}
		return after.TotalAlloc - before.TotalAlloc
	}
	for path, most := range map[string]uint64{"/api/v1/history": 1 << 20, "/api/v1/history/1": 4 << 20, "/api/v1/history/1/plan": 4 << 20} {
		if got := cost(path); got > most { // the plan alone is 8 MiB of text, the steps 4
			t.Errorf("%s takes %d KiB", path, got>>10)
		}
	}
	for _, takes := range []string{"", "gzip", "gzip;q=0", "br, gzip"} {
		r := httptest.NewRequest("GET", "/api/v1/history/1/plan", nil)
		r.Header.Set("Accept-Encoding", takes)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		var body io.Reader = w.Body
		if packed := w.Header().Get("Content-Encoding") == "gzip"; packed != (takes == "gzip" || takes == "br, gzip") {
			t.Errorf("Accept-Encoding %q: packed is %v", takes, packed)
		} else if packed {
			var err error
			if body, err = gzip.NewReader(body); err != nil {
				t.Fatal(err)
			}
		}
		var p plan.Plan
		if err := json.NewDecoder(body).Decode(&p); err != nil || len(p.Steps) != 20000 || p.Format != plan.Format {
			t.Errorf("Accept-Encoding %q: %d steps, %v", takes, len(p.Steps), err)
		}
	}
}

// TestAskedAgain: who has an answer already is told so, in every encoding, until it is
// another; what is sent under gzip says so to caches, and events are not.
func TestAskedAgain(t *testing.T) {
	address, _, l := listening(t, web.Options{}, nil)
	get := func(path, takes, has string) (*http.Response, []byte) {
		t.Helper()
		r, _ := http.NewRequest("GET", "http://"+address+path, nil)
		r.Header.Set("Accept-Encoding", takes)
		r.Header.Set("If-None-Match", has)
		got, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer got.Body.Close()
		body, err := io.ReadAll(got.Body)
		if err != nil {
			t.Fatal(err)
		}
		return got, body
	}
	paths := []string{"/api/v1/status", "/api/v1/plan", "/api/v1/resources", "/api/v1/history", "/api/v1/history/1", "/api/v1/history/1/plan", "/api/v1/openapi.json"}
	tags := map[string]string{}
	for _, path := range paths {
		plain, text := get(path, "identity", "")
		packed, short := get(path, "gzip", "")
		tags[path] = plain.Header.Get("ETag")
		if tags[path] == "" || packed.Header.Get("ETag") != tags[path] {
			t.Errorf("%s: the tags are %q and, packed, %q", path, tags[path], packed.Header.Get("ETag"))
		}
		if len(text) > 2000 { // less is not worth it
			z, err := gzip.NewReader(bytes.NewReader(short))
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			if same, err := io.ReadAll(z); err != nil || string(same) != string(text) {
				t.Errorf("%s: under gzip it is another: %v", path, err)
			}
		}
		for _, r := range []*http.Response{plain, packed} {
			if got := r.Header.Get("Vary"); got != "Accept-Encoding" || r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%s: Vary %q, Content-Type %q", path, got, r.Header.Get("Content-Type"))
			}
		}
		for _, takes := range []string{"identity", "gzip"} {
			same, body := get(path, takes, `"other", `+tags[path])
			if same.StatusCode != http.StatusNotModified || len(body) > 0 || same.Header.Get("ETag") != tags[path] || same.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s, asked again as %s: %s, %d bytes, %v", path, takes, same.Status, len(body), same.Header)
			}
			if other, _ := get(path, takes, `"other"`); other.StatusCode != http.StatusOK {
				t.Errorf("%s, with another's tag: %s", path, other.Status)
			}
		}
	}
	if err := l.Accept(t.Context(), strings.Repeat("69b34449", 5), "you"); err != nil { // the state is another now, the revision is not
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/api/v1/resources": 200, "/api/v1/history/1": 304, "/api/v1/history/1/plan": 304} {
		if got, _ := get(path, "gzip", tags[path]); got.StatusCode != want {
			t.Errorf("%s, after a change: %s", path, got.Status)
		}
	}
	r, _ := http.NewRequest("GET", "http://"+address+"/api/v1/events", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	stream, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	start := make([]byte, 13)
	if _, err := io.ReadFull(stream.Body, start); err != nil || string(start) != "event: status" || stream.Header.Get("Content-Encoding") != "" {
		t.Errorf("the stream begins %q, %v, %v", start, err, stream.Header)
	}
}

func BenchmarkLargeRevision(b *testing.B) {
	h, _ := deep(b, 150000)
	for _, path := range []string{"/api/v1/history", "/api/v1/history/1", "/api/v1/history/1/plan"} {
		b.Run(strings.TrimPrefix(path, "/api/v1/"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				w.Body = nil
				h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
				if w.Code != 200 {
					b.Fatal(w.Code)
				}
			}
		})
	}
}
