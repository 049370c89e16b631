package guest

import (
	"fmt"
	"math/bits"

	"enid/plan"
	"enid/schema"
)

// rps wants the mask of every receive queue that there will be.
func (w *wanting) rps(of schema.Ref, link string, c Channels, some bool, rps schema.RPS) {
	var mask Mask
	switch rps.Mode {
	case "documented":
		mask = Documented(w.machine.OnlineCPUs)
	case "mask":
		m, err := ParseMask(rps.Mask)
		if err != nil {
			w.block(of, "SetRPS", link, RuleRPS, err.Error(), "declare hex digits")
			return
		}
		mask = m
	case "off":
	default:
		return
	}
	if w.observed.Get(RPSRef(link, 0)) == nil {
		w.block(of, "SetRPS", link, RuleRPS, fmt.Sprintf("the RPS masks of %s cannot be read: no sysfs shows this network namespace, or the kernel has no RPS", link),
			"`mount -t sysfs sysfs /sys` inside it, or declare rps: unmanaged")
		return
	}
	text, empty := w.machine.Effective(mask)
	if empty {
		w.block(of, "SetRPS", link, RuleRPS, fmt.Sprintf("mask %s names no CPU that this machine has in use (%s)", FormatMask(mask, 32*len(mask)), w.machine.Online),
			"declare a mask with CPUs that exist and are not isolated")
		return
	}
	n := w.count(c.Receive(), some, func(i int) plan.Ref { return RPSRef(link, i) })
	for i := range n {
		q := RPS{Link: link, Queue: i, Mask: text}
		w.World.Put(q.Ref(), q)
	}
	if most := max(c.MaxCombined, c.MaxRX); some && mask.Count() > 0 && most > n {
		w.advise(of, RuleRPSWhen, fmt.Sprintf("RPS is for when multi-queue alone does not bring the gain, and %s uses %d of %d queues", link, n, most))
	}
}

// count answers how many queues there will be: as many as channels, or where the
// driver shows none as many as have that in sysfs.
func (w *wanting) count(channels int, some bool, ref func(queue int) plan.Ref) (n int) {
	if some {
		return channels
	}
	for w.observed.Get(ref(n)) != nil {
		n++
	}
	return n
}

// xps wants the mask of every send queue that there will be. It is of use with
// several of them only.
func (w *wanting) xps(of schema.Ref, link string, c Channels, some bool, mode string) {
	if mode != "auto" && mode != "off" {
		return
	}
	n := w.count(c.Send(), some, func(i int) plan.Ref { return XPSRef(link, i) })
	switch {
	case w.observed.Get(XPSRef(link, 0)) != nil:
	case mode == "off":
		return // what is not there is off
	case n > 1:
		w.block(of, SetXPS, link, RuleXPS, fmt.Sprintf("%s has %d send queues, and sysfs shows no xps_cpus of them", link, n),
			"run a kernel with CONFIG_XPS and mount sysfs in this network namespace, or set xps: unmanaged")
		return
	default:
		w.advise(of, RuleXPS, link+" was made with one send queue: there is no choice between several for XPS to make")
		return
	}
	online, _ := ParseMask(w.machine.Online)
	for i, mask := range Spread(online, n) {
		if mode == "off" {
			mask = nil
		}
		x := XPS{Link: link, Queue: i, Mask: FormatMask(mask, w.machine.CPUs)}
		w.World.Put(x.Ref(), x)
	}
}

// Spread answers the CPUs of each of n send queues, as the kernel's documentation
// recommends: each CPU sends through one queue, so that no two queues of a CPU
// contend; where there are fewer queues than CPUs neighbours share one, which are
// likely to share a cache as well. Queues beyond the CPUs have none.
func Spread(cpus Mask, n int) []Mask {
	out := make([]Mask, n)
	count, seen := cpus.Count(), 0
	for cpu := range 32 * len(cpus) {
		if n > 0 && cpus.has(cpu) {
			queue := seen
			if count > n {
				queue = seen * n / count
			}
			out[queue] = out[queue].with(cpu)
			seen++
		}
	}
	return out
}

// socketFlows wants the machine's table of flows.
func (w *wanting) socketFlows() {
	rfs := w.h.Spec.RFS
	if _, there := w.observed.Get(SocketFlowsRef).(SocketFlows); !there {
		if rfs.Entries > 0 {
			w.block(w.host(), SetSocketFlows, SocketFlowsRef.Name, RuleRFS,
				"this kernel, or network namespace, has no net.core.rps_sock_flow_entries: the initial namespace alone has it",
				"run enid outside of containers, or set rfs: unmanaged")
		}
		return
	}
	if rfs.Entries > 0 || rfs.Off {
		w.World.Put(SocketFlowsRef, SocketFlows{Entries: roundUp(rfs.Entries)})
	}
}

// queueFlows wants the share of every receive queue: as many flows as the machine
// remembers, divided by the queues. Linux, networking/scaling.
func (w *wanting) queueFlows(of schema.Ref, link string, c Channels, some bool, rps schema.RPS) {
	rfs := w.h.Spec.RFS
	_, table := w.observed.Get(SocketFlowsRef).(SocketFlows)
	if !rfs.Off && (rfs.Entries == 0 || !table) {
		return
	}
	if w.observed.Get(QueueFlowsRef(link, 0)) == nil {
		return // sysfs does not show the link, or a kernel without RPS
	}
	n := w.count(c.Receive(), some, func(i int) plan.Ref { return QueueFlowsRef(link, i) })
	for i := range n {
		f := QueueFlows{Link: link, Queue: i, Count: roundUp(roundUp(rfs.Entries) / n)}
		w.World.Put(f.Ref(), f)
	}
	switch {
	case rfs.Off:
	case w.machine.OnlineCPUs == 1:
		w.advise(of, RuleRFS, "RFS brings packets to the CPU of the program that reads them, and this machine has one CPU")
	case n == 1 && !managed(rps):
		w.advise(of, RuleRFS, fmt.Sprintf("RFS steers only flows that it has seen a program read; the others go by RPS, which is not asked for, and stay on the CPU of the one queue of %s", link))
	}
}

// roundUp answers the power of two that the kernel makes of a number of flows.
func roundUp(n int) int {
	if n <= 0 {
		return 0
	}
	return 1 << bits.Len(uint(n-1))
}
