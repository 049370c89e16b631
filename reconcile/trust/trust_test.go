package trust

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// run runs a program that makes keys or signatures, and answers what it prints.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, errs.String())
	}
	return string(out)
}

// sshKey makes a key pair and answers its file.
func sshKey(t *testing.T, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key")
	run(t, "ssh-keygen", append([]string{"-q", "-N", "", "-C", "", "-f", file}, args...)...)
	return file
}

// public answers a key's line without its comment.
func public(t *testing.T, key string) string {
	t.Helper()
	return strings.TrimSpace(string(read(t, key+".pub")))
}

// sshSign answers the signature of a text, as ssh-keygen makes it.
func sshSign(t *testing.T, key, namespace, text string) []byte {
	t.Helper()
	file := write(t, filepath.Join(t.TempDir(), "text"), text)
	run(t, "ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", key, file)
	return read(t, file+".sig")
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// ringOf answers the keys of a file with that text.
func ringOf(t *testing.T, text string) *Ring {
	t.Helper()
	k, err := Open(write(t, filepath.Join(t.TempDir(), "keys"), text))
	if err != nil {
		t.Fatal(err)
	}
	r, err := k.Ring()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// judged compares a verdict with the reason that is wanted; nil: it counts.
func judged(t *testing.T, r *Ring, text string, signature []byte, at time.Time, want error) {
	t.Helper()
	signer, err := r.Verify([]byte(text), signature, ReviewNamespace, at)
	switch {
	case want == nil && (err != nil || signer.Name == "" || signer.Key == ""):
		t.Errorf("it does not count: %v, %q", err, signer)
	case want != nil && !errors.Is(err, want):
		t.Errorf("got %v by %s, want: %v", err, signer, want)
	}
}

var now = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

func TestSSH(t *testing.T) {
	ann, bob := sshKey(t, "-t", "ed25519"), sshKey(t, "-t", "ecdsa")
	good := sshSign(t, ann, ReviewNamespace, "text")
	ofAnn := "ann@example.com " + public(t, ann) + "\n"
	for _, c := range []struct {
		name, keys, text string
		signature        []byte
		want             error
	}{
		{"valid", "# people\n\n" + ofAnn, "text", good, nil},
		{"the second of two", "bob " + public(t, bob) + "\n" + ofAnn, "text", good, nil},
		{"quoted principals", `"ann@example.com,ann" ` + public(t, ann), "text", good, nil},
		{"another key", "bob " + public(t, bob), "text", good, ErrUnknown},
		{"other content", ofAnn, "text ", good, ErrMismatch},
		{"other namespace of the signature", ofAnn, "text", sshSign(t, ann, "file", "text"), ErrNamespace},
		{"namespaces of the key", `ann namespaces="git,enid-*" ` + public(t, ann), "text", good, nil},
		{"other namespaces of the key", `ann namespaces="git" ` + public(t, ann), "text", good, ErrNamespace},
		{"a namespace taken out", `ann namespaces="!enid-review,*" ` + public(t, ann), "text", good, ErrNamespace},
		{"valid now", `ann valid-after="20261101Z",valid-before="20261201000000Z" ` + public(t, ann), "text", good, nil},
		{"expired", `ann valid-before="20261122Z" ` + public(t, ann), "text", good, ErrTime},
		{"not valid yet", `ann valid-after="202611240000Z" ` + public(t, ann), "text", good, ErrTime},
		{"expired in one line, not in the other", `ann valid-before="20261122Z" ` + public(t, ann) + "\n" + ofAnn, "text", good, nil},
		{"garbage", ofAnn, "text", []byte("-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n"), ErrMalformed},
		{"nothing", ofAnn, "text", nil, ErrMalformed},
		{"too long", ofAnn, "text", append(good, make([]byte, maxSignature)...), ErrMalformed},
	} {
		t.Run(c.name, func(t *testing.T) { judged(t, ringOf(t, c.keys), c.text, c.signature, now, c.want) })
	}
	rsa := sshKey(t, "-t", "rsa", "-b", "2048")
	judged(t, ringOf(t, "rsa "+public(t, rsa)), "text", sshSign(t, rsa, ReviewNamespace, "text"), now, nil)
}

// TestAllowedSigners_refused: a line that is not understood gives no keys at all.
func TestAllowedSigners_refused(t *testing.T) {
	good := public(t, sshKey(t, "-t", "ed25519"))
	for name, c := range map[string]struct{ line, says string }{
		"no key":              {"ann", "principals and no key"},
		"no key type":         {"ann AAAA", "no line of an allowed_signers file"},
		"open quote":          {`"ann ` + good, "closing quote"},
		"certificates":        {"ann cert-authority " + good, "cert-authority"},
		"unknown option":      {"ann no-touch-required " + good, "no-touch-required"},
		"an option's slip":    {`ann namespace="git" ` + good, "namespace"},
		"a time that is none": {`ann valid-before="tomorrow" ` + good, "YYYYMMDD"},
		"a class of letters":  {`ann namespaces="[a]" ` + good, "namespaces"},
		"short RSA":           {"ann " + public(t, sshKey(t, "-t", "rsa", "-b", "1024")), "2048 bits"},
		"DSA":                 {"ann " + public(t, sshKey(t, "-t", "dsa")), "ssh-dss"},
		"a private key":       {"-----BEGIN OPENSSH PRIVATE KEY-----", "allowed_signers"},
	} {
		t.Run(name, func(t *testing.T) {
			file := write(t, filepath.Join(t.TempDir(), "keys"), "bob "+good+"\n"+c.line+"\n")
			if _, err := Open(file); err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), file+":2: ") {
				t.Errorf("%v: want %q at line 2", err, c.says)
			}
		})
	}
}

