package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"enid/plan"
	"enid/reconcile/store"
	"enid/schema"
)

// Daemon is what can be asked of a running daemon.
type Daemon interface {
	// Status answers the enid.status/v1 object.
	Status() any
	// Alive fails where the loop no longer comes round; Ready until a revision is applied.
	Alive() error
	Ready() error
	// LastPlan answers the newest plan, in the end what was left to do; nil before the first.
	LastPlan() *plan.Plan
	// Load answers the state as it is now.
	Load(ctx context.Context) (*store.State, error)
	// Meta answers where the state stands.
	Meta() store.Meta
	// History, Tried and Plan are those of store.Store.
	History(ctx context.Context, before uint64, limit int) ([]store.Revision, error)
	Tried(ctx context.Context, serial uint64, after string, limit int) (*store.Stretch, error)
	Plan(ctx context.Context, serial uint64) (store.Packed, error)
	// Metrics answers GET /metrics.
	Metrics() http.Handler
	// The others are those of reconcile.Controller.
	Accept(ctx context.Context, commit, by string) error
	Retry(ctx context.Context, target schema.Ref) (int, error)
	Resolve(ctx context.Context, target schema.Ref, operation string, done bool, by string) ([]store.Intent, error)
	Move(ctx context.Context, from, to schema.Ref, by string) ([]schema.Ref, error)
	Forget(ctx context.Context, ref schema.Ref, by string) error
	Suspend(ctx context.Context, s store.Suspension) error
	Resume(ctx context.Context, by string) (bool, error)
	Hint()
}

// Socket answers the path of a daemon's socket in its state's folder.
func Socket(stateDir string) string { return filepath.Join(stateDir, "enid.sock") }

// Control answers what changes the daemon's mind, besides what Handler answers.
// It is for the socket, which only the state's owner can open.
func Control(d Daemon) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", Handler(d, &Bell{}))
	mux.HandleFunc("POST /control/accept", func(w http.ResponseWriter, r *http.Request) {
		answer(w, struct{}{}, d.Accept(r.Context(), r.FormValue("commit"), r.FormValue("by")))
	})
	mux.HandleFunc("POST /control/retry", about("target", func(r *http.Request, target schema.Ref) (any, error) {
		return d.Retry(r.Context(), target)
	}))
	mux.HandleFunc("POST /control/state/resolve", about("target", func(r *http.Request, target schema.Ref) (any, error) {
		done, err := strconv.ParseBool(r.FormValue("done"))
		if err != nil {
			return nil, fmt.Errorf("done is %q: say true or false", r.FormValue("done"))
		}
		return d.Resolve(r.Context(), target, r.FormValue("operation"), done, r.FormValue("by"))
	}))
	mux.HandleFunc("POST /control/state/mv", about("from", func(r *http.Request, from schema.Ref) (any, error) {
		var to schema.Ref
		if err := to.UnmarshalText([]byte(r.FormValue("to"))); err != nil {
			return nil, err
		}
		return d.Move(r.Context(), from, to, r.FormValue("by"))
	}))
	mux.HandleFunc("POST /control/state/forget", about("target", func(r *http.Request, target schema.Ref) (any, error) {
		return struct{}{}, d.Forget(r.Context(), target, r.FormValue("by"))
	}))
	mux.HandleFunc("POST /control/suspend", func(w http.ResponseWriter, r *http.Request) {
		s := store.Suspension{By: r.FormValue("by"), Reason: r.FormValue("reason")}
		var err error
		if until := r.FormValue("until"); until != "" {
			s.Until, err = time.Parse(time.RFC3339, until)
		}
		if err == nil {
			err = d.Suspend(r.Context(), s)
		}
		answer(w, struct{}{}, err)
	})
	mux.HandleFunc("POST /control/resume", func(w http.ResponseWriter, r *http.Request) {
		was, err := d.Resume(r.Context(), r.FormValue("by"))
		answer(w, was, err)
	})
	mux.HandleFunc("POST /control/sync", func(w http.ResponseWriter, _ *http.Request) {
		d.Hint()
		answer(w, struct{}{}, nil)
	})
	return mux
}

// about answers a handler for what is asked of the resource that a form's field names.
func about(field string, do func(*http.Request, schema.Ref) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var ref schema.Ref
		var v any
		err := ref.UnmarshalText([]byte(r.FormValue(field)))
		if err == nil {
			v, err = do(r, ref)
		}
		answer(w, v, err)
	}
}

// Serve answers on the socket in the state's folder (0600) until ctx ends, then
// removes it. A socket that a killed daemon left behind is replaced: the state's
// lock, which the caller holds, says that nobody else serves it.
func Serve(ctx context.Context, stateDir string, d Daemon, log *slog.Logger) error {
	path := Socket(stateDir)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("socket: %w", err)
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return errors.Join(fmt.Errorf("socket: %w", err), listener.Close())
	}
	return serve(ctx, &http.Server{Handler: Control(d), ReadHeaderTimeout: headerTime, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}, Owned{listener})
}
