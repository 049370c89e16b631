//go:build linux

package host

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"enid/plan/guest"
)

// sysctls reads the switches of the NICs that matter, where any is declared. One
// that cannot be read is left out: the plan says so.
func (m *Machine) sysctls(r guest.Reading, o *guest.Objects) {
	if !r.Sysctls {
		return
	}
	primary := guest.Primary(guest.World(guest.Objects{Routes: o.Routes}))
	for _, x := range guest.Switches {
		all, err := m.number("ipv4/conf/all/" + x.Key)
		if err != nil {
			continue
		}
		for _, l := range o.Links {
			if l.Name != primary && !r.Concerns(l) {
				continue
			}
			if n, err := m.number("ipv4/conf/" + l.Name + "/" + x.Key); err == nil {
				o.More = append(o.More, guest.Sysctl{Link: l.Name, Key: x.Key, Value: n, All: all})
			}
		}
	}
}

// number reads a number below net.
func (m *Machine) number(path string) (int, error) {
	b, err := os.ReadFile(m.opts.Proc + "/sys/net/" + path)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", path, err)
	}
	return n, nil
}
