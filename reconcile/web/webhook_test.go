package web_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"enid/reconcile/web"
)

// The example of GitHub's own documentation of webhook signatures.
const (
	webhookSecret = "It's a Secret to Everybody"
	delivery      = "Hello, World!"
	signature     = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
)

// TestWebhook: what is signed by the secret brings the next poll forward, at most once
// a second; nothing else does.
func TestWebhook(t *testing.T) {
	secret := file(t, "secret", webhookSecret+"\n")
	var hints atomic.Int32
	results := make(chan string, 100)
	address, _, _ := listening(t, web.Options{}, func(mux *http.ServeMux) {
		o := web.Options{WebhookSecretFile: secret}
		mux.Handle("POST /webhook", o.Webhook(func() { hints.Add(1) }, func(r string) { results <- r }))
	})
	post := func(body string, header ...string) int {
		t.Helper()
		r, err := http.NewRequest("POST", "http://"+address+"/webhook", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		got.Body.Close()
		return got.StatusCode
	}
	for _, c := range []struct {
		body   string
		header []string
		status int
		result string
	}{
		{delivery, nil, 400, "unknown"},
		{delivery, []string{"X-Hub-Signature-256", "sha256=" + strings.Repeat("0", 64)}, 401, "unsigned"},
		{delivery, []string{"X-Hub-Signature-256", "sha256=none"}, 401, "unsigned"},
		{delivery, []string{"X-Hub-Signature-256", "sha256="}, 400, "unknown"},
		{delivery, []string{"X-Hub-Signature", "sha1=" + signature[:40]}, 400, "unknown"},
		{delivery + "!", []string{"X-Hub-Signature-256", "sha256=" + signature}, 401, "unsigned"},
		{delivery, []string{"X-Gitlab-Token", webhookSecret + "!"}, 401, "unsigned"},
		{strings.Repeat("x", 1<<20+1), []string{"X-Gitlab-Token", webhookSecret}, 413, "oversized"},
		{delivery, []string{"X-Hub-Signature-256", "sha256=" + signature}, 202, "accepted"},
		{delivery, []string{"X-Gitea-Signature", signature}, 202, "coalesced"},
		{"not JSON at all", []string{"X-Gitlab-Token", webhookSecret}, 202, "coalesced"},
	} {
		if got := post(c.body, c.header...); got != c.status {
			t.Errorf("%.20q %v: %d, wanted %d", c.body, c.header, got, c.status)
		}
		if got := <-results; got != c.result {
			t.Errorf("%.20q %v: counted as %s, wanted %s", c.body, c.header, got, c.result)
		}
	}
	for range 50 { // a flood of one that was valid once
		post(delivery, "X-Hub-Signature-256", "sha256="+signature)
	}
	if n := hints.Load(); n > 3 {
		t.Errorf("a flood brought %d hints", n)
	}
	for until := time.Now().Add(20 * time.Second); hints.Load() < 2; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("what was gathered is never hinted at")
		}
	}
	if err := os.Remove(secret); err != nil {
		t.Fatal(err)
	}
	if got := post(delivery, "X-Hub-Signature-256", "sha256="+signature); got != 401 {
		t.Errorf("without a secret: %d", got)
	}
}

// FuzzWebhook: a body with a valid signature is accepted, whatever it says, and brings a
// hint; nothing else is, and what is refused is not repeated.
func FuzzWebhook(f *testing.F) {
	f.Add([]byte(delivery), "sha256="+signature, "", "")
	f.Add([]byte(delivery), "", signature, "")
	f.Add([]byte("{}"), "", "", webhookSecret)
	f.Add([]byte{0xff}, "sha256=zz", "\x00", " ")
	name := f.TempDir() + "/secret"
	if err := os.WriteFile(name, []byte(webhookSecret), 0o600); err != nil {
		f.Fatal(err)
	}
	var result string
	h := web.Options{WebhookSecretFile: name}.Webhook(func() {}, func(r string) { result = r })
	f.Fuzz(func(t *testing.T, body []byte, hub, gitea, gitlab string) {
		r := httptest.NewRequest("POST", "/webhook", strings.NewReader(string(body)))
		r.Header.Set("X-Hub-Signature-256", hub)
		r.Header.Set("X-Gitea-Signature", gitea)
		r.Header.Set("X-Gitlab-Token", gitlab)
		w := httptest.NewRecorder()
		result = ""
		h.ServeHTTP(w, r)
		mac := hmac.New(sha256.New, []byte(webhookSecret))
		mac.Write(body)
		valid := gitlab == webhookSecret
		if given, ok := strings.CutPrefix(hub, "sha256="); gitlab == "" {
			if !ok {
				given = gitea
			}
			valid = strings.EqualFold(given, hex.EncodeToString(mac.Sum(nil)))
		}
		if counted := result == "accepted" || result == "coalesced"; (w.Code == http.StatusAccepted) != valid || counted != valid {
			t.Errorf("%q %q %q %q: %d, counted as %q", body, hub, gitea, gitlab, w.Code, result)
		}
		if !valid && w.Code != http.StatusBadRequest && w.Code != http.StatusUnauthorized && w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("refused with %d", w.Code)
		}
		if text := w.Body.String(); len(text) > 100 || strings.Contains(text, webhookSecret) {
			t.Errorf("answered %q", text)
		}
	})
}
