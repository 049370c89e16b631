package trust

import (
	"testing"
)

// FuzzAllowedSigners: whatever is in a key file, it is read or refused.
func FuzzAllowedSigners(f *testing.F) {
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJtcHyIxnbTqHV9zdfN6lX8mEOMkN5pBlD9Rr3qA3nTk"
	for _, text := range []string{"ann " + key, `"a b" namespaces="git,!x*",valid-before="20260101Z" ` + key, "ann cert-authority " + key, "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDME\n-----END PGP PUBLIC KEY BLOCK-----\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r := &Ring{}
		if err := r.add("keys", text); err != nil {
			return
		}
		for _, a := range r.ssh {
			if a.principals == "" || a.key == nil {
				t.Errorf("a line without principals or key: %+v", a)
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
