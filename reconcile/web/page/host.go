package page

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"enid/plan/render"
	"enid/schema"
)

// eniRow is one ENI of this host's instance, as the state has it.
type eniRow struct {
	Name, Subnet, Phase string
	Device              int
	MAC                 string
	Addresses           []string
	NIC                 string // the machine's interface with that MAC; empty: none is there
}

// enisOf answers the ENIs that are attached to a host's instance, by device.
func enisOf(t *schema.Topology, host string) (rows []eniRow) {
	h := t.Get(schema.Ref{Kind: schema.KindHost, Name: host})
	if h == nil {
		return nil
	}
	instance := h.Spec.(*schema.HostSpec).Instance
	for _, r := range t.OfKind(schema.KindENI) {
		if row, at := eniRowOf(r); at == instance {
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows, func(a, b eniRow) int { return a.Device - b.Device })
	return rows
}

func eniRowOf(r *schema.Resource) (row eniRow, at string) {
	spec := r.Spec.(*schema.ENISpec)
	row = eniRow{Name: r.Name, Subnet: spec.Subnet, MAC: spec.MAC}
	addresses := append([]netip.Addr{spec.PrivateIP}, spec.SecondaryIPs...)
	prefixes := spec.Prefixes
	if a := spec.AttachTo; a != nil {
		at, row.Device = a.Instance, a.DeviceIndex
	}
	if s, ok := r.Status.(*schema.ENIStatus); ok {
		row.Phase = string(s.Phase)
		if s.Instance != "" {
			at, row.Device = s.Instance, s.DeviceIndex
		}
		if s.MAC != "" {
			row.MAC = s.MAC
		}
		if s.PrivateIP.IsValid() {
			addresses, prefixes = append([]netip.Addr{s.PrivateIP}, s.SecondaryIPs...), s.Prefixes
		}
	}
	for _, a := range addresses {
		if a.IsValid() {
			row.Addresses = append(row.Addresses, a.String())
		}
	}
	for _, p := range prefixes {
		row.Addresses = append(row.Addresses, p.String())
	}
	return row, at
}

// onMachine answers the rows with the interfaces that the machine has for them.
func onMachine(rows []eniRow, tables []render.Table) []eniRow {
	nics := map[string]string{}
	for _, t := range tables {
		mac := slices.Index(t.Head, "MAC")
		if mac < 0 {
			continue
		}
		for _, cells := range t.Rows {
			nics[strings.ToLower(cells[mac])] = cells[0]
		}
	}
	rows = slices.Clone(rows) // they are of a reading that others are shown too
	for i := range rows {
		rows[i].NIC = nics[strings.ToLower(rows[i].MAC)]
	}
	return rows
}

// tableView is a table of the machine with at most as many rows as it says.
type tableView struct {
	render.Table
	ID   string
	Open bool // short ones are seen at once
	More int
}

// mostOpen is how many rows a table may have to be seen at once.
const mostOpen = 12

func tableViews(tables []render.Table) (views []tableView) {
	for i, t := range tables {
		v := tableView{Table: t, ID: fmt.Sprintf("table-%d", i), Open: len(t.Rows) <= mostOpen}
		if t.Most > 0 && len(t.Rows) > t.Most {
			v.Rows, v.More = t.Rows[:t.Most], len(t.Rows)-t.Most
		}
		views = append(views, v)
	}
	return views
}
