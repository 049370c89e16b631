package web

import (
	_ "embed"
	"fmt"
	"net/http"
	"strconv"

	"enid/plan"
)

// openapi describes the API (OpenAPI 3.1); a test holds the answers to it.
//
//go:embed openapi.json
var openapi []byte

// Handler answers the read-only API of a daemon. Others may add to it.
func Handler(d Daemon, bell *Bell) *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", yes(d.Alive, "the loop does not come round"))
	mux.HandleFunc("GET /readyz", yes(d.Ready, "no revision is applied yet"))
	mux.HandleFunc("GET /api/v1/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(openapi)
	})
	mux.HandleFunc("GET /api/v1/events", events(d, bell))
	mux.HandleFunc("GET /api/v1/plan", func(w http.ResponseWriter, _ *http.Request) {
		p := d.LastPlan()
		if p == nil {
			p = &plan.Plan{Format: plan.Format, Steps: []*plan.Step{}, Advice: []plan.Advice{}}
		}
		answer(w, p, nil)
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) { d.Metrics().ServeHTTP(w, r) })
	mux.HandleFunc("GET /api/v1/status", func(w http.ResponseWriter, _ *http.Request) { answer(w, d.Status(), nil) })
	mux.HandleFunc("GET /api/v1/resources", func(w http.ResponseWriter, r *http.Request) {
		state, err := d.Load(r.Context())
		if err != nil {
			answer(w, nil, err)
			return
		}
		body, err := encodeState(state)
		answer(w, body, err)
	})
	mux.HandleFunc("GET /api/v1/history", func(w http.ResponseWriter, r *http.Request) {
		revisions, err := d.History(r.Context(), 0, 0)
		answer(w, map[string]any{"format": "enid.history/v1", "revisions": revisions}, err)
	})
	mux.HandleFunc("GET /api/v1/history/{serial}", func(w http.ResponseWriter, r *http.Request) {
		serial, err := strconv.ParseUint(r.PathValue("serial"), 10, 64)
		if err != nil {
			http.Error(w, "the serial is no number", http.StatusBadRequest)
			return
		}
		detail, err := d.Revision(r.Context(), serial)
		answer(w, detail, err)
	})
	return mux
}

// yes answers ok, or 503 and why not.
func yes(is func() bool, not string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if !is() {
			http.Error(w, not, http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	}
}

// Webhook answers POST /webhook: see webhook. count is told how each delivery ended.
func (o Options) Webhook(hint func(), count func(result string)) http.Handler {
	return &webhook{secretFile: o.WebhookSecretFile, hint: hint, count: count}
}
