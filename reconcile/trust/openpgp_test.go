package trust

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// keyring is a home of gpg's.
type keyring struct {
	dir     string
	program string // gpg with that home, for git
}

// gpgHome makes a home; its agent ends with the test. The path is short: the agent's
// socket is in it.
func gpgHome(t *testing.T) *keyring {
	t.Helper()
	dir, err := os.MkdirTemp("", "gpg")
	if err != nil {
		t.Fatal(err)
	}
	k := &keyring{dir: dir, program: filepath.Join(dir, "gpg.sh")}
	t.Cleanup(func() {
		_ = exec.Command("gpgconf", "--homedir", dir, "--kill", "gpg-agent").Run()
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	script := "#!/bin/sh\nexec gpg --homedir " + dir + " \"$@\"\n"
	if err := os.WriteFile(k.program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return k
}

func (k *keyring) gpg(t *testing.T, args ...string) string {
	t.Helper()
	return run(t, "gpg", append([]string{"--homedir", k.dir, "--batch", "--quiet", "--no-tty", "--passphrase", "", "--pinentry-mode", "loopback"}, args...)...)
}

// gen makes a key that can sign.
func (k *keyring) gen(t *testing.T, user, algorithm, expires string, args ...string) {
	t.Helper()
	k.gpg(t, append(args, "--quick-gen-key", user, algorithm, "sign", expires)...)
}

// sign answers a user's signature of a text.
func (k *keyring) sign(t *testing.T, user, text string, args ...string) []byte {
	t.Helper()
	file := write(t, filepath.Join(t.TempDir(), "text"), text)
	k.gpg(t, append(args, "--armor", "--local-user", user, "--detach-sign", file)...)
	return read(t, file+".asc")
}

func TestOpenPGP(t *testing.T) {
	k := gpgHome(t)
	const past = "20200101T000000"
	k.gen(t, "ann@example.com", "ed25519", "0")
	k.gen(t, "bob@example.com", "rsa2048", "0")
	k.gen(t, "short@example.com", "rsa1024", "0")
	k.gen(t, "dsa@example.com", "dsa2048", "0")
	k.gen(t, "old@example.com", "ed25519", "1d", "--faked-system-time", past)
	at := time.Now()
	keys := k.gpg(t, "--armor", "--export", "ann@example.com") + "\n" +
		k.gpg(t, "--armor", "--export", "bob@example.com", "short@example.com", "dsa@example.com", "old@example.com")
	ring := ringOf(t, keys)
	good := k.sign(t, "ann@example.com", "text")
	judged(t, ring, "text", good, at, nil)
	judged(t, ring, "text", k.sign(t, "bob@example.com", "text"), at, nil)
	judged(t, ring, "text ", good, at, ErrMismatch)
	judged(t, ring, "text", k.sign(t, "bob@example.com", "text", "--digest-algo", "SHA1"), at, ErrWeak)
	judged(t, ring, "text", k.sign(t, "short@example.com", "text"), at, ErrWeak)
	judged(t, ring, "text", k.sign(t, "dsa@example.com", "text"), at, ErrWeak)
	old := k.sign(t, "old@example.com", "text", "--faked-system-time", past)
	judged(t, ring, "text", old, at, ErrTime)
	judged(t, ring, "text", old, time.Date(2020, 1, 1, 12, 0, 0, 0, time.UTC), nil)
	judged(t, ringOf(t, k.gpg(t, "--armor", "--export", "bob@example.com")), "text", good, at, ErrUnknown)
	judged(t, ring, "text", []byte("-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n"), at, ErrMalformed)

	// Revoked: gpg keeps the revocation beside the key, with a colon against slips.
	revocations, err := filepath.Glob(filepath.Join(k.dir, "openpgp-revocs.d", "*.rev"))
	if err != nil || len(revocations) == 0 {
		t.Fatal("gpg made no revocations", err)
	}
	for _, name := range revocations {
		k.gpg(t, "--import", write(t, name, strings.Replace(string(read(t, name)), ":-----", "-----", 1)))
	}
	judged(t, ringOf(t, k.gpg(t, "--armor", "--export", "ann@example.com")), "text", good, at, ErrRevoked)
}

// TestOpenPGP_secret: a private key has no place among those that are trusted.
func TestOpenPGP_secret(t *testing.T) {
	k := gpgHome(t)
	k.gen(t, "ann@example.com", "ed25519", "0")
	file := write(t, filepath.Join(t.TempDir(), "keys"), k.gpg(t, "--armor", "--export-secret-keys"))
	if _, err := Open(file); err == nil || !strings.Contains(err.Error(), "PRIVATE KEY BLOCK") || !strings.Contains(err.Error(), "public keys only") {
		t.Errorf("%v", err)
	}
}
