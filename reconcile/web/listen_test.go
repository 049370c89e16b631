package web_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"enid/reconcile/web"
)

const token = "a token that nobody guesses"

// listening serves a daemon's API at an address until the test ends.
func listening(t *testing.T, o web.Options, more func(*http.ServeMux)) (address string, bell *web.Bell, l loop) {
	t.Helper()
	_, l = serve(t, t.TempDir())
	bell = &web.Bell{}
	mux := web.Handler(l, bell)
	if more != nil {
		more(mux)
	}
	o.Addr = "127.0.0.1:0"
	ready, ended := make(chan net.Addr, 1), make(chan error, 1)
	ctx := t.Context()
	go func() {
		ended <- web.Listen(ctx, o, mux, slog.New(slog.DiscardHandler), func(at net.Addr) { ready <- at })
	}()
	t.Cleanup(func() {
		if err := <-ended; err != nil { // the test's context has ended
			t.Error(err)
		}
	})
	select {
	case at := <-ready:
		return at.String(), bell, l
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
		return "", nil, l
	}
}

func file(t *testing.T, name, content string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// pair writes a certificate of that name for 127.0.0.1, and its key.
func pair(t *testing.T, name, cert, key string) *x509.Certificate {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "EC PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// TestListenBeyondLoopback: what is reached from elsewhere wants a certificate and a token.
func TestListenBeyondLoopback(t *testing.T) {
	secret, short := file(t, "token", token+"\n"), file(t, "short", "hunter2\n")
	for _, c := range []struct {
		o    web.Options
		want string // "" is accepted
	}{
		{web.Options{}, ""},
		{web.Options{WebhookSecretFile: secret}, "are of --listen"},
		{web.Options{Addr: "127.0.0.1:8080"}, ""},
		{web.Options{Addr: "[::1]:8080"}, ""},
		{web.Options{Addr: "localhost:8080"}, ""},
		{web.Options{Addr: ":8080"}, "reached from elsewhere"},
		{web.Options{Addr: "0.0.0.0:8080", TokenFile: secret}, "reached from elsewhere"},
		{web.Options{Addr: "[::]:8080", CertFile: "c", KeyFile: "k"}, "reached from elsewhere"},
		{web.Options{Addr: "10.0.0.1:8080", CertFile: "c", TokenFile: secret}, "give both"},
		{web.Options{Addr: "10.0.0.1:8080", CertFile: "c", KeyFile: "k", TokenFile: secret}, ""},
		{web.Options{Addr: "127.0.0.1.example.com:80"}, "reached from elsewhere"},
		{web.Options{Addr: "8080"}, "HOST:PORT"},
		{web.Options{Addr: "127.0.0.1:1", TokenFile: short}, "at least 16 characters"},
		{web.Options{Addr: "127.0.0.1:1", TokenFile: "/nowhere"}, "no such file"},
		{web.Options{Addr: "127.0.0.1:1", WebhookSecretFile: short}, "at least 16 characters"},
	} {
		err := c.o.Check()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, wanted %q", c.o, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error tells the secret: %v", err)
		}
	}
}

// TestLoopbackNames: on loopback only this machine's own names are answered, token or
// not, so that a page whose name was made to point here learns nothing.
func TestLoopbackNames(t *testing.T) {
	for _, o := range []web.Options{{}, {TokenFile: file(t, "token", token)}} {
		address, _, _ := listening(t, o, nil)
		_, port, _ := net.SplitHostPort(address)
		status := func(path, host string) int {
			t.Helper()
			connection, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer connection.Close()
			fmt.Fprintf(connection, "GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n", path, host, token)
			got, err := http.ReadResponse(bufio.NewReader(connection), nil)
			if err != nil {
				t.Fatal(err)
			}
			return got.StatusCode
		}
		for host, want := range map[string]int{
			"127.0.0.1:" + port: 200, "localhost:" + port: 200, "LOCALHOST": 200, "[::1]:" + port: 200, "127.8.8.8": 200,
			"example.com": 421, "127.0.0.1.example.com:" + port: 421, "localhost.example.com": 421, "": 421,
		} {
			for _, path := range []string{"/api/v1/status", "/healthz"} {
				if got := status(path, host); got != want {
					t.Errorf("%s of Host %q: %d, wanted %d", path, host, got, want)
				}
			}
		}
		if got := status("/webhook", "hooks.example.com"); got != 404 { // nothing is mounted there: it came through
			t.Errorf("a delivery by a proxy: %d", got)
		}
	}
}

