package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"text/template"
	"time"

	"github.com/google/uuid"

	"enid/reconcile"
)

// longestQueue bounds the events that wait for a receiver that is down. Whoever
// comes back after so many wants to know how things are, not how they came to it.
const longestQueue = 64

// URLOptions say what a URL is told.
type URLOptions struct {
	Common
	// File holds the URL, which may be a secret.
	File string
	// Template makes the body; nil: the event as JSON.
	Template *template.Template
	// Told is the file in which stands what was told last.
	Told string
}

// URL tells a URL of each change of a condition.
type URL struct {
	*courier
	opt  URLOptions
	wake chan struct{}

	mu    sync.Mutex
	seen  told // what is told or in the queue
	queue []entry
	told  told
}

// entry is an event that waits, and what is remembered once it was delivered.
type entry struct {
	Event
	key string
}

// NewURL answers a URL that is told nothing yet. The error says that the files are not
// what they should be.
func NewURL(o URLOptions) (*URL, error) {
	c, err := newCourier(o.Common, "url")
	if err != nil {
		return nil, err
	}
	u := &URL{courier: c, opt: o, wake: make(chan struct{}, 1)}
	if _, err := u.address(); err != nil {
		return nil, err
	}
	if u.told, err = readTold(o.Told); err != nil {
		return nil, err
	}
	u.seen = u.told.clone()
	return u, nil
}

func (u *URL) address() (string, error) {
	text, err := secret(u.opt.File, "URL")
	if err != nil {
		return "", err
	}
	if _, err := safe(text); err != nil {
		return "", fmt.Errorf("the URL in %s %w", u.opt.File, err)
	}
	return text, nil
}

// Turned queues what a turn has changed. It never waits.
func (u *URL) Turned(t reconcile.Turned) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, s := range standings(t.Status) {
		was, known := u.seen[s.subject]
		if was == s.key() {
			continue
		}
		u.seen[s.subject] = s.key()
		if !known && s.ok {
			u.told[s.subject] = s.key() // that all is well is no news to who was told nothing else
			continue
		}
		e := s.event(was, time.Now(), t.Status)
		e.ID = uuid.NewString()
		if len(u.queue) == longestQueue {
			u.Log.Warn("a notification is given up, too many wait", "to", u.to, "about", u.queue[0].Subject)
			u.Count("dropped")
			u.drop(u.queue[0])
		}
		u.queue = append(u.queue, entry{e, s.key()})
	}
	nudge(u.wake)
}

// Queued answers how many events wait.
func (u *URL) Queued() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.queue)
}

// Run delivers until ctx ends.
func (u *URL) Run(ctx context.Context) { u.run(ctx, u.wake, u.next) }

func (u *URL) next() *parcel {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.queue) == 0 {
		return nil
	}
	e := u.queue[0]
	return &parcel{e.ID, e.Subject + " " + e.To, func(ctx context.Context) error { return u.send(ctx, e.Event) }, func(known bool) { u.settle(e, known) }}
}

// drop takes the event from the head of the queue. Where nothing newer of its subject
// waits, the next turn queues how it stands then.
func (u *URL) drop(e entry) {
	if len(u.queue) == 0 || u.queue[0].ID != e.ID {
		return // it was dropped already
	}
	u.queue = u.queue[1:]
	if slices.ContainsFunc(u.queue, func(other entry) bool { return other.Subject == e.Subject }) {
		return
	}
	if key, known := u.told[e.Subject]; known {
		u.seen[e.Subject] = key
	} else {
		delete(u.seen, e.Subject)
	}
}

// settle takes an event from the queue and notes what is known. A crash before the
// note tells it once more.
func (u *URL) settle(e entry, known bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !known {
		u.drop(e)
		return
	}
	u.told[e.Subject] = e.key
	u.drop(e)
	if err := u.told.write(u.opt.Told); err != nil {
		u.Log.Warn("what was told cannot be noted, and is told again after a start", "err", err)
	}
}

func (u *URL) send(ctx context.Context, e Event) error {
	to, err := u.address()
	if err != nil {
		return err
	}
	body, err := u.body(e)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("the URL in %s is no address", u.opt.File)
	}
	r.Header.Set("Content-Type", "text/plain; charset=utf-8")
	if json.Valid(body) {
		r.Header.Set("Content-Type", "application/json")
	}
	_, err = u.do(r)
	return err
}

func (u *URL) body(e Event) ([]byte, error) {
	if u.opt.Template == nil {
		return json.Marshal(e)
	}
	var b bytes.Buffer
	err := u.opt.Template.Execute(&b, e)
	return b.Bytes(), err
}

// ParseTemplate answers the template of a body. It is tried on an event, so that what
// is wrong in it is known at once.
func ParseTemplate(name, text string) (*template.Template, error) {
	t, err := template.New(name).Option("missingkey=error").Funcs(template.FuncMap{"json": quote}).Parse(text)
	if err != nil {
		return nil, err
	}
	host := &reconcile.HostStatus{Name: "web-1", Condition: reconcile.HostDegraded, WaitingFor: []string{}}
	sample := Event{Format: Format, Subject: "Source", From: "Ready", To: "Unreachable", Message: "a message", Host: "web-1",
		Status: reconcile.Status{Format: reconcile.StatusFormat, Host: host, Conditions: []reconcile.StatusCondition{}}}
	var b bytes.Buffer
	if err := t.Execute(&b, sample); err != nil {
		return nil, err
	}
	if b.Len() > longestBody {
		return nil, fmt.Errorf("it makes a body of %d bytes; %d are allowed", b.Len(), longestBody)
	}
	return t, nil
}

// quote answers a value as JSON, for templates of JSON.
func quote(v any) (string, error) {
	text, err := json.Marshal(v)
	return string(text), err
}
