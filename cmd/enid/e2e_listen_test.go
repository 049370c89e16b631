//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
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
	l.certify("key.pem", "cert.pem")
	run := []string{"--repo", r.url(), "--listen", everywhere}
	refused := l.enid(1, append([]string{"run", "--host", "web-1"}, run...)...)
	if !strings.Contains(refused.err, "--auth-token-file") {
		t.Errorf("refused with: %s", refused.err)
	}
	d := l.daemon(append(run, "--tls-cert", l.path("cert.pem"), "--tls-key", l.path("key.pem"), "--auth-token-file", l.path("token"),
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
	l.rotated(d, curl)
}

// certify makes a key and its own certificate for loopback.
func (l *lab) certify(key, cert string) {
	l.t.Helper()
	l.must("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj", "/CN=web-1",
		"-addext", "subjectAltName=IP:127.0.0.1", "-keyout", l.path(key), "-out", l.path(cert))
}

// rotated puts other secrets into the files of a running daemon: they hold from then on,
// with SIGHUP or without, and a certificate whose key is still another's changes nothing.
func (l *lab) rotated(d *process, curl func(path string, args ...string) string) {
	t := l.t
	t.Helper()
	is := func(want, path string, args ...string) func() error {
		return func() error {
			if got := curl(path, args...); got != want {
				return fmt.Errorf("%s %v: %s, wanted %s", path, args, got, want)
			}
			return nil
		}
	}
	replace := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(l.path(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	newToken, newSecret := "another-"+openToken, "another-secret-of-this-test"
	l.certify("key2.pem", "cert2.pem")
	old := l.text(l.path("cert.pem"))
	d.hangup()
	replace("served.pem", old) // what curl trusts meanwhile
	replace("cert.pem", l.text(l.path("cert2.pem")))
	time.Sleep(1100 * time.Millisecond) // it looks each second: half of a pair is not taken
	if err := is("200", "/readyz", "-u", "anyone:"+openToken, "--cacert", l.path("served.pem"))(); err != nil {
		t.Errorf("with half of a new pair: %v", err)
	}
	replace("key.pem", l.text(l.path("key2.pem")))
	l.within("the new pair is served", func() error {
		r := l.run("curl", "-sS", "--cacert", l.path("cert2.pem"), "-u", "anyone:"+openToken, "https://127.0.0.1:8490/readyz")
		if r.code != 0 {
			return errors.New(r.err)
		}
		return nil
	})
	replace("token", newToken)
	replace("secret", newSecret)
	d.hangup()
	l.within("the new token holds, and the old one not", all(is("200", "/readyz", "-u", "anyone:"+newToken), is("401", "/readyz", "-u", "anyone:"+openToken)))
	l.within("so does the new secret", all(is("202", "/webhook", "-d", "{}", "-H", "X-Gitlab-Token: "+newSecret), is("401", "/webhook", "-d", "{}", "-H", "X-Gitlab-Token: "+hookSecret)))
	l.within("it was asked to read twice", l.logs("the configuration was read again", 2))
	d.alive()
}

// hangup has the daemon read its configuration again.
func (p *process) hangup() {
	p.l.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		p.l.t.Fatal(err)
	}
}
