//go:build linux

package host

import (
	"errors"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"enid/plan/doctor"
)

// errNotPermitted ends a turn that could do nothing.
var errNotPermitted = errors.New(doctor.Missing)

// permitted reports whether this process may change the network of this namespace.
// The set of capabilities does not tell: in a user namespace it may be full, and
// the network somebody else's. So the kernel is asked for a change of no link at
// all: it looks at the privilege first, and refuses the rest as invalid.
func (m *Machine) permitted() bool {
	req := nl.NewNetlinkRequest(unix.RTM_SETLINK, 0)
	req.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	errs, err := m.conn.do([]*nl.NetlinkRequest{req})
	return err == nil && !errors.Is(errs[0], unix.EPERM)
}

// hasNetRaw reports whether this process has CAP_NET_RAW.
func hasNetRaw() bool { return capabilities()>>unix.CAP_NET_RAW&1 == 1 }

// capabilities answers those of this process that are in effect, a bit each.
func capabilities() uint64 {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData // 32 each
	if unix.Capget(&head, &sets[0]) != nil {
		return 0
	}
	return uint64(sets[1].Effective)<<32 | uint64(sets[0].Effective)
}
