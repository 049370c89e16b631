//go:build linux

package host

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/dhcpv4/nclient4"
)

// grant is what a server has leased.
type grant struct {
	prefix netip.Prefix
	server netip.Addr
	peer   net.HardwareAddr // where the server was heard
	asked  time.Time        // from then on it counts (RFC 2131, 4.4.1)
	// life is how long it lasts, 0: for ever; renew and rebind are T1 and T2.
	life, renew, rebind time.Duration
}

// until answers when the grant ends; zero: never.
func (g grant) until() time.Time {
	if g.life == 0 {
		return time.Time{}
	}
	return g.asked.Add(g.life)
}

// What an exchange ends with where it ends without a lease.
var errSilent = errors.New("no DHCP server has answered")

// refusal says that a server has refused the address (NAK).
type refusal struct{ server netip.Addr }

func (e *refusal) Error() string {
	if !e.server.IsValid() {
		return "a DHCP server refused it"
	}
	return "the DHCP server " + e.server.String() + " refused it"
}

// otherOffer says that a server gives another address.
type otherOffer struct {
	server netip.Addr
	prefix netip.Prefix
}

func (e *otherOffer) Error() string { return fmt.Sprintf("%s gives %s", e.server, e.prefix) }

// message answers a message of the client's. It names no host, and asks for no
// more than the mask and the times: no router, no DNS, no MTU, no routes.
func (c *client) message(t dhcpv4.MessageType, more ...dhcpv4.Modifier) (*dhcpv4.DHCPv4, error) {
	mods := []dhcpv4.Modifier{dhcpv4.WithHwAddr(c.link.HardwareAddr), dhcpv4.WithMessageType(t)}
	if t != dhcpv4.MessageTypeRelease {
		mods = append(mods, dhcpv4.WithOption(dhcpv4.OptMaxMessageSize(nclient4.MaxMessageSize)),
			dhcpv4.WithOption(dhcpv4.OptParameterRequestList(dhcpv4.OptionSubnetMask, dhcpv4.OptionRenewTimeValue, dhcpv4.OptionRebindingTimeValue)))
	}
	m, err := dhcpv4.New(append(mods, more...)...)
	if err != nil {
		return nil, fmt.Errorf("make a DHCP message: %w", err)
	}
	return m, nil
}

func withAddress(a netip.Addr) dhcpv4.Modifier {
	return dhcpv4.WithOption(dhcpv4.OptRequestedIPAddress(a.AsSlice()))
}

// exchange is an open socket with the library's client on it.
type exchange struct {
	*wire
	client *nclient4.Client
}

// open opens an exchange; from and peer as openWire has them.
func (c *client) open(from netip.Addr, peer net.HardwareAddr) (*exchange, error) {
	w, err := openWire(c.link, from, peer)
	if err != nil {
		return nil, err
	}
	// It is tried once, for longer than any try of ours: how often and how long is
	// the pace's to say.
	n, err := nclient4.NewWithConn(w, c.link.HardwareAddr, nclient4.WithRetry(1), nclient4.WithTimeout(time.Hour))
	if err != nil {
		w.Close()
		return nil, fmt.Errorf("start a DHCP exchange: %w", err)
	}
	return &exchange{w, n}, nil
}

// Close ends the exchange, and closes its socket.
func (x *exchange) Close() error { return x.client.Close() }

// try sends a message, and waits that long for an answer that take wants.
// errSilent: there was none.
func (x *exchange) try(ctx context.Context, m *dhcpv4.DHCPv4, to net.IP, wait time.Duration, take nclient4.Matcher) (*dhcpv4.DHCPv4, error) {
	patience, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	answer, err := x.client.SendAndRead(patience, &net.UDPAddr{IP: to, Port: nclient4.ServerPort}, m, take)
	switch {
	case err == nil:
		return answer, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return nil, errSilent
	}
	return nil, fmt.Errorf("ask a DHCP server: %w", err)
}

