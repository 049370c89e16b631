//go:build linux

package host

import (
	"context"
	"slices"
	"strings"

	"enid/plan/guest"
)

// Shown is the observed configuration, as `enid host show` prints it. Its JSON
// names are the YAML's too.
type Shown struct {
	Format     string        `json:"format"` // enid.host/v1
	CPUs       int           `json:"cpus"`   // online
	Primary    string        `json:"primary,omitempty"`
	Interfaces []ShownLink   `json:"interfaces"`
	Tables     []ShownTable  `json:"tables"`
	Rules      []ShownObject `json:"rules"`

	FileSystems []ShownFileSystem `json:"fileSystems"`
	Services    []ShownService    `json:"services"`
	// FlowEntries is the machine's table of flows (RFS); nil: there is none here.
	FlowEntries *int `json:"flowEntries,omitempty"`
}

// ShownTable is a routing table: main's default routes and enid's own, or all
// that is in a table that enid's rules look up.
type ShownTable struct {
	Table  string        `json:"table"`
	Routes []ShownObject `json:"routes"`
}

// ShownObject is an address, route or rule as `ip` writes it, and whether it is
// enid's.
type ShownObject struct {
	Text string `json:"text"`
	Ours bool   `json:"ours"`
	// ValidFor is how long the kernel keeps an address that DHCP gave; empty: for ever.
	ValidFor string `json:"validFor,omitempty"`
}

// ShowFormat is the version of Shown.
const ShowFormat = "enid.host/v1"

// Show reads the machine and answers its configuration. It changes nothing.
func (m *Machine) Show(ctx context.Context) (*Shown, error) {
	w, err := m.Observe(ctx)
	if err != nil {
		return nil, err
	}
	machine, _ := w.Get(guest.MachineRef).(guest.Machine)
	s := &Shown{Format: ShowFormat, CPUs: machine.OnlineCPUs, Primary: guest.Primary(w),
		Interfaces: []ShownLink{}, Tables: []ShownTable{}, Rules: []ShownObject{}, FileSystems: m.fileSystems(), Services: []ShownService{}}
	addresses := map[string][]ShownObject{}
	var rules []guest.Rule
	tables := map[string][]ShownObject{}
	for _, ref := range w.Refs() {
		switch o := w.Get(ref).(type) {
		case guest.Address:
			addresses[o.Link] = append(addresses[o.Link], showAddress(o))
		case guest.Route:
			t := guest.TableName(o.Table)
			tables[t] = append(tables[t], ShownObject{Text: o.String(), Ours: o.Ours()})
		case guest.Rule:
			rules = append(rules, o)
		case guest.SocketFlows:
			s.FlowEntries = &o.Entries
		case guest.Service:
			s.Services = append(s.Services, showService(o))
		}
	}
	for _, ref := range w.Refs() {
		if l, ok := w.Get(ref).(guest.Link); ok {
			s.Interfaces = append(s.Interfaces, m.showLink(w, l, addresses[l.Name]))
		}
	}
	s.Tables = showTables(tables)
	slices.SortStableFunc(rules, func(a, b guest.Rule) int { return int(a.Priority) - int(b.Priority) })
	for _, r := range rules {
		s.Rules = append(s.Rules, ShownObject{Text: r.Numbered(), Ours: r.Ours()})
	}
	return s, nil
}

func showAddress(a guest.Address) ShownObject {
	s := ShownObject{Text: a.Prefix.String(), Ours: a.Ours}
	if a.Lifetime > 0 {
		s.ValidFor = a.Lifetime.String()
	}
	return s
}

// showTables sorts main first, then by number.
func showTables(tables map[string][]ShownObject) []ShownTable {
	out := []ShownTable{}
	for t, routes := range tables {
		out = append(out, ShownTable{t, routes})
	}
	rank := func(t string) (int, int, string) {
		if t == "main" {
			return 0, 0, t
		}
		return 1, len(t), t
	}
	slices.SortFunc(out, func(a, b ShownTable) int {
		r, n, t := rank(a.Table)
		r2, n2, t2 := rank(b.Table)
		if r != r2 {
			return r - r2
		}
		if n != n2 {
			return n - n2
		}
		return strings.Compare(t, t2)
	})
	return out
}
