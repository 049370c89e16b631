//go:build linux

package host

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"enid/plan/guest"
)

// routesRequest asks for routes; zero values ask for any. The library's list filters
// alike, but answers netlink.Route, which drops what parseRoute keeps.
func routesRequest(v6 bool, table uint32, protocol uint8, link int) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(unix.RTM_GETROUTE, unix.NLM_F_DUMP)
	req.AddData(&nl.RtMsg{RtMsg: unix.RtMsg{Family: uint8(family(v6)), Protocol: protocol}})
	if table != 0 {
		req.AddData(u32Attr(unix.RTA_TABLE, table))
	}
	if link != 0 {
		req.AddData(u32Attr(unix.RTA_OIF, uint32(link)))
	}
	return req
}

// routes reads enid's own routes, then the foreign ones where they matter. The
// first time, own ones are looked for in every table, for a crash may have left
// them anywhere; from then on in the tables where enid works. Where to look is all
// that is kept, never what was found: losing it costs a walk over all tables.
func (m *Machine) routes(ctx context.Context, n names, r guest.Reading, o *guest.Objects) error {
	read := func(v6 bool, table uint32, protocol uint8, link int, keep func(guest.Route) bool) error {
		var found []guest.Route
		err := m.all(ctx, "routes", routesRequest(v6, table, protocol, link), func() { found = nil }, func(b []byte) {
			if rt, ok := parseRoute(b, n); ok && rt.IPv6() == v6 && keep(rt) {
				found = append(found, rt)
			}
		})
		o.Routes = append(o.Routes, found...)
		return err
	}
	for _, v6 := range families {
		own, keep := []uint32{guest.TableMain, guest.TableLocal}, func(guest.Route) bool { return true }
		if m.worked(v6) == nil || r.All {
			own, keep = []uint32{0}, foreign // every table
		}
		for _, t := range own {
			if err := read(v6, t, guest.Protocol, 0, guest.Route.Ours); err != nil {
				return err
			}
		}
		tables := m.wholeTables(r, o, v6)
		for _, t := range tables {
			if err := read(v6, t, 0, 0, keep); err != nil {
				return err
			}
		}
		m.work(v6, tables)
	}
	if err := m.defaults(ctx, n, r, o); err != nil {
		return err
	}
	tables := m.worked(false)
	for _, link := range r.Links {
		err := read(false, 0, 0, n.byName[link], func(rt guest.Route) bool {
			return foreign(rt) && rt.Protocol != unix.RTPROT_KERNEL && !slices.Contains(tables, rt.Table) && !(rt.Table == guest.TableMain && rt.Default())
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// families are IPv4 and IPv6, in the order in which they are read.
var families = []bool{false, true}

// defaults reads main's foreign default routes: those of IPv6 only where they
// matter, for the whole table has to be read for them.
func (m *Machine) defaults(ctx context.Context, n names, r guest.Reading, o *guest.Objects) error {
	raw, err := mainDefaults(n)
	if err != nil {
		return err
	}
	for _, d := range raw {
		if foreign(d.route) {
			o.Routes = append(o.Routes, d.route)
		}
	}
	if !r.IPv6 && !r.All {
		return nil
	}
	found, err := m.mainDefaults6(ctx, n)
	o.Routes = append(o.Routes, found...)
	return err
}

// mainDefaults6 reads main's foreign IPv6 default routes. The kernel lists a table's
// default routes last there.
func (m *Machine) mainDefaults6(ctx context.Context, n names) (found []guest.Route, err error) {
	err = m.all(ctx, "main's IPv6 default routes", routesRequest(true, guest.TableMain, 0, 0), func() { found = nil }, func(b []byte) {
		if rt, ok := parseRoute(b, n); ok && rt.IPv6() && rt.Default() && foreign(rt) && rt.Table == guest.TableMain {
			found = append(found, rt)
		}
	})
	return found, err
}

// worked answers the tables where enid was seen to work, nil before the first look.
func (m *Machine) worked(v6 bool) []uint32 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.tables[v6]
}

func (m *Machine) work(v6 bool, tables []uint32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tables[v6] = append([]uint32{}, tables...)
}

func foreign(r guest.Route) bool { return !r.Ours() }

// wholeTables answers the tables of a family to read with all that is in them, sorted.
// Of a host without IPv6 they are those where enid has, or had, any.
func (m *Machine) wholeTables(r guest.Reading, o *guest.Objects, v6 bool) []uint32 {
	tables := slices.Clone(m.worked(v6))
	if !v6 || r.IPv6 || r.All {
		tables = append(tables, r.Tables...)
	}
	for _, rule := range o.Rules {
		if rule.Ours() && rule.IPv6() == v6 {
			tables = append(tables, rule.Table)
		}
	}
	for _, rt := range o.Routes {
		if rt.IPv6() == v6 {
			tables = append(tables, rt.Table)
		}
	}
	slices.Sort(tables)
	return slices.DeleteFunc(slices.Compact(tables), func(t uint32) bool {
		return t == guest.TableMain || t == guest.TableLocal || t == guest.TableDefault || t == 0
	})
}

// rawRoute is a route and the bytes in which the kernel gave it.
type rawRoute struct {
	route guest.Route
	raw   string
}

// mainDefaults reads main's IPv4 default routes. The kernel lists a table from
// 0.0.0.0 up: after the first routes of that address nothing else is read.
func mainDefaults(n names) (out []rawRoute, err error) {
	for range maxDumps {
		out = nil
		err = peek(routesRequest(false, guest.TableMain, 0, 0), func(b []byte) bool {
			r, ok := parseRoute(b, n)
			if ok && r.Default() {
				out = append(out, rawRoute{r, string(b)})
			}
			return !ok || r.Dst.Addr().IsUnspecified()
		})
		if !errors.Is(err, nl.ErrDumpInterrupted) {
			break
		}
	}
	if errors.Is(err, unix.ENOENT) {
		err = nil
	}
	if err != nil {
		err = fmt.Errorf("read main's default routes: %w", err)
	}
	return out, err
}
