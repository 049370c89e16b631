package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/klauspost/compress/gzhttp"

	"enid/reconcile/store"
)

// compressed packs answers under gzip for who takes it, and says in Vary that it does.
// Events are sent as they are: each has to arrive at once. That a length tells of a
// body is no matter here: no answer holds a secret.
func compressed(next http.Handler) http.Handler {
	pack := gzhttp.GzipHandler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == eventsPath {
			next.ServeHTTP(w, r)
			return
		}
		pack(w, r)
	})
}

// malformed is a question that nobody can answer.
type malformed struct{ error }

// answer writes v, or the error under the status that it means.
func answer(w http.ResponseWriter, v any, err error) {
	w.Header().Set("Content-Type", "application/json")
	switch {
	case errors.Is(err, store.ErrAbsent):
		w.WriteHeader(http.StatusNotFound)
	case errors.As(err, &malformed{}):
		w.WriteHeader(http.StatusBadRequest)
	case err != nil:
		w.WriteHeader(http.StatusInternalServerError)
	}
	if err != nil {
		v = map[string]string{"error": err.Error()}
	}
	_ = json.NewEncoder(w).Encode(v) // a client that went away is no failure of ours
}

// show is answer for what is looked at again and again: who has it already, as the tag
// of If-None-Match says, is told so.
func show(w http.ResponseWriter, r *http.Request, v any, err error) {
	var body []byte
	if err == nil {
		body, err = json.Marshal(v)
	}
	if err != nil {
		answer(w, nil, err)
		return
	}
	sum := sha256.Sum256(body)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("ETag", tag(base64.RawURLEncoding.EncodeToString(sum[:12])))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(append(body, '\n')))
}

// tag answers an entity tag. It is a weak one: under gzip the bytes are others.
func tag(text string) string { return `W/"` + text + `"` }

// has tags the answer that follows and reports whether who asks has it already; then
// it is told so, and nothing follows.
func has(w http.ResponseWriter, r *http.Request, tag string) bool {
	w.Header().Set("ETag", tag)
	for known := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		if strings.TrimSpace(known) == tag {
			w.WriteHeader(http.StatusNotModified)
			return true
		}
	}
	return false
}
