//go:build linux

package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"enid/plan"
	"enid/plan/guest"
)

// maxDumps bounds how often a dump that was interrupted is tried again.
const maxDumps = 10

// Observe reads the machine into a world: all links, addresses and rules of both
// families, enid's own routes, main's default routes, all routes of the tables that enid's
// own rules and routes name, and every NIC's queues.
func (m *Machine) Observe(ctx context.Context) (*plan.World, error) {
	o, err := m.read(ctx, guest.Reading{All: true, Masks: true, XPS: true, RFS: true, Services: true, IPv6: true})
	if err != nil {
		return nil, err
	}
	return guest.World(o), nil
}

// read reads what the reading asks for. Filters are the kernel's: what is not
// asked for is never put together, however many routes there are.
func (m *Machine) read(ctx context.Context, r guest.Reading) (o guest.Objects, err error) {
	o.Machine = m.machine()
	n, err := m.links(ctx, &o)
	if err != nil {
		return o, err
	}
	if err := m.addresses(ctx, n, &o); err != nil {
		return o, err
	}
	for _, l := range m.leases.observe(n) {
		o.More = append(o.More, l)
	}
	m.switches(r, &o)
	if err := m.rules(ctx, &o); err != nil {
		return o, err
	}
	if err := m.routes(ctx, n, r, &o); err != nil {
		return o, err
	}
	m.queues(r, &o)
	m.sysctls(r, &o)
	m.volumes(r, &o)
	m.services(ctx, r, &o)
	return o, m.bootFiles(r, &o)
}

// all dumps again while the kernel says that objects changed meanwhile. start
// forgets what an interrupted dump gave.
func (m *Machine) all(ctx context.Context, what string, req *nl.NetlinkRequest, start func(), each func([]byte)) error {
	for attempt := range maxDumps {
		if err := ctx.Err(); err != nil {
			return err
		}
		start()
		err := m.conn.read(req, each)
		// A table that is not there is empty, and so is a family that this kernel was
		// started without (ipv6.disable=1).
		if err == nil || errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EAFNOSUPPORT) {
			return nil
		}
		if !errors.Is(err, nl.ErrDumpInterrupted) {
			return fmt.Errorf("read %s: %w", what, err)
		}
		time.Sleep(time.Duration(attempt) * time.Millisecond)
	}
	return fmt.Errorf("read %s: %w, %d times", what, nl.ErrDumpInterrupted, maxDumps)
}

// skipStats is RTEXT_FILTER_SKIP_STATS, which the library has no name for: counters
// are of no use here.
const skipStats = 1 << 3

func (m *Machine) links(ctx context.Context, o *guest.Objects) (names, error) {
	var n names
	masters := map[int]int{}
	start := func() {
		n = names{byIndex: map[int]string{}, byName: map[string]int{}}
		o.Links = o.Links[:0]
	}
	req := nl.NewNetlinkRequest(unix.RTM_GETLINK, unix.NLM_F_DUMP)
	req.Data = []nl.NetlinkRequestData{nl.NewIfInfomsg(unix.AF_UNSPEC), u32Attr(unix.IFLA_EXT_MASK, skipStats)}
	err := m.all(ctx, "links", req, start, func(b []byte) {
		if l, master, ok := parseLink(b); ok {
			n.byIndex[l.Index], n.byName[l.Name] = l.Name, l.Index
			masters[l.Index] = master
			o.Links = append(o.Links, l)
		}
	})
	for i := range o.Links {
		l := &o.Links[i]
		l.Master = n.byIndex[masters[l.Index]]
	}
	return n, err
}

func (m *Machine) addresses(ctx context.Context, n names, o *guest.Objects) error {
	for _, v6 := range families {
		req := nl.NewNetlinkRequest(unix.RTM_GETADDR, unix.NLM_F_DUMP)
		req.AddData(nl.NewIfAddrmsg(family(v6)))
		from := len(o.Addresses)
		err := m.all(ctx, "addresses", req, func() { o.Addresses = o.Addresses[:from] }, func(b []byte) {
			// Without IPv6 the kernel answers with what it has.
			if a, ok := parseAddress(b, n); ok && a.IPv6() == v6 {
				o.Addresses = append(o.Addresses, a)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// switches reads, where an address of enid's is or may come, promote_secondaries and
// whether IPv6 is on.
func (m *Machine) switches(r guest.Reading, o *guest.Objects) {
	everywhere := m.sysctl("ipv4/conf/all/promote_secondaries")
	ours := map[string]bool{}
	for _, a := range o.Addresses {
		ours[a.Link] = ours[a.Link] || a.Ours
	}
	for i := range o.Links {
		if l := &o.Links[i]; ours[l.Name] || r.Concerns(*l) {
			l.Promote = everywhere || m.sysctl("ipv4/conf/"+l.Name+"/promote_secondaries")
			l.NoIPv6 = r.IPv6 && m.noIPv6(l.Name)
		}
	}
}

func (m *Machine) rules(ctx context.Context, o *guest.Objects) error {
	// There is a rule for most addresses: room for them is made at once.
	o.Rules = slices.Grow(o.Rules, len(o.Addresses))
	for _, v6 := range families {
		from := len(o.Rules)
		err := m.all(ctx, "rules", rulesRequest(v6), func() { o.Rules = o.Rules[:from] }, func(b []byte) {
			if r, ok := parseRule(b); ok && r.IPv6() == v6 {
				o.Rules = append(o.Rules, r)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// rulesRequest asks for all rules of a family.
func rulesRequest(v6 bool) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(unix.RTM_GETRULE, unix.NLM_F_DUMP)
	req.AddData(&nl.RtMsg{RtMsg: unix.RtMsg{Family: uint8(family(v6))}})
	return req
}

// noIPv6 reports whether IPv6 is off on a link, or on this kernel.
func (m *Machine) noIPv6(link string) bool {
	b, err := os.ReadFile(m.opts.Proc + "/sys/net/ipv6/conf/" + link + "/disable_ipv6")
	return err != nil || len(b) > 0 && b[0] != '0'
}

// sysctl reports whether a switch below net is on; one that is not there is off.
func (m *Machine) sysctl(path string) bool {
	b, err := os.ReadFile(m.opts.Proc + "/sys/net/" + path)
	return err == nil && len(b) > 0 && b[0] != '0'
}
