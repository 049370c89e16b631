package web

import (
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// Owned is a socket's listener that hangs up on other users but root. The socket's
// mode says the same, but not in the moment between its making and its chmod, nor
// where somebody widened it later.
type Owned struct{ net.Listener }

// Accept answers the next connection of the daemon's own user, or root's.
func (o Owned) Accept() (net.Conn, error) {
	for {
		conn, err := o.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if uid, known := userOf(conn); known && (uid == 0 || uid == os.Geteuid()) {
			return conn, nil
		}
		_ = conn.Close()
	}
}

// userOf answers whose process is at the other end.
func userOf(conn net.Conn) (uid int, known bool) {
	c, ok := conn.(*net.UnixConn)
	if !ok {
		return 0, false
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, false
	}
	err = raw.Control(func(fd uintptr) {
		peer, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
		if err == nil {
			uid, known = int(peer.Uid), true
		}
	})
	return uid, known && err == nil
}
