package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Bell tells whoever listens that the status may have changed. The zero Bell is silent.
type Bell struct {
	mu   sync.Mutex
	next chan struct{} // closed by the next Ring; nil: nobody listens
}

// Ring tells all who listen. It never waits.
func (b *Bell) Ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next != nil {
		close(b.next)
		b.next = nil
	}
}

// Next answers a channel that is closed by the next Ring.
func (b *Bell) Next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil {
		b.next = make(chan struct{})
	}
	return b.next
}

const (
	// pingEvery keeps proxies from taking a quiet stream for a dead one.
	pingEvery = 20 * time.Second
	// calmTime gathers rings that follow one another: a storm of repairs is a few
	// events a second.
	calmTime = 250 * time.Millisecond
)

// streams is how many may follow at a time. Even where all of them come through one
// proxy, half of the connections that it may hold are left for questions.
const streams = perPeer / 2

// askLater is what one too many is told, in seconds: somebody will have gone, and
// the page itself can be asked for meanwhile.
const askLater = "10"

// events streams the status as server-sent events: one at once, then one whenever it
// is another, named "status". It ends with the request or the daemon.
func events(d Daemon, bell *Bell) http.HandlerFunc {
	seats := make(chan struct{}, streams)
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case seats <- struct{}{}:
			defer func() { <-seats }()
		default:
			w.Header().Set("Retry-After", askLater)
			http.Error(w, "too many follow already; ask for /api/v1/status instead", http.StatusServiceUnavailable)
			return
		}
		stream := http.NewResponseController(w)
		_ = stream.SetReadDeadline(time.Time{}) // the stream outlives the time that a request may take
		w.Header().Set("Content-Type", "text/event-stream")
		var last []byte
		for {
			rung := bell.Next() // before the look, so that no change is missed
			now, err := json.Marshal(d.Status())
			if err != nil {
				return
			}
			text := ": still here\n\n"
			if !bytes.Equal(now, last) {
				text, last = fmt.Sprintf("event: status\ndata: %s\n\n", now), now
			}
			_ = stream.SetWriteDeadline(time.Now().Add(pingEvery))
			if _, err := w.Write([]byte(text)); err != nil {
				return
			}
			if stream.Flush() != nil {
				return
			}
			select {
			case <-r.Context().Done():
				return
			case <-rung:
				time.Sleep(calmTime)
			case <-time.After(pingEvery):
			}
		}
	}
}
