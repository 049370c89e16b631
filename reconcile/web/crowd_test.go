package web_test

import (
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"enid/reconcile/web"
)

// TestCrowd: one address that opens hundreds of connections and says nothing keeps
// others from nothing, and itself not for long.
func TestCrowd(t *testing.T) {
	t.Parallel() // most of it is waiting
	address, _, _ := listening(t, web.Options{}, nil)
	var held []net.Conn
	for range 400 {
		connection, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}).Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		held = append(held, connection)
	}
	ask := func(from net.IP) error {
		client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true,
			DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: from}}).DialContext}}
		got, err := client.Get("http://" + address + "/healthz")
		if err == nil {
			_ = got.Body.Close()
		}
		return err
	}
	if err := ask(net.IPv4(127, 0, 0, 3)); err != nil {
		t.Errorf("another address is kept out: %v", err)
	}
	if err := ask(net.IPv4(127, 0, 0, 2)); err == nil {
		t.Error("an address has more than its share")
	}
	for _, c := range held { // each is hung up on at once, or when it has said nothing for long
		_ = c.SetReadDeadline(time.Now().Add(time.Minute))
		if _, err := io.ReadAll(c); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Fatalf("who says nothing is not cut off: %v", err)
		}
	}
	if err := ask(net.IPv4(127, 0, 0, 2)); err != nil {
		t.Errorf("what was hung up on is counted still: %v", err)
	}
}

// TestOtherSites: a page of another site has nothing answered but a way here.
func TestOtherSites(t *testing.T) {
	address, _, _ := listening(t, web.Options{}, nil)
	for headers, want := range map[[2]string]int{
		{"cross-site", "no-cors"}: 403, {"cross-site", "cors"}: 403, {"cross-site", ""}: 403, {"cross-site", "navigate"}: 200,
		{"same-origin", "cors"}: 200, {"none", "navigate"}: 200, {"", ""}: 200,
	} {
		r, _ := http.NewRequest("GET", "http://"+address+"/api/v1/status", nil)
		r.Header.Set("Sec-Fetch-Site", headers[0])
		r.Header.Set("Sec-Fetch-Mode", headers[1])
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = got.Body.Close()
		if got.StatusCode != want {
			t.Errorf("%v: %s, wanted %d", headers, got.Status, want)
		}
		for name, want := range map[string]string{"Access-Control-Allow-Origin": "", "Cross-Origin-Resource-Policy": "same-origin", "X-Content-Type-Options": "nosniff",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Cache-Control": "no-store", "Server": "", "Set-Cookie": ""} {
			if got := got.Header.Get(name); got != want {
				t.Errorf("%v: %s is %q, wanted %q", headers, name, got, want)
			}
		}
	}
}

// TestDeliveriesAreNotHeld: deliveries of a megabyte each, all at once and none of them
// signed, take no memory that counts.
func TestDeliveriesAreNotHeld(t *testing.T) {
	h := web.Options{WebhookSecretFile: file(t, "secret", webhookSecret)}.Webhook(func() {}, func(string) {})
	arrived, end := make(chan struct{}), make(chan struct{})
	var before, during runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var all sync.WaitGroup
	const deliveries = 200
	for range deliveries {
		all.Go(func() {
			body := io.MultiReader(io.LimitReader(zeros{}, 1<<20-1), once(func() { arrived <- struct{}{}; <-end }))
			r, _ := http.NewRequest("POST", "/webhook", body)
			h.ServeHTTP(discard{}, r)
		})
	}
	for range deliveries {
		<-arrived
	}
	runtime.GC()
	runtime.ReadMemStats(&during)
	close(end)
	all.Wait()
	if held := int64(during.HeapAlloc) - int64(before.HeapAlloc); held > 50<<20 {
		t.Errorf("%d deliveries of 1 MiB hold %d MiB", deliveries, held>>20)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// once is a reader at its end, which does something first.
type once func()

func (o once) Read([]byte) (int, error) { o(); return 0, io.EOF }

type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

// TestSocketOfOthers: where the socket's mode lets others in, the daemon does not.
func TestSocketOfOthers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can ask as another user")
	}
	for _, program := range []string{"setpriv", "curl"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("install %s", program)
		}
	}
	dir, err := os.MkdirTemp("/tmp", "enid-socket-") // above a test's own folder nobody else may enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	client, _ := serve(t, dir)
	eventually(t, func() (any, error) { return client.Status(t.Context()) })
	for _, name := range []string{dir, web.Socket(dir)} {
		if err := os.Chmod(name, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	ask := []string{"curl", "-sS", "--max-time", "20", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket", web.Socket(dir), "http://enid/api/v1/status"}
	if out, err := exec.Command(ask[0], ask[1:]...).CombinedOutput(); err != nil || string(out) != "200" {
		t.Errorf("root is answered %s, %v", out, err)
	}
	other := append([]string{"--reuid=65534", "--regid=65534", "--clear-groups"}, ask...)
	if out, err := exec.Command("setpriv", other...).CombinedOutput(); err == nil || !strings.HasSuffix(string(out), "000") {
		t.Errorf("another user is answered %s, %v", out, err)
	}
}
