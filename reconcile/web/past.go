package web

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"enid/reconcile/store"
)

// How much of a list is answered at once: what a person reads by default, and what
// costs some milliseconds at most.
const (
	usualRevisions, mostRevisions = 100, store.KeepRevisions
	usualSteps, mostSteps         = 100, 1000
)

// historyAnswer is a stretch of the history, newest first.
type historyAnswer struct {
	Format    string           `json:"format"`
	Revisions []store.Revision `json:"revisions"`
	Next      string           `json:"next,omitempty"` // path of the older ones
}

// revisionAnswer is a revision with a stretch of its steps.
type revisionAnswer struct {
	Format string `json:"format"`
	store.Stretch
	Next string `json:"next,omitempty"` // path of the later ones
}

func history(d Daemon) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		limit, err := limitOf(r, usualRevisions, mostRevisions)
		before, wrong := unsigned(r.URL.Query().Get("before"), 0)
		a := historyAnswer{Format: "enid.history/v1"}
		if err = cmp.Or(err, wrong); err == nil {
			a.Revisions, err = d.History(r.Context(), before, limit+1)
		}
		if len(a.Revisions) > limit {
			a.Revisions = a.Revisions[:limit]
			a.Next = next(w, r, "before", strconv.FormatUint(a.Revisions[limit-1].Serial, 10), limit)
		}
		show(w, r, a, err)
	}
}

func revision(d Daemon) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a := revisionAnswer{Format: "enid.revision/v1"}
		limit, err := limitOf(r, usualSteps, mostSteps)
		serial, wrong := unsigned(r.PathValue("serial"), 0)
		if err = cmp.Or(err, wrong); err == nil {
			var part *store.Stretch
			if part, err = d.Tried(r.Context(), serial, r.URL.Query().Get("after"), limit); err == nil {
				a.Stretch = *part
			}
		}
		if err == nil && a.Stretch.Next != "" {
			a.Next = next(w, r, "after", a.Stretch.Next, limit)
		}
		show(w, r, a, err)
	}
}

// revisionPlan answers the plan of a revision, whole and as it is kept: packed to who
// takes it so, else a piece at a time.
func revisionPlan(d Daemon) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var kept store.Packed
		serial, err := unsigned(r.PathValue("serial"), 0)
		if err == nil {
			kept, err = d.Plan(r.Context(), serial)
		}
		if err == nil && kept.Empty() {
			err = fmt.Errorf("revision %d has no plan: %w", serial, store.ErrAbsent) // a person changed the state
		}
		if err != nil {
			answer(w, nil, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if has(w, r, tag(fmt.Sprintf("%s-%d", d.Meta().Lineage, serial))) {
			return
		}
		if takes := r.Header.Get("Accept-Encoding"); strings.Contains(takes, "gzip") && !strings.Contains(takes, "q=0") {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(kept)
			return
		}
		text, err := kept.Open()
		if err != nil {
			answer(w, nil, err)
			return
		}
		_, _ = io.Copy(w, text) // what breaks off is no JSON
	}
}

// limitOf answers how much is asked for.
func limitOf(r *http.Request, usual, most uint64) (int, error) {
	n, err := unsigned(r.URL.Query().Get("limit"), usual)
	if err == nil && (n < 1 || n > most) {
		err = malformed{fmt.Errorf("limit is %d: give 1 to %d", n, most)}
	}
	return int(n), err
}

func unsigned(text string, missing uint64) (uint64, error) {
	if text == "" {
		return missing, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, malformed{fmt.Errorf("%q is no number", text)}
	}
	return n, nil
}

// next answers the path of what follows, and says it in a header, too (RFC 8288).
func next(w http.ResponseWriter, r *http.Request, field, from string, limit int) string {
	path := r.URL.Path + "?" + url.Values{field: {from}, "limit": {strconv.Itoa(limit)}}.Encode()
	w.Header().Set("Link", "<"+path+`>; rel="next"`)
	return path
}
