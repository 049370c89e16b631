//go:build linux

package host

import (
	"context"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"enid/plan"
	"enid/plan/guest"
)

// deed is one step, resolved: what is to be done to which objects.
type deed struct {
	op     string
	target plan.Ref
	from   plan.Object // as it was observed; nil: not there
	to     plan.Object // as it is wanted; nil: not to be there
	index  int         // of the link; 0: it has none any more
}

// resolve answers the deed of an operation on a target.
func resolve(op string, target plan.Ref, world, want *plan.World) deed {
	d := deed{op: op, target: target, from: world.Get(target), to: want.Get(target)}
	if l, ok := linkOf(d, world); ok {
		d.index = l.Index
	}
	return d
}

// linkOf answers the link that a deed is done to, as it is in the world; ok is false
// where it concerns none, or one that is not there.
func linkOf(d deed, world *plan.World) (l guest.Link, ok bool) {
	o := d.to
	if o == nil || d.op == guest.DeleteAddress || d.op == guest.DeleteRoute || d.op == guest.DeleteRule {
		o = d.from
	}
	on, ok := o.(interface{ Interface() string })
	if !ok || d.target.Kind == guest.KindRule { // a rule is for a link, and not on it
		return l, false
	}
	l, ok = world.Get(guest.LinkRef(on.Interface())).(guest.Link)
	return l, ok
}

// request answers the netlink request for a deed; ok is false where it is done by
// other means.
func (m *Machine) request(d deed) (r *nl.NetlinkRequest, ok bool) {
	switch d.op {
	case guest.SetLinkUp:
		return linkRequest(d.index, 0, unix.IFF_UP, unix.IFF_UP), true
	case setLinkDown:
		return linkRequest(d.index, 0, unix.IFF_UP, 0), true
	case guest.SetMTU:
		return linkRequest(d.index, d.to.(guest.Link).MTU, 0, 0), true
	case guest.AddAddress:
		return addressRequest(d.to.(guest.Address), d.index, m.opts.label, true), true
	case guest.SetLifetime:
		return lifetimeRequest(d.to.(guest.Address), d.index, m.opts.label), true
	case guest.DeleteAddress:
		return addressRequest(d.from.(guest.Address), d.index, m.opts.label, false), true
	case guest.AddRoute:
		return routeRequest(d.to.(guest.Route), d.index, unix.RTM_NEWROUTE, exclusive), true
	case guest.ReplaceRoute:
		return routeRequest(d.to.(guest.Route), d.index, unix.RTM_NEWROUTE, unix.NLM_F_CREATE|unix.NLM_F_REPLACE), true
	case guest.DeleteRoute:
		return routeRequest(d.from.(guest.Route), d.index, unix.RTM_DELROUTE, 0), true
	case guest.AddRule:
		return ruleRequest(d.to.(guest.Rule), unix.RTM_NEWRULE, exclusive), true
	case guest.DeleteRule:
		return ruleRequest(d.from.(guest.Rule), unix.RTM_DELRULE, 0), true
	}
	return r, false
}

// do does deeds of one operation, which do not depend on one another, and answers
// one error for each; nil is done, or was so already.
//
// A crash before, between or after them leaves whole deeds done: the next turn
// observes which and goes on from there.
func (m *Machine) do(ctx context.Context, deeds []deed) []error {
	errs := make([]error, len(deeds))
	var reqs []*nl.NetlinkRequest
	for _, d := range deeds {
		if r, ok := m.request(d); ok {
			reqs = append(reqs, r)
		}
	}
	if len(reqs) != len(deeds) { // ethtool, sysfs, DHCP
		for i, d := range deeds {
			errs[i] = m.set(ctx, d)
		}
		return errs
	}
	errs, err := m.conn.do(reqs)
	for i, d := range deeds {
		if err != nil && errs[i] == nil {
			errs[i] = err
		}
		errs[i] = m.judge(d, errs[i])
	}
	return errs
}
