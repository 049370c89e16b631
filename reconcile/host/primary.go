//go:build linux

package host

import (
	"context"
	"errors"
	"fmt"
)

// verifyPrimary looks, after links came up, whether the primary's default route is
// still what it was (host.verify). If not, those links go down again.
func (r *run) verifyPrimary(ctx context.Context, chains []string) error {
	now, err := r.m.primaryRoute(ctx)
	if err != nil || now == r.primary {
		return err
	}
	for _, chain := range chains {
		if r.failed[chain] == nil {
			r.failed[chain] = errPrimaryMoved
			r.undo(chain, r.chains[chain])
			delete(r.chains, chain)
		}
	}
	return nil
}

var errPrimaryMoved = errors.New("main's default route changed when the interface came up")

// primaryRoute answers main's active default route as the kernel writes it, ""
// where nobody but enid has one.
func (m *Machine) primaryRoute(ctx context.Context) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	defaults, err := mainDefaults(names{})
	if err != nil {
		return "", fmt.Errorf("look at the primary's default route: %w", err)
	}
	var best *rawRoute
	for i := range defaults {
		if d := &defaults[i]; foreign(d.route) && (best == nil || d.route.Metric < best.route.Metric) {
			best = d
		}
	}
	if best == nil {
		return "", nil
	}
	return best.raw, nil
}
