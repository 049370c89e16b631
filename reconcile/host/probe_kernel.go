//go:build linux

package host

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"enid/plan/guest"
)

// far are addresses that nobody routes: class E, and what was once for OSI. What the
// kernel would do with a packet there, it would do with any to the world outside.
var far = map[bool]netip.Addr{false: netip.MustParseAddr("240.0.0.1"), true: netip.MustParseAddr("200::1")}

// askSource asks the kernel which way a packet from the address to the outside takes:
// over its ENI, through the ENI's gateway.
func (m *Machine) askSource(at point) error {
	if !at.gateway.IsValid() {
		return errors.New("there is no default route for it")
	}
	dst := far[at.addr.Is6()]
	msg := &nl.RtMsg{RtMsg: unix.RtMsg{Family: unix.AF_INET, Dst_len: uint8(dst.BitLen()), Src_len: uint8(dst.BitLen()), Flags: unix.RTM_F_LOOKUP_TABLE}}
	if dst.Is6() {
		msg.Family = unix.AF_INET6
	}
	req := nl.NewNetlinkRequest(unix.RTM_GETROUTE, 0)
	req.Data = []nl.NetlinkRequestData{msg, addrAttr(unix.RTA_DST, dst), addrAttr(unix.RTA_SRC, at.addr)}
	var way object
	if err := m.conn.read(req, func(b []byte) { way = object{Type: unix.RTM_NEWROUTE, Body: b} }); err != nil {
		return fmt.Errorf("no route: %w", err)
	}
	if way.Body == nil {
		return errors.New("no route")
	}
	if !slices.Equal(way.links(), []int{at.link.Index}) || way.addr(unix.RTA_GATEWAY) != at.gateway {
		n, err := m.links(context.Background(), &guest.Objects{})
		if err != nil {
			return err
		}
		return fmt.Errorf("it would leave by the %s, not over %s through %s", way.named(n), at.link.Name, at.gateway)
	}
	return nil
}

// neighbourPatience is more than the kernel takes to give a neighbour up.
const neighbourPatience = 5 * time.Second

// ntfUse has the kernel solicit a neighbour as if there were something to send.
const ntfUse = 1

// askGateway has the kernel solicit the gateway, by ARP or neighbour discovery, which
// every cloud's gateway answers; many answer no ping. What the kernel already
// believed of it does not count.
func (m *Machine) askGateway(ctx context.Context, at point) error {
	if !at.gateway.IsValid() {
		return errors.New("there is no gateway for it")
	}
	state, err := m.neighbour(at)
	if err != nil {
		return err
	}
	if state&(netlink.NUD_PERMANENT|netlink.NUD_NOARP) != 0 {
		return nil // somebody has set its MAC by hand: it is not asked
	}
	msg := netlink.Ndmsg{Family: uint8(family(at.gateway.Is6())), Index: uint32(at.link.Index), Flags: ntfUse}
	if state&(netlink.NUD_REACHABLE|netlink.NUD_STALE|netlink.NUD_DELAY|netlink.NUD_PROBE) != 0 {
		msg.Flags, msg.State = 0, netlink.NUD_PROBE
	}
	req := nl.NewNetlinkRequest(unix.RTM_NEWNEIGH, unix.NLM_F_CREATE|unix.NLM_F_REPLACE)
	req.Data = []nl.NetlinkRequestData{&msg, addrAttr(netlink.NDA_DST, at.gateway)}
	errs, err := m.conn.do([]*nl.NetlinkRequest{req})
	if err = errors.Join(append(errs, err)...); err != nil {
		return fmt.Errorf("solicit %s: %w", at.gateway, err)
	}
	for end := time.Now().Add(neighbourPatience); time.Now().Before(end); {
		state, err := m.neighbour(at)
		switch {
		case err != nil:
			return err
		case state&netlink.NUD_REACHABLE != 0:
			return nil
		case state&netlink.NUD_FAILED != 0:
			return fmt.Errorf("gateway %s does not answer", at.gateway)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("gateway %s does not answer", at.gateway)
		case <-time.After(20 * time.Millisecond):
		}
	}
	return fmt.Errorf("gateway %s does not answer", at.gateway)
}

// neighbour answers what the kernel knows of the gateway (NUD_*); 0: nothing.
func (m *Machine) neighbour(at point) (state uint16, err error) {
	req := nl.NewNetlinkRequest(unix.RTM_GETNEIGH, unix.NLM_F_DUMP)
	req.Data = []nl.NetlinkRequestData{&netlink.Ndmsg{Family: uint8(family(at.gateway.Is6()))}, u32Attr(netlink.NDA_IFINDEX, uint32(at.link.Index))}
	err = m.all(context.Background(), "neighbours", req, func() { state = 0 }, func(b []byte) {
		if len(b) < unix.SizeofNdMsg {
			return
		}
		for typ, value := range attributes(b[unix.SizeofNdMsg:]) {
			if to, _ := netip.AddrFromSlice(value); typ == netlink.NDA_DST && to == at.gateway && int(u32(b[4:])) == at.link.Index {
				state = uint16(u32(b[8:]))
			}
		}
	})
	return state, err
}
