//go:build linux

package host

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"enid/plan/guest"
)

// pace is how often a client asks.
type pace struct {
	tries []time.Duration // how long each try of an exchange waits for an answer
	// first and last are the pauses between rounds of tries that led to nothing:
	// it doubles from the one to the other.
	first, last time.Duration
	renew       time.Duration // the shortest pause between two tries to renew
}

// usual is RFC 2131's pace, but for the first tries: a cloud's server answers at
// once, and the first packet over a link that just came up is often lost.
var usual = pace{tries: []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second},
	first: 5 * time.Second, last: time.Minute, renew: time.Minute}

// client leases one address on one link, and keeps the lease until it is stopped.
// What it knows it says in state; it changes nothing on the machine.
type client struct {
	link    net.Interface
	wish    netip.Addr // the only address that it takes
	pace    pace
	now     func() time.Time
	log     *slog.Logger
	changed func() // called when state says something new

	stop func()
	done chan struct{} // closed once it has stopped

	mu    sync.Mutex // of what follows
	lease grant      // no prefix: none
	said  guest.Lease
}

// start has the client ask; again: first whether it may go on with the address that
// the link has already.
func (c *client) start(again bool) {
	ctx, cancel := context.WithCancel(context.Background())
	c.stop, c.done = cancel, make(chan struct{})
	go func() {
		defer close(c.done)
		c.run(ctx, again)
	}()
}

// end stops the client and answers what it had leased.
func (c *client) end() grant {
	c.stop()
	<-c.done
	return c.lease
}

// run asks until it is stopped. A lease that is lost is asked for again at once.
func (c *client) run(ctx context.Context, again bool) {
	pause := c.pace.first
	var lost error // why what it had is no longer its own, until that is said
	for ctx.Err() == nil {
		g, err := c.acquire(ctx, again, &lost)
		if err == nil {
			c.have(g)
			pause, lost = c.pace.first, c.keep(ctx)
			again = false
			continue
		}
		if ctx.Err() != nil {
			return
		}
		again = again && errors.Is(err, errSilent) && lost == nil
		c.haveNot(err, lost)
		lost = nil // it is said
		sleep(ctx, pause+rand.N(pause/4+1))
		pause = min(2*pause, c.pace.last)
	}
}

// acquire asks for the address: with again, for what the link has already
// (INIT-REBOOT), then for an offer. A refusal of the first is noted in lost.
func (c *client) acquire(ctx context.Context, again bool, lost *error) (g grant, err error) {
	if again {
		g, err = c.request(ctx, netip.Addr{}, nil, net.IPv4bcast, c.pace.tries[:min(2, len(c.pace.tries))], withAddress(c.wish))
		var no *refusal
		switch {
		case err == nil || ctx.Err() != nil:
			return g, err
		case errors.As(err, &no):
			*lost = err
		}
	}
	offer, err := c.discover(ctx)
	if err != nil {
		return g, err
	}
	return c.request(ctx, netip.Addr{}, nil, net.IPv4bcast, c.pace.tries, withAddress(c.wish), dhcpv4.WithOption(dhcpv4.OptServerIdentifier(offer.ServerIdentifier())))
}

// discover asks all servers, and answers the offer of the address that is wished
// for. An offer of another one is let go: the server forgets it by itself.
func (c *client) discover(ctx context.Context) (*dhcpv4.DHCPv4, error) {
	x, err := c.open(netip.Addr{}, nil)
	if err != nil {
		return nil, err
	}
	defer x.Close()
	m, err := c.message(dhcpv4.MessageTypeDiscover, withAddress(c.wish))
	if err != nil {
		return nil, err
	}
	other := make(chan *otherOffer, 1) // the first of them
	take := func(p *dhcpv4.DHCPv4) bool {
		if p.MessageType() != dhcpv4.MessageTypeOffer || p.ServerIdentifier() == nil {
			return false
		}
		g, err := granted(p)
		if err != nil || g.prefix.Addr() == c.wish {
			return err == nil
		}
		select {
		case other <- &otherOffer{g.server, g.prefix}:
		default:
		}
		return false
	}
	for _, wait := range c.pace.tries {
		offer, err := x.try(ctx, m, net.IPv4bcast, wait, take)
		if err == nil || !errors.Is(err, errSilent) {
			return offer, err
		}
		select {
		case o := <-other: // nobody had a better one in that time
			return nil, o
		default:
		}
	}
	return nil, errSilent
}

