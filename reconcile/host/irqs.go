//go:build linux

package host

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"enid/plan/guest"
)

// irq is an interrupt of a NIC.
type irq struct {
	Number int
	Name   string // as /proc/interrupts has it: virtio2-input.0, eth0-Tx-Rx-0
	// Affinity are the CPUs that it may go to, Effective those that it goes to, as
	// lists (0-3,8). Hint is what its driver recommends, a mask; empty: nothing.
	Affinity, Effective, Hint string
	Queue                     int  // -1: of no queue, or of none that its name tells
	RX, TX                    bool // of the queue
}

// queueName finds a queue in the name of an interrupt: virtio2-input.0, eth0-Tx-Rx-1,
// mlx5_comp3, eth0-4.
var queueName = regexp.MustCompile(`(?i)[-_.](?:(tx-?rx|rx-?tx|comp|input|rx|output|tx)[-.]?)?(\d+)$`)

// queueOf answers the queue that an interrupt's name tells; -1: none.
func queueOf(name string) (queue int, rx, tx bool) {
	name, _, _ = strings.Cut(name, "@") // where the hardware sits
	f := queueName.FindStringSubmatch(name)
	if f == nil {
		return -1, false, false
	}
	queue, err := strconv.Atoi(f[2])
	if err != nil {
		return -1, false, false
	}
	switch strings.ToLower(f[1]) {
	case "input", "rx":
		return queue, true, false
	case "output", "tx":
		return queue, false, true
	}
	return queue, true, true
}

// irqs answers the interrupts of a link's NIC by number. Where its bus does not tell
// them they are found by name: those of the device, or of the link itself.
func (m *Machine) irqs(link string) (out []irq) {
	device, err := filepath.EvalSymlinks(m.opts.Sys + "/class/net/" + link + "/device")
	if err != nil {
		return nil // no hardware: veth, bridge
	}
	for _, dir := range []string{device, filepath.Dir(device)} { // virtio sits on a PCI device
		entries, _ := os.ReadDir(dir + "/msi_irqs")
		for _, e := range entries {
			if n, err := strconv.Atoi(e.Name()); err == nil {
				out = append(out, m.irq(n))
			}
		}
		if len(out) > 0 {
			break
		}
	}
	if len(out) == 0 {
		out = m.irqsNamed(filepath.Base(device), link)
	}
	out = slices.DeleteFunc(out, func(i irq) bool { return i.Name == "" }) // nobody has asked for it
	slices.SortFunc(out, func(a, b irq) int { return cmp.Compare(a.Number, b.Number) })
	return out
}

// irqsNamed answers the interrupts of these names, or that begin with one and a dash.
func (m *Machine) irqsNamed(names ...string) (out []irq) {
	entries, _ := os.ReadDir(m.opts.Sys + "/kernel/irq")
	for _, e := range entries {
		n, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		name := m.irqName(n)
		if slices.ContainsFunc(names, func(s string) bool { return name == s || strings.HasPrefix(name, s+"-") }) {
			out = append(out, m.irq(n))
		}
	}
	return out
}

func (m *Machine) irqName(n int) string {
	return content(m.opts.Sys + "/kernel/irq/" + strconv.Itoa(n) + "/actions")
}

func (m *Machine) irq(n int) irq {
	at := m.irqDir(n)
	i := irq{Number: n, Name: m.irqName(n), Affinity: content(at + "/smp_affinity_list"), Effective: content(at + "/effective_affinity_list")}
	if mask, err := guest.ParseMask(content(at + "/affinity_hint")); err == nil && mask.Count() > 0 {
		i.Hint = guest.FormatList(mask)
	}
	i.Queue, i.RX, i.TX = queueOf(i.Name)
	return i
}

func (m *Machine) irqDir(n int) string { return m.opts.Proc + "/irq/" + strconv.Itoa(n) }

// content reads a small file; empty where it cannot be read.
func content(file string) string {
	b, _ := os.ReadFile(file)
	return strings.TrimSpace(string(b))
}

// chosenIRQs answers the interrupts of a link's n queues whose CPUs somebody has
// chosen: they are neither what the driver recommends nor, where it recommends
// nothing, the kernel's default. While irqbalance runs that is its choice, and it
// makes it anew by itself.
func (m *Machine) chosenIRQs(link string, n int) []irq {
	if len(m.pidsOf(guest.IRQBalance, true)) > 0 {
		return nil
	}
	standard := ""
	if mask, err := guest.ParseMask(content(m.opts.Proc + "/irq/default_smp_affinity")); err == nil {
		standard = guest.FormatList(mask)
	}
	return slices.DeleteFunc(m.irqs(link), func(i irq) bool {
		return i.Queue >= n || i.Affinity == "" || i.Affinity == cmp.Or(i.Hint, standard)
	})
}

// keepIRQs puts the CPUs of these interrupts back where the same interrupt is still
// the NIC's and its driver has moved it. One that refuses is the kernel's to place.
func (m *Machine) keepIRQs(link string, chosen []irq) {
	if len(chosen) == 0 {
		return
	}
	now := m.irqs(link)
	for _, was := range chosen {
		i := slices.IndexFunc(now, func(i irq) bool { return i.Number == was.Number && i.Name == was.Name })
		if i < 0 || now[i].Affinity == was.Affinity {
			continue
		}
		if err := m.write(m.irqDir(was.Number)+"/smp_affinity_list", was.Affinity); err != nil {
			m.opts.Log.Warn("an IRQ's affinity that was set by hand is lost", "link", link, "irq", was.Number, "cpus", was.Affinity, "error", err)
		}
	}
}
