//go:build linux

package host

import (
	"fmt"
	"unsafe"

	"github.com/safchain/ethtool"
	"golang.org/x/sys/unix"
)

// channelSocket asks drivers for their channels, in the network namespace that it
// was opened in.
//
// Its types are the library's, the call is not: up to v0.7.0, the newest that the
// module proxy has, the library passes the address of a variable on the stack as a
// number, and a stack that grows meanwhile leaves the kernel writing where nobody
// reads (safchain/ethtool#139: fixed, without a release). Seen here as channels
// that read 0 once in some 20,000 readings.
type channelSocket int

func openChannels() (channelSocket, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.IPPROTO_IP)
	if err != nil {
		return -1, fmt.Errorf("open ethtool: %w", err)
	}
	return channelSocket(fd), nil
}

func (s channelSocket) close() { unix.Close(int(s)) }

// get answers a link's channels. unix.EOPNOTSUPP: its driver has none to show.
func (s channelSocket) get(link string) (ethtool.Channels, error) {
	c := &ethtool.Channels{Cmd: ethtool.ETHTOOL_GCHANNELS}
	err := s.ioctl(link, c)
	return *c, err
}

// set sets the counts of c. unix.EINVAL: more than the driver has, or XDP is on.
func (s channelSocket) set(link string, c ethtool.Channels) error {
	c.Cmd = ethtool.ETHTOOL_SCHANNELS
	return s.ioctl(link, &c)
}

func (s channelSocket) ioctl(link string, c *ethtool.Channels) error {
	// struct ifreq, whose union is 24 bytes.
	var request struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [24 - unsafe.Sizeof(uintptr(0))]byte
	}
	if copy(request.name[:unix.IFNAMSIZ-1], link) < len(link) {
		return unix.ENODEV
	}
	request.data = unsafe.Pointer(c)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(s), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request)))
	if errno != 0 {
		return errno
	}
	return nil
}
