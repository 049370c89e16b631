//go:build linux

package host

import (
	"fmt"
	"syscall"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// pipeline is how many requests are sent before their answers are taken: more
// gain nothing, and far more overrun the socket.
const pipeline = 64

// do asks for changes, many at a time, and answers one error for each, in order;
// nil is done. The kernel works them off one after another. The library asks for
// one a round trip, which takes three to ten times as long.
//
// A crash in the middle leaves a prefix of them done; the next turn observes it.
func (c *conn) do(reqs []*nl.NetlinkRequest) ([]error, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	errs := make([]error, len(reqs))
	for at := 0; at < len(reqs); at += pipeline {
		batch := reqs[at:min(at+pipeline, len(reqs))]
		if err := c.batch(batch, errs[at:]); err != nil {
			return errs, err
		}
	}
	return errs, nil
}

// batch sends requests in one go. Only the last one asks for an answer when all
// went well: the kernel works them off in order, so that its answer follows all
// refusals.
func (c *conn) batch(reqs []*nl.NetlinkRequest, errs []error) error {
	first, last := c.seq+1, uint32(len(reqs)-1)
	reqs[last].Flags |= unix.NLM_F_ACK
	var out []byte
	for _, r := range reqs {
		c.seq++
		r.Seq = c.seq // of this socket, one after another: answers are told by it
		out = append(out, r.Serialize()...)
	}
	// The library's Send takes one request alone.
	if err := unix.Sendto(c.changes.GetFd(), out, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("netlink: send: %w", err)
	}
	return receive(c.changes, func(m syscall.NetlinkMessage) (more bool) {
		i := m.Header.Seq - first
		if m.Header.Type != unix.NLMSG_ERROR || i > last { // of a batch that timed out
			return true
		}
		errs[i] = outcome(m)
		return i != last
	})
}
