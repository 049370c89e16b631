//go:build linux

package host

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// kernelEvents is the multicast group of the kernel's own device events; what udev
// makes of them is another group's.
const kernelEvents = 1

// followDisks hints when a disk or partition comes, goes or has another size, until
// ctx ends. Nothing is read while nothing happens. Below Linux 5.11 not every driver
// sends an event of a new size; the loop reads slowly as well.
func (m *Machine) followDisks(ctx context.Context, hints chan<- time.Time) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_KOBJECT_UEVENT)
	if err != nil {
		return fmt.Errorf("subscribe to devices: %w", err)
	}
	s := os.NewFile(uintptr(fd), "device events")
	defer s.Close()
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: kernelEvents}); err != nil {
		return fmt.Errorf("subscribe to devices: %w", err)
	}
	defer context.AfterFunc(ctx, func() { s.Close() })()
	hint(hints)               // what happened before is not known
	b := make([]byte, 16<<10) // the kernel's own limit for an event is 2 KiB
	for {
		n, err := s.Read(b)
		if err != nil {
			return fmt.Errorf("follow devices: %w", err)
		}
		if m.interests().volumes && ofDisk(b[:n]) {
			hint(hints)
		}
	}
}

// ofDisk reports whether a device event is of a block device that came, went, or has
// another size. Other changes are left out: programs that look at disks cause them.
func ofDisk(event []byte) bool {
	has := func(field string) bool {
		return slices.ContainsFunc(bytes.Split(event, []byte{0}), func(f []byte) bool { return string(f) == field })
	}
	return has("SUBSYSTEM=block") && (has("ACTION=add") || has("ACTION=remove") || has("RESIZE=1"))
}
