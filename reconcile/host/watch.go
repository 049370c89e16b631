//go:build linux

package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"enid/plan/guest"
)

// Watch answers a channel that receives a hint whenever something changed on the
// machine that may concern the last turn's host, or a DHCP server has answered, and
// when that was. Hints are coalesced into the first, and none is owed: the loop reads
// everything slowly as well. The channel is closed when ctx ends. While nothing
// happens it costs nothing.
//
// Events of enid's own changes are left out, by the port they came from. IPv4
// routes that go with a link send none: every event of a link of the host is a hint.
func (m *Machine) Watch(ctx context.Context) <-chan time.Time {
	hints := make(chan time.Time, 1)
	var following sync.WaitGroup
	for _, follow := range []func(context.Context, chan<- time.Time) error{m.follow, m.followDisks, m.followLeases} {
		following.Go(func() { m.keepFollowing(ctx, follow, hints) })
	}
	go func() {
		following.Wait()
		close(hints)
	}()
	return hints
}

// keepFollowing follows again whenever the subscription breaks, until ctx ends.
func (m *Machine) keepFollowing(ctx context.Context, follow func(context.Context, chan<- time.Time) error, hints chan<- time.Time) {
	for ctx.Err() == nil {
		err := follow(ctx, hints)
		if ctx.Err() != nil || errors.Is(err, unix.EPROTONOSUPPORT) { // a kernel without device events
			return
		}
		// Whatever was missed, a full read finds it.
		m.opts.Log.Debug("subscription ended", "error", err)
		hint(hints)
		select {
		case <-ctx.Done():
		case <-time.After(resubscribe):
		}
	}
}

// resubscribe keeps a flood of events from becoming a loop of subscriptions.
const resubscribe = 50 * time.Millisecond

func hint(hints chan<- time.Time) {
	select {
	case hints <- time.Now():
	default:
	}
}

// groups are what is subscribed to. They are named one by one, since the library
// has no typed subscription for rules, and since the typed ones hide the port by
// which enid's own changes are told from others'.
var groups = []uint{unix.RTNLGRP_LINK, unix.RTNLGRP_IPV4_IFADDR, unix.RTNLGRP_IPV4_ROUTE, unix.RTNLGRP_IPV4_RULE,
	unix.RTNLGRP_IPV6_IFADDR, unix.RTNLGRP_IPV6_ROUTE, unix.RTNLGRP_IPV6_RULE}

// subscriptionBuffer takes some 50,000 events while nobody reads.
const subscriptionBuffer = 16 << 20

func subscribe() (*nl.NetlinkSocket, error) {
	s, err := nl.Subscribe(unix.NETLINK_ROUTE, groups...)
	if err != nil {
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	enlarge(s, subscriptionBuffer)
	return s, nil
}

// follow hints until ctx ends or the subscription breaks (ENOBUFS: it overflowed).
func (m *Machine) follow(ctx context.Context, hints chan<- time.Time) error {
	s, err := subscribe()
	if err != nil {
		return err
	}
	defer s.Close()
	defer context.AfterFunc(ctx, s.Close)()
	hint(hints) // what happened before the subscription is not known
	for {
		events, _, err := s.Receive()
		if err != nil {
			return fmt.Errorf("follow events: %w", err)
		}
		in := m.interests()
		if slices.ContainsFunc(events, func(e syscall.NetlinkMessage) bool {
			return e.Header.Pid != m.conn.port && in.concerns(e)
		}) {
			hint(hints)
		}
	}
}

// concerns reports whether an event may concern the host. Before the first turn
// everything does.
func (in interest) concerns(e syscall.NetlinkMessage) bool {
	if !in.known {
		return true
	}
	switch e.Header.Type {
	case unix.RTM_NEWLINK, unix.RTM_DELLINK:
		l, _, ok := parseLink(e.Data)
		return ok && (in.links[l.Index] || in.macs[l.MAC] || in.macs[l.PermMAC])
	case unix.RTM_NEWADDR, unix.RTM_DELADDR:
		if len(e.Data) < unix.SizeofIfAddrmsg || !in.links[int(nl.DeserializeIfAddrmsg(e.Data).Index)] {
			return false
		}
		// Router advertisements renew addresses all the time.
		return e.Data[0] != unix.AF_INET6 || in.ipv6
	case unix.RTM_NEWROUTE, unix.RTM_DELROUTE:
		r, ok := parseRoute(e.Data, names{})
		return ok && (r.Ours() || in.tables[r.Table] || r.Table == guest.TableMain && r.Default() && (in.ipv6 || !r.IPv6()))
	}
	return true // rules: there are few, and each concerns everybody's traffic
}
