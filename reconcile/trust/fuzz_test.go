package trust

import (
	"bytes"
	"strings"
	"testing"
)

// FuzzAllowedSigners: whatever is in a key file, each line of it is a signer or the file
// is refused; comments and the form of line ends say nothing.
func FuzzAllowedSigners(f *testing.F) {
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJtcHyIxnbTqHV9zdfN6lX8mEOMkN5pBlD9Rr3qA3nTk"
	for _, text := range []string{"ann " + key, `"a b" namespaces="git,!x*",valid-before="20260101Z" ` + key, "ann cert-authority " + key, "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDME\n-----END PGP PUBLIC KEY BLOCK-----\n",
		"# who\n\nann,bob@* " + key + " a comment\n\tcem " + key, "ann\t" + `valid-after="202601011200",valid-before="20260101120000Z",namespaces="a" ` + key, `"ann ` + key, "ann", `"" ` + key,
		`ann namespaces="[a]" ` + key, `ann valid-after="2026" ` + key, `ann no-pty ` + key, "ann " + key + "\nann ssh-rsa AAAA", "ann ssh-dss AAAAB3NzaC1kc3MAAACBAA=="} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r := &Ring{}
		err := r.add("keys", text)
		if err != nil && !strings.Contains(err.Error(), "keys") {
			t.Errorf("which file? %v", err)
		}
		if bytes.Contains(text, []byte(armorBegin)) || bytes.ContainsRune(text, '\r') {
			return
		}
		again := &Ring{}
		other := "# nothing\r\n" + strings.ReplaceAll(string(text), "\n", "\r\n") + "\r\n# nothing"
		if changed := again.add("keys", []byte(other)); (err == nil) != (changed == nil) || len(r.ssh) != len(again.ssh) {
			t.Errorf("with comments and other line ends: %d and %v, %d and %v", len(r.ssh), err, len(again.ssh), changed)
		}
		if err != nil {
			return
		}
		lines := 0
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
				lines++
			}
		}
		if len(r.ssh) != lines {
			t.Errorf("%d signers of %d lines", len(r.ssh), lines)
		}
		for _, a := range r.ssh {
			if a.principals == "" || a.key == nil || strongSSH(a.key) != nil {
				t.Errorf("a line without principals or a strong key: %+v", a)
			}
		}
	})
}

// FuzzSignature: whatever stands as a signature, alone or in a commit, is none of
// someone who did not sign.
func FuzzSignature(f *testing.F) {
	for _, text := range []string{"-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAQ==\n-----END SSH SIGNATURE-----\n", "-----BEGIN PGP SIGNATURE-----\n\niHUE\n-----END PGP SIGNATURE-----\n"} {
		f.Add([]byte(text))
		f.Add([]byte("tree x\ngpgsig " + text + "\n\nsubject\n"))
	}
	r := &Ring{}
	if err := r.add("keys", []byte("ann ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJtcHyIxnbTqHV9zdfN6lX8mEOMkN5pBlD9Rr3qA3nTk")); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if s, err := r.Verify([]byte("text"), text, ReviewNamespace, now); err == nil {
			t.Errorf("%s signed it", s)
		}
		if s, err := r.VerifyCommit(text, now); err == nil {
			t.Errorf("%s signed the commit", s)
		}
		_, _ = parseReviews(text)
	})
}
