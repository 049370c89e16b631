//go:build linux

package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/coreos/go-systemd/v22/dbus"
	godbus "github.com/godbus/dbus/v5"

	"enid/plan/guest"
)

// serviceTimeout bounds one conversation with systemd. Starting irqbalance takes
// some milliseconds.
const serviceTimeout = 10 * time.Second

// systemd talks with systemd over D-Bus: on the socket that root has of it, which
// needs no bus, or else on the system's bus.
func (m *Machine) systemd(ctx context.Context, talk func(context.Context, *dbus.Conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, serviceTimeout)
	defer cancel()
	c, err := dbus.NewConnection(func() (*godbus.Conn, error) { return m.dialBus(ctx, "/systemd/private", false) })
	if err != nil {
		var other error
		if c, other = dbus.NewConnection(func() (*godbus.Conn, error) { return m.dialBus(ctx, "/dbus/system_bus_socket", true) }); other != nil {
			return errors.Join(err, other)
		}
	}
	defer c.Close()
	return talk(ctx, c)
}

// dialBus opens a D-Bus connection to a socket below /run. systemd's own one takes
// no greeting.
func (m *Machine) dialBus(ctx context.Context, socket string, greet bool) (*godbus.Conn, error) {
	c, err := godbus.Dial("unix:path="+godbus.EscapeBusAddressValue(m.opts.Run+socket), godbus.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	err = c.Auth([]godbus.Auth{godbus.AuthExternal(strconv.Itoa(os.Getuid()))})
	if err == nil && greet {
		err = c.Hello()
	}
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("%s: %w", m.opts.Run+socket, err)
	}
	return c, nil
}

// setService has systemd enable or disable a service, and start or stop it. A crash
// in between leaves the first done: the next turn does the rest.
func (m *Machine) setService(ctx context.Context, s guest.Service) error {
	return m.systemd(ctx, func(ctx context.Context, c *dbus.Conn) error {
		unit := unitName(s.Name)
		var err error
		if s.Enabled {
			_, _, err = c.EnableUnitFilesContext(ctx, []string{unit}, false, false)
		} else {
			_, err = c.DisableUnitFilesContext(ctx, []string{unit}, false)
		}
		if err != nil {
			return err
		}
		if err := c.ReloadContext(ctx); err != nil {
			return fmt.Errorf("daemon-reload: %w", err)
		}
		if !s.Active {
			return finish(ctx, unit, c.StopUnitContext)
		}
		if err := finish(ctx, unit, c.StartUnitContext); err != nil {
			return err
		}
		p, err := c.GetUnitPropertiesContext(ctx, unit)
		if err == nil && !running(p) {
			err = fmt.Errorf("it was started and does not run: %s", whyNot(p))
		}
		return err
	})
}

// finish waits for what systemd is to do with a unit.
func finish(ctx context.Context, unit string, job func(ctx context.Context, name, mode string, done chan<- string) (int, error)) error {
	done := make(chan string, 1)
	if _, err := job(ctx, unit, "replace", done); err != nil {
		return err
	}
	select {
	case result := <-done:
		if result != "done" {
			return fmt.Errorf("systemd's job ended as %q; `systemctl status %s` says why", result, unit)
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// whyNot answers why systemd does not run a unit that it was asked to start.
func whyNot(unit map[string]any) string {
	conditions, _ := unit["Conditions"].([][]any) // name, trigger, negate, parameter, state
	for _, c := range conditions {
		if state, ok := c[len(c)-1].(int32); ok && state < 0 {
			not := ""
			if c[2] == true {
				not = "!"
			}
			return fmt.Sprintf("its %s=%s%v is not met", c[0], not, c[3])
		}
	}
	return fmt.Sprintf("it is %v (%v); its journal says more", unit["ActiveState"], unit["SubState"])
}
