package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// maxDelivery bounds the body of a webhook: a forge's own limit is higher, but
	// nothing in it is read. Nor is it held, whoever sends how many at once.
	maxDelivery = 1 << 20
	// hintEvery is how often deliveries bring the next poll forward at most.
	hintEvery = time.Second
)

// webhook answers deliveries of GitHub, Gitea and GitLab. One with a valid signature
// brings the next poll forward; what it says is not read. Replays and floods are one
// hint a second: a poll asks the repository itself what is new.
type webhook struct {
	secretFile string
	hint       func()
	count      func(result string) // accepted, coalesced, unsigned, unknown, oversized

	mu   sync.Mutex
	last time.Time
	due  bool // a hint is on its way
}

func (h *webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secret, err := secretIn(h.secretFile)
	mac := hmac.New(sha256.New, []byte(secret))
	if _, err := io.Copy(mac, http.MaxBytesReader(w, r.Body, maxDelivery)); err != nil {
		h.count("oversized")
		http.Error(w, "the body is too large, or ended early", http.StatusRequestEntityTooLarge)
		return
	}
	signed, valid := false, false
	if err == nil {
		signed, valid = verify(r.Header, mac.Sum(nil), secret)
	}
	switch {
	case err == nil && !signed:
		h.count("unknown")
		http.Error(w, "a signature of GitHub, Gitea or GitLab is asked for", http.StatusBadRequest)
	case !valid:
		h.count("unsigned")
		http.Error(w, "refused", http.StatusUnauthorized)
	default:
		h.count(h.soon())
		w.WriteHeader(http.StatusAccepted)
	}
}

// verify says whether a delivery has a signature of a known form, and whether the
// secret made it, of the body whose sum is given. GitLab sends the secret itself.
func verify(h http.Header, sum []byte, secret string) (signed, valid bool) {
	if token := h.Get("X-Gitlab-Token"); token != "" {
		return true, sameSecret(token, secret)
	}
	given, ok := strings.CutPrefix(h.Get("X-Hub-Signature-256"), "sha256=")
	if !ok {
		given = h.Get("X-Gitea-Signature")
	}
	if given == "" {
		return false, false
	}
	said, err := hex.DecodeString(given)
	return true, err == nil && hmac.Equal(said, sum)
}

// soon hints at once, or as soon as a second has passed since the last time; of many
// that wait, one is left. It answers what became of this one.
func (h *webhook) soon() (result string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	wait := hintEvery - time.Since(h.last)
	switch {
	case h.due:
	case wait <= 0:
		h.last = time.Now()
		h.hint()
		return "accepted"
	default:
		h.due = true
		time.AfterFunc(wait, func() {
			h.mu.Lock()
			h.due, h.last = false, time.Now()
			h.mu.Unlock()
			h.hint()
		})
	}
	return "coalesced"
}
