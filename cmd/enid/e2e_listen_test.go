//go:build linux

package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

const (
	everywhere = "0.0.0.0:8490"
	openToken  = "the token of this test"
	hookSecret = "the secret of this test"
)

// A daemon that is reached from elsewhere, asked by curl: it wants a certificate and a
// token, and what the forge delivers brings the next poll forward.
func TestE2EListen(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	r := l.newRepo()
	first := r.commit("the worked example")
	for name, text := range map[string]string{"token": openToken, "secret": hookSecret} {
		if err := os.WriteFile(l.path(name), []byte(text+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	l.must("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj", "/CN=web-1",
		"-addext", "subjectAltName=IP:127.0.0.1", "-keyout", l.path("key.pem"), "-out", l.path("cert.pem"))
	run := []string{"--repo", r.url(), "--listen", everywhere}
	refused := l.enid(1, append([]string{"run", "--host", "web-1"}, run...)...)
	if !strings.Contains(refused.err, "--auth-token-file") {
		t.Errorf("refused with: %s", refused.err)
	}
	l.daemon(append(run, "--tls-cert", l.path("cert.pem"), "--tls-key", l.path("key.pem"), "--auth-token-file", l.path("token"),
		"--webhook-secret-file", l.path("secret"), "--interval", "1h")...)
	l.within("the commit is applied", l.inSync(first))

	curl := func(path string, args ...string) string {
		t.Helper()
		return l.must(append([]string{"curl", "-sS", "--max-time", "20", "--cacert", l.path("cert.pem"), "-o", l.path("body"), "-w", "%{http_code}", "https://127.0.0.1:8490" + path}, args...)...)
	}
	for _, c := range []struct {
		want, path string
		args       []string
	}{
		{"200", "/healthz", nil}, {"401", "/readyz", nil}, {"401", "/", nil}, {"401", "/metrics", []string{"-u", "enid:wrong"}},
		{"200", "/readyz", []string{"-u", "anyone:" + openToken}}, {"200", "/", []string{"-u", "anyone:" + openToken}},
		{"200", "/api/v1/status", []string{"-H", "Authorization: Bearer " + openToken}},
		{"405", "/control/sync", []string{"-X", "POST", "-u", "anyone:" + openToken}},
		{"400", "/webhook", []string{"-d", "{}"}}, {"401", "/webhook", []string{"-d", "{}", "-H", "X-Gitlab-Token: " + openToken}},
	} {
		if got := curl(c.path, c.args...); got != c.want {
			t.Errorf("%s %v: %s, wanted %s", c.path, c.args, got, c.want)
		}
	}

	r.edit("topology/web-1-b.yaml", "privateIP: 10.0.0.20", "privateIP: 10.0.0.20\n  secondaryIPs: [10.0.0.30]")
	second := r.commit("one more address")
	payload := `{"ref": "refs/heads/elsewhere", "after": "of no meaning"}`
	signed := l.must("sh", "-c", fmt.Sprintf("printf %%s '%s' | openssl dgst -sha256 -hmac '%s' -r | cut -d' ' -f1", payload, hookSecret))
	if got := curl("/webhook", "--data-binary", payload, "-H", "X-Hub-Signature-256: sha256="+strings.TrimSpace(signed)); got != "202" {
		t.Errorf("a delivery of GitHub: %s", got)
	}
	l.within("the delivery brings the poll, an hour early", l.inSync(second))
}
