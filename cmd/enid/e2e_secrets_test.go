//go:build linux

package main

import (
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// planted are secrets by what they are, each in no form that anybody else would write.
var planted = map[string]string{
	"token": "planted-t0ken/of+git", "listen": "planted-listen-t0ken", "webhook": "planted-webhook-secret",
	"userData": "planted-user-data", "ssh": "planted-ssh-key", "url": "planted-url-passw0rd",
}

// nowhere wants no secret in the text, in none of the forms that libraries repeat.
func nowhere(t *testing.T, where, text string) {
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

// A daemon that knows every kind of secret, and is led into every mistake with them,
// tells none: not in its log, status, metrics, pages, history, state or arguments.
func TestE2ESecrets(t *testing.T) {
	t.Parallel()
	h := newHub(t)
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
	d := h.follow("--interval", "200ms", "--log-level", "debug", "--token-file", h.keep("token", planted["token"]+"\n"),
		"--listen", "127.0.0.1:0", "--tls-cert", h.path("ca.pem"), "--tls-key", h.keep("tls.key", h.key()),
		"--auth-token-file", h.keep("auth", planted["listen"]), "--webhook-secret-file", h.keep("webhook", planted["webhook"]))
	h.until("it runs", h.sourceSays(first, "Ready"))

	// A server that repeats what it was given, or leads elsewhere with it.
	for _, repeat := range []func(http.ResponseWriter, *http.Request){
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
	} {
		h.misbehave(func(w http.ResponseWriter, r *http.Request) bool { repeat(w, r); return true })
		n := h.asked.Load()
		h.must("enid", "sync")
		h.until("it has asked", func() (err error) {
			if h.asked.Load() == n {
				err = fmt.Errorf("asked %d times", n)
			}
			return err
		})
		nowhere(t, "enid status", h.run("enid", "status").out+h.run("enid", "status", "-o", "json").out)
	}
	h.misbehave(honest)
	good := h.read("topology/web-1.yaml")
	h.edit("topology/web-1.yaml", "userData: ", "userData: [1, ")
	h.write("topology/web-1.yaml", strings.Replace(h.read("topology/web-1.yaml"), planted["userData"], planted["userData"]+"]", 1))
	h.commit("a wrong type")
	h.must("enid", "sync")
	h.until("it does not validate", h.sourceSays(first, "Invalid", "userData"))
	nowhere(t, "what does not validate", h.run("enid", "status", "-o", "json").out+h.run("enid", "validate", h.at("topology")).err+"-")
	h.write("topology/web-1.yaml", strings.Replace(good, planted["userData"], planted["userData"]+"-2", 1))
	second := h.commit("other user data")
	h.must("enid", "sync")
	h.until("the new user data is planned", h.sourceSays(second, "Ready"))

	log, err := os.ReadFile(h.path("daemon.log"))
	if err != nil {
		t.Fatal(err)
	}
	at := regexp.MustCompile(`address=(\S+)`).FindSubmatch(log)
	if at == nil {
		t.Fatalf("no address in the log:\n%s", log)
	}
	base := "https://" + string(at[1])
	for _, path := range []string{"/", "/metrics", "/healthz", "/readyz", "/api/v1/status", "/api/v1/plan", "/api/v1/resources", "/api/v1/history", "/api/v1/history/1"} {
		answer := h.ask("GET", base+path, planted["listen"], "")
		if !strings.HasPrefix(answer, "200") {
			t.Errorf("%s: %s", path, answer)
		}
		nowhere(t, path, answer)
		nowhere(t, path+", wrong token", h.ask("GET", base+path, planted["listen"]+"x", ""))
	}
	nowhere(t, "/webhook", h.ask("POST", base+"/webhook", "", planted["token"], "X-Gitlab-Token", planted["webhook"])+
		h.ask("POST", base+"/webhook", "", "{}", "X-Gitlab-Token", planted["webhook"]+"x"))
	for _, args := range [][]string{{"status"}, {"history"}, {"history", "show", "1", "-o", "json"}, {"get", "instances", "-o", "yaml"},
		{"get", "instances", "-o", "json"}, {"plan", h.at("topology"), "-o", "json"}, {"graph", "--format", "dot"}} {
		r := h.run(append([]string{"enid"}, args...)...)
		nowhere(t, strings.Join(args, " "), r.out+r.err)
	}
	arguments, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", d.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	nowhere(t, "the arguments", string(arguments))
	if code := d.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit %d", code)
	}
	if log, err = os.ReadFile(h.path("daemon.log")); err != nil {
		t.Fatal(err)
	}
	nowhere(t, "the log", string(log))
	nowhere(t, "the state", h.stateText())
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

// Credentials in a URL and over plain http are refused before anything is sent, and
// not repeated, wherever they were written.
func TestE2ERefusedCredentials(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.commit("the worked example")
	token := h.keep("token", planted["token"])
	within := strings.Replace(h.url(), "https://", "https://user:"+planted["url"]+"@", 1)
	for name, tt := range map[string]struct {
		args []string
		says string
	}{
		"URL with a password": {[]string{"enid", "run", "--repo", within}, "credentials"},
		"URL with a token":    {[]string{"enid", "run", "--repo", strings.Replace(within, "user:", "", 1)}, "credentials"},
		"no URL":              {[]string{"enid", "run", "--repo", "https://user:" + planted["url"] + "@%zz/"}, "cannot be parsed"},
		"scp with a password": {[]string{"enid", "run", "--repo", "git:" + planted["url"] + "@127.0.0.1:x.git"}, "credentials"},
		"in the environment":  {[]string{"env", "ENID_REPO=" + within, "enid", "run"}, "credentials"},
		"in the file":         {[]string{"enid", "run", "--config", h.keep("config.yaml", "repo: "+within+"\n")}, "credentials"},
		"plain http":          {[]string{"enid", "run", "--repo", "http://127.0.0.1:1/x.git", "--token-file", token}, "plain http"},
	} {
		r := h.run(tt.args...)
		if r.code != 1 || !strings.Contains(r.err, tt.says) {
			t.Errorf("%s: exit %d, %s; wanted 1 and %q", name, r.code, r.err, tt.says)
		}
		nowhere(t, name, r.out+r.err)
	}
	if n := h.asked.Load(); n != 0 {
		t.Errorf("the server was asked %d times", n)
	}
	d := h.start("run", "--repo", "ssh://git@127.0.0.1:1/x.git", "--ssh-key", h.keep("id", planted["ssh"]), "--log-level", "debug")
	h.until("the key is refused", h.sourceSays("", "Unauthorized", "is not a private key"))
	nowhere(t, "enid status", h.run("enid", "status", "-o", "json").out)
	d.end(syscall.SIGTERM)
	log, err := os.ReadFile(h.path("daemon.log"))
	if err != nil {
		t.Fatal(err)
	}
	nowhere(t, "the log", string(log))
}
