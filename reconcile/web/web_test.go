package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enid/reconcile"
	"enid/reconcile/cloud"
	"enid/reconcile/store"
	"enid/reconcile/store/bolt"
	"enid/reconcile/web"
	"enid/schema"
)

// loop is a controller on a real state, as the daemon serves it.
type loop struct{ *reconcile.Controller }

func (l loop) Status() any                                    { return l.Controller.Status() }
func (l loop) Alive() error                                   { return nil }
func (l loop) Ready() error                                   { return nil }
func (l loop) Metrics() http.Handler                          { return http.NotFoundHandler() }
func (l loop) Load(ctx context.Context) (*store.State, error) { return l.Store.Load(ctx) }
func (l loop) History(ctx context.Context, before uint64, limit int) ([]store.Revision, error) {
	return l.Store.History(ctx, before, limit)
}
func (l loop) Tried(ctx context.Context, serial uint64, after string, limit int) (*store.Stretch, error) {
	return l.Store.Tried(ctx, serial, after, limit)
}
func (l loop) Plan(ctx context.Context, serial uint64) (store.Packed, error) {
	return l.Store.Plan(ctx, serial)
}

const topology = `apiVersion: enid/v1
kind: Account
metadata: {name: main}
spec: {provider: alibaba}
---
apiVersion: enid/v1
kind: VPC
metadata: {name: prod, labels: {tier: web}}
spec: {region: cn-hangzhou, cidr: 10.0.0.0/16}
`

// serve applies the topology and serves the state until the test ends.
func serve(t *testing.T, dir string) (*web.Client, loop) {
	t.Helper()
	db, err := bolt.Open(dir, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	state, err := db.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l := loop{reconcile.New(reconcile.Config{Store: db, Target: cloud.New(state.Resources, cloud.Options{}), From: "a test", SourceKind: "dir"}, state)}
	joined, findings := schema.Join([]schema.File{schema.Parse("topology.yaml", []byte(topology))})
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	if _, err := l.Apply(t.Context(), reconcile.Revision{ID: "dir:1", Subject: "first"}, joined, reconcile.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- web.Serve(ctx, dir, l, slog.New(slog.DiscardHandler)) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(web.Socket(dir)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the socket is left behind: %v", err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return web.Dial(dir), l
}

// eventually asks until the daemon answers.
func eventually[T any](t *testing.T, ask func() (T, error)) T {
	t.Helper()
	for until := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		answer, err := ask()
		if err == nil {
			return answer
		}
		if !errors.Is(err, web.ErrNoDaemon) || time.Now().After(until) {
			t.Fatal(err)
		}
	}
}

func TestSocket(t *testing.T) {
	dir := t.TempDir()
	if _, err := web.Dial(dir).Status(t.Context()); !errors.Is(err, web.ErrNoDaemon) {
		t.Errorf("without a daemon: %v", err)
	}
	if err := os.WriteFile(web.Socket(dir), nil, 0o666); err != nil { // as a killed daemon leaves it
		t.Fatal(err)
	}
	client, l := serve(t, dir)
	ctx := t.Context()

	state := eventually(t, func() (*store.State, error) { return client.Load(ctx) })
	want, err := l.Load(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(texts(t, want), texts(t, state)); diff != "" || state.Meta != want.Meta {
		t.Errorf("the state came differently: %s", diff)
	}
	info, err := os.Stat(web.Socket(dir))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket's mode: %v, %v", info.Mode(), err)
	}
	raw, err := client.Status(ctx)
	var status reconcile.Status
	if err = errors.Join(err, json.Unmarshal(raw, &status)); err != nil || status.Format != reconcile.StatusFormat || status.Applied.Serial != 1 {
		t.Errorf("status: %s, %v", raw, err)
	}
	history, err := client.History(ctx)
	if err != nil || len(history) != 1 || history[0].Subject != "first" {
		t.Errorf("history: %+v, %v", history, err)
	}
	detail, err := client.Revision(ctx, 1)
	if err != nil || len(detail.Tried) != 1 || detail.Tried[0].Operation != "CreateVpc" {
		t.Errorf("revision: %+v, %v", detail, err)
	}
	if _, err := client.Revision(ctx, 7); !errors.Is(err, store.ErrAbsent) {
		t.Errorf("a revision that is not there: %v", err)
	}
}

func TestControl(t *testing.T) {
	client, l := serve(t, t.TempDir())
	ctx := t.Context()
	if n := eventually(t, func() (int, error) { return client.Retry(ctx, schema.Ref{Kind: "VPC", Name: "prod"}) }); n != 0 {
		t.Errorf("%d steps to try again", n)
	}
	if err := client.Accept(ctx, strings.Repeat("69b34449", 5), "you"); err != nil {
		t.Error(err)
	}
	state, err := l.Load(ctx)
	if err != nil || len(state.Accepted) != 1 || state.Accepted[0].By != "you" {
		t.Errorf("accepted: %+v, %v", state.Accepted, err)
	}
	if err := client.Accept(ctx, "no commit", "you"); err == nil {
		t.Error("accepted what is no commit")
	}
	if err := client.Sync(ctx); err != nil {
		t.Error(err)
	}
}

// TestControlOfTheState: changes by hand go through the loop that holds the state.
func TestControlOfTheState(t *testing.T) {
	client, l := serve(t, t.TempDir())
	ctx := t.Context()
	vpc := func(name string) schema.Ref { return schema.Ref{Kind: schema.KindVPC, Name: name} }
	changed := eventually(t, func() ([]schema.Ref, error) { return client.Move(ctx, vpc("prod"), vpc("live"), "you") })
	state, err := l.Load(ctx)
	if err != nil || len(changed) != 0 || state.Resources[1].Ref != vpc("live") || state.Meta.Serial != 2 {
		t.Fatalf("moved: %v, %v, %+v", changed, err, state.Meta)
	}
	if _, err := client.Move(ctx, vpc("prod"), vpc("live"), "you"); !errors.Is(err, store.ErrAbsent) || err.Error() != "VPC/prod: not in the state" {
		t.Errorf("moved again: %v", err)
	}
	account := schema.Ref{Kind: schema.KindAccount, Name: "main"}
	if err := client.Forget(ctx, account, "you"); err == nil || err.Error() != "daemon: [VPC/live] refer to Account/main; forget those first" {
		t.Errorf("forgot what is referred to: %v", err)
	}
	if err := client.Forget(ctx, vpc("live"), "you"); err != nil {
		t.Error(err)
	}
	if _, err := client.Resolve(ctx, vpc("live"), "", true, "you"); err == nil || errors.Is(err, store.ErrAbsent) {
		t.Errorf("resolved what is not uncertain: %v", err)
	}
	newest, err := client.Revision(ctx, 3)
	if err != nil || newest.Author != "you" || newest.Subject != "enid state forget VPC/live" {
		t.Errorf("history: %+v, %v", newest, err)
	}
}

func texts(t *testing.T, s *store.State) (out []string) {
	t.Helper()
	for _, r := range s.Resources {
		doc, err := schema.Encode(r)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(doc))
	}
	return out
}
