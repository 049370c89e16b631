package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"enid/reconcile/store"
	"enid/schema"
)

// ErrNoDaemon is answered where no daemon serves the socket.
var ErrNoDaemon = errors.New("no daemon is running on this state; `enid run` is one")

// Client asks the daemon of a state's folder.
type Client struct{ http http.Client }

// Dial answers a client of the daemon that serves the state's folder. Nothing is
// sent yet: that no daemon runs is answered by the first question, as ErrNoDaemon.
func Dial(stateDir string) *Client {
	dialer := net.Dialer{Timeout: 2 * time.Second}
	return &Client{http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", Socket(stateDir))
		},
	}}}
}

// Status answers the enid.status/v1 object as it came.
func (c *Client) Status(ctx context.Context) (raw json.RawMessage, err error) {
	err = c.get(ctx, "status", &raw)
	return raw, err
}

// Load answers the daemon's state.
func (c *Client) Load(ctx context.Context) (*store.State, error) {
	var w wireState
	if err := c.get(ctx, "resources", &w); err != nil {
		return nil, err
	}
	return w.decode()
}

// History answers the revisions that were applied, newest first.
func (c *Client) History(ctx context.Context) (all []store.Revision, err error) {
	for next := fmt.Sprintf("api/v1/history?limit=%d", mostRevisions); next != ""; {
		var part historyAnswer
		if err := c.do(ctx, http.MethodGet, next, nil, &part); err != nil {
			return nil, err
		}
		all, next = append(all, part.Revisions...), strings.TrimPrefix(part.Next, "/")
	}
	return all, nil
}

// Revision answers one revision whole, store.ErrAbsent where there is none.
func (c *Client) Revision(ctx context.Context, serial uint64) (*store.Detail, error) {
	d := &store.Detail{}
	for next := fmt.Sprintf("api/v1/history/%d?limit=%d", serial, mostSteps); next != ""; {
		var part revisionAnswer
		if err := c.do(ctx, http.MethodGet, next, nil, &part); err != nil {
			return nil, err
		}
		d.Revision, d.Tried, next = part.Revision, append(d.Tried, part.Tried...), strings.TrimPrefix(part.Next, "/")
	}
	err := c.get(ctx, fmt.Sprintf("history/%d/plan", serial), &d.Plan)
	if errors.Is(err, store.ErrAbsent) {
		err = nil // none was kept
	}
	return d, err
}

// Accept lets a held commit pass, once.
func (c *Client) Accept(ctx context.Context, commit, by string) error {
	return c.post(ctx, "accept", url.Values{"commit": {commit}, "by": {by}}, &struct{}{})
}

// Retry has the failed steps of a resource tried again, and answers how many.
func (c *Client) Retry(ctx context.Context, target schema.Ref) (n int, err error) {
	err = c.post(ctx, "retry", url.Values{"target": {target.String()}}, &n)
	return n, err
}

// Resolve says what became of the uncertain steps of a resource, and answers them.
func (c *Client) Resolve(ctx context.Context, target schema.Ref, operation string, done bool, by string) (settled []store.Intent, err error) {
	err = c.post(ctx, "state/resolve", url.Values{"target": {target.String()}, "operation": {operation}, "done": {strconv.FormatBool(done)}, "by": {by}}, &settled)
	return settled, err
}

// Move renames a resource in the state, and answers the others that changed.
func (c *Client) Move(ctx context.Context, from, to schema.Ref, by string) (changed []schema.Ref, err error) {
	err = c.post(ctx, "state/mv", url.Values{"from": {from.String()}, "to": {to.String()}, "by": {by}}, &changed)
	return changed, err
}

// Forget drops a resource from the state.
func (c *Client) Forget(ctx context.Context, target schema.Ref, by string) error {
	return c.post(ctx, "state/forget", url.Values{"target": {target.String()}, "by": {by}}, &struct{}{})
}

// Suspend has the daemon do nothing until s.Until, or Resume where that is zero.
func (c *Client) Suspend(ctx context.Context, s store.Suspension) error {
	form := url.Values{"by": {s.By}, "reason": {s.Reason}}
	if !s.Until.IsZero() {
		form.Set("until", s.Until.UTC().Format(time.RFC3339))
	}
	return c.post(ctx, "suspend", form, &struct{}{})
}

// Resume ends a suspension, and answers whether there was one.
func (c *Client) Resume(ctx context.Context, by string) (was bool, err error) {
	err = c.post(ctx, "resume", url.Values{"by": {by}}, &was)
	return was, err
}

// Sync has the daemon poll its source now.
func (c *Client) Sync(ctx context.Context) error { return c.post(ctx, "sync", nil, &struct{}{}) }

func (c *Client) get(ctx context.Context, what string, v any) error {
	return c.do(ctx, http.MethodGet, "api/v1/"+what, nil, v)
}

func (c *Client) post(ctx context.Context, what string, form url.Values, v any) error {
	return c.do(ctx, http.MethodPost, "control/"+what, strings.NewReader(form.Encode()), v)
}

func (c *Client) do(ctx context.Context, method, path string, body io.Reader, v any) error {
	req, err := http.NewRequestWithContext(ctx, method, "http://enid/"+path, body)
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := c.http.Do(req)
	switch {
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return ErrNoDaemon
	case err != nil:
		return fmt.Errorf("daemon: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return refusal(res)
	}
	if err := json.NewDecoder(res.Body).Decode(v); err != nil {
		return fmt.Errorf("daemon: %w", err)
	}
	return nil
}

// refusal answers what the daemon says against a question; store.ErrAbsent is
// among its causes where that is what it says.
func refusal(res *http.Response) error {
	var failed struct{ Error string }
	if err := json.NewDecoder(res.Body).Decode(&failed); err != nil {
		failed.Error = res.Status
	}
	if res.StatusCode != http.StatusNotFound {
		return fmt.Errorf("daemon: %s", failed.Error)
	}
	if what, ok := strings.CutSuffix(failed.Error, ": "+store.ErrAbsent.Error()); ok {
		return fmt.Errorf("%s: %w", what, store.ErrAbsent)
	}
	return store.ErrAbsent
}
