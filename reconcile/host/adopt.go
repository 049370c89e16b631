//go:build linux

package host

import (
	"context"
	"slices"

	"enid/plan"
	"enid/plan/guest"
)

// ObserveAll is Observe with the foreign routes that a machine's owner may want to
// know of: those over NICs, in every table, and those of all tables that rules look up.
func (m *Machine) ObserveAll(ctx context.Context) (*plan.World, error) {
	r := guest.Reading{All: true, Masks: true}
	o, err := m.read(ctx, r)
	if err != nil {
		return nil, err
	}
	for _, rule := range o.Rules {
		r.Tables = append(r.Tables, rule.Table)
	}
	slices.Sort(r.Tables)
	r.Tables = slices.DeleteFunc(slices.Compact(r.Tables), func(t uint32) bool { return t == 0 || t == guest.TableMain || t == guest.TableLocal })
	for _, l := range o.Links {
		if l.Kind == "" || l.Kind == "veth" {
			r.Links = append(r.Links, l.Name)
		}
	}
	if o, err = m.read(ctx, r); err != nil {
		return nil, err
	}
	return guest.World(o), nil
}
