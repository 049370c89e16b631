//go:build linux

package host

import (
	"fmt"
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
	possible := cpus("possible")
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
		OnlineCPUs:   m.online(cpus("online")),
		CPUs:         n,
		Possible:     guest.FormatMask(possible, n),
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
		if r.Masks && m.sysfsShows(l) {
			o.RPS = append(o.RPS, m.masks(l.Name, o.Machine.CPUs)...)
		}
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

// masks reads the RPS masks of a link's receive queues.
func (m *Machine) masks(link string, cpus int) (out []guest.RPS) {
	for i := 0; ; i++ {
		b, err := os.ReadFile(m.maskFile(link, i))
		if err != nil {
			return out // no such queue, or a kernel without RPS
		}
		mask, err := guest.ParseMask(string(b))
		if err != nil {
			return out
		}
		out = append(out, guest.RPS{Link: link, Queue: i, Mask: guest.FormatMask(mask, cpus)})
	}
}

func (m *Machine) maskFile(link string, queue int) string {
	return fmt.Sprintf("%s/class/net/%s/queues/rx-%d/rps_cpus", m.opts.Sys, link, queue)
}
