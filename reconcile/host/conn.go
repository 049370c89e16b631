//go:build linux

package host

import (
	"fmt"
	"sync"
	"syscall"

	"github.com/vishvananda/netlink/nl"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// conn is two long-lived route sockets of the library, one to read and one to
// change. They are used directly, not through a netlink.Handle: that one asks for
// one change a round trip, hides its port, by which enid's own events are told from
// others', and has no field for some of what is asked for here.
//
// Long-lived sockets also keep dumps honest: one that races with writers goes wrong
// far more often on a fresh socket.
type conn struct {
	reads map[int]*nl.SocketHandle

	mu      sync.Mutex // of changes and seq
	changes *nl.NetlinkSocket
	seq     uint32
	port    uint32 // of changes
}

// receiveBuffer holds the answers to a whole pipeline and to large dumps.
const receiveBuffer = 4 << 20

// dial opens the sockets. Only the one for changes has the kernel explain its
// refusals: the library misreads an explanation that ends a dump (it takes it for a
// repeated request) and would panic where a table is not there.
func dial() (*conn, error) {
	reads, err := socket()
	if err != nil {
		return nil, err
	}
	changes, err := socket()
	if err != nil {
		reads.Close()
		return nil, err
	}
	c := &conn{reads: map[int]*nl.SocketHandle{unix.NETLINK_ROUTE: {Socket: reads}}, changes: changes}
	if c.port, err = changes.GetPid(); err != nil {
		c.close()
		return nil, fmt.Errorf("look at netlink's port: %w", err)
	}
	changes.SetExtAck(true) // kernels before 4.12 give the number alone
	return c, nil
}

func (c *conn) close() {
	c.reads[unix.NETLINK_ROUTE].Close()
	c.changes.Close()
}

// socket opens a route socket in the network namespace of the calling thread.
func socket() (*nl.NetlinkSocket, error) {
	s, err := nl.GetNetlinkSocketAt(netns.None(), netns.None(), unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("open netlink: %w", err)
	}
	// With the strict check the kernel itself applies filters (4.20 and later). The
	// library sets it on handles only.
	unix.SetsockoptInt(s.GetFd(), unix.SOL_NETLINK, unix.NETLINK_GET_STRICT_CHK, 1)
	enlarge(s, receiveBuffer)
	// The kernel answers at once; the time-out only guards against a bug.
	s.SetReceiveTimeout(&unix.Timeval{Sec: 20})
	return s, nil
}

// enlarge gives a socket a receive buffer of that size; without the privilege, as
// much of it as the system allows.
func enlarge(s *nl.NetlinkSocket, size int) {
	if s.SetReceiveBufferSize(size, true) != nil {
		s.SetReceiveBufferSize(size, false)
	}
}

// read asks for objects and calls each with their bodies. nl.ErrDumpInterrupted
// says that they changed meanwhile: what was read may miss some, and is never read
// as "missing".
func (c *conn) read(req *nl.NetlinkRequest, each func(body []byte)) error {
	req.Sockets = c.reads
	return req.ExecuteIter(unix.NETLINK_ROUTE, 0, func(b []byte) bool { each(b); return true })
}

// peek dumps until each has seen enough. The library reads every dump to its end,
// 160 ms where main holds 200,000 routes; this one takes a socket of its own and
// ends the dump by closing it: what is not asked for is never put together.
func peek(req *nl.NetlinkRequest, each func(body []byte) (more bool)) error {
	s, err := socket()
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Send(req); err != nil {
		return fmt.Errorf("netlink: send: %w", err)
	}
	var failed error
	err = receive(s, func(m syscall.NetlinkMessage) (more bool) {
		if m.Header.Flags&unix.NLM_F_DUMP_INTR != 0 {
			failed = nl.ErrDumpInterrupted
		}
		if m.Header.Type == unix.NLMSG_DONE || m.Header.Type == unix.NLMSG_ERROR {
			if err := outcome(m); err != nil {
				failed = err
			}
			return false
		}
		return each(m.Data)
	})
	if err != nil {
		return err
	}
	return failed
}

// receive calls see with each message that comes, until it answers false.
func receive(s *nl.NetlinkSocket, see func(syscall.NetlinkMessage) (more bool)) error {
	for {
		messages, _, err := s.Receive()
		if err != nil {
			return fmt.Errorf("netlink: receive: %w", err)
		}
		for _, m := range messages {
			if !see(m) {
				return nil
			}
		}
	}
}
