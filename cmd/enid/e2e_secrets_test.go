//go:build linux

package main

import (
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// planted are secrets by what they are, each in no form that anybody else would write.
var planted = map[string]string{
	"token": "planted-t0ken/of+git", "listen": "planted-listen-t0ken", "webhook": "planted-webhook-secret",
	"userData": "planted-user-data", "ssh": "planted-ssh-key", "url": "planted-url-passw0rd", "private key": "planted-private-key",
	"hook": "planted-hook-of-a-chat", "query": "planted-hook-query", "forge": "planted-forge-t0ken", "template": "planted-template-t0ken",
	"proxy": "planted-proxy-passw0rd",
}

// nowhere wants no secret in the text, in none of the forms that libraries repeat.
func nowhere(t testing.TB, where, text string) {
	t.Helper()
	if text == "" {
		t.Errorf("%s is empty: nothing was looked at", where)
	}
	for what, secret := range planted {
		forms := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)),
			base64.StdEncoding.EncodeToString([]byte("x-access-token:" + secret))}
		for _, form := range forms {
			if i := strings.Index(text, form); i >= 0 {
				t.Errorf("%s has the secret %s: …%s…", where, what, text[max(0, i-120):min(len(text), i+120)])
			}
		}
	}
}

// ask asks the daemon's address, and answers what it says.
func (h *hub) ask(method, address, token, body string, headers ...string) string {
	h.t.Helper()
	req, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	req.SetBasicAuth("", token)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	res, err := client.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return fmt.Sprintln(res.Status, res.Header, string(answer))
}

// repeating are servers that repeat what they were given, or lead elsewhere with it.
var repeating = []func(http.ResponseWriter, *http.Request){
	func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, r.Header.Get("Authorization")+" "+planted["token"], http.StatusUnauthorized)
	},
	func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://user:"+url.PathEscape(planted["token"])+"@enid.invalid/", http.StatusFound)
	},
	func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
		line := "ERR denied: " + r.Header.Get("Authorization") + " " + planted["token"] + "\n"
		fmt.Fprintf(w, "%04x%s", len(line)+4, line)
	},
}

// gossip is a chat and a forge in one, which are told, and repeat what they are given.
type gossip struct {
	*httptest.Server
	mu     sync.Mutex
	bodies strings.Builder
	n      map[string]int // by method
}

func newGossip(t *testing.T) *gossip {
	g := &gossip{n: map[string]int{}}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		g.mu.Lock()
		defer g.mu.Unlock()
		g.bodies.Write(body)
		g.n[r.Method]++
		said := r.Header.Get("Authorization") + r.URL.String()
		switch g.n[r.Method] {
		case 1:
			http.Error(w, said, http.StatusBadRequest)
		case 2:
			http.Redirect(w, r, "https://user:"+planted["forge"]+"@enid.invalid"+r.URL.String(), http.StatusFound)
		default:
			w.Header().Set("X-Said", said)
			fmt.Fprint(w, `{"statuses": []}`)
		}
	}))
	t.Cleanup(g.Server.Close)
	return g
}

// told answers what was told, once each of both was told several times.
func (g *gossip) told() (string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.n[http.MethodGet] < 4 || g.n[http.MethodPost] < 6 {
		return "", fmt.Errorf("told %v times", g.n)
	}
	return g.bodies.String(), nil
}

// secretive starts a daemon with every kind of secret but those of ssh and proxies.
func (h *hub) secretive(g *gossip) *process {
	h.t.Helper()
	return h.follow("--interval", "200ms", "--log-level", "debug", "--token-file", h.keep("token", planted["token"]+"\n"),
		"--listen", "127.0.0.1:0", "--tls-cert", h.path("ca.pem"), "--tls-key", h.keep("tls.key", h.key()),
		"--auth-token-file", h.keep("auth", planted["listen"]), "--webhook-secret-file", h.keep("webhook", planted["webhook"]),
		"--notify-url-file", h.keep("hook", g.URL+"/"+planted["hook"]+"?token="+planted["query"]),
		"--notify-template", h.keep("template", `{"{{/* `+planted["template"]+` */}}text": {{json .Message}}, "status": {{json .Status}}}`),
		"--commit-status", "github", "--commit-status-token-file", h.keep("forge", planted["forge"]), "--commit-status-url", g.URL+"/repos/acme/network")
}

