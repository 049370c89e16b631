package main

import (
	"errors"
	"fmt"

	"enid/plan"
	"enid/reconcile/store"
)

// expectation is asked about a plan and the state that it was made from; its error
// refuses. Nil: any plan will do.
type expectation func(store.Meta, *plan.Plan) error

// expects answers the expectation that a plan has the certificate. Empty: any will do.
func expects(certificate string) (expectation, error) {
	if certificate == "" {
		return nil, nil
	}
	want, err := plan.ParseCertificate(certificate)
	if err != nil {
		return nil, fmt.Errorf("--expect: %w", err)
	}
	return func(_ store.Meta, p *plan.Plan) error {
		if p.Certificate != want {
			return fmt.Errorf("nothing was done: the plan is not the one that was reviewed: its certificate is %s, expected was %s; look at what it would do now, and review that", p.Certificate, want)
		}
		return nil
	}, nil
}

// and answers the expectation of both.
func (e expectation) and(other expectation) expectation {
	switch {
	case e == nil:
		return other
	case other == nil:
		return e
	}
	return func(m store.Meta, p *plan.Plan) error { return errors.Join(e(m, p), other(m, p)) }
}
