//go:build linux

package packaging

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// signingKey is an OpenPGP key of this test's own.
type signingKey struct {
	home       string // of the gpg that has its public half
	file       string // its secret half, under the passphrase
	passphrase string
}

func newKey(t *testing.T) signingKey {
	t.Helper()
	home, err := os.MkdirTemp("", "gpg") // short, for the agent's socket
	if err != nil {
		t.Fatal(err)
	}
	k := signingKey{home, filepath.Join(t.TempDir(), "the key.asc"), "correct horse"}
	t.Cleanup(func() {
		run(t, ".", "gpgconf", "--homedir", home, "--kill", "gpg-agent")
		os.RemoveAll(home)
	})
	gpg := []string{"gpg", "--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", k.passphrase}
	run(t, ".", append(gpg, "--quick-generate-key", "Packager <packager@localhost>", "rsa3072", "sign", "never")...)
	run(t, ".", append(gpg, "--armor", "--output", k.file, "--export-secret-keys")...)
	return k
}

// signed checks the signatures by gpg and rpm, and that what was changed afterwards
// has none that holds.
func (k signingKey) signed(t *testing.T, dist, deb, rpm string) {
	run(t, dist, "gpg", "--homedir", k.home, "--verify", "SHA256SUMS.asc", "SHA256SUMS")
	run(t, dist, "sha256sum", "--check", "--strict", "SHA256SUMS")

	dir := t.TempDir()
	run(t, dir, "dpkg-deb", "--raw-extract", filepath.Join(dist, deb), "content") // it is a package still
	run(t, dir, "ar", "x", filepath.Join(dist, deb))
	verify := `cat debian-binary control.tar.* data.tar.* | gpg --homedir "$0" --verify _gpgorigin -`
	run(t, dir, "sh", "-c", verify, k.home)
	run(t, dir, "sh", "-c", `echo more >>debian-binary; ! { `+verify+`; }`, k.home)

	run(t, dir, "gpg", "--homedir", k.home, "--armor", "--output", "public.asc", "--export")
	run(t, dir, "rpm", "--dbpath", dir+"/db", "--import", "public.asc")
	if got := run(t, dir, "rpm", "--dbpath", dir+"/db", "--checksig", filepath.Join(dist, rpm)); !strings.Contains(got, "signatures OK") {
		t.Errorf("rpm --checksig: %s", got)
	}
	run(t, dir, "sh", "-ec", `cp "$1" changed.rpm; printf x | dd of=changed.rpm bs=1 seek=100000 conv=notrunc; ! rpm --dbpath "$0/db" --checksig changed.rpm`, dir, filepath.Join(dist, rpm))
}