// request sends a request and judges the answer. from is the address that the
// link has for it already; zero: none yet.
func (c *client) request(ctx context.Context, from netip.Addr, peer net.HardwareAddr, to net.IP, tries []time.Duration, more ...dhcpv4.Modifier) (g grant, err error) {
	x, err := c.open(from, peer)
	if err != nil {
		return g, err
	}
	defer x.Close()
	m, err := c.message(dhcpv4.MessageTypeRequest, more...)
	if err != nil {
		return g, err
	}
	chosen := m.ServerIdentifier() // only its word counts, where one was chosen
	take := func(p *dhcpv4.DHCPv4) bool {
		t := p.MessageType()
		return (t == dhcpv4.MessageTypeAck || t == dhcpv4.MessageTypeNak) && (chosen == nil || chosen.Equal(p.ServerIdentifier()))
	}
	err = errSilent
	for _, wait := range tries {
		asked := c.now()
		var answer *dhcpv4.DHCPv4
		if answer, err = x.try(ctx, m, to, wait, take); err == nil {
			return c.judge(answer, asked, x.frames.heard())
		}
		if !errors.Is(err, errSilent) {
			break
		}
	}
	return g, err
}

// judge answers what an answer to a request grants.
func (c *client) judge(p *dhcpv4.DHCPv4, asked time.Time, peer net.HardwareAddr) (g grant, err error) {
	if p.MessageType() == dhcpv4.MessageTypeNak {
		return g, &refusal{address(p.ServerIdentifier())}
	}
	g, err = granted(p)
	g.asked, g.peer = asked, peer
	if err == nil && g.prefix.Addr() != c.wish {
		return g, &otherOffer{g.server, g.prefix}
	}
	return g, err
}

// granted reads of an answer what counts: address, mask, times. The times are
// RFC 2131's own fractions where the server says none, or none that fit. Without a
// mask, or with one that is none, the address is one of its own.
func granted(p *dhcpv4.DHCPv4) (g grant, err error) {
	g.server = address(p.ServerIdentifier())
	a := address(p.YourIPAddr)
	bits := 32
	if ones, size := p.SubnetMask().Size(); size == 32 {
		bits = ones
	}
	g.prefix = netip.PrefixFrom(a, bits)
	if g.life = p.IPAddressLeaseTime(0); g.life <= 0 || !a.Is4() || a.IsUnspecified() || !g.server.Is4() {
		return grant{}, fmt.Errorf("the DHCP server %s leases %s for %s, which is no lease", g.server, a, g.life)
	}
	if g.life == math.MaxUint32*time.Second {
		g.life = 0
		return g, nil
	}
	g.renew, g.rebind = p.IPAddressRenewalTime(0), p.IPAddressRebindingTime(0)
	if g.rebind <= 0 || g.rebind >= g.life {
		g.rebind = g.life / 8 * 7
	}
	if g.renew <= 0 || g.renew >= g.rebind {
		g.renew = min(g.life/2, g.rebind)
	}
	return g, nil
}

// address answers an address of a message; zero where it is none.
func address(ip net.IP) netip.Addr {
	a, _ := netip.AddrFromSlice(ip)
	return a.Unmap()
}

// sayReleased gives a lease back. Nothing answers to it.
func (c *client) sayReleased(g grant) error {
	w, err := openWire(c.link, g.prefix.Addr(), g.peer)
	if err != nil {
		return err
	}
	defer w.Close()
	server := g.server.AsSlice()
	m, err := c.message(dhcpv4.MessageTypeRelease, dhcpv4.WithClientIP(g.prefix.Addr().AsSlice()), dhcpv4.WithOption(dhcpv4.OptServerIdentifier(server)))
	if err != nil {
		return err
	}
	if _, err := w.WriteTo(m.ToBytes(), &net.UDPAddr{IP: server, Port: nclient4.ServerPort}); err != nil {
		return fmt.Errorf("release %s: %w", g.prefix, err)
	}
	return nil
}
