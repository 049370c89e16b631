//go:build linux

package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"enid/plan/guest"
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
		}
	}
	return nil
}

var errPrimaryMoved = errors.New("main's default route changed when the interface came up")

// primaryRoute answers main's active default routes, "" where nobody but enid has
// one: the IPv4 one as the kernel writes it; the IPv6 one, where the host has IPv6, in
// words, for each router advertisement changes its bytes.
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
	raw := ""
	if best != nil {
		raw = best.raw
	}
	if !m.interests().ipv6 {
		return raw, nil
	}
	n, err := m.links(ctx, &guest.Objects{})
	if err != nil {
		return "", err
	}
	found, err := m.mainDefaults6(ctx, n)
	if err != nil || len(found) == 0 {
		return raw, err
	}
	return raw + " " + slices.MinFunc(found, func(a, b guest.Route) int { return cmp.Compare(a.Metric, b.Metric) }).String(), nil
}