// TestTokenAndCertificate: every path but two wants the token, and a certificate that
// was renewed is the one that is shown.
func TestTokenAndCertificate(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	pool := x509.NewCertPool()
	pool.AddCert(pair(t, "first.example.com", cert, key))
	secret := file(t, "token", token+"\n")
	address, _, _ := listening(t, web.Options{CertFile: cert, KeyFile: key, TokenFile: secret}, nil)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}}
	ask := func(path string, dress func(*http.Request)) *http.Response {
		t.Helper()
		r, err := http.NewRequest("GET", "https://"+address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		dress(r)
		got, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer got.Body.Close()
		body, _ := io.ReadAll(got.Body)
		if strings.Contains(string(body), token) {
			t.Errorf("%s tells the token", path)
		}
		return got
	}
	bearer := func(text string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+text) }
	}
	basic := func(password string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth("anyone", password) }
	}
	naked := func(*http.Request) {}
	for _, c := range []struct {
		path  string
		dress func(*http.Request)
		want  int
	}{
		{"/healthz", naked, 200}, {"/webhook", naked, 404}, {"/readyz", naked, 401}, {"/metrics", naked, 401}, {"/nowhere", naked, 401},
		{"/api/v1/status", naked, 401}, {"/api/v1/status", bearer(token), 200}, {"/api/v1/status", basic(token), 200},
		{"/api/v1/status", bearer(token + "x"), 401}, {"/api/v1/status", basic(""), 401}, {"/api/v1/status", bearer(""), 401},
		{"/healthz/../api/v1/status", naked, 401},
	} {
		if got := ask(c.path, c.dress); got.StatusCode != c.want {
			t.Errorf("%s: %s, wanted %d", c.path, got.Status, c.want)
		}
	}
	if err := os.WriteFile(secret, []byte("another token, as good\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := ask("/readyz", bearer(token)); got.StatusCode != 401 {
		t.Errorf("a token that was taken back still serves: %s", got.Status)
	}
	pool.AddCert(pair(t, "second.example.com", cert, key))
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		got := ask("/healthz", naked)
		if got.TLS.PeerCertificates[0].DNSNames[0] == "second.example.com" {
			break
		}
		if time.Now().After(until) {
			t.Fatal("the certificate that was renewed is not shown")
		}
	}
	if err := os.WriteFile(key, []byte("half of a pair"), 0o600); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1200 * time.Millisecond) // files are looked at once a second
	if got := ask("/healthz", naked); got.StatusCode != 200 {
		t.Errorf("a broken file takes the certificate in use away: %s", got.Status)
	}
}

// TestBounds: who sends too much, or too slowly, is cut off.
func TestBounds(t *testing.T) {
	address, _, _ := listening(t, web.Options{}, nil)
	r, _ := http.NewRequest("GET", "http://"+address+"/healthz", nil)
	r.Header.Set("X", strings.Repeat("x", 64<<10))
	got, err := http.DefaultClient.Do(r)
	if err != nil || got.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("64 KiB of headers: %v %v", got, err)
	}
	connection, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	fmt.Fprint(connection, "GET /healthz HTTP/1.1\r\nHost: ") // and never any more
	_ = connection.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := io.ReadAll(connection); err != nil {
		t.Errorf("who sends no more is not cut off: %v", err)
	}
}
