//go:build linux

package host

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"enid/plan"
	"enid/plan/guest"
)

// Learnt is what a step found out about the machine that no reading had shown: the
// target is By, which is somebody else's, or is not there at all (nil). It is no
// failure of the step's chain: the plan is made again with it.
type Learnt struct {
	Target plan.Ref
	By     plan.Object
}

// Error says what was found.
func (e *Learnt) Error() string {
	if e.By == nil {
		return fmt.Sprintf("%s: not supported by the driver", e.Target)
	}
	return fmt.Sprintf("%s: a foreign one is there: %s", e.Target, e.By)
}

// judge answers what a deed's error means. What is there already, or gone already,
// is done; what somebody else has put there is Learnt.
func (m *Machine) judge(d deed, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.EEXIST):
		return m.occupied(d)
	case d.to == nil || d.op == guest.DeleteAddress || d.op == guest.DeleteRoute:
		if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ESRCH) || errors.Is(err, unix.EADDRNOTAVAIL) || errors.Is(err, unix.ENODEV) {
			return nil
		}
	}
	return fmt.Errorf("%s %s: %w", d.op, d.target, err)
}

// occupied looks at what stands where a deed was to make something: nil where it
// is the same thing, put there in the meantime.
func (m *Machine) occupied(d deed) error {
	n, err := m.links(context.Background(), &guest.Objects{})
	if err != nil {
		return err
	}
	switch want := d.to.(type) {
	case guest.Route:
		var by guest.Route
		err := m.conn.read(routesRequest(want.IPv6(), want.Table, 0, 0), func(b []byte) {
			if r, ok := parseRoute(b, n); ok && r.Ref() == want.Ref() && by.Dst == (guest.Route{}).Dst {
				by = r
			}
		})
		if err != nil || by == want {
			return err
		}
		return &Learnt{d.target, by}
	case guest.Rule:
		var by guest.Rule
		err := m.conn.read(rulesRequest(want.IPv6()), func(b []byte) {
			if r, ok := parseRule(b); ok && r.Priority == want.Priority && r.String() == want.String() && !by.Ours() {
				by = r
			}
		})
		if err != nil || by.Ours() {
			return err
		}
		return &Learnt{d.target, by}
	}
	return nil // an address: whoever has put it there, it is there
}
