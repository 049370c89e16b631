package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"enid/reconcile"
	"enid/reconcile/metrics"
	"enid/reconcile/store"
	"enid/reconcile/web"
)

// listenFlags adds what says where the daemon listens, and who may ask.
func listenFlags(set *pflag.FlagSet, o *web.Options) {
	set.StringVar(&o.Addr, "listen", "", "answer HTTP at that HOST:PORT, such as 127.0.0.1:8080: status page, metrics, API (default: nowhere)")
	set.StringVar(&o.CertFile, "tls-cert", "", "PEM certificate for --listen; wanted beyond loopback, read anew when it changes")
	set.StringVar(&o.KeyFile, "tls-key", "", "PEM key of --tls-cert")
	set.StringVar(&o.TokenFile, "auth-token-file", "", "file with the token that --listen asks for; wanted beyond loopback")
	set.StringVar(&o.WebhookSecretFile, "webhook-secret-file", "", "file with the secret of POST /webhook (GitHub, GitLab, Gitea), which brings the next poll forward")
}

// aliveWithin is how long a loop that lives is silent at most, besides the probes of the
// machine: a plan of 100,000 resources takes seconds, and the loop says that it lives
// while it waits, while it fetches, and before each step.
const aliveWithin = 5 * time.Minute

// pages answers what is served at an address.
func (d daemon) pages(o web.Options, log *slog.Logger) http.Handler {
	mux := web.Handler(d, d.bell)
	mux.Handle("GET /", d.statusPages(log))
	if o.WebhookSecretFile != "" {
		mux.Handle("POST /webhook", o.Webhook(d.Hint, d.metrics.Webhook))
	}
	return mux
}

// Alive fails where the loop no longer comes round.
func (d daemon) Alive() error {
	if silence := d.Silence(); silence >= aliveWithin+d.probes {
		return fmt.Errorf("the loop has not come round for %s", silence.Round(time.Second))
	}
	return nil
}

// Ready fails until a revision is applied, and says what keeps the source from it.
func (d daemon) Ready() error {
	s := d.Controller.Status()
	if s.Applied.Revision != "" {
		return nil
	}
	why := ""
	if s.Source.Message != "" {
		why = ": " + s.Source.Message
	}
	return fmt.Errorf("no revision is applied yet; the source is %s%s", s.Source.Condition, why)
}

// watch has the loop tell those who count, notify and listen.
func watch(cfg *reconcile.Config, counted *metrics.Metrics, bell *web.Bell, told *tellers) {
	cfg.Progress = func(p reconcile.Progress) {
		counted.Progress(p)
		bell.Ring() // a listener hears it a few times a second
	}
	sweep := sweeper()
	cfg.Turned = func(t reconcile.Turned) {
		counted.Turned(t)
		told.Turned(t)
		bell.Ring()
		sweep(t)
	}
}

// serveAndRun runs the loop and answers on the socket and, where it is asked to, on
// an address, until ctx ends.
func serveAndRun(ctx context.Context, d daemon, o web.Options, stateDir string, log *slog.Logger) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return web.Serve(ctx, stateDir, d, log) })
	if o.Addr != "" {
		group.Go(func() error {
			return web.Listen(ctx, o, d.pages(o, log), log, func(at net.Addr) { log.Info("listening", "address", at.String(), "tls", o.CertFile != "") })
		})
	}
	group.Go(func() error { supervised(ctx, d, log); return nil })
	group.Go(func() error { return d.Run(ctx) })
	return group.Wait()
}

// daemon is the loop as the socket asks it.
type daemon struct {
	*reconcile.Controller
	metrics *metrics.Metrics
	bell    *web.Bell
	probes  time.Duration // how long those of the machine may take
}

// Metrics answers what the loop has counted.
func (d daemon) Metrics() http.Handler { return d.metrics }

// Status answers the loop's status.
func (d daemon) Status() any { return d.Controller.Status() }

// Load answers the state as it is stored.
func (d daemon) Load(ctx context.Context) (*store.State, error) { return d.Store.Load(ctx) }

// History answers the applied revisions.
func (d daemon) History(ctx context.Context, before uint64, limit int) ([]store.Revision, error) {
	return d.Store.History(ctx, before, limit)
}

// Tried answers an applied revision with some of its steps.
func (d daemon) Tried(ctx context.Context, serial uint64, after string, limit int) (*store.Stretch, error) {
	return d.Store.Tried(ctx, serial, after, limit)
}

// Plan answers the plan of an applied revision.
func (d daemon) Plan(ctx context.Context, serial uint64) (store.Packed, error) {
	return d.Store.Plan(ctx, serial)
}
