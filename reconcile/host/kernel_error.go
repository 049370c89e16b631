//go:build linux

package host

import (
	"syscall"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// KernelError is a refusal of the kernel: the error number, and its own
// explanation where it gives one.
type KernelError struct {
	Errno   unix.Errno
	Explain string // empty: none
}

// Error answers the number in words, and the explanation.
func (e *KernelError) Error() string {
	if e.Explain == "" {
		return e.Errno.Error()
	}
	return e.Errno.Error() + ": " + e.Explain
}

// Unwrap answers the number, for errors.Is.
func (e *KernelError) Unwrap() error { return e.Errno }

// outcome answers what an error or done message says; nil is success.
func outcome(m syscall.NetlinkMessage) error {
	no := int32(u32(m.Data))
	if no == 0 {
		return nil
	}
	e := &KernelError{Errno: unix.Errno(-no)}
	if m.Header.Flags&unix.NLM_F_ACK_TLVS == 0 {
		return e
	}
	rest := m.Data[4:]
	skip := int(u32(rest)) // the request is repeated, its length first
	for typ, value := range attributes(rest[min(skip, len(rest)):]) {
		if typ == nl.NLMSGERR_ATTR_MSG {
			e.Explain = unix.ByteSliceToString(value)
		}
	}
	return e
}
