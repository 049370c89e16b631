//go:build linux

package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
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
	var learnt *Learnt
	switch {
	case err == nil:
		return nil
	case errors.As(err, &learnt):
		return learnt
	case d.op == guest.SetChannels && errors.Is(err, unix.EOPNOTSUPP):
		return &Learnt{d.target, nil}
	case d.op == guest.SetChannels && errors.Is(err, unix.EINVAL):
		return fmt.Errorf("%s %s: %w: %s", d.op, d.target, err, whyInvalid)
	}
	return fmt.Errorf("%s %s: %w", d.op, d.target, err)
}

// setters are what netlink does not do, by operation.
var setters = map[string]func(m *Machine, ctx context.Context, d deed) error{
	guest.AcquireLease:  func(m *Machine, ctx context.Context, d deed) error { return m.acquireLease(ctx, d) },
	guest.ReleaseLease:  func(m *Machine, ctx context.Context, d deed) error { return m.releaseLease(ctx, d) },
	guest.SetChannels:   func(m *Machine, _ context.Context, d deed) error { return m.setChannels(d.to.(guest.Channels)) },
	guest.SetRPS:        steer,
	guest.SetXPS:        steer,
	guest.SetQueueFlows: steer,
	guest.SetSocketFlows: func(m *Machine, _ context.Context, d deed) error {
		return m.write(m.opts.Proc+"/sys/net/"+guest.SocketFlowsKey, strconv.Itoa(d.to.(guest.SocketFlows).Entries))
	},
	guest.SetService: func(m *Machine, ctx context.Context, d deed) error { return m.setService(ctx, d.to.(guest.Service)) },
	guest.SetSysctl: func(m *Machine, _ context.Context, d deed) error {
		s := d.to.(guest.Sysctl)
		return m.write(m.opts.Proc+"/sys/"+s.Path(), fmt.Sprint(s.Value))
	},
	guest.WriteFile:  func(m *Machine, _ context.Context, d deed) error { return m.writeFile(d.to.(guest.File)) },
	guest.DeleteFile: func(m *Machine, _ context.Context, d deed) error { return m.deleteFile(d.from.(guest.File)) },
	guest.SetPromote: func(m *Machine, _ context.Context, d deed) error {
		return m.write(m.opts.Proc+"/sys/net/ipv4/conf/"+d.target.Name+"/promote_secondaries", "1")
	},
	setNoPromote: func(m *Machine, _ context.Context, d deed) error {
		return m.write(m.opts.Proc+"/sys/net/ipv4/conf/"+d.target.Name+"/promote_secondaries", "0")
	},
	guest.GrowPartition:  (*Machine).growPartition,
	guest.GrowFileSystem: growFileSystem,
}

// whyInvalid is what the kernel and the drivers mean by EINVAL for channels that are
// no more than their maximum, where it could not be seen beforehand.
const whyInvalid = "the driver refuses although there are as many: an XDP program or AF_XDP socket at work on it (for a veth, at its other end), " +
	"an RSS table or n-tuple filter that names a queue which would go (`ethtool -x`, `ethtool -n`), or a number that this driver does not take"

// setChannels sets the numbers and nothing else: the rest is read anew. What somebody
// chose for an IRQ of the NIC is put back if the driver resets it. A crash after the
// channels and before that leaves the driver's choice (mq.irq-affinity).
func (m *Machine) setChannels(c guest.Channels) error {
	now, err := m.tool.get(c.Link)
	if err != nil {
		return err
	}
	if int(now.CombinedCount) == c.Combined && int(now.RxCount) == c.RX && int(now.TxCount) == c.TX {
		return nil // some drivers restart the NIC for a change that is none
	}
	chosen := m.chosenIRQs(c.Link, int(now.CombinedCount+max(now.RxCount, now.TxCount)))
	now.CombinedCount, now.RxCount, now.TxCount = uint32(c.Combined), uint32(c.RX), uint32(c.TX)
	if err := m.tool.set(c.Link, now); err != nil {
		return err
	}
	m.keepIRQs(c.Link, chosen)
	return nil
}

// steer writes a queue's file, once the queue is there: it appears in sysfs a moment
// after the channels grew.
func steer(m *Machine, ctx context.Context, d deed) error {
	s := d.to.(guest.Steering)
	file := m.steeringFile(s)
	for wait := time.Millisecond; ; wait *= 2 {
		err := m.write(file, s.Value())
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