// keep renews the lease (T1: its server is asked) and rebinds it (T2: every server
// is), until it is refused, gives another address or runs out, and answers why.
func (c *client) keep(ctx context.Context) error {
	for {
		g := c.lease // only run's goroutine writes it
		if g.life == 0 {
			<-ctx.Done()
			return ctx.Err()
		}
		for next := g.asked.Add(g.renew); ; {
			sleep(ctx, next.Sub(c.now()))
			now, limit, to := c.now(), g.asked.Add(g.rebind), net.IP(g.server.AsSlice())
			if !now.Before(limit) {
				limit, to = g.until(), net.IPv4bcast
			}
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case !now.Before(g.until()):
				return c.ranOut(g)
			}
			a := g.prefix.Addr()
			renewed, err := c.request(ctx, a, g.peer, to, []time.Duration{min(c.pace.tries[0], g.until().Sub(now))}, dhcpv4.WithClientIP(a.AsSlice()))
			if err == nil {
				c.have(renewed)
				break
			}
			var no *refusal
			var other *otherOffer
			if errors.As(err, &no) || errors.As(err, &other) {
				return err
			}
			c.log.Debug("a lease was not renewed", "link", c.link.Name, "address", a, "error", err)
			now = c.now()
			if next = now.Add(max(limit.Sub(now)/2, c.pace.renew)); next.After(limit) {
				next = limit
			}
		}
	}
}

// ranOut says that the lease is over: the kernel removes the address by itself.
func (c *client) ranOut(g grant) error {
	err := errors.New("the lease ran out, and no DHCP server renewed it")
	c.haveNot(errSilent, err)
	return err
}

// have notes what was leased.
func (c *client) have(g grant) {
	c.log.Info("leased", "link", c.link.Name, "address", g.prefix, "server", g.server, "for", g.life)
	c.say(g, guest.Lease{Address: g.prefix, Server: g.server})
}

// haveNot notes that there is no lease, and why. Where there never was one and
// nobody has answered there is nothing to say.
func (c *client) haveNot(err, lost error) {
	var said guest.Lease
	var other *otherOffer
	switch {
	case errors.As(err, &other):
		said.Other, said.Server = other.prefix, other.server
	case lost != nil:
		said.Lost = lost.Error()
	case errors.Is(err, errSilent):
		c.mu.Lock()
		said.Lost = c.said.Lost // as it was
		c.mu.Unlock()
	default:
		said.Trouble = err.Error()
	}
	c.log.Debug("nothing leased", "link", c.link.Name, "address", c.wish, "error", err, "lost", said.Lost)
	c.say(grant{}, said)
}

func (c *client) say(g grant, said guest.Lease) {
	c.mu.Lock()
	news := g.prefix.IsValid() || said != c.said // a renewal is news too: there is more time
	c.lease, c.said = g, said
	c.mu.Unlock()
	if news {
		c.changed()
	}
}

// state answers what the client has to say. A lease that has run out since is none.
func (c *client) state(link string) guest.Lease {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.said
	l.Link, l.For = link, c.wish
	if end := c.lease.until(); !end.IsZero() {
		if l.Lifetime = end.Sub(c.now()); l.Lifetime < time.Second { // the kernel counts whole ones
			l.Address, l.Lifetime, l.Lost = netip.Prefix{}, 0, "the lease ran out"
		}
	}
	return l
}

// sleep waits, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
