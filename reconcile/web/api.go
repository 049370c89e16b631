package web

import (
	"fmt"
	"net/http"
)

// route is something that is answered: its pattern, as a mux and openapi.json name it.
type route struct {
	pattern string
	handle  http.HandlerFunc
}

const eventsPath = "/api/v1/events"

// routes are everything that Handler answers.
func routes(d Daemon, bell *Bell) []route {
	return []route{
		{"GET /healthz", yes(d.Alive)},
		{"GET /readyz", yes(d.Ready)},
		{"GET /metrics", func(w http.ResponseWriter, r *http.Request) { d.Metrics().ServeHTTP(w, r) }},
		{"GET /api/v1/openapi.json", describe},
		{"GET " + eventsPath, events(d, bell)},
		{"GET /api/v1/status", func(w http.ResponseWriter, r *http.Request) { show(w, r, d.Status(), nil) }},
		{"GET /api/v1/plan", newest(d)},
		{"GET /api/v1/resources", resources(d)},
		{"GET /api/v1/history", history(d)},
		{"GET /api/v1/history/{serial}", revision(d)},
		{"GET /api/v1/history/{serial}/plan", revisionPlan(d)},
	}
}

// Handler answers the read-only API of a daemon. Others may add to it.
func Handler(d Daemon, bell *Bell) *http.ServeMux {
	mux := http.NewServeMux()
	for _, r := range routes(d, bell) {
		mux.HandleFunc(r.pattern, r.handle)
	}
	return mux
}

// yes answers ok, or 503 and why not.
func yes(check func() error) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if err := check(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	}
}

// Webhook answers POST /webhook: see webhook. count is told how each delivery ended.
func (o Options) Webhook(hint func(), count func(result string)) http.Handler {
	return &webhook{secretFile: o.WebhookSecretFile, hint: hint, count: count}
}
