package main

import (
	"errors"
	"fmt"
	"time"

	"enid/reconcile/trust"
)

// trusted are the keys of --verify-keys, and what is asked of them.
type trusted struct {
	// commit answers an error unless a commit is signed by one of the keys; nil: any
	// commit will do.
	commit func(raw []byte) error
	// review answers who reviewed a plan; nil: nobody is asked.
	review func(certificate string) (by string, err error)
}

// trust reads the keys. Those that cannot be read are told at once; reviews may come
// later.
func (f runFlags) trust() (t trusted, err error) {
	switch {
	case f.requireReview == "" && f.verifyKeys == "":
		return t, nil
	case f.verifyKeys == "":
		return t, errors.New("--require-review: say with --verify-keys whose signatures count")
	case f.requireReview == "" && f.repo == "":
		return t, errors.New("--verify-keys: a folder has no commits to verify: give --repo, or --require-review")
	}
	keys, err := trust.Open(f.verifyKeys)
	if err != nil {
		return t, fmt.Errorf("--verify-keys: %w", err)
	}
	if f.repo != "" {
		t.commit = func(raw []byte) error {
			ring, err := keys.Ring()
			if err == nil {
				_, err = ring.VerifyCommit(raw, time.Now())
			}
			return err
		}
	}
	if f.requireReview == "" {
		return t, nil
	}
	reviews := trust.Reviews{File: f.requireReview, Keys: keys}
	t.review = func(certificate string) (string, error) {
		signer, err := reviews.Reviewed(certificate, time.Now())
		if err != nil {
			return "", fmt.Errorf("%w; look at the plan, add the certificate to %s, and sign that: ssh-keygen -Y sign -n %s -f KEY %[2]s",
				err, f.requireReview, trust.ReviewNamespace)
		}
		return signer.String(), nil
	}
	return t, nil
}
