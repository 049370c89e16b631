package web

import (
	"net"
	"net/netip"
	"sync"
)

// perPeer is how many connections one address may hold of all: somebody who opens
// hundreds and says nothing keeps no one else out.
const perPeer = connections / 4

// crowd is a listener that hangs up on a peer with too many connections.
type crowd struct {
	net.Listener

	mu   sync.Mutex
	held map[netip.Prefix]int
}

// Accept answers the next connection of a peer that holds few enough.
func (c *crowd) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if peer := peerOf(conn); c.enter(peer) {
			return &guest{Conn: conn, leave: sync.OnceFunc(func() { c.left(peer) })}, nil
		}
		_ = conn.Close()
	}
}

// peerOf answers who is at the other end: an address, or a network of IPv6 that one
// host has to itself.
func peerOf(conn net.Conn) netip.Prefix {
	at, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return netip.Prefix{}
	}
	addr := at.Addr().Unmap().WithZone("")
	bits := addr.BitLen()
	if addr.Is6() && !addr.IsLoopback() {
		bits = 64
	}
	return netip.PrefixFrom(addr, bits).Masked()
}

func (c *crowd) enter(peer netip.Prefix) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held[peer] >= perPeer {
		return false
	}
	c.held[peer]++
	return true
}

func (c *crowd) left(peer netip.Prefix) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held[peer]--; c.held[peer] == 0 {
		delete(c.held, peer)
	}
}

// guest is a connection that is counted until it is closed.
type guest struct {
	net.Conn
	leave func()
}

// Close closes.
func (g *guest) Close() error {
	g.leave()
	return g.Conn.Close()
}
