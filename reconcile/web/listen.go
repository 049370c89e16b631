package web

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"

	"golang.org/x/net/netutil"
)

// Options say where the daemon listens, and who may ask.
type Options struct {
	// Addr is HOST:PORT; empty listens nowhere. A host that is no loopback address wants a certificate and
	// a token.
	Addr string
	// CertFile and KeyFile are PEM, read anew when they change.
	CertFile, KeyFile string
	// TokenFile holds the token that every path but /healthz and /webhook wants, as
	// Bearer or as the password of Basic; read anew when it changes.
	TokenFile string
	// WebhookSecretFile enables POST /webhook; read at each delivery.
	WebhookSecretFile string
}

// The bounds of a connection: a person's browser and a scraper need less, and
// somebody who sends a byte a minute holds one no longer.
const (
	headerTime  = 5 * time.Second
	readTime    = 15 * time.Second
	writeTime   = 30 * time.Second // a stream of events has its own
	idleTime    = 60 * time.Second
	headerBytes = 16 << 10
	connections = 256
)

// Check refuses what must not be listened on so: beyond loopback without a
// certificate or a token, half of a pair of files, and files that nothing would use.
func (o Options) Check() error {
	if o.Addr == "" {
		if o != (Options{}) {
			return errors.New("--tls-cert, --tls-key, --auth-token-file and --webhook-secret-file are of --listen: give HOST:PORT there as well")
		}
		return nil
	}
	host, _, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return fmt.Errorf("--listen %q: give HOST:PORT such as 127.0.0.1:8080", o.Addr)
	}
	if (o.CertFile == "") != (o.KeyFile == "") {
		return errors.New("--tls-cert and --tls-key: give both")
	}
	if !loopback(host) && (o.CertFile == "" || o.TokenFile == "") {
		return fmt.Errorf("--listen %s is reached from elsewhere: give --tls-cert, --tls-key and --auth-token-file, or listen on 127.0.0.1", o.Addr)
	}
	if o.TokenFile != "" {
		if _, err := secretIn(o.TokenFile); err != nil {
			return fmt.Errorf("--auth-token-file: %w", err)
		}
	}
	if o.WebhookSecretFile != "" {
		if _, err := secretIn(o.WebhookSecretFile); err != nil {
			return fmt.Errorf("--webhook-secret-file: %w", err)
		}
	}
	return nil
}

// loopback reports whether a host of an address, or of a request, is this machine's
// own: names that resolvers may give elsewhere are not believed, but localhost.
func loopback(host string) bool {
	if addr, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return addr.Unmap().IsLoopback()
	}
	return strings.EqualFold(strings.TrimSuffix(host, "."), "localhost")
}

// secretIn reads a file that holds one secret, without what an editor puts behind it.
// An error never repeats it.
func secretIn(name string) (string, error) {
	body, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	secret := strings.TrimRight(string(body), "\r\n")
	if len(secret) < minSecret {
		return "", fmt.Errorf("%s: a secret of at least %d characters is asked for", name, minSecret)
	}
	return secret, nil
}

// minSecret keeps out what can be guessed, and an empty file.
const minSecret = 16

// Listen answers handler on a TCP address until ctx ends. It has taken the address
// when ready is called with it.
func Listen(ctx context.Context, o Options, handler http.Handler, log *slog.Logger, ready func(net.Addr)) error {
	if err := o.Check(); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	var bounded net.Listener = &crowd{Listener: netutil.LimitListener(listener, connections), held: map[netip.Prefix]int{}}
	if o.CertFile != "" {
		pair := &certificate{cert: o.CertFile, key: o.KeyFile}
		if _, err := pair.get(nil); err != nil {
			return errors.Join(fmt.Errorf("--tls-cert: %w", err), listener.Close())
		}
		bounded = tls.NewListener(bounded, &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: pair.get, NextProtos: []string{"h2", "http/1.1"}})
	}
	server := &http.Server{Handler: compressed(o.guard(handler)), ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: idleTime,
		MaxHeaderBytes: headerBytes, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return ctx }} // a stream of events ends with the daemon
	ready(listener.Addr())
	return serve(ctx, server, bounded)
}

// serve answers until ctx ends; what is still being answered then has two seconds.
func serve(ctx context.Context, server *http.Server, listener net.Listener) error {
	stopped := context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_ = server.Shutdown(grace) // what is still being answered is cut off
	})
	defer stopped()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("listening on %s: %w", listener.Addr(), err)
	}
	return nil
}
