package page

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"enid/plan"
	"enid/plan/render"
	"enid/reconcile"
	"enid/reconcile/store"
	"enid/schema"
)

// Config is what the pages show. Status, Plan and Store have to be set.
type Config struct {
	Status func() reconcile.Status
	// Plan answers the newest plan, nil before the first.
	Plan  func() *plan.Plan
	Store store.Store
	// Machine reads this machine as tables; nil: the daemon has none.
	Machine func(ctx context.Context) ([]render.Table, error)
	// Rule answers a rule of the catalogue; nil: none is known.
	Rule func(id string) (schema.Rule, bool)
	// Version is that of the program, as its foot shows it.
	Version string
	Log     *slog.Logger     // nil: nothing is logged
	Now     func() time.Time // nil: time.Now
}

// Policy is the Content-Security-Policy of every page: what is ours, from here,
// and nothing that stands in the document itself.
const Policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

//go:embed assets
var assets embed.FS

// site answers the pages.
type site struct {
	Config
	pages   *template.Template
	network *network
}

// Handler answers the pages: /, /history, /history/{serial}, /rules/{id}, and what
// they are made of below /assets/.
func Handler(c Config) http.Handler {
	if c.Machine == nil {
		c.Machine = func(context.Context) ([]render.Table, error) { return nil, nil }
	}
	if c.Rule == nil {
		c.Rule = func(string) (schema.Rule, bool) { return schema.Rule{}, false }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	s := &site{Config: c, network: &network{store: c.Store, now: c.Now}}
	s.pages = template.Must(template.New("").Funcs(words(c.Rule)).ParseFS(assets, "assets/*.html"))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page(s.front))
	mux.HandleFunc("GET /history", s.page(s.history))
	mux.HandleFunc("GET /history/{serial}", s.page(s.revision))
	mux.HandleFunc("GET /rules/{id}", s.page(s.rule))
	mux.HandleFunc("GET /assets/style.css", asset("text/css; charset=utf-8", "style.css", render.SVGStyle))
	mux.HandleFunc("GET /assets/live.js", asset("text/javascript; charset=utf-8", "live.js", ""))
	mux.HandleFunc("GET /assets/icon.svg", asset("image/svg+xml", "icon.svg", ""))
	return secured(mux)
}

// secured adds what a browser is told of every answer.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", Policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// view is what a template is given: its name, the title of the page, its content.
type view struct {
	Name, Title string
	Body        any
	Version     string
	At          time.Time
}

// AsOf answers what stands for At until the page is whole.
func (view) AsOf() template.HTML { return asOf }

// page answers a handler that writes one page whole, or an error's.
func (s *site) page(make func(*http.Request) (view, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := make(r)
		code := http.StatusOK
		switch {
		case errors.Is(err, store.ErrAbsent):
			code, v = http.StatusNotFound, view{Name: "error", Title: "Not here", Body: err.Error()}
		case err != nil && r.Context().Err() != nil:
			return // nobody waits for it any more
		case err != nil:
			s.Log.Warn("a page was not made", "path", r.URL.Path, "err", err)
			code, v = http.StatusInternalServerError, view{Name: "error", Title: "This cannot be shown", Body: err.Error()}
		}
		v.Version, v.At = s.Version, s.Now().UTC()
		var b bytes.Buffer
		if err := s.pages.ExecuteTemplate(&b, v.Name+".html", v); err != nil {
			s.Log.Error("a page was not made", "path", r.URL.Path, "err", err)
			http.Error(w, "the page cannot be made; the daemon's log says why", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store") // what is true now is asked for each time
		body, tag := dated(b.Bytes(), v.At)
		if code == http.StatusOK {
			w.Header().Set("ETag", tag)
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
			return
		}
		w.WriteHeader(code)
		_, _ = w.Write(body) // a reader that went away is no failure of ours
	}
}

// asOf stands in a page for the time at which it was made. Nothing from outside can
// hold it: that is escaped.
const asOf = "<as-of>"

// dated answers a page with its time, and a tag of what it shows besides: the script of
// one that is open asks for it again and again. The tag is a weak one: under gzip the
// bytes are others.
func dated(body []byte, at time.Time) (page []byte, tag string) {
	sum := sha256.Sum256(body)
	stamp := fmt.Sprintf(`<time datetime="%s">%s</time>`, rfc(at), stamped(at))
	return bytes.Replace(body, []byte(asOf), []byte(stamp), 1), `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

// asset answers a handler for a file that is the program's own.
func asset(contentType, name, more string) http.HandlerFunc {
	body, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(fmt.Sprintf("the program lacks its %s: %v", name, err)) // found by the first test that runs
	}
	body = append(body, more...)
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Cache-Control", "no-cache") // another version of the program may serve it next
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	}
}

// number answers a number of the path or the query, 0 where there is none.
func number(text string) (uint64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no serial: %w", text, store.ErrAbsent)
	}
	return n, nil
}
