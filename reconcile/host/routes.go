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
	known := m.worked()
	own := []uint32{0} // every table
	if known != nil && !r.All {
		own = []uint32{guest.TableMain, guest.TableLocal}
	}
	for _, v6 := range families {
		for _, t := range own {
			if err := read(v6, t, guest.Protocol, 0, guest.Route.Ours); err != nil {
				return err
			}
		}
	}
	tables, keep := wholeTables(r, o, known), foreign
	if own[0] != 0 {
		keep = func(guest.Route) bool { return true }
	}
	for _, v6 := range families {
		for _, t := range tables {
			if err := read(v6, t, 0, 0, keep); err != nil {
				return err
			}
		}
	}
	if err := m.defaults(ctx, n, r, o); err != nil {
		return err
	}
	for _, link := range r.Links {
		err := read(false, 0, 0, n.byName[link], func(rt guest.Route) bool {
			return foreign(rt) && rt.Protocol != unix.RTPROT_KERNEL && !slices.Contains(tables, rt.Table) && !(rt.Table == guest.TableMain && rt.Default())
		})
		if err != nil {
			return err
		}
	}
	m.work(tables)
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
func (m *Machine) worked() []uint32 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.tables
}

func (m *Machine) work(tables []uint32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tables = append([]uint32{}, tables...)
}

func foreign(r guest.Route) bool { return !r.Ours() }

// wholeTables answers the tables to read with all that is in them, sorted.
func wholeTables(r guest.Reading, o *guest.Objects, known []uint32) []uint32 {
	tables := slices.Concat(r.Tables, known)
	for _, rule := range o.Rules {
		if rule.Ours() {
			tables = append(tables, rule.Table)
		}
	}
	for _, rt := range o.Routes {
		tables = append(tables, rt.Table)
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
