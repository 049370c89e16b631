package git

import (
	"crypto/ed25519"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"

	"enid/reconcile"
)

const sshdPath = "/usr/sbin/sshd"

// newHostKey answers a key in OpenSSH's format.
func newHostKey(t *testing.T) []byte {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(block)
}

func writeFile(t *testing.T, name string, data []byte) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(p, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func publicKey(t *testing.T, pem []byte) ssh.PublicKey {
	t.Helper()
	signer, err := ssh.ParsePrivateKey(pem)
	if err != nil {
		t.Fatal(err)
	}
	return signer.PublicKey()
}

// sshClientFiles makes a client key and a known_hosts that names address.
func sshClientFiles(t *testing.T, address string, hostKey []byte) (key, known string) {
	t.Helper()
	key = writeFile(t, "id", newHostKey(t))
	return key, writeFile(t, "known_hosts", []byte(knownhosts.Line([]string{address}, publicKey(t, hostKey))+"\n"))
}

// sshd serves real OpenSSH on loopback, in its one-connection form, so that no
// port has to be guessed. It has an RSA key besides the returned one.
func sshd(t *testing.T, clientKey string) (address string, hostKey []byte) {
	t.Helper()
	if _, err := os.Stat(sshdPath); err != nil {
		t.Skipf("%s is not installed (Debian: openssh-server)", sshdPath)
	}
	if os.Getuid() == 0 {
		if _, err := os.Stat("/run/sshd"); err != nil {
			if err := os.Mkdir("/run/sshd", 0o755); err != nil {
				t.Skipf("sshd as root needs /run/sshd: %v", err)
			}
			t.Cleanup(func() { _ = os.Remove("/run/sshd") })
		}
	}
	dir := t.TempDir()
	rsa := filepath.Join(dir, "rsa")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "rsa", "-b", "3072", "-N", "", "-f", rsa).CombinedOutput(); err != nil {
		t.Skipf("ssh-keygen: %v: %s", err, out)
	}
	pem, err := os.ReadFile(clientKey)
	if err != nil {
		t.Fatal(err)
	}
	hostKey = newHostKey(t)
	config := fmt.Sprintf("HostKey %s\nHostKey %s\nAuthorizedKeysFile %s\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nPidFile none\nPermitRootLogin yes\nLogLevel ERROR\n",
		rsa, writeFile(t, "host", hostKey), writeFile(t, "authorized", ssh.MarshalAuthorizedKey(publicKey(t, pem))))
	configFile := writeFile(t, "sshd_config", []byte(config))

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			f, _ := conn.(*net.TCPConn).File()
			_ = conn.Close()
			cmd := exec.CommandContext(t.Context(), sshdPath, "-i", "-e", "-f", configFile)
			cmd.Stdin, cmd.Stdout = f, f
			_ = cmd.Start()
			_ = f.Close()
			go func() { _ = cmd.Wait() }()
		}
	}()
	return l.Addr().String(), hostKey
}

func TestSSH(t *testing.T) {
	r := newRepo(t)
	key := writeFile(t, "id", newHostKey(t))
	address, hostKey := sshd(t, key)
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	line := func(k []byte) []byte {
		return []byte(knownhosts.Line([]string{address}, publicKey(t, k)) + "\n")
	}
	known := writeFile(t, "known_hosts", line(hostKey))
	base := Options{URL: "ssh://" + me.Username + "@" + address + r.bare, SSHKeyFile: key, KnownHostsFile: known}

	wantCondition(t, open(t, base), reconcile.Empty, "no commits")
	first := r.commit("1", "topology/a.yaml", "a: 1\n")
	s := open(t, base)
	wantID(t, s, first)
	wantID(t, s, first)
	second := r.commit("2", "topology/a.yaml", "a: 2\n")
	wantID(t, s, second)
	noUser := base
	noUser.URL = "ssh://" + address + r.bare
	wantID(t, open(t, noUser), second)
	scp := base
	if _, port, _ := net.SplitHostPort(address); port == "22" {
		scp.URL = "127.0.0.1:" + r.bare
		wantID(t, open(t, scp), second)
	}

	refused := map[string]struct {
		change    func(*Options)
		condition reconcile.Condition
		says      string
	}{
		"host not known":       {func(o *Options) { o.KnownHostsFile = writeFile(t, "k", nil) }, reconcile.Unauthorized, "is not in"},
		"no known_hosts":       {func(o *Options) { o.KnownHostsFile = "/none" }, reconcile.Unauthorized, "known_hosts cannot be read"},
		"another host key":     {func(o *Options) { o.KnownHostsFile = writeFile(t, "k", line(newHostKey(t))) }, reconcile.Unauthorized, "stands in between"},
		"another client key":   {func(o *Options) { o.SSHKeyFile = writeFile(t, "k", newHostKey(t)) }, reconcile.Unauthorized, "refused the ssh key"},
		"no client key":        {func(o *Options) { o.SSHKeyFile = "" }, reconcile.Unauthorized, "--ssh-key"},
		"client key is no key": {func(o *Options) { o.SSHKeyFile = writeFile(t, "k", []byte("hello")) }, reconcile.Unauthorized, "not a private key"},
		"no such repository":   {func(o *Options) { o.URL += "x" }, reconcile.Missing, "does not appear to be a git repository"},
		"no such branch":       {func(o *Options) { o.Ref = "refs/heads/none" }, reconcile.Missing, "there is main"},
		"server's other kind of key": {func(o *Options) {
			// known_hosts holds an RSA key only: the RSA algorithms are asked for,
			// and the answer is a clear mismatch instead of the server's favourite.
			rsa := strings.TrimSpace(generatedRSA(t))
			o.KnownHostsFile = writeFile(t, "k", []byte(knownhosts.Normalize(address)+" "+rsa+"\n"))
		}, reconcile.Unauthorized, "stands in between"},
	}
	for name, tt := range refused {
		t.Run(name, func(t *testing.T) {
			opt := base
			tt.change(&opt)
			wantCondition(t, open(t, opt), tt.condition, tt.says)
		})
	}
}

func generatedRSA(t *testing.T) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), "rsa")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "rsa", "-b", "3072", "-N", "", "-C", "", "-f", p).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v: %s", err, out)
	}
	data, err := os.ReadFile(p + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
