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
	at := time.Now().Add(time.Minute) // a signature made after it would not count yet
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

// TestOpenPGP_subkeys: a subkey signs for its owner while it is meant to and neither
// revoked nor expired; what another key calls its subkey signs for nobody.
func TestOpenPGP_subkeys(t *testing.T) {
	k := gpgHome(t)
	const past = "20200101T000000"
	add := func(user, use, expires string, args ...string) (subkey string) {
		t.Helper()
		k.gpg(t, append(args, "--quick-gen-key", user, "ed25519", "cert", "0")...)
		lines := strings.Split(k.gpg(t, "--with-colons", "--list-keys", user), "\n")
		primary := fingerprints(lines)[0]
		algorithm := "ed25519"
		if use == "encr" {
			algorithm = "cv25519"
		}
		k.gpg(t, append(args, "--quick-add-key", primary, algorithm, use, expires)...)
		return fingerprints(strings.Split(k.gpg(t, "--with-colons", "--list-keys", user), "\n"))[1]
	}
	sub := add("ann@example.com", "sign", "0")
	old := add("old@example.com", "sign", "1d", "--faked-system-time", past)
	login := add("login@example.com", "auth", "0")
	ring := func() *Ring { return ringOf(t, k.gpg(t, "--armor", "--export")) }
	at := time.Now().Add(time.Minute)
	good := k.sign(t, sub+"!", "text")
	judged(t, ring(), "text", good, at, nil)
	judged(t, ring(), "text", k.sign(t, old+"!", "text", "--faked-system-time", past), at, ErrTime)
	if out, err := exec.Command("gpg", "--homedir", k.dir, "--batch", "--armor", "--local-user", login+"!", "--detach-sign", write(t, filepath.Join(t.TempDir(), "text"), "text")).CombinedOutput(); err == nil {
		t.Errorf("gpg signed by a key for logins: %s", out)
	}
	cmd := exec.Command("gpg", "--homedir", k.dir, "--no-tty", "--command-fd", "0", "--status-fd", "1", "--pinentry-mode", "loopback", "--passphrase", "", "--edit-key", "ann@example.com")
	cmd.Stdin = strings.NewReader("key 1\nrevkey\ny\n0\n\ny\nsave\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("revkey: %v\n%s", err, out)
	}
	judged(t, ring(), "text", good, at, ErrRevoked)
}

// fingerprints answers those of gpg's list with colons: of a key and its subkeys.
func fingerprints(lines []string) (all []string) {
	for _, line := range lines {
		if fields := strings.Split(line, ":"); fields[0] == "fpr" {
			all = append(all, fields[9])
		}
	}
	return all
}
