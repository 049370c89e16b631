//go:build linux

package host

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/coreos/go-systemd/v22/dbus"

	"enid/plan/guest"
)

// services reads irqbalance. Where nobody asks for it one that runs is seen by its
// socket alone, which costs next to nothing.
func (m *Machine) services(ctx context.Context, r guest.Reading, o *guest.Objects) {
	s := guest.Service{Name: guest.IRQBalance}
	running := m.pidsOf(s.Name, r.Services)
	if _, err := os.Stat(m.opts.Run + "/systemd/system"); err == nil && r.Services {
		s.Systemd = true
		main, err := m.unit(ctx, &s)
		if err != nil {
			s.Trouble = err.Error()
		}
		running = slices.DeleteFunc(running, func(pid int) bool { return pid == main })
	}
	if len(running) > 0 {
		s.PID = running[0]
		s.Enabled = s.Enabled || !s.Systemd
		s.Active = true
	}
	if r.Services || s.Active {
		o.More = append(o.More, s)
	}
}

// pidsOf answers the processes of that name: by the sockets that irqbalance names
// after them, or where all is true and there are none by looking at every process.
func (m *Machine) pidsOf(name string, all bool) (pids []int) {
	sockets, _ := filepath.Glob(m.opts.Run + "/" + name + "/" + name + "*.sock")
	for _, s := range sockets {
		pid, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(filepath.Base(s), name), ".sock"))
		if err == nil && m.runs(pid, name) { // one that was killed leaves its socket
			pids = append(pids, pid)
		}
	}
	if len(pids) > 0 || !all {
		return pids
	}
	entries, _ := os.ReadDir(m.opts.Proc)
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil && m.runs(pid, name) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// runs reports whether a process has that name. One that has ended, and waits for
// its parent to notice, keeps the name and has no command line any more.
func (m *Machine) runs(pid int, name string) bool {
	at := m.opts.Proc + "/" + strconv.Itoa(pid)
	return content(at+"/comm") == name && content(at+"/cmdline") != ""
}

// switched are the states of a unit file between which enabling and disabling leads.
// In others (static, generated ...) being started at boot is not the unit's own.
var switched = []string{"enabled", "enabled-runtime", "disabled", "linked"}

// unit asks systemd about a service. It answers the process that systemd started.
func (m *Machine) unit(ctx context.Context, s *guest.Service) (main int, err error) {
	err = m.systemd(ctx, func(ctx context.Context, c *dbus.Conn) error {
		p, err := c.GetUnitPropertiesContext(ctx, unitName(s.Name))
		if err != nil {
			return err
		}
		of, _ := c.GetUnitTypePropertiesContext(ctx, unitName(s.Name), "Service") // none of a unit that is not there
		pid, _ := of["MainPID"].(uint32)
		main = int(pid)
		s.Load, _ = p["LoadState"].(string)
		state, _ := p["UnitFileState"].(string)
		s.Active = running(p)
		s.Enabled = state == "enabled" || !slices.Contains(switched, state) && s.Active
		return nil
	})
	return main, err
}

func unitName(service string) string { return service + ".service" }

func running(unit map[string]any) bool {
	return unit["ActiveState"] == "active" || unit["ActiveState"] == "reloading"
}
