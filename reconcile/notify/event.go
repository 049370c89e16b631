package notify

import (
	"fmt"
	"strings"
	"time"

	"enid/plan/render"
	"enid/reconcile"
)

// Format is the version of the event.
const Format = "enid.event/v1"

// Event is one change of a condition.
type Event struct {
	Format string    `json:"format"`
	ID     string    `json:"id"` // a UUID, the same each time that the delivery is tried
	At     time.Time `json:"at"`
	// Subject is Source, Host, Revision, or the type of one of the status's conditions.
	Subject string `json:"subject"`
	// From and To are what it was in, empty where that is not known, and is in: a
	// condition, True or False, or a revision.
	From string `json:"from"`
	To   string `json:"to"`
	// OK says that it is as it should be.
	OK      bool   `json:"ok"`
	Reason  string `json:"reason"`
	Message string `json:"message"` // inert, one line
	// Remedy is what a person does about it; empty where nothing is to be done, or
	// the message says it.
	Remedy string `json:"remedy,omitempty"`
	// Host is the machine's name; empty: the cloud's state only.
	Host   string           `json:"host"`
	Status reconcile.Status `json:"status"`
}

// longestMessage bounds an event's message, in bytes: services cut longer ones, or
// refuse them.
const longestMessage = 2000

// standing is what one subject is in.
type standing struct {
	subject, to     string
	ok              bool
	reason, message string
	remedy          string
	// mark is what makes it another one: a revision that does not validate, after one
	// that did not either, is news.
	mark string
}

// key is what is remembered of a standing that was told.
func (s standing) key() string { return strings.TrimRight(s.to+" "+s.reason+" "+s.mark, " ") }

// standings answers what everything is in. What is on its way to somewhere, or not
// known, stands nowhere: what was told of it last is still the news.
func standings(s reconcile.Status) (out []standing) {
	source := s.Source
	if source.Condition == reconcile.Fetching {
		return nil // the machine has its turns already, and may ask for what only the files say
	}
	of := standing{subject: "Source", to: string(source.Condition), ok: source.Condition == reconcile.Ready, message: source.Message, remedy: source.Remedy}
	if !of.ok && source.Condition != reconcile.Unreachable {
		of.mark = source.Revision
	}
	out = append(out, of)
	if h := s.Host; h != nil && h.Condition != reconcile.HostConverging {
		out = append(out, standing{subject: "Host", to: string(h.Condition), ok: h.Condition == reconcile.HostConverged, message: h.Message})
	}
	suspended := false
	for _, c := range s.Conditions {
		suspended = suspended || c.Type == "Suspended"
		told := c.Type == "Applied" && c.Reason == string(source.Condition) // by the source
		if c.Status == "Unknown" || told {
			continue
		}
		out = append(out, standing{subject: c.Type, to: c.Status, ok: (c.Status == "True") != (c.Type == "Suspended"), reason: c.Reason, message: c.Message})
	}
	if !suspended { // the condition goes with the suspension
		out = append(out, standing{subject: "Suspended", to: "False", ok: true})
	}
	if s.Applied.Revision != "" {
		out = append(out, standing{subject: "Revision", to: s.Applied.Revision, ok: true, reason: "Applied", message: fmt.Sprintf("serial %d", s.Applied.Serial)})
	}
	return out
}

// event answers the change of a subject.
func (s standing) event(from string, at time.Time, status reconcile.Status) Event {
	from, _, _ = strings.Cut(from, " ")
	e := Event{Format: Format, At: at.UTC(), Subject: s.subject, From: from, To: s.to, OK: s.ok, Reason: s.reason, Message: short(s.message, longestMessage), Remedy: s.remedy, Status: status}
	if status.Host != nil {
		e.Host = status.Host.Name
	}
	return e
}

// short answers text that is inert, cut to so many bytes between two runes.
func short(text string, most int) string {
	text = render.Inert(text)
	if len(text) <= most {
		return text
	}
	const more = "…"
	cut := 0
	for i := range text {
		if i > most-len(more) {
			break
		}
		cut = i
	}
	return text[:cut] + more
}
