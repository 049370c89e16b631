//go:build linux

package host

import (
	"os"
	"strconv"
	"strings"

	"enid/plan/guest"
)

// machine reads what concerns all of the machine.
func (m *Machine) machine() guest.Machine {
	cpus := func(name string) guest.Mask {
		b, err := os.ReadFile(m.opts.Sys + "/devices/system/cpu/" + name)
		if err != nil {
			return nil
		}
		mask, err := guest.ParseCPUList(string(b))
		if err != nil {
			return nil // "(null)" where nothing is isolated
		}
		return mask
	}
	possible, online := cpus("possible"), cpus("online")
	n := max(possible.Len(), 1)
	isolated := cpus("isolated")
	for i, word := range cpus("nohz_full") {
		if i < len(isolated) {
			isolated[i] |= word
		} else {
			isolated = append(isolated, word)
		}
	}
	h := guest.Machine{
		OnlineCPUs:   m.online(online),
		Online:       guest.FormatMask(online, n),
		CPUs:         n,
		Isolated:     guest.FormatMask(isolated, n),
		NewQueueMask: guest.FormatMask(nil, n),
		Label:        m.opts.label,
		Networkd:     m.networkd(),
	}
	if b, err := os.ReadFile(m.opts.Proc + "/sys/net/core/rps_default_mask"); err == nil {
		if mask, err := guest.ParseMask(string(b)); err == nil {
			h.NewQueueMask, _ = h.Effective(mask)
		}
	}
	return h
}

// online answers how many CPUs are online: those of the mask, or where no sysfs has
// said which, as many as procfs counts; 0: nothing says.
func (m *Machine) online(mask guest.Mask) int {
	if n := mask.Count(); n > 0 {
		return n
	}
	b, _ := os.ReadFile(m.opts.Proc + "/stat")
	n := 0
	for line := range strings.Lines(string(b)) {
		if len(line) > 3 && line[:3] == "cpu" && line[3] != ' ' { // the line of all has a space
			n++
		}
	}
	return n
}

// queues reads the channels and masks of the NICs that matter. A driver that has
// no channels to show is no failure.
func (m *Machine) queues(r guest.Reading, o *guest.Objects) {
	primary := guest.Primary(guest.World(guest.Objects{Routes: o.Routes}))
	for _, l := range o.Links {
		if l.Name == "lo" || l.Name != primary && !r.Concerns(l) {
			continue
		}
		if c, err := m.tool.get(l.Name); err == nil {
			o.Channels = append(o.Channels, guest.Channels{Link: l.Name,
				Combined: int(c.CombinedCount), RX: int(c.RxCount), TX: int(c.TxCount),
				MaxCombined: int(c.MaxCombined), MaxRX: int(c.MaxRx), MaxTX: int(c.MaxTx)})
		}
		if (r.Masks || r.XPS || r.RFS) && m.sysfsShows(l) {
			m.steering(r, l.Name, o)
		}
	}
	if n, err := m.number(guest.SocketFlowsKey); r.RFS && err == nil {
		o.More = append(o.More, guest.SocketFlows{Entries: n})
	}
}

// sysfsShows reports whether sysfs shows this very link. It shows the namespace
// that mounted it, whose interface of the same name may be another one.
func (m *Machine) sysfsShows(l guest.Link) bool {
	at := m.opts.Sys + "/class/net/" + l.Name
	index, err := os.ReadFile(at + "/ifindex")
	if err != nil || strings.TrimSpace(string(index)) != strconv.Itoa(l.Index) {
		return false
	}
	mac, err := os.ReadFile(at + "/address")
	return err == nil && guest.SameMAC(strings.TrimSpace(string(mac)), l.MAC)
}
