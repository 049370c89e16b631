package web

import (
	"crypto/tls"
	"os"
	"sync"
	"time"
)

// certificate is a pair of files, read anew when one of them changes.
type certificate struct {
	cert, key string

	mu   sync.Mutex
	pair *tls.Certificate
	seen [2]stamp
	next time.Time // when the files are looked at again
}

// stamp is when a file was written last, and how long it is.
type stamp struct {
	at   time.Time
	size int64
}

// lookEvery bounds how often the files are looked at, whoever opens connections.
const lookEvery = time.Second

// get answers the pair. A pair that cannot be read, such as one half of which is
// already the new one, leaves the old one in use.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if c.pair != nil && now.Before(c.next) {
		return c.pair, nil
	}
	c.next = now.Add(lookEvery)
	seen := [2]stamp{stampOf(c.cert), stampOf(c.key)}
	if c.pair != nil && seen == c.seen {
		return c.pair, nil
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	switch {
	case err == nil:
		c.pair, c.seen = &pair, seen
	case c.pair == nil:
		return nil, err
	}
	return c.pair, nil
}

func stampOf(name string) stamp {
	info, err := os.Stat(name)
	if err != nil {
		return stamp{}
	}
	return stamp{info.ModTime(), info.Size()}
}
