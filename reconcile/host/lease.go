//go:build linux

package host

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"enid/plan/guest"
)

// leases are the DHCP clients of a machine, by the index of their link. They are
// part of what is observed: nothing of them is written down, and losing them costs
// one question to the server.
type leases struct {
	mu      sync.Mutex
	clients map[int]*client
	changed chan time.Time // a client has news
}

func newLeases() *leases {
	return &leases{clients: map[int]*client{}, changed: make(chan time.Time, 1)}
}

// observe answers what the clients have to say, by name of their links. The client
// of a link that is gone goes with it: nobody can be asked or told there.
func (s *leases) observe(n names) (out []guest.Lease) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for index, c := range s.clients {
		name, there := n.byIndex[index]
		if !there {
			delete(s.clients, index)
			c.stop()
			continue
		}
		out = append(out, c.state(name))
	}
	slices.SortFunc(out, func(a, b guest.Lease) int { return cmp.Compare(a.Link, b.Link) })
	return out
}

// put starts the client, in the place of the link's former one.
func (s *leases) put(c *client, again bool) {
	c.changed = func() { hint(s.changed) }
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.clients[c.link.Index]; old != nil {
		old.end() // its lease runs out; the server may still hold the address for this MAC
	}
	s.clients[c.link.Index] = c
	c.start(again)
}

// take stops the client of a link and answers it, with what it had leased.
func (s *leases) take(index int) (*client, grant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.clients[index]
	if c == nil {
		return nil, grant{}
	}
	delete(s.clients, index)
	return c, c.end()
}

// followLeases hints when a client has news, until ctx ends.
func (m *Machine) followLeases(ctx context.Context, hints chan<- time.Time) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-m.leases.changed:
			hint(hints)
		}
	}
}

// close stops all clients. Their leases stay what they are.
func (s *leases) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for index, c := range s.clients {
		delete(s.clients, index)
		c.end()
	}
}

// acquireLease has a client ask on the link. A crash after it loses the client, and
// maybe an answer: the next process asks again, and gets the same one.
func (m *Machine) acquireLease(_ context.Context, d deed) error {
	want := d.to.(guest.Lease)
	link, there, err := m.linkNow(d.index)
	if err != nil {
		return err
	}
	mac, bad := net.ParseMAC(link.MAC)
	switch {
	case !there:
		return fmt.Errorf("%s is gone", want.Link)
	case bad != nil:
		return fmt.Errorf("%s has no MAC to ask with: %w", want.Link, bad)
	}
	m.leases.put(&client{link: net.Interface{Index: d.index, Name: link.Name, HardwareAddr: mac},
		wish: want.For, pace: m.opts.pace, now: m.opts.Now, log: m.opts.Log}, want.Again)
	return nil
}

// releaseLease ends the client of a link. What it had leased is given back, unless
// the link still has the address: then it is left to run out. A crash before it
// leaves the lease to run out as well.
func (m *Machine) releaseLease(ctx context.Context, d deed) error {
	c, g := m.leases.take(d.index)
	if c == nil || !g.prefix.IsValid() {
		return nil
	}
	var o guest.Objects
	if err := m.addresses(ctx, names{byIndex: map[int]string{d.index: c.link.Name}}, &o); err != nil {
		return err
	}
	if slices.ContainsFunc(o.Addresses, func(a guest.Address) bool { return a.Prefix.Addr() == g.prefix.Addr() }) {
		return nil
	}
	// The kernel is done with the address either way; a server that does not hear
	// of it gives it to others later.
	if err := c.sayReleased(g); err != nil {
		m.opts.Log.Warn("a lease was not given back", "link", c.link.Name, "address", g.prefix, "error", err)
	}
	return nil
}