// A daemon that knows every kind of secret, and is led into every mistake with them,
// tells none: not in its log, status, metrics, pages, history, state, arguments or
// notifications, nor when it crashes.
func TestE2ESecrets(t *testing.T) {
	t.Parallel()
	h, g := newHub(t), newGossip(t)
	h.edit("topology/web-1.yaml", "  type: ecs.g5.2xlarge\n", "  type: ecs.g5.2xlarge\n  userData: "+planted["userData"]+"\n")
	first := h.commit("with user data")
	honest := func(w http.ResponseWriter, r *http.Request) bool {
		if _, token, _ := r.BasicAuth(); token == planted["token"] {
			return false
		}
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}
	h.misbehave(honest)
	d := h.secretive(g)
	h.until("it runs", h.sourceSays(first, "Ready"))
	for _, repeat := range repeating {
		h.misbehave(func(w http.ResponseWriter, r *http.Request) bool { repeat(w, r); return true })
		n := h.asked.Load()
		h.must("enid", "sync")
		h.until("it has asked", func() (err error) {
			if h.asked.Load() < n+2 { // the first may have begun before
				err = fmt.Errorf("asked %d times", n)
			}
			return err
		})
		nowhere(t, "enid status", h.run("enid", "status").out+h.run("enid", "status", "-o", "json").out)
	}
	h.misbehave(honest)
	h.mistakes(first)
	h.edit("topology/web-1.yaml", planted["userData"], planted["userData"]+"-2")
	second := h.commit("other user data")
	h.must("enid", "sync")
	h.until("the new user data is planned", h.sourceSays(second, "Ready"))
	h.seenFromOutside(d)
	h.until("it is told", func() error {
		_, err := g.told()
		return err
	})
	said, _ := g.told()
	nowhere(t, "what is told", strings.ReplaceAll(said, planted["template"], "")) // which stands in all of it
	if code := d.end(syscall.SIGQUIT); code != exitChanges {
		t.Errorf("exit %d", code)
	}
	log := h.text(h.path("daemon.log"))
	if !strings.Contains(log, "SIGQUIT") || !strings.Contains(log, "goroutine 1 ") {
		t.Errorf("it did not crash:\n%s", tail(log))
	}
	nowhere(t, "the log", log)
	nowhere(t, "the state", h.stateText())
	for where, text := range map[string]string{"log": log, "state": h.stateText()} {
		if key := strings.Split(h.key(), "\n"); strings.Contains(text, key[1]) || strings.Contains(text, key[2]) {
			t.Errorf("the %s has the TLS key", where)
		}
	}
}

// mistakes commits secrets in places where they are no valid value, and takes them back.
func (h *hub) mistakes(inForce string) {
	h.t.Helper()
	good := h.read("topology/web-1.yaml")
	key := `"-----BEGIN OPENSSH PRIVATE KEY-----\n` + planted["private key"] + `\n-----END OPENSSH PRIVATE KEY-----\n"`
	pair := "apiVersion: enid/v1\nkind: KeyPair\nmetadata: {name: web}\nspec: {region: cn-hangzhou, %s: %s}\n"
	for says, files := range map[string][2]string{
		"userData":   {"topology/web-1.yaml", strings.Replace(good, "userData: "+planted["userData"], "userData: [1, "+planted["userData"]+"]", 1)},
		"publicKey":  {"topology/key.yaml", fmt.Sprintf(pair, "publicKey", key)},
		"privateKey": {"topology/key.yaml", fmt.Sprintf(pair, "privateKey", key)},
	} {
		h.write(files[0], files[1])
		h.commit("a mistake with " + says)
		h.must("enid", "sync")
		h.until("it does not validate", h.sourceSays(inForce, "Invalid", says))
		for _, command := range [][]string{{"validate"}, {"plan"}, {"diff", "--base", "HEAD~1"}, {"apply"}} {
			if command[0] != "diff" {
				command = append(command, h.at("topology"))
			}
			r := h.run(append([]string{"enid"}, command...)...)
			nowhere(h.t, strings.Join(command, " ")+", "+says, r.out+r.err)
		}
		nowhere(h.t, "what does not validate", h.run("enid", "status", "-o", "json").out)
		h.write("topology/web-1.yaml", good)
		_ = os.Remove(h.at("topology/key.yaml")) // it is not always there
	}
}

