package main

import (
	"errors"
	"fmt"
	"time"

	"enid/reconcile/trust"
)

// review answers what is asked about each new revision's plan; nil: nothing. Keys that
// cannot be read are told at once; reviews may come later.
func (f runFlags) review() (func(certificate string) (by string, err error), error) {
	switch {
	case f.requireReview == "" && f.verifyKeys == "":
		return nil, nil
	case f.verifyKeys == "":
		return nil, errors.New("--require-review: say with --verify-keys whose signatures count")
	case f.requireReview == "":
		return nil, errors.New("--verify-keys: give --require-review as well; that commits are signed is not verified yet")
	}
	keys, err := trust.Open(f.verifyKeys)
	if err != nil {
		return nil, fmt.Errorf("--verify-keys: %w", err)
	}
	reviews := trust.Reviews{File: f.requireReview, Keys: keys}
	return func(certificate string) (string, error) {
		signer, err := reviews.Reviewed(certificate, time.Now())
		if err != nil {
			return "", fmt.Errorf("%w; look at the plan, add the certificate to %s, and sign that: ssh-keygen -Y sign -n %s -f KEY %[2]s",
				err, f.requireReview, trust.ReviewNamespace)
		}
		return signer.String(), nil
	}, nil
}