// TestKeys: the files count as they are now, of both kinds, in a folder.
func TestKeys(t *testing.T) {
	ann, bob := sshKey(t, "-t", "ed25519"), sshKey(t, "-t", "ed25519")
	dir := t.TempDir()
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "holds no key") {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := Open(filepath.Join(dir, "absent")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	write(t, filepath.Join(dir, "ann"), "ann "+public(t, ann))
	k, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	ring := func() *Ring {
		r, err := k.Ring()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	byAnn, byBob := sshSign(t, ann, ReviewNamespace, "text"), sshSign(t, bob, ReviewNamespace, "text")
	judged(t, ring(), "text", byBob, now, ErrUnknown)
	if first := ring(); first != ring() {
		t.Error("the same files are parsed twice")
	}
	write(t, filepath.Join(dir, "bob"), "bob "+public(t, bob))
	write(t, filepath.Join(dir, ".bob"), "nonsense, and not read")
	judged(t, ring(), "text", byBob, now, nil)
	if err := os.Remove(filepath.Join(dir, "ann")); err != nil {
		t.Fatal(err)
	}
	judged(t, ring(), "text", byAnn, now, ErrUnknown)
	write(t, filepath.Join(dir, "bob"), "nonsense")
	if r, err := k.Ring(); err == nil {
		t.Errorf("a broken file leaves %v", r)
	}
	write(t, filepath.Join(dir, "bob"), strings.Repeat("#", maxKeyFile+1))
	if _, err := k.Ring(); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("a file without end: %v", err)
	}
	write(t, filepath.Join(dir, "bob"), "bob "+public(t, bob))
	judged(t, ring(), "text", byBob, now, nil)
	for name, mode := range map[string]os.FileMode{"bob": 0o646, "": 0o707} { // every user may add whom he likes
		name = filepath.Join(dir, name)
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := k.Ring(); err == nil || !strings.Contains(err.Error(), "chmod o-w "+name) {
			t.Errorf("%s of mode %o: %v", name, mode, err)
		}
		if err := os.Chmod(name, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o777|os.ModeSticky); err != nil { // as containers mount it
		t.Fatal(err)
	}
	judged(t, ring(), "text", byBob, now, nil)
}

// TestCommit: commits that git signed, with both kinds of keys, and changed ones.
func TestCommit(t *testing.T) {
	ann, home := sshKey(t, "-t", "ed25519"), gpgHome(t)
	home.gen(t, "Bob <bob@example.com>", "ed25519", "0")
	dir := t.TempDir()
	git := func(args ...string) string {
		return run(t, "git", append([]string{"-C", dir, "-c", "user.name=Ann", "-c", "user.email=ann@example.com"}, args...)...)
	}
	git("init", "-q")
	commit := func(args ...string) []byte {
		git(append(args, "commit", "-q", "--allow-empty", "-S", "-m", "subject\n\ngpgsig of the body\n\n")...)
		return []byte(git("cat-file", "commit", "HEAD"))
	}
	bySSH := commit("-c", "gpg.format=ssh", "-c", "user.signingKey="+ann)
	byPGP := commit("-c", "gpg.program="+home.program, "-c", "user.signingKey=bob@example.com")
	ring := ringOf(t, `ann namespaces="git" `+public(t, ann))
	if err := ring.addOpenPGP("bob", []byte(home.gpg(t, "--armor", "--export"))); err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string][]byte{"ssh": bySSH, "openpgp": byPGP} {
		if _, err := ring.VerifyCommit(raw, time.Now()); err != nil {
			t.Errorf("%s: %v\n%s", name, err, raw)
		}
		changed := strings.Replace(string(raw), "\nsubject", "\nobject", 1)
		if _, err := ring.VerifyCommit([]byte(changed), time.Now()); !errors.Is(err, ErrMismatch) {
			t.Errorf("%s, changed: %v", name, err)
		}
	}
	// A tag is signed for git as well, and by people who do not answer for a tree.
	git("-c", "gpg.format=ssh", "-c", "user.signingKey="+ann, "tag", "-s", "-m", "a release", "v1")
	tag, signature, _ := strings.Cut(git("cat-file", "tag", "v1"), "-----BEGIN SSH")
	headers, body, _ := strings.Cut(tag, "\n\n")
	asCommit := headers + "\ngpgsig " + strings.ReplaceAll(strings.TrimSpace("-----BEGIN SSH"+signature), "\n", "\n ") + "\n\n" + body
	if _, err := ring.Verify([]byte(tag), []byte("-----BEGIN SSH"+signature), gitNamespace, time.Now()); err != nil {
		t.Errorf("the tag's own signature: %v", err)
	}
	if _, err := ring.VerifyCommit([]byte(asCommit), time.Now()); !errors.Is(err, ErrMalformed) {
		t.Errorf("a tag's signature on a commit: %v", err)
	}
	twice := strings.Replace(string(bySSH), "gpgsig ", "gpgsig x\ngpgsig ", 1)
	above, below, _ := strings.Cut(string(bySSH), "\nauthor ")
	between, after, _ := strings.Cut(below, "\ngpgsig ")
	signature, rest, _ := strings.Cut(after, "-----END SSH SIGNATURE-----")
	moved := above + "\ngpgsig " + signature + "-----END SSH SIGNATURE-----" + "\nauthor " + between + rest
	if _, err := ring.VerifyCommit([]byte("tree x\n\ngpgsig -----BEGIN\n"), now); !errors.Is(err, ErrUnsigned) {
		t.Errorf("unsigned: %v", err)
	}
	for name, raw := range map[string]string{"moved up": moved, "twice": twice, "empty": ""} {
		if _, err := ring.VerifyCommit([]byte(raw), now); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
