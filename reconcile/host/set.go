//go:build linux

package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"enid/plan/guest"
)

// set does what netlink does not: queues through ethtool and sysfs, leases, what is on
// a volume through the distribution's programs. A crash before
// it leaves the old value, one after it the new one; either is observed.
func (m *Machine) set(ctx context.Context, d deed) error {
	err := errors.New("no such operation")
	if set := setters[d.op]; set != nil {
		err = set(m, ctx, d)
	}
	switch {
	case err == nil:
		return nil
	case d.op == guest.SetChannels && errors.Is(err, unix.EOPNOTSUPP):
		return &Learnt{d.target, nil}
	}
	return fmt.Errorf("%s %s: %w", d.op, d.target, err)
}

// setters are what netlink does not do, by operation.
var setters = map[string]func(m *Machine, ctx context.Context, d deed) error{
	guest.SetChannels:  func(m *Machine, _ context.Context, d deed) error { return m.setChannels(d.to.(guest.Channels)) },
	guest.SetRPS:       func(m *Machine, ctx context.Context, d deed) error { return m.setMask(ctx, d.to.(guest.RPS)) },
	guest.AcquireLease: func(m *Machine, ctx context.Context, d deed) error { return m.acquireLease(ctx, d) },
	guest.ReleaseLease: func(m *Machine, ctx context.Context, d deed) error { return m.releaseLease(ctx, d) },
	guest.SetSysctl: func(m *Machine, _ context.Context, d deed) error {
		s := d.to.(guest.Sysctl)
		return m.write(m.opts.Proc+"/sys/"+s.Path(), fmt.Sprint(s.Value))
	},
	guest.SetPromote: func(m *Machine, _ context.Context, d deed) error {
		return m.write(m.opts.Proc+"/sys/net/ipv4/conf/"+d.target.Name+"/promote_secondaries", "1")
	},
	setNoPromote: func(m *Machine, _ context.Context, d deed) error {
		return m.write(m.opts.Proc+"/sys/net/ipv4/conf/"+d.target.Name+"/promote_secondaries", "0")
	},
	guest.GrowPartition:  (*Machine).growPartition,
	guest.GrowFileSystem: growFileSystem,
}

// setChannels sets the numbers and nothing else: the rest is read anew.
func (m *Machine) setChannels(c guest.Channels) error {
	now, err := m.tool.get(c.Link)
	if err != nil {
		return err
	}
	if int(now.CombinedCount) == c.Combined && int(now.RxCount) == c.RX && int(now.TxCount) == c.TX {
		return nil // some drivers restart the NIC for a change that is none
	}
	now.CombinedCount, now.RxCount, now.TxCount = uint32(c.Combined), uint32(c.RX), uint32(c.TX)
	return m.tool.set(c.Link, now)
}

// setMask writes a queue's mask, once the queue is there: it appears in sysfs a
// moment after the channels grew.
func (m *Machine) setMask(ctx context.Context, q guest.RPS) error {
	file := m.maskFile(q.Link, q.Queue)
	for wait := time.Millisecond; ; wait *= 2 {
		err := m.write(file, q.Mask)
		if !errors.Is(err, os.ErrNotExist) || wait > 200*time.Millisecond {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// write writes one value to a file of the kernel's, in one call.
func (m *Machine) write(file, value string) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if errors.Is(err, unix.EROFS) || errors.Is(err, unix.EACCES) {
		return fmt.Errorf("%w (`enid host doctor` says what helps)", err)
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(value + "\n")
	return errors.Join(err, f.Close())
}
