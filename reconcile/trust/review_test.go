package trust

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestReviews: a certificate counts where it stands in the file and the file, as it
// is, was signed by a trusted key for reviews.
func TestReviews(t *testing.T) {
	ann, eve, home := sshKey(t, "-t", "ed25519"), sshKey(t, "-t", "ed25519"), gpgHome(t)
	home.gen(t, "bob@example.com", "ed25519", "0")
	dir := t.TempDir()
	keys := filepath.Join(dir, "keys")
	if err := os.Mkdir(keys, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(keys, "ssh"), "ann "+public(t, ann))
	write(t, filepath.Join(keys, "pgp.asc"), home.gpg(t, "--armor", "--export"))
	k, err := Open(keys)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "reviews")
	r := Reviews{file, k}
	one, other := "sha256:"+strings.Repeat("1", 64), "sha256:"+strings.Repeat("2", 64)
	check := func(certificate, want string) {
		t.Helper()
		_, err := r.Reviewed(certificate, time.Now())
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	sign := func(key, namespace string) {
		t.Helper()
		_ = os.Remove(file + ".sig")
		run(t, "ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", key, file)
	}
	check(one, "no such file")
	write(t, file, "# reviewed\n\n"+one+" add web-2, ann\n")
	check(one, "is not signed: there is neither")
	sign(ann, ReviewNamespace)
	check(one, "")
	check(other, "signed by ann (SHA256:")
	sign(ann, "file")
	check(one, "made for something else")
	sign(eve, ReviewNamespace)
	check(one, "none of the trusted")
	sign(ann, ReviewNamespace)
	write(t, file, one+"\n"+other+"\n")
	check(other, "no signature of this content")
	write(t, file+".asc", string(home.sign(t, "bob@example.com", one+"\n"+other+"\n")))
	check(other, "") // one of two counts
	write(t, file, one+"\nreviewed by Ann\n")
	sign(ann, ReviewNamespace)
	check(one, ":2: \"reviewed\" is no certificate")
	write(t, file, strings.Repeat("#", maxReview+1))
	check(one, "longer than")
	write(t, file, one+"\n")
	write(t, filepath.Join(keys, "ssh"), "# ann has left\n")
	sign(ann, ReviewNamespace)
	check(one, "none of the trusted")
	if err := os.RemoveAll(keys); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Reviewed(one, now); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no keys: %v", err)
	}
}
