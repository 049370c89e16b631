//go:build linux

package host

import (
	"fmt"
	"strings"

	"enid/plan"
	"enid/plan/guest"
)

// ShownLink is an interface with its addresses and queues.
type ShownLink struct {
	Name      string        `json:"name"`
	MAC       string        `json:"mac,omitempty"` // the permanent one where there is one
	Kind      string        `json:"kind,omitempty"`
	Master    string        `json:"master,omitempty"`
	Up        bool          `json:"up"`
	MTU       int           `json:"mtu"`
	Addresses []ShownObject `json:"addresses,omitempty"`
	Queues    *ShownQueues  `json:"queues,omitempty"`
	XDP       int           `json:"xdp,omitempty"`        // the program in its driver
	RPS       []string      `json:"rps,omitempty"`        // a mask for each receive queue
	XPS       []string      `json:"xps,omitempty"`        // a mask for each send queue
	FlowCount []int         `json:"flowCounts,omitempty"` // of each receive queue
	IRQs      []ShownIRQ    `json:"irqs,omitempty"`
}

// ShownQueues are a driver's channels; zero ones are left out.
type ShownQueues struct {
	Combined    int `json:"combined,omitempty"`
	RX          int `json:"rx,omitempty"`
	TX          int `json:"tx,omitempty"`
	MaxCombined int `json:"maxCombined,omitempty"`
	MaxRX       int `json:"maxRX,omitempty"`
	MaxTX       int `json:"maxTX,omitempty"`
}

// ShownIRQ is an interrupt of a NIC.
type ShownIRQ struct {
	IRQ       int    `json:"irq"`
	Name      string `json:"name"`                // as in /proc/interrupts
	Queue     string `json:"queue,omitempty"`     // rx-0, tx-0, "rx-0 tx-0"; empty: of none
	CPUs      string `json:"cpus,omitempty"`      // that it may go to: 0-3,8
	Effective string `json:"effective,omitempty"` // that it goes to
}

// ShownService is a service that a Host can ask for.
type ShownService struct {
	Name    string `json:"name"`
	Systemd bool   `json:"systemd"` // there is one to ask
	Load    string `json:"load,omitempty"`
	Active  bool   `json:"active"`
	Enabled bool   `json:"enabled"`           // at boot; without systemd the same as active
	PID     int    `json:"pid,omitempty"`     // of a process that systemd did not start
	Trouble string `json:"trouble,omitempty"` // why systemd did not answer
}

func showService(s guest.Service) ShownService {
	return ShownService{s.Name, s.Systemd, s.Load, s.Active, s.Enabled, s.PID, s.Trouble}
}

func (m *Machine) showLink(w *plan.World, l guest.Link, addresses []ShownObject) ShownLink {
	out := ShownLink{Name: l.Name, MAC: l.MAC, Kind: l.Kind, Master: l.Master, Up: l.Up, MTU: l.MTU, Addresses: addresses, XDP: l.XDP}
	if l.PermMAC != "" {
		out.MAC = l.PermMAC
	}
	if c, ok := w.Get(guest.Channels{Link: l.Name}.Ref()).(guest.Channels); ok {
		out.Queues = &ShownQueues{c.Combined, c.RX, c.TX, c.MaxCombined, c.MaxRX, c.MaxTX}
	}
	for _, r := range queuesIn[guest.RPS](w, func(i int) plan.Ref { return guest.RPSRef(l.Name, i) }) {
		out.RPS = append(out.RPS, r.Mask)
	}
	for _, x := range queuesIn[guest.XPS](w, func(i int) plan.Ref { return guest.XPSRef(l.Name, i) }) {
		out.XPS = append(out.XPS, x.Mask)
	}
	for _, f := range queuesIn[guest.QueueFlows](w, func(i int) plan.Ref { return guest.QueueFlowsRef(l.Name, i) }) {
		out.FlowCount = append(out.FlowCount, f.Count)
	}
	if m.sysfsShows(l) {
		for _, i := range m.irqs(l.Name) {
			out.IRQs = append(out.IRQs, ShownIRQ{i.Number, i.Name, i.queueText(), i.Affinity, i.Effective})
		}
	}
	return out
}

// queuesIn answers what the world has of a link's queues, the first on.
func queuesIn[S guest.Steering](w *plan.World, ref func(queue int) plan.Ref) (out []S) {
	for {
		s, ok := w.Get(ref(len(out))).(S)
		if !ok {
			return out
		}
		out = append(out, s)
	}
}

func (i irq) queueText() string {
	var of []string
	if i.RX {
		of = append(of, fmt.Sprintf("rx-%d", i.Queue))
	}
	if i.TX {
		of = append(of, fmt.Sprintf("tx-%d", i.Queue))
	}
	return strings.Join(of, " ")
}
