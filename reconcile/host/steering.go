//go:build linux

package host

import (
	"os"
	"strconv"
	"strings"

	"enid/plan/guest"
)

// steering reads what the queues of a link have beside the channels, as far as it is
// asked for.
func (m *Machine) steering(r guest.Reading, link string, o *guest.Objects) {
	cpus := o.Machine.CPUs
	if r.Masks {
		o.RPS = append(o.RPS, ofQueues(m, func(i int, text string) (guest.RPS, error) {
			mask, err := kernelMask(text, cpus)
			return guest.RPS{Link: link, Queue: i, Mask: mask}, err
		})...)
	}
	if r.XPS {
		for _, x := range ofQueues(m, func(i int, text string) (guest.XPS, error) {
			mask, err := kernelMask(text, cpus)
			return guest.XPS{Link: link, Queue: i, Mask: mask}, err
		}) {
			o.More = append(o.More, x)
		}
	}
	if r.RFS {
		for _, f := range ofQueues(m, func(i int, text string) (guest.QueueFlows, error) {
			n, err := strconv.Atoi(text)
			return guest.QueueFlows{Link: link, Queue: i, Count: n}, err
		}) {
			o.More = append(o.More, f)
		}
	}
}

func kernelMask(text string, cpus int) (string, error) {
	mask, err := guest.ParseMask(text)
	return guest.FormatMask(mask, cpus), err
}

// allSteering answers everything that the queues of a link have beside the channels.
func (m *Machine) allSteering(link string, cpus int) (out []guest.Steering) {
	o := guest.Objects{Machine: guest.Machine{CPUs: cpus}}
	m.steering(guest.Reading{Masks: true, XPS: true, RFS: true}, link, &o)
	for _, r := range o.RPS {
		out = append(out, r)
	}
	for _, x := range o.More {
		out = append(out, x.(guest.Steering))
	}
	return out
}

// ofQueues reads one file of each queue, from the first on until there is none: no
// such queue, or a kernel or a NIC without the file.
func ofQueues[S guest.Steering](m *Machine, read func(queue int, text string) (S, error)) (out []S) {
	for i := 0; ; i++ {
		s, _ := read(i, "0")
		b, err := os.ReadFile(m.steeringFile(s))
		if err != nil {
			return out
		}
		if s, err = read(i, strings.TrimSpace(string(b))); err != nil {
			return out
		}
		out = append(out, s)
	}
}

func (m *Machine) steeringFile(s guest.Steering) string {
	return m.opts.Sys + "/class/net/" + s.Interface() + "/queues/" + s.File()
}