// seenFromOutside asks for everything that the daemon, and the commands, answer.
func (h *hub) seenFromOutside(d *process) {
	t := h.t
	t.Helper()
	log := h.text(h.path("daemon.log"))
	at := regexp.MustCompile(`address=(\S+)`).FindStringSubmatch(log)
	if at == nil {
		t.Fatalf("no address in the log:\n%s", log)
	}
	base := "https://" + at[1]
	for _, path := range []string{"/", "/metrics", "/healthz", "/readyz", "/api/v1/status", "/api/v1/plan", "/api/v1/resources", "/api/v1/history", "/api/v1/history/1", "/api/v1/openapi.json"} {
		answer := h.ask("GET", base+path, planted["listen"], "")
		if !strings.HasPrefix(answer, "200") {
			t.Errorf("%s: %s", path, answer)
		}
		nowhere(t, path, answer)
		nowhere(t, path+", wrong token", h.ask("GET", base+path, planted["listen"]+"x", ""))
	}
	events := h.run("curl", "--silent", "--insecure", "--max-time", "1", "--user", ":"+planted["listen"], base+"/api/v1/events")
	nowhere(t, "the events", events.out)
	for _, sent := range [][]string{{"X-Gitlab-Token", planted["webhook"]}, {"X-Gitlab-Token", planted["webhook"] + "x"},
		{"X-Hub-Signature-256", "sha256=" + planted["webhook"]}, {"X-Gitea-Signature", planted["webhook"]}} {
		nowhere(t, "/webhook", h.ask("POST", base+"/webhook", "", planted["token"], sent...))
	}
	for _, args := range [][]string{{"status"}, {"history"}, {"history", "show", "1", "-o", "json"}, {"get", "instances", "-o", "yaml"},
		{"get", "instances", "-o", "json"}, {"plan", h.at("topology"), "-o", "json"}, {"plan", h.at("topology"), "-o", "markdown"}, {"graph", "--format", "dot"},
		{"state", "list"}, {"state", "show", "Instance/web-1"}, {"state", "show", "Instance/web-1", "-o", "json"},
		{"diff", "--base", "HEAD~1"}, {"accept", "HEAD"}, {"retry", "Instance/web-1"}, {"get", "instances", "--log-level", "debug"}} {
		r := h.run(append([]string{"enid"}, args...)...)
		nowhere(t, strings.Join(args, " "), r.out+r.err)
	}
	nowhere(t, "the arguments", h.text(fmt.Sprintf("/proc/%d/cmdline", d.cmd.Process.Pid)))
	nowhere(t, "the environment", h.text(fmt.Sprintf("/proc/%d/environ", d.cmd.Process.Pid)))
}

// text is what stands in a file.
func (l *lab) text(file string) string {
	l.t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		l.t.Fatal(err)
	}
	return string(body)
}

// stateText is all that stands in the state's folder, the cache of git included.
func (h *hub) stateText() string {
	h.t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(h.path("state"), func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(p)
		all.WriteString(p + "\n" + string(text))
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return all.String()
}
