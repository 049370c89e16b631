//go:build linux

package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
)

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

// The address of a forge takes no credentials either.
func TestForgeWithCredentials(t *testing.T) {
	file := t.TempDir() + "/token"
	if err := os.WriteFile(file, []byte(planted["forge"]), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out := printed(t, "run", "--once", "--state", t.TempDir(), "--repo", "https://127.0.0.1:1/x.git", "--commit-status", "github",
		"--commit-status-token-file", file, "--commit-status-url", "https://somebody:"+planted["url"]+"@forge.enid.invalid/x")
	if code != exitFailed || !strings.Contains(out, "credentials") {
		t.Errorf("exit %d, %s", code, out)
	}
	nowhere(t, "the error", out)
}

// A file with a secret, given for another one, is refused without what stands in it.
func TestE2ESwappedFiles(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.commit("the worked example")
	h.must("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", h.path("id"))
	web, ssh := []string{"--repo", h.url(), "--ca-file", h.path("ca.pem")}, []string{"--repo", "ssh://git@127.0.0.1:1/x.git", "--ssh-key", h.path("id")}
	told := append([]string{"--notify-url-file", h.keep("url", "https://127.0.0.1:1/x")}, web...)
	signers := append([]string{"--verify-keys", h.keep("signers", "ann@example.net "+h.text(h.path("id.pub")))}, web...)
	for secret, content := range map[string]string{
		"pair": "somebody:" + planted["token"], "lines": planted["token"] + "\n" + planted["webhook"] + "\n", "hook": "https://hooks.enid.invalid/" + planted["hook"],
		"yaml": "token: " + planted["token"] + "\ninterval: {" + planted["webhook"] + "}\n", "template": "{{" + planted["template"] + "}}",
		"key": "-----BEGIN OPENSSH PRIVATE KEY-----\n" + planted["ssh"] + "\n-----END OPENSSH PRIVATE KEY-----\n",
	} {
		file := h.keep(secret, content)
		for flag, with := range map[string][]string{
			"--config": web, "--ca-file": web[:2], "--token-file": web, "--verify-keys": web, "--require-review": signers,
			"--ssh-key": ssh[:2], "--known-hosts": ssh, "--notify-url-file": web, "--notify-template": told,
		} {
			args := append([]string{"run", "--once", "--state", h.path("state-" + secret)}, with...)
			_, out := printed(t, append(args, flag, file)...)
			nowhere(t, flag+" "+secret, out+"-")
		}
	}
}

// A proxy that repeats the password it is given, in the only line that libraries pass
// on, is not repeated: neither to git's reader, nor to the one of notifications.
func TestE2EProxySecrets(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	var asked sync.Map // hosts
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					asked.Store(r.Host, true)
					fmt.Fprintf(conn, "HTTP/1.1 407 %s is %s\r\nContent-Length: 0\r\n\r\n", r.Header.Get("Proxy-Authorization"), planted["proxy"])
				}
			}()
		}
	}()
	h.more = []string{"HTTPS_PROXY=http://somebody:" + planted["proxy"] + "@" + listener.Addr().String()}
	d := h.start("run", "--repo", "https://git.enid.invalid/x.git", "--log-level", "debug", "--log-format", "json",
		"--notify-url-file", h.keep("hook", "https://hooks.enid.invalid/"+planted["hook"]))
	h.until("the proxy refuses", h.sourceSays("", "Unreachable", "[redacted] is [redacted]"))
	h.until("it refuses notifications too", h.logs("a notification is tried again", 1))
	for _, host := range []string{"git.enid.invalid:443", "hooks.enid.invalid:443"} {
		if _, was := asked.Load(host); !was {
			t.Errorf("the proxy was not asked for %s", host)
		}
	}
	nowhere(t, "enid status", h.run("enid", "status").out+h.run("enid", "status", "-o", "json").out)
	d.end(syscall.SIGTERM)
	nowhere(t, "the log", h.text(h.path("daemon.log")))
	nowhere(t, "the state", h.stateText())
}

// The programs that enid starts are given no secret, neither as an argument nor in
// their environment.
func TestE2ESecretsOfChildren(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	first := h.commit("the worked example")
	program, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(h.path("bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	wrapper := "#!/bin/sh\n{ echo \"$@\"; env; } >>" + h.path("children") + "\nexec " + program + " \"$@\"\n"
	if err := os.WriteFile(h.path("bin", "git"), []byte(wrapper), 0o755); err != nil {
		t.Fatal(err)
	}
	h.more = []string{"https_proxy=http://somebody:" + planted["proxy"] + "@127.0.0.1:1"}
	h.start("run", "--repo", "file://"+h.bare, "--token-file", h.keep("token", planted["token"]), "--listen", "127.0.0.1:0", "--webhook-secret-file", h.keep("webhook", planted["webhook"]),
		"--notify-url-file", h.keep("hook", "https://127.0.0.1:1/"+planted["hook"]))
	h.until("it runs", h.sourceSays(first, "Ready"))
	children := h.text(h.path("children"))
	if !strings.Contains(children, "upload-pack "+h.bare) || !strings.Contains(children, "HOME=") {
		t.Errorf("git was started with\n%s", children)
	}
	nowhere(t, "the children's arguments and environment", children)
}
