package git

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"golang.org/x/net/proxy"
)

// longestSilence is how long a server may say nothing where an answer is waited for. A
// git that has to think says that it lives every five seconds (uploadpack.keepAlive).
// A connection that died unnoticed would else be waited for as long as a first clone
// over a bad line may take.
const longestSilence = time.Minute

// silence is that a server said nothing for too long.
type silence struct{ after time.Duration }

// Error says so.
func (e *silence) Error() string { return fmt.Sprintf("the server has said nothing for %s", e.after) }

// talking is a connection whose other end is not silent for long.
type talking struct {
	net.Conn
	most time.Duration
}

// Read reads what has arrived, or waits for it.
func (c *talking) Read(b []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.most)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = &silence{c.most}
	}
	return n, err
}

// heard answers the connection that a dial has made, as a talking one.
func (s *Source) heard(conn net.Conn, err error) (net.Conn, error) {
	if err != nil {
		return nil, err
	}
	return &talking{conn, s.silent}, nil
}

// dialSSH dials, over the environment's proxy (ALL_PROXY) where there is one.
func (s *Source) dialSSH(ctx context.Context, address string) (net.Conn, error) {
	return s.heard(proxy.Dial(ctx, "tcp", address))
}
