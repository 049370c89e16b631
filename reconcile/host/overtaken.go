//go:build linux

package host

import (
	"errors"
	"slices"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"enid/plan/guest"
)

// overtaken reports whether a deed failed because its link went down, went away or
// was renamed after the look. That is no failure: what was done of the chain stays,
// and the turn's next look plans from what the link is now.
func (r *run) overtaken(chain string, d deed, err error) bool {
	if d.index == 0 || !slices.ContainsFunc(ofLinks, func(no unix.Errno) bool { return errors.Is(err, no) }) {
		return false
	}
	was, ok := linkOf(d, r.world)
	if !ok {
		return false
	}
	up := was.Up || slices.ContainsFunc(r.chains[chain], func(d deed) bool { return d.op == guest.SetLinkUp })
	now, there, read := r.m.linkNow(d.index)
	switch {
	case read != nil:
		return false
	case !there, now.Name != was.Name, now.Up != up:
		return true
	}
	// For a route the kernel says ENETDOWN of a link that is down and of no other:
	// it was, and is up again.
	return up && (d.op == guest.AddRoute || d.op == guest.ReplaceRoute) && errors.Is(err, unix.ENETDOWN)
}

// ofLinks are the refusals that a link's state can be the reason of, each of which
// has others as well: a gateway that is none, a driver that does not start, a value
// that is not taken. ENOENT is sysfs's word for a link that is gone.
var ofLinks = []unix.Errno{unix.ENETDOWN, unix.ENETUNREACH, unix.ENODEV, unix.EINVAL, unix.ENOENT}

// linkNow reads the link of that index; there is false where there is none.
func (m *Machine) linkNow(index int) (l guest.Link, there bool, err error) {
	msg := nl.NewIfInfomsg(unix.AF_UNSPEC)
	msg.Index = int32(index)
	req := nl.NewNetlinkRequest(unix.RTM_GETLINK, 0)
	req.Data = []nl.NetlinkRequestData{msg, u32Attr(unix.IFLA_EXT_MASK, skipStats)}
	err = m.conn.read(req, func(b []byte) { l, _, there = parseLink(b) })
	if errors.Is(err, unix.ENODEV) {
		return l, false, nil
	}
	return l, there, err
}
