//go:build linux

package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"enid/plan"
	"enid/plan/guest"
)

// Probe is a question to the network, asked from each ENI of the machine.
type Probe struct {
	kind string // tcp, gateway, source
	host string // tcp: name or address
	port string
}

// The kinds of probes.
const (
	probeTCP     = "tcp"
	probeGateway = "gateway"
	probeSource  = "source"
)

// ParseProbe reads a probe as --confirm-probe has it: tcp://HOST:PORT, gateway or
// source.
func ParseProbe(text string) (Probe, error) {
	if text == probeGateway || text == probeSource {
		return Probe{kind: text}, nil
	}
	if at, ok := strings.CutPrefix(text, "tcp://"); ok {
		host, port, err := net.SplitHostPort(at)
		n, portErr := net.LookupPort("tcp", port)
		if err == nil && portErr == nil && host != "" && n > 0 {
			return Probe{probeTCP, host, port}, nil
		}
	}
	return Probe{}, fmt.Errorf("%q: give tcp://HOST:PORT, gateway or source", text)
}

// String answers it as ParseProbe reads it.
func (p Probe) String() string {
	if p.kind == probeTCP {
		return "tcp://" + net.JoinHostPort(p.host, p.port)
	}
	return p.kind
}

// point is an address of the machine from which is probed.
type point struct {
	addr    netip.Addr
	link    guest.Link
	gateway netip.Addr // zero: no default route of its own
	first   bool       // of its family on the ENI: one that stands for it
}

// points answers the addresses of the machine's ENIs that are there, the primary's
// first one among them. An ENI that is waited for has none yet.
func points(h *guest.Host, world *plan.World) (out []point) {
	at := map[netip.Addr]guest.Link{}
	gateways := map[string]netip.Addr{} // of tables, by family and number
	var primary *point
	for _, ref := range world.Refs() {
		switch o := world.Get(ref).(type) {
		case guest.Address:
			at[o.Prefix.Addr()], _ = world.Get(guest.LinkRef(o.Link)).(guest.Link)
			if primary == nil && o.Link == guest.Primary(world) && o.Prefix.Addr().Is4() && !o.Secondary {
				primary = &point{addr: o.Prefix.Addr(), link: at[o.Prefix.Addr()], first: true}
			}
		case guest.Route:
			if o.Default() && o.Gateway.IsValid() && (o.Ours() || o.Link == guest.Primary(world) && o.Table == guest.TableMain) {
				gateways[fmt.Sprint(o.Gateway.Is6(), o.Table, o.Link)] = o.Gateway
			}
		}
	}
	if primary != nil {
		primary.gateway = gateways[fmt.Sprint(false, guest.TableMain, primary.link.Name)]
		out = append(out, *primary)
	}
	for _, e := range h.ENIs {
		seen := map[bool]bool{}
		for _, a := range e.Addresses {
			link, there := at[a]
			if !there {
				continue
			}
			out = append(out, point{a, link, gateways[fmt.Sprint(a.Is6(), e.Guest.Table, link.Name)], !seen[a.Is6()]})
			seen[a.Is6()] = true
		}
	}
	return out
}

// probePause is between two attempts. An attempt that hangs takes as long as it likes.
const probePause = 500 * time.Millisecond

// probe asks all probes from all addresses, again and again until each has had its
// answer once, and no longer than that. The error says which had none, and why.
func (m *Machine) probe(ctx context.Context, h *guest.Host, probes []Probe, timeout time.Duration) error {
	world, err := m.Observe(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	from := points(h, world)
	failures := make([]error, len(probes)*len(from))
	var group errgroup.Group
	group.SetLimit(64)
	for i, p := range probes {
		for j, at := range from {
			if at.first || p.kind == probeSource {
				group.Go(func() error { failures[i*len(from)+j] = m.persist(ctx, p, at); return nil })
			}
		}
	}
	group.Wait()
	failures = slices.DeleteFunc(failures, func(err error) bool { return err == nil })
	if more := len(failures) - 3; more > 0 {
		failures = append(failures[:3], fmt.Errorf("and %d more", more))
	}
	return errors.Join(failures...)
}

// persist asks until there is an answer or ctx ends. The error is of the last attempt
// that had its time: one that ctx cut short knows no more than that.
func (m *Machine) persist(ctx context.Context, p Probe, at point) error {
	var last error
	for {
		err := m.ask(ctx, p, at)
		if err == nil {
			return nil
		}
		if last == nil || ctx.Err() == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s from %s (%s): %w", p, at.addr, at.link.Name, last)
		case <-time.After(probePause):
		}
	}
}

func (m *Machine) ask(ctx context.Context, p Probe, at point) error {
	switch p.kind {
	case probeGateway:
		return m.askGateway(ctx, at)
	case probeSource:
		return m.askSource(at)
	}
	return p.connect(ctx, at.addr)
}

// connect connects from that address. A name without an address of the same family
// is not asked from it.
func (p Probe) connect(ctx context.Context, from netip.Addr) error {
	network := "tcp4"
	if from.Is6() {
		network = "tcp6"
	}
	if to, err := netip.ParseAddr(p.host); err == nil && to.Unmap().Is6() != from.Is6() {
		return nil
	}
	dialer := net.Dialer{Timeout: 5 * time.Second, LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0))}
	c, err := dialer.DialContext(ctx, network, net.JoinHostPort(p.host, p.port))
	if err != nil {
		var none *net.AddrError
		if errors.As(err, &none) {
			return nil
		}
		return plainly(err)
	}
	return c.Close()
}

// plainly is an error of a connection without the addresses, which are said already.
func plainly(err error) error {
	var failed *net.OpError
	switch {
	case !errors.As(err, &failed):
		return err
	case failed.Timeout():
		return errors.New("no answer in time")
	}
	return failed.Err
}
