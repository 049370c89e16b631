package main

import (
	"fmt"
	"strings"

	"enid/plan/guest"
	"enid/plan/render"
	"enid/reconcile/host"
)

// mostRows is how many rows of a table people are shown.
const mostRows = 60

// machineTables are what `enid host show` draws for people.
func machineTables(s *host.Shown) []render.Table {
	tables := []render.Table{{Title: fmt.Sprintf("%d CPUs%s", s.CPUs, servicesText(s))}}
	add := func(title string, head []string, rows [][]string) {
		if len(rows) > 0 {
			tables = append(tables, render.Table{Title: title, Head: head, Rows: rows, Most: mostRows, Rest: "-o yaml has all"})
		}
	}
	var links, queues, addresses, routes, rules, disks [][]string
	for _, l := range s.Interfaces {
		links = append(links, linkRow(s, l))
		queues = append(queues, queueRows(l)...)
		for _, x := range l.Addresses {
			addresses = append(addresses, []string{l.Name, x.Text, by(x.Ours), x.ValidFor})
		}
	}
	for _, t := range s.Tables {
		for _, x := range t.Routes {
			routes = append(routes, []string{t.Table, x.Text, by(x.Ours)})
		}
	}
	for _, x := range s.Rules {
		rules = append(rules, []string{x.Text, by(x.Ours)})
	}
	for _, f := range s.FileSystems {
		disks = append(disks, []string{f.Device, f.MountPoint, f.Type, gib(f.SizeMiB), gib(f.FreeMiB), f.Volume})
	}
	add("Interfaces", []string{"NAME", "STATE", "MTU", "MAC", "KIND", "QUEUES", "XDP"}, links)
	add("Queues", []string{"NIC", "QUEUE", "IRQ", "NAME", "ON CPU", "ALLOWED", "RPS", "XPS", "FLOWS"}, queues)
	add("Addresses", []string{"INTERFACE", "ADDRESS", "BY", "VALID FOR"}, addresses)
	add("Routes", []string{"TABLE", "ROUTE", "BY"}, routes)
	add("Rules", []string{"RULE", "BY"}, rules)
	add("File systems", []string{"DEVICE", "MOUNTED AT", "TYPE", "SIZE", "FREE", "VOLUME"}, disks)
	return tables
}

func by(ours bool) string {
	if ours {
		return "enid"
	}
	return ""
}

func gib(mib uint64) string { return fmt.Sprintf("%.1f GiB", float64(mib)/1024) }

func servicesText(s *host.Shown) string {
	text := ""
	for _, x := range s.Services {
		switch {
		case x.Trouble != "":
			text += ", " + x.Name + " is not known (" + render.Inert(x.Trouble) + ")"
		case x.PID != 0:
			text += fmt.Sprintf(", %s runs as process %d, not by systemd", x.Name, x.PID)
		case x.Active && x.Enabled:
			text += ", " + x.Name + " runs, also after a boot"
		case x.Active:
			text += ", " + x.Name + " runs, until the next boot"
		case x.Enabled:
			text += ", " + x.Name + " runs after a boot only"
		default:
			text += ", " + x.Name + " does not run"
		}
	}
	if s.FlowEntries != nil && *s.FlowEntries > 0 {
		text += fmt.Sprintf(", %d flows steered (RFS)", *s.FlowEntries)
	}
	return text
}

func linkRow(s *host.Shown, l host.ShownLink) []string {
	state, kind, xdp := "down", l.Kind, ""
	if l.Up {
		state = "up"
	}
	if l.Master != "" {
		kind = strings.TrimSpace(kind + " of " + l.Master)
	}
	if l.Name == s.Primary {
		kind = strings.TrimSpace(kind + " primary")
	}
	if l.XDP != 0 {
		xdp = fmt.Sprintf("program %d", l.XDP)
	}
	return []string{l.Name, state, fmt.Sprint(l.MTU), l.MAC, kind, queuesText(l.Queues), xdp}
}

// queuesText says how many queues are in use of how many.
func queuesText(q *host.ShownQueues) string {
	if q == nil {
		return ""
	}
	if q.MaxCombined > 0 {
		return fmt.Sprintf("%d of %d", q.Combined, q.MaxCombined)
	}
	return fmt.Sprintf("rx %d of %d, tx %d of %d", q.RX, q.MaxRX, q.TX, q.MaxTX)
}

// queueRows are the queues in use of a NIC, with the interrupts that they have. One
// interrupt for both directions is one row. Software without either has none.
func queueRows(l host.ShownLink) (rows [][]string) {
	if l.Queues == nil && len(l.IRQs) == 0 {
		return nil
	}
	irqs := map[string]host.ShownIRQ{}
	for _, i := range l.IRQs {
		irqs[i.Queue] = i
	}
	receive, send := max(len(l.RPS), len(l.FlowCount)), len(l.XPS)
	if l.Queues != nil {
		receive, send = l.Queues.Combined+l.Queues.RX, l.Queues.Combined+l.Queues.TX
	}
	row := func(queue string, i host.ShownIRQ, steering ...string) {
		irq := ""
		if i.IRQ != 0 {
			irq = fmt.Sprint(i.IRQ)
		}
		rows = append(rows, append([]string{l.Name, queue, irq, i.Name, i.Effective, i.CPUs}, steering...))
	}
	for q := range max(receive, send) {
		rx, tx := fmt.Sprintf("rx-%d", q), fmt.Sprintf("tx-%d", q)
		rps, xps, flows := maskText(l.RPS, q), maskText(l.XPS, q), flowsText(l.FlowCount, q)
		if both, ok := irqs[rx+" "+tx]; ok {
			row(rx+" "+tx, both, rps, xps, flows)
			continue
		}
		if q < receive {
			row(rx, irqs[rx], rps, "", flows)
		}
		if q < send {
			row(tx, irqs[tx], "", xps, "")
		}
	}
	return rows
}

// maskText answers a queue's mask as a list of CPUs.
func maskText(masks []string, queue int) string {
	if queue >= len(masks) {
		return ""
	}
	m, err := guest.ParseMask(masks[queue])
	switch {
	case err != nil:
		return masks[queue]
	case m.Count() == 0:
		return "off"
	}
	return guest.FormatList(m)
}

func flowsText(counts []int, queue int) string {
	switch {
	case queue >= len(counts):
		return ""
	case counts[queue] == 0:
		return "off"
	}
	return fmt.Sprint(counts[queue])
}
