package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"enid/plan/render"
	"enid/reconcile"
)

// Common is what every way to tell has.
type Common struct {
	// CAFile has PEM certificates that https accepts besides the system's; empty: none.
	CAFile string
	Log    *slog.Logger
	// Count counts deliveries: sent, retried, dropped. Nil: nobody counts.
	Count func(result string)
	// FirstPause is before the second try; it doubles with each. 0: a second.
	FirstPause time.Duration
	// Patience is how long a receiver may take to answer. 0: ten seconds.
	Patience time.Duration
}

// The bounds of a delivery, with which a receiver that is down for some minutes, or
// whose token is being replaced, is told in the end.
const (
	mostTries    = 12 // with a pause of a second at first, half an hour
	longestPause = 5 * time.Minute
	longestBody  = 1 << 20
)

// courier makes requests until they are answered well.
type courier struct {
	Common
	to      string
	client  *http.Client
	proxied []string // passwords of proxies, in all their forms
}

func newCourier(c Common, to string) (*courier, error) {
	if c.Count == nil {
		c.Count = func(string) {}
	}
	if c.FirstPause == 0 {
		c.FirstPause = time.Second
	}
	if c.Patience == 0 {
		c.Patience = 10 * time.Second
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("--ca-file: %w", err)
		}
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("--ca-file: %s holds no PEM certificate", c.CAFile)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	// A redirection would take the token, or the event, to where nobody sent it.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &courier{Common: c, to: to, proxied: reconcile.ProxyForms(), client: &http.Client{Transport: transport, Timeout: c.Patience, CheckRedirect: stay}}, nil
}

// refusal is an answer that is no success. What the receiver says with it is another's
// text, and may repeat a secret: it is not kept.
type refusal struct {
	status int
	after  time.Duration // that the receiver asks to wait; 0: it does not
}

// Error answers the status.
func (r *refusal) Error() string {
	return fmt.Sprintf("answered %d %s", r.status, http.StatusText(r.status))
}

// lasting reports whether the same request would be refused again, for good.
func lasting(err error) bool {
	var r *refusal
	if !errors.As(err, &r) {
		return false
	}
	switch r.status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false // a token is replaced, a receiver is being set up, or busy
	}
	return r.status < 500
}

// do makes a request and answers the body of a success.
func (c *courier) do(r *http.Request) ([]byte, error) {
	r.Header.Set("User-Agent", "enid")
	res, err := c.client.Do(r)
	if err != nil {
		return nil, c.bare(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, longestBody))
	if res.StatusCode/100 != 2 {
		seconds, _ := strconv.Atoi(res.Header.Get("Retry-After"))
		return nil, &refusal{res.StatusCode, time.Duration(seconds) * time.Second}
	}
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return body, nil
}

// bare answers an error of the client without the address, which may be a secret, and
// without what a proxy repeats.
func (c *courier) bare(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		err = of.Err
	}
	if text := reconcile.Redact(err.Error(), c.proxied); text != err.Error() {
		return errors.New(text)
	}
	return err
}

// parcel is what is to be delivered next.
type parcel struct {
	id   string // another one is tried anew
	what string // for the log
	send func(context.Context) error
	// settle is told how it ended: known is that the receiver has it, or will never
	// take it; else the tries ran out.
	settle func(known bool)
}

// run delivers what next answers, in its order, until ctx ends. wake says that there
// may be something.
func (c *courier) run(ctx context.Context, wake <-chan struct{}, next func() *parcel) {
	tries, id := 0, ""
	for ctx.Err() == nil {
		p := next()
		if p == nil {
			select {
			case <-wake:
			case <-ctx.Done():
			}
			continue
		}
		if p.id != id {
			tries, id = 0, p.id
		}
		err := p.send(ctx)
		tries++
		switch {
		case ctx.Err() != nil:
		case err == nil:
			c.Count("sent")
			p.settle(true)
		case lasting(err) || tries == mostTries:
			c.Log.Warn("a notification is given up", "to", c.to, "about", p.what, "tries", tries, "err", render.Inert(err.Error()))
			c.Count("dropped")
			p.settle(lasting(err))
		default:
			pause := c.pause(tries, err)
			c.Log.Info("a notification is tried again", "to", c.to, "about", p.what, "tries", tries, "in", pause, "err", render.Inert(err.Error()))
			c.Count("retried")
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
		}
	}
}

func (c *courier) pause(tries int, err error) time.Duration {
	pause := c.FirstPause << (tries - 1)
	var r *refusal
	if errors.As(err, &r) {
		pause = max(pause, r.after)
	}
	return min(pause, longestPause)
}

// secret reads a file that holds one line; the error names the file and nothing of it.
func secret(file, what string) (string, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("the %s cannot be read: %w", what, err)
	}
	text := strings.TrimSpace(string(raw))
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return "", fmt.Errorf("%s does not hold one %s on one line", file, what)
	}
	return text, nil
}

// safe refuses an address to which a secret must not go; the error does not say it.
func safe(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, errors.New("is no address: give https://HOST/PATH")
	}
	switch host := u.Hostname(); {
	case u.Scheme == "https", u.Scheme == "http" && (host == "127.0.0.1" || host == "::1" || host == "localhost"):
		return u, nil
	case u.Scheme == "http":
		return nil, errors.New("is plain http, which everybody on the way can read: use https")
	}
	return nil, errors.New("is neither https nor http: give https://HOST/PATH")
}

// nudge wakes a courier.
func nudge(wake chan struct{}) {
	select {
	case wake <- struct{}{}:
	default: // it is awake
	}
}
